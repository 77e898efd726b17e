"""One connection to a machine's port and nothing else: what `ssh` needs. The session lasts as long as the connection."""

import asyncio
import contextlib
from typing import Protocol

from soundstage.sessions.channel import PAYLOAD, Ended
from soundstage.sessions.message import Payload
from soundstage.sessions.session import TEN_MINUTES, Calls, Request, Tell, opened, silent


class Out(Protocol):
    """Where what the machine sends goes: the half of `asyncio.StreamWriter` that is needed."""

    def write(self, data: bytes) -> None: ...

    async def drain(self) -> None: ...

    def close(self) -> None: ...


async def pipe(
    calls: Calls,
    request: Request,
    reader: asyncio.StreamReader,
    writer: Out,
    *,
    tell: Tell = silent,
    patience: float = TEN_MINUTES,
    payload: int = PAYLOAD,
) -> str:
    """Carry `reader` to the machine and what it sends to `writer`, until either is over. Returns why the session ended, empty where
    our end closed. Raises what opening a session raises."""

    async def receive(type: Payload, data: bytes) -> None:
        if type is Payload.OUTPUT:
            with contextlib.suppress(OSError):
                writer.write(data)
                await writer.drain()

    async def outward() -> None:
        with contextlib.suppress(OSError, Ended):
            while data := await reader.read(payload):
                await session.channel.send(data)

    async with opened(calls, request, receive, tell=tell, patience=patience) as session:
        await session.ready()
        sending, over = asyncio.create_task(outward()), asyncio.create_task(session.channel.ended.wait())
        try:
            await asyncio.wait((sending, over), return_when=asyncio.FIRST_COMPLETED)
            if over.done():
                await session.channel.drained()
        finally:
            for task in (sending, over):
                task.cancel()
            await asyncio.gather(sending, over, return_exceptions=True)
            writer.close()
        return session.channel.reason
