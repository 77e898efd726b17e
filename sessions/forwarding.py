"""What becomes of a connection to the local end of a forwarded port: one of many in the channel, or the only one."""

import asyncio
import contextlib
from typing import Protocol

from soundstage.sessions.channel import PAYLOAD, Ended
from soundstage.sessions.message import Flag, Payload
from soundstage.sessions.session import Session
from soundstage.sessions.streams import Streams


class Forwarding(Protocol):
    """How the ends of one session carry connections."""

    async def receive(self, type: Payload, data: bytes) -> None:
        """What the machine sent. Waits while a local program is slow to take it."""

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection until either end closes, and close it."""

    def close(self) -> None:
        """The session is over."""


class Many:
    """Agents since 3.1: any number of connections at once."""

    def __init__(self, session: Session, payload: int = PAYLOAD) -> None:
        self._streams = Streams(session.channel.send, payload=payload)

    async def receive(self, type: Payload, data: bytes) -> None:
        if type is Payload.OUTPUT:
            await self._streams.feed(data)

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            stream = await self._streams.open()
        except Ended:
            writer.close()
            return
        await self._streams.carry(stream, reader, writer)

    def close(self) -> None:
        self._streams.close()


class One:
    """Older agents: one connection at a time; the next one waits for it. They do not tell when the machine closes it."""

    def __init__(self, session: Session, payload: int = PAYLOAD) -> None:
        self._channel = session.channel
        self._payload = payload
        self._turn = asyncio.Lock()
        self._writer: asyncio.StreamWriter | None = None
        self._taken = asyncio.Event()

    async def receive(self, type: Payload, data: bytes) -> None:
        if type is Payload.FLAG and data == Flag.CONNECT_FAILED.content:
            if self._writer is not None:
                self._writer.close()
        elif type is Payload.OUTPUT:
            await self._taken.wait()
            if self._writer is not None:
                with contextlib.suppress(OSError):
                    self._writer.write(data)
                    await self._writer.drain()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with self._turn:
            self._writer = writer
            self._taken.set()
            with contextlib.suppress(OSError, Ended):
                while data := await reader.read(self._payload):
                    await self._channel.send(data)
                await self._channel.send_flag(Flag.DISCONNECT)
            self._writer = None
            writer.close()

    def close(self) -> None:
        self._taken.set()
        if self._writer is not None:
            self._writer.close()


def forwarding(session: Session, payload: int = PAYLOAD) -> Forwarding:
    """As the agent of a session that is ready speaks it."""
    return Many(session, payload) if session.wanted.many else One(session, payload)
