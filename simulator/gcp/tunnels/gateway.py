"""Takes the websockets of the relay. Each frame, either way, is a call of `iap:tunnel.message`, a name that Google has not
(`stand_in.serving`)."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from soundstage.sessions.channel import Lost
from soundstage.sessions.iap.flow import Flow, WrongCount
from soundstage.sessions.iap.frames import (
    LARGEST,
    ORIGIN,
    SUBPROTOCOL,
    Acknowledge,
    Close,
    Connected,
    Data,
    Malformed,
    TakenUp,
    decode,
    encode,
)
from soundstage.simulator.answer import Onward
from soundstage.simulator.stand_in.machine import NothingListens
from soundstage.simulator.stand_in.serving import Due, Line, Serving

_MESSAGE: Final = "iap:tunnel.message"
_TICKET: Final = "X-Soundstage-Ticket"
_PATIENCE: Final = 60.0
"""Seconds for which a connection waits for its client to come back."""
_SETTLES: Final = 15.0


@dataclass(frozen=True)
class Opening:
    """A connection that may be made."""

    machine: str
    """What it is called here: its name and its number."""
    port: int
    caller: str
    person: str
    """Whose machine it is, by its label."""
    keys: tuple[str, ...]
    """Who may sign in by SSH, as lines of `authorized_keys`."""
    is_windows: bool
    is_running: Callable[[], bool]
    """Whether the machine runs now."""


@dataclass(frozen=True)
class Resumption:
    """A connection that somebody takes up again who has `total` bytes of it."""

    id: str
    total: int
    caller: str


Asked: TypeAlias = Opening | Resumption | tuple[int, str]
"""The last is a refusal: close code and reason."""


class Gateway(Serving):
    """All connections of one simulated cloud."""

    origins = (ORIGIN, None)
    subprotocols = (SUBPROTOCOL,)

    def __init__(self, folder: Path, due: Due) -> None:
        super().__init__(folder, due)
        self._admitted: dict[str, Asked] = {}
        self._open: dict[str, _Connection] = {}

    def admit(self, asked: Asked) -> Onward:
        """Where the websocket goes on, with a ticket that is good for it alone."""
        self.start()
        ticket = secrets.token_urlsafe(24)
        self._admitted[ticket] = asked
        return Onward(self.port, {_TICKET: ticket})

    def host_keys(self, machine: str) -> list[tuple[str, str]]:
        """Kind and base64."""
        self.start()
        return self.within(self.machine(machine).host_keys())

    async def look(self) -> None:
        for id, one in list(self._open.items()):
            if one.over:
                self._open.pop(id, None)
            elif not one.opening.is_running():
                self._open.pop(id, None)
                one.vanish()
                await self.forget(one.opening.machine)
            else:
                await one.say_what_arrived()

    async def leave(self) -> None:
        for one in self._open.values():
            one.vanish()

    async def visit(self, connection: ServerConnection) -> None:
        ticket = connection.request.headers.get(_TICKET, "") if connection.request else ""
        match self._admitted.pop(ticket, None):
            case Opening() as opening:
                await self._make(connection, opening)
            case Resumption() as again:
                one = self._open.get(again.id)
                if one is None or one.over or one.opening.caller != again.caller:
                    await connection.close(Close.NO_SUCH_CONNECTION, "sid unknown")
                else:
                    await self._carry(connection, one, again.total)
            case (int() as code, str() as reason):
                await connection.close(code, reason)
            case _:
                connection.transport.abort()

    async def _make(self, connection: ServerConnection, opening: Opening) -> None:
        machine = self.machine(opening.machine, is_windows=opening.is_windows)
        try:
            if opening.port == 22:
                await machine.know_keys(opening.keys)
            reader, writer = await machine.dial(opening.port)
        except NothingListens as problem:
            await connection.close(Close.NOTHING_ANSWERS, f"failed to connect to backend: {problem}"[:120])
            return
        one = _Connection(opening, reader, writer)
        self._open[one.id] = one
        await self._carry(connection, one, None)

    async def _carry(self, connection: ServerConnection, one: "_Connection", total: int | None) -> None:
        line = Line(connection, self.due, _MESSAGE)
        try:
            await one.attach(line, connection, total)
            async for message in connection:
                if isinstance(message, bytes):
                    await line.pass_on(one.feed, message)
        except (WrongCount, Malformed) as problem:
            await connection.close(
                Close.WRONG_COUNT if isinstance(problem, WrongCount) else Close.WRONG_DATA, "bad frame"
            )
        except (ConnectionClosed, Lost):
            pass
        else:
            if connection.close_code == Close.NORMAL:
                one.vanish()
        finally:
            one.detach(line)


class _Connection:
    """One connection to a port of a machine. It goes on while its client is away, for a time."""

    def __init__(self, opening: Opening, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.id = secrets.token_hex(24)
        self.opening = opening
        self.over = False
        self._reader = reader
        self._writer = writer
        self._flow = Flow()
        self._line: Line | None = None
        self._connection: ServerConnection | None = None
        self._writing = asyncio.Lock()
        self._feeding = asyncio.Lock()
        self._left = time.monotonic()
        self._pumping: asyncio.Task[None] | None = None

    async def attach(self, line: Line, connection: ServerConnection, total: int | None) -> None:
        """The client is here, for the first time, or again with `total` bytes."""
        if self._line is not None:
            self._line.abort()
        async with self._feeding:  # what the websocket of before brought last is delivered before it is counted
            if total is None:
                await line.send(encode(Connected(self.id.encode())))
            else:
                self._flow.confirm(total)
                self._flow.attach()
                await line.send(encode(TakenUp(self._flow.received)))
        async with self._writing:
            for kept in self._flow.again():
                await line.send(kept)
            self._line, self._connection = line, connection
        if self._pumping is None:
            self._pumping = asyncio.create_task(self._pump())

    def detach(self, line: Line) -> None:
        if self._line is line:
            self._line, self._connection, self._left = None, None, time.monotonic()

    async def feed(self, message: bytes) -> None:
        """A frame of the client. Raises `Malformed` and `WrongCount`."""
        async with self._feeding:
            frame = decode(message)
            if isinstance(frame, Acknowledge):
                self._flow.confirm(frame.total)
            elif isinstance(frame, Data):
                with contextlib.suppress(OSError):
                    self._writer.write(frame.content)
                    await self._writer.drain()
                self._flow.take(len(frame.content))
                await self._put(self._flow.due())

    async def say_what_arrived(self) -> None:
        """Called several times a second."""
        if self._line is None and time.monotonic() - self._left > _PATIENCE:
            self.vanish()
        elif self._line is not None:
            await self._put(self._flow.due(all=True))

    def vanish(self) -> None:
        """Be gone, as a machine that stops."""
        self.over = True
        if self._line is not None:
            self._line.abort()
        if self._pumping is not None:
            self._pumping.cancel()
        self._writer.close()

    async def _pump(self) -> None:
        with contextlib.suppress(OSError):
            while content := await self._reader.read(LARGEST):
                await self._flow.room()
                async with self._writing:
                    await self._put(self._flow.send(content))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_SETTLES):
                await self._flow.settled()
        self.over = True
        self._writer.close()
        if self._connection is not None:
            await self._connection.close(Close.NORMAL, "")

    async def _put(self, frame: bytes | None) -> None:
        line = self._line
        if frame is not None and line is not None:
            try:
                await line.send(frame)
            except Lost:
                self.detach(line)
