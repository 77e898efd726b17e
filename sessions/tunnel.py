"""A port of this computer that leads to a port of a machine for as long as somebody wants it.

Sessions end: the service closes them after a time, machines restart, laptops sleep. The local port stays, and a new session is opened
behind it. Connections of before are closed, as by a server that was restarted; display clients and browsers connect again.
"""

import asyncio
import contextlib
import errno
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final

from soundstage.core.errors import SessionError, SoundstageError, UsageError
from soundstage.sessions.channel import PAYLOAD, Carried
from soundstage.sessions.forwarding import Forwarding, forwarding
from soundstage.sessions.message import Payload
from soundstage.sessions.session import FOR_EVER, Calls, Request, Session, Tell, opened, silent
from soundstage.sessions.tries import Tries

LOOPBACK: Final = "127.0.0.1"
_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 10.0
_FAREWELL: Final = 2.0
"""Seconds that a local program has to take what had arrived when the session ended."""


@dataclass
class Totals(Carried):
    """What a tunnel carried, over all its sessions."""

    sessions: int = 0

    def add(self, counts: Carried) -> None:
        self.websockets += counts.websockets
        self.sent_bytes += counts.sent_bytes
        self.received_bytes += counts.received_bytes


class LocalEnd(ABC):
    """A port of this computer, and the local programs that are connected to it."""

    def __init__(self) -> None:
        self.port = 0
        self.totals = Totals()
        self.connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        """What local programs hold open now, by the task that carries it."""

    @abstractmethod
    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection to its end."""

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A local program has connected. Its connection is closed however its task ends, even if that is before it began."""
        task = asyncio.create_task(self.carry(reader, writer))
        self.connections[task] = writer
        task.add_done_callback(lambda done: self.connections.pop(done).close())

    async def close(self) -> None:
        """Close every connection at once: nobody waits for a program that does not take what was sent to it."""
        open_now = dict(self.connections)
        for task in open_now:
            task.cancel()
        await asyncio.gather(*open_now, return_exceptions=True)
        for writer in open_now.values():
            writer.transport.abort()


class Tunnel(LocalEnd):
    """See `tunnel`, which makes it."""

    def __init__(self, calls: Calls, request: Request, tell: Tell, patience: float, payload: int) -> None:
        super().__init__()
        self._calls = calls
        self._request = request
        self._tell = tell
        self._patience = patience
        self._payload = payload
        self._forwarding: Forwarding | None = None
        self._changed = asyncio.Condition()

    async def hold(self, first: "asyncio.Future[None]") -> None:
        """Keep a session open. `first` is told how the first one went; `SessionError` when a later one cannot be had at all, or when
        every one ends as soon as it is open."""
        tries = Tries(_FIRST_PAUSE, _LONGEST_PAUSE, FOR_EVER)
        while True:
            try:
                async with opened(
                    self._calls, self._request, self._receive, tell=self._tell, patience=self._patience
                ) as session:
                    await session.ready()
                    counts = session.channel.counts
                    tries.began(counts.received_bytes)
                    if first.done():
                        self._tell("A new session is open; the address is the same.")
                    else:
                        first.set_result(None)
                    await self._serve(session)
                    tries.over(counts.received_bytes)
                self._tell(f"{session.channel.reason.rstrip('.')}. Opening a new session.")
            except SoundstageError as error:
                if not first.done():
                    first.set_exception(error)
                    return
                if isinstance(error, SessionError):
                    raise
                if tries.is_first:
                    self._tell(f"{error.message} {error.hint}".strip())
            if tries.all_short:
                raise SessionError(
                    f"Sessions with the machine end as soon as they are open, {tries.short} times in a row.",
                    "The machine may be busy or going down: `workstation status` says how it stands. Then connect again.",
                )
            await tries.wait()

    async def _serve(self, session: Session) -> None:
        way = forwarding(session, self._payload)
        self.totals.sessions += 1
        await self._set(way)
        try:
            await session.channel.ended.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_FAREWELL):
                    await session.channel.drained()
        finally:
            way.close()
            await self._set(None)
            self.totals.add(session.channel.counts)

    async def _set(self, way: Forwarding | None) -> None:
        async with self._changed:
            self._forwarding = way
            self._changed.notify_all()

    async def _present(self) -> Forwarding:
        async with self._changed:
            while self._forwarding is None:
                await self._changed.wait()
            return self._forwarding

    async def _receive(self, type: Payload, data: bytes) -> None:
        await (await self._present()).receive(type, data)

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        way = await self._present()
        await way.carry(reader, writer)


@contextlib.asynccontextmanager
async def tunnel(
    calls: Calls,
    request: Request,
    *,
    port: int = 0,
    preferred: int = 0,
    tell: Tell = silent,
    patience: float = FOR_EVER,
    payload: int = PAYLOAD,
) -> AsyncIterator[tuple[Tunnel, "asyncio.Task[None]"]]:
    """A tunnel for as long as the context lasts, and the task that holds it, which ends only with an error.

    `port` must be free on this computer (`UsageError` otherwise); without it `preferred` is taken if it is, else any.
    """
    made = Tunnel(calls, request, tell, patience, payload)
    server = await listening(made.accept, port, preferred)
    made.port = server.sockets[0].getsockname()[1]
    first: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    holding = asyncio.create_task(made.hold(first))
    try:
        async with server:
            await first
            yield made, holding
            server.close()
            await made.close()
    finally:
        holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)


async def listening(
    accept: Callable[[asyncio.StreamReader, asyncio.StreamWriter], None], port: int, preferred: int
) -> asyncio.Server:
    """What takes connections to a port of this computer. `port` and `preferred` as for `tunnel`."""
    try:
        return await asyncio.start_server(accept, LOOPBACK, port or preferred)
    except OSError as error:
        if not port and preferred:
            return await asyncio.start_server(accept, LOOPBACK, 0)
        reason = (
            "is taken by another program" if error.errno == errno.EADDRINUSE else f"cannot be used: {error.strerror}"
        )
        raise UsageError(
            f"Port {port} of this computer {reason}.",
            "Give another with `--port`, or leave it out: a free one is found.",
        ) from error
