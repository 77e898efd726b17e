"""One session with a machine, from the client's end: opened, held over websockets that break, and ended on both sides."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias
from urllib.parse import urlsplit
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidProxy, InvalidURI

from soundstage.core.errors import SessionError, SoundstageError
from soundstage.sessions.channel import Channel, Ended, Lost
from soundstage.sessions.handshake import Wanted, answer, opening, read_complete, read_request
from soundstage.sessions.message import Flag, Kind, Malformed, Message, Payload
from soundstage.sessions.tries import Tries

FOR_EVER: Final = float("inf")
TEN_MINUTES: Final = 600.0
_HANDSHAKE: Final = 30.0
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 5.0
_FREE: Final = 20
_ALIVE: Final = 30.0
"""Seconds between two pings, and how long an answer to one may take. A laptop that slept finds out so that the line is dead."""
_FAREWELL: Final = 2.0
_LARGEST_FRAME: Final = 4 << 20
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")

Tell: TypeAlias = Callable[[str], None]
"""Gets a sentence for people: the line was lost, is back, a new session was opened."""
Sink: TypeAlias = Callable[[Payload, bytes], Awaitable[None]]
"""Gets what the machine sends, once and in order."""


@dataclass(frozen=True)
class Request:
    """Which session is wanted. `parameters` are those that the document declares."""

    target: str
    document: str
    parameters: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Grant:
    """A session that the cloud has opened. `token` is secret, and good for one websocket."""

    session: str
    url: str
    token: str = field(repr=False)


class Calls(Protocol):
    """What is asked of the cloud, with the person's own credentials. May take its time: it is called from a thread."""

    def start(self, request: Request) -> Grant:
        """Open a session. `SessionError` where trying again cannot help; other errors may pass."""

    def resume(self, session: str) -> Grant | None:
        """A new token of a session that is open; None when it is over. Other errors may pass."""

    def terminate(self, session: str) -> None:
        """End a session. One that is over already is no error."""


def silent(_: str) -> None:
    """Tell nobody."""


@contextlib.contextmanager
def usable_proxy() -> Iterator[None]:
    """Makes `SessionError` of what websockets says of a proxy that it cannot use. It is not named: its address may hold a password."""
    try:
        yield
    except InvalidProxy as error:
        raise SessionError(
            f"The proxy that this computer is set to cannot be used: {error.msg}.",
            "Set `HTTPS_PROXY` to http://HOST:PORT, with `http://` before the host.",
        ) from error
    except ImportError as error:
        raise SessionError(
            "This computer is set to a SOCKS proxy, and connections to machines go by HTTP proxies alone.",
            "Set `HTTPS_PROXY` to http://HOST:PORT and take `SOCKS_PROXY` away, or set `NO_PROXY` to `*` where none is needed.",
        ) from error


class _Line:
    """See `Wire`."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def send(self, content: bytes) -> None:
        try:
            await self._connection.send(content)
        except ConnectionClosed as error:
            raise Lost from error


class Session:
    """See `opened`, which makes it."""

    def __init__(self, calls: Calls, grant: Grant, sink: Sink, tell: Tell, patience: float) -> None:
        self.id = grant.session
        self.wanted = Wanted("")
        """What the agent asked for; known once it is `ready`."""
        self.channel = Channel(Kind.INPUT, self._deliver)
        self._calls = calls
        self._grant = grant
        self._sink = sink
        self._tell = tell
        self._tries = Tries(_FIRST_PAUSE, _LONGEST_PAUSE, patience, free=_FREE)
        self._client = str(uuid4())
        self._agreed = asyncio.Event()
        self._answering: asyncio.Task[None] | None = None

    async def ready(self) -> None:
        """Wait until both ends agree. `SessionError` when they do not within half a minute."""
        waits = [asyncio.create_task(self._agreed.wait()), asyncio.create_task(self.channel.ended.wait())]
        try:
            await asyncio.wait(waits, timeout=_HANDSHAKE, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        if self.wanted.refused:
            raise SessionError(
                f"The machine's agent asks for {', '.join(self.wanted.refused.values())}.",
                "Take it out of the session document.",
            )
        if not self._agreed.is_set():
            raise Ended(self.channel.reason or "The machine's agent did not answer.")

    async def stop(self) -> None:
        """End it on both sides: ask the agent, and the cloud where the agent does not answer."""
        with contextlib.suppress(Ended, TimeoutError):
            async with asyncio.timeout(_FAREWELL):
                await self.channel.settled(_FAREWELL)
                await self.channel.send_flag(Flag.TERMINATE)
                await self.channel.ended.wait()
        if not self.channel.closed_there:
            with contextlib.suppress(SoundstageError):
                await asyncio.to_thread(self._calls.terminate, self.id)

    async def hold(self) -> None:
        """Keep a websocket under the channel until the session is over, nothing helps within the patience, or the service takes it up
        only to close it again."""
        grant: Grant | None = self._grant
        problem, lost = "", False
        while not self.channel.ended.is_set():
            try:
                grant = grant or await asyncio.to_thread(self._calls.resume, self.id)
                if grant is None:
                    self.channel.closed_there = True
                    self.channel.end("The session is over on the machine's side.")
                    return
                async with _dialled(grant) as connection:
                    self._tries.began(self.channel.carried)
                    await connection.send(opening(grant.token, self._client, str(uuid4())))
                    if lost:
                        self._tell("The connection is back.")
                    lost, problem = False, ""
                    await self._listen(connection)
            except SoundstageError as error:
                self._say_once(problem, error.message, error.hint)
                problem = error.message
            except (OSError, TimeoutError, ConnectionClosed, InvalidHandshake) as error:
                problem = problem or str(error)
            grant = None
            self._tries.over(self.channel.carried)
            if self.channel.ended.is_set():
                return
            if not lost:
                lost = True
                self._tell("The connection was lost; taking it up again.")
            if self._tries.all_short:
                self.channel.end(
                    f"Session Manager takes the connection up and ends it at once, {self._tries.short} times in a row."
                )
                return
            if self._tries.too_late:
                self.channel.end(f"The connection could not be taken up again: {problem or 'it is lost'}")
                return
            await self._tries.wait()

    def _say_once(self, before: str, message: str, hint: str) -> None:
        if message != before:
            self._tell(f"{message} {hint}".strip())

    async def _listen(self, connection: ClientConnection) -> None:
        line = _Line(connection)
        try:
            await self.channel.attach(line)
            async for content in connection:
                if isinstance(content, bytes):
                    await self.channel.feed(content)
                if self.channel.ended.is_set():
                    return
        except Malformed as error:
            self.channel.end(error.message)
        finally:
            self.channel.detach(line)

    async def _deliver(self, message: Message) -> None:
        match message.payload_type:
            case Payload.HANDSHAKE_REQUEST:
                self.wanted = read_request(message.payload)
                # Not awaited: with a full window it would wait for acknowledgements behind this very message.
                self._answering = asyncio.create_task(self._send_answer())
            case Payload.HANDSHAKE_COMPLETE:
                if told := read_complete(message.payload):
                    self._tell(told)
                self._agreed.set()
            case Payload.OUTPUT | Payload.STDERR | Payload.EXIT_CODE | Payload.FLAG:
                await self._sink(Payload(message.payload_type), message.payload)
            case _:
                pass

    async def _send_answer(self) -> None:
        with contextlib.suppress(Ended):
            await self.channel.send(answer(self.wanted), Payload.HANDSHAKE_RESPONSE)


@contextlib.asynccontextmanager
async def opened(
    calls: Calls, request: Request, sink: Sink, *, tell: Tell = silent, patience: float = TEN_MINUTES
) -> AsyncIterator[Session]:
    """A session for as long as the context lasts; it is ended on both sides after it, whatever happened inside.

    `sink` gets nothing before both ends agree. Raises what `calls.start` raises.
    """
    grant = await asyncio.to_thread(calls.start, request)
    session = Session(calls, grant, sink, tell, patience)
    async with session.channel.working():
        holding = asyncio.create_task(session.hold())
        try:
            yield session
        finally:
            await _done(asyncio.create_task(session.stop()))
            holding.cancel()
            await asyncio.gather(holding, return_exceptions=True)


async def _done(work: "asyncio.Task[None]") -> None:
    """Wait until it is done, also when whoever waits is cancelled meanwhile: a session that is half ended stays open in the cloud."""
    cancelled: asyncio.CancelledError | None = None
    while not work.done():
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
    work.result()


@contextlib.asynccontextmanager
async def _dialled(grant: Grant) -> AsyncIterator[ClientConnection]:
    """A websocket to the service: TLS, and the person's own proxy, except to this computer. It is gone after the context, with a
    farewell where there is time for one."""
    address = urlsplit(grant.url)
    near = address.hostname in _LOOPBACK
    if address.scheme != "wss" and not near:
        raise SessionError(f"The cloud names {address.scheme}://{address.hostname}, which is not encrypted.")
    try:
        with usable_proxy():
            connection = await connect(
                grant.url, compression=None, max_size=_LARGEST_FRAME, ping_interval=_ALIVE, ping_timeout=_ALIVE,
                open_timeout=_ALIVE, close_timeout=_FAREWELL, proxy=None if near else True, user_agent_header=None,
            )  # fmt: skip
    except InvalidURI as error:
        raise SessionError(f"The cloud names an address that is none: {error}") from error
    try:
        yield connection
        await connection.close()
    finally:
        connection.transport.abort()
