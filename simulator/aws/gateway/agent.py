"""The agent's side of one session: the handshake, then a port of the machine or the one program that the document names."""

import asyncio
import contextlib
import re
import time
from collections.abc import Coroutine, Mapping
from typing import Any, Final, Protocol

from soundstage.core.errors import SessionError
from soundstage.sessions.channel import PAYLOAD, Channel, Ended, Lost, Wire, closing
from soundstage.sessions.handshake import complete, many_for, read_answer, request
from soundstage.sessions.message import Flag, Kind, Message, Payload
from soundstage.sessions.streams import Stream, Streams
from soundstage.simulator.stand_in.machine import NothingListens, StandIn

VERSION: Final = "3.3.3050.0"
_PATIENCE: Final = 15.0
_READ: Final = 16384
_NAMED: Final = re.compile(r"\{\{\s*(\w+)\s*\}\}")


class Line(Wire, Protocol):
    """One websocket of the gateway's."""

    def abort(self) -> None:
        """Break it."""


class Agent:
    """One session. It goes on while its client is away, as the genuine agent's does."""

    def __init__(
        self,
        session: str,
        target: str,
        document: Mapping[str, Any],
        parameters: Mapping[str, str],
        machine: StandIn,
    ) -> None:
        self.over = False
        self._session = session
        self._target = target
        self._type = str(document.get("sessionType", ""))
        self._properties = {
            name: _filled(value, parameters) for name, value in (document.get("properties") or {}).items()
        }
        self._machine = machine
        self._channel = Channel(Kind.OUTPUT, self._deliver, cumulative=True)
        self._line: Line | None = None
        self._client: asyncio.Future[str] | None = None
        self._streams: Streams | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._dialled = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def attach(self, line: Line) -> None:
        """The client is here, for the first time or again."""
        self._line = line
        if self._client is None:
            self._client = asyncio.get_running_loop().create_future()
            self._spawn(self._live())
        await self._channel.attach(line)

    def detach(self, line: Line) -> None:
        self._channel.detach(line)

    async def feed(self, content: bytes) -> None:
        await self._channel.feed(content)

    async def end(self, output: str) -> None:
        """Say that it is over, and why, and let go of everything."""
        if self.over:
            return
        self.over = True
        if self._line is not None:
            with contextlib.suppress(Lost):
                await self._line.send(closing(self._session, self._target, output))
        self._let_go()

    def vanish(self) -> None:
        """Be gone without a word, as a machine that stops."""
        self.over = True
        if self._line is not None:
            self._line.abort()
        self._let_go()

    def _let_go(self) -> None:
        self._channel.end("over")
        if self._writer is not None:
            self._writer.close()
        for task in list(self._tasks):
            if task is not asyncio.current_task():
                task.cancel()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _live(self) -> None:
        async with self._channel.working():
            try:
                await self._agree()
                if self._type == "Port":
                    await self._forward()
                elif self._type == "NonInteractiveCommands":
                    await self._run()
                else:
                    await self.end("A simulated machine opens no shell in this way. `workstation ssh` opens one.")
            except (Ended, SessionError, TimeoutError, OSError) as error:
                await self.end(str(error))

    async def _agree(self) -> None:
        assert self._client is not None  # noqa: S101 - for the type checker; made before this runs
        began = time.monotonic_ns()
        await self._channel.send(request(VERSION, self._type, self._properties), Payload.HANDSHAKE_REQUEST)
        async with asyncio.timeout(_PATIENCE):
            client = await self._client
        if many_for(client, VERSION, str(self._properties.get("type", ""))) and self._type == "Port":
            self._streams = Streams(self._channel.send, self._accept)
        await self._channel.send(complete(time.monotonic_ns() - began), Payload.HANDSHAKE_COMPLETE)

    @property
    def _port(self) -> int:
        return int(str(self._properties.get("portNumber", "0")) or 0)

    async def _forward(self) -> None:
        if self._streams is None:
            try:
                await self._dial()
            except NothingListens as error:
                await self.end(f"Unable to connect to port {self._port}: {error}")
                return
            self._dialled.set()
        await self._channel.ended.wait()

    async def _dial(self) -> None:
        reader, self._writer = await self._machine.dial(self._port)
        self._spawn(self._pump(reader, self._writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, Ended):
            while data := await reader.read(PAYLOAD):
                await self._channel.send(data)
        writer.close()
        if self._writer is writer:
            self._writer = None
        if not self._properties.get("type"):  # a session of ssh lasts as long as its one connection
            await self._channel.settled(_PATIENCE)
            await self.end("")

    def _accept(self, stream: Stream) -> None:
        self._spawn(self._serve(stream))

    async def _serve(self, stream: Stream) -> None:
        assert self._streams is not None  # noqa: S101 - for the type checker; it is what calls this
        with contextlib.suppress(Ended, OSError):
            try:
                reader, writer = await self._machine.dial(self._port)
            except NothingListens:
                await self._channel.send_flag(Flag.CONNECT_FAILED)
                await stream.close()
                return
            await self._streams.carry(stream, reader, writer)

    async def _run(self) -> None:
        of_system = self._properties.get("windows" if self._machine.is_windows else "linux") or {}
        printed = await self._machine.run(str(of_system.get("commands", "")))
        for start in range(0, len(printed), PAYLOAD):
            await self._channel.send(printed[start : start + PAYLOAD])
        await self._channel.settled(_PATIENCE)
        await self.end("")

    async def _deliver(self, message: Message) -> None:
        if message.payload_type == Payload.HANDSHAKE_RESPONSE:
            self._answered(message.payload)
        elif message.payload_type == Payload.FLAG:
            await self._flagged(message.payload)
        elif message.payload_type == Payload.OUTPUT and self._streams is not None:
            await self._streams.feed(message.payload)
        elif message.payload_type == Payload.OUTPUT:
            await self._dialled.wait()
            if self._writer is None:  # an older client closed its connection and opens another
                with contextlib.suppress(NothingListens):
                    await self._dial()
            if self._writer is not None:
                with contextlib.suppress(OSError):
                    self._writer.write(message.payload)
                    await self._writer.drain()

    def _answered(self, payload: bytes) -> None:
        if self._client is None or self._client.done():
            return
        try:
            self._client.set_result(read_answer(payload))
        except SessionError as error:
            self._client.set_exception(error)

    async def _flagged(self, payload: bytes) -> None:
        if payload == Flag.TERMINATE.content:
            self._spawn(self.end(""))
        elif payload == Flag.DISCONNECT.content and self._writer is not None:
            self._writer.close()
            self._writer = None


def _filled(value: Any, parameters: Mapping[str, str]) -> Any:
    """A property of a document with the parameters in their places."""
    if isinstance(value, Mapping):
        return {name: _filled(inner, parameters) for name, inner in value.items()}
    if isinstance(value, str):
        return _NAMED.sub(lambda found: parameters.get(found[1], found[0]), value)
    return value
