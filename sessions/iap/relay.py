"""One connection to a port of a machine, from the client's end: made, held over websockets that break, and closed."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Origin, Subprotocol

from soundstage.core.errors import SessionError
from soundstage.sessions.channel import Carried
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
)
from soundstage.sessions.session import TEN_MINUTES, Tell, silent, usable_proxy
from soundstage.sessions.tries import Tries

GOOGLE: Final = "wss://tunnel.cloudproxy.app/v4"
"""Where Google's own relay answers."""
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_ALIVE: Final = 30.0
"""Seconds between two pings, and how long an answer to one may take. A laptop that slept finds out so that the line is dead."""
_OPENS: Final = 60.0
"""Seconds in which the relay reaches the machine, as Google's own client waits."""
_FAREWELL: Final = 2.0
_ALL_SENT: Final = 10.0
"""Seconds in which the other end has to confirm what was sent last."""
_LAST_ANSWER: Final = 1.0
"""Seconds in which what the other end still sends may arrive after our end has closed."""
_QUIET: Final = 2.0
"""Seconds after which the other end is told what has arrived, however little it is."""
_FIRST_TRIES: Final = 10.0
"""Seconds in which a first websocket must come about; what is held already is worth more patience."""
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 5.0
_FREE: Final = 20
_LARGEST_MESSAGE: Final = 1 << 20
_PASSES: Final = (429, 500, 502, 503, 504)
"""What a handshake answers when trying again may help."""
_GOES_ON: Final = (Close.SIGN_IN_AGAIN, Close.UNKNOWN, 1001, 1006, 1011, 1012, 1013)
"""Closes after which the connection is taken up again: with a new token, or because the line or the relay failed."""


@dataclass(frozen=True)
class Service:
    """The relay. `token` gives a bearer token that is valid now; it may take its time, and is called from a thread."""

    address: str
    token: Callable[[], str] = field(repr=False)


@dataclass(frozen=True)
class Port:
    """A port of a machine."""

    project: str
    zone: str
    instance: str
    number: int
    interface: str = "nic0"


class Refused(SessionError):
    """The relay makes no connection, and trying again does not help. `code` is the close code (`frames.Close`), or the HTTP status of
    the handshake; `reason` what the relay says."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"Identity-Aware Proxy makes no connection ({code}: {reason or 'no reason is given'}).")
        self.code = code
        self.reason = reason


class Relay:
    """One connection. `sink` gets what the machine sends, once and in order, and may take its time."""

    def __init__(
        self,
        service: Service,
        port: Port,
        sink: Callable[[bytes], Awaitable[None]],
        tell: Tell = silent,
        patience: float = TEN_MINUTES,
    ) -> None:
        self.counts = Carried()
        self.connected = asyncio.Event()
        """The machine's port has answered."""
        self.reason = ""
        """Why it ended, in the words of the other end or ours."""
        self._service = service
        self._port = port
        self._sink = sink
        self._tell = tell
        self._flow = Flow()
        self._id = b""
        self._line: ClientConnection | None = None
        self._writing = asyncio.Lock()
        self._tries = Tries(_FIRST_PAUSE, _LONGEST_PAUSE, patience, _FIRST_TRIES, _FREE)

    async def send(self, content: bytes) -> None:
        """Send, as soon as there is room. Returns before it has arrived; without a websocket it goes over the next."""
        for start in range(0, len(content), LARGEST):
            await self._flow.room()
            async with self._writing:
                piece = content[start : start + LARGEST]
                frame = self._flow.send(piece)
                self.counts.sent_bytes += len(piece)
                await self._put(frame)

    async def settled(self, seconds: float = _ALL_SENT) -> None:
        """Wait until the machine's side has everything, for at most so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._flow.settled()

    async def close(self) -> None:
        """Say goodbye."""
        if self._line is not None:
            with contextlib.suppress(TimeoutError, OSError):
                async with asyncio.timeout(_FAREWELL):
                    await self._line.close()

    async def hold(self) -> None:
        """Keep a websocket under the connection until the machine's side closes it, nothing helps within the patience, or the relay
        takes it up only to close it again. Raises `Refused` for a connection that cannot be made, and what `Service.token` raises."""
        problem, lost = "", False
        while True:
            try:
                async with self._dialled() as line:
                    if lost:
                        self._tell("The connection is back.")
                    lost = False
                    if (ended := await self._listen(line)) is not None:
                        self.reason = ended
                        return
            except InvalidStatus as error:
                if error.response.status_code not in _PASSES:
                    body = (error.response.body or b"").decode(errors="replace")
                    raise Refused(error.response.status_code, body[:2000]) from error
                problem = f"the relay answers {error.response.status_code}"
            except (OSError, TimeoutError, ConnectionClosed, InvalidHandshake) as error:
                problem = str(error) or type(error).__name__
            self._tries.over(self._carried)
            if self._id and not lost:
                lost = True
                self._tell("The connection was lost; taking it up again.")
            if self._tries.all_short:
                raise SessionError(
                    f"Identity-Aware Proxy takes the connection up and ends it at once, {self._tries.short} times in a row.",
                    "The machine may be busy or going down: `workstation status` says how it stands. Then connect again.",
                )
            if self._tries.too_late:
                what = "taken up again" if self._id else "made"
                raise SessionError(
                    f"The connection through Identity-Aware Proxy could not be {what}: {problem or 'it is lost'}.",
                    "Does this computer reach the internet, or the proxy that `HTTPS_PROXY` names?",
                )
            await self._tries.wait()

    @property
    def _carried(self) -> int:
        """Bytes that are over, in both directions."""
        return self._flow.received + self._flow.confirmed

    async def _listen(self, line: ClientConnection) -> str | None:
        """Carry what comes over a websocket. Why the connection is over; None where another websocket takes it up again."""
        saying = asyncio.create_task(self._say_what_arrived(line))
        open_here = False
        try:
            async with asyncio.timeout(_OPENS) as waiting:
                async for message in line:
                    frame = decode(message) if isinstance(message, bytes) else None
                    if isinstance(frame, (Connected, TakenUp)):
                        if open_here or isinstance(frame, Connected) == bool(self._id):
                            raise Malformed("The relay opens a connection that is open.")
                        waiting.reschedule(None)
                        open_here = True
                        self._tries.began(self._carried)
                        await self._opened(frame, line)
                    elif frame is not None and not open_here:
                        raise Malformed("The relay sends data before the connection is open.")
                    elif isinstance(frame, Data):
                        await self._sink(frame.content)
                        self._flow.take(len(frame.content))
                        self.counts.received_bytes += len(frame.content)
                        if said := self._flow.due():
                            await line.send(said)
                    elif isinstance(frame, Acknowledge):
                        self._flow.confirm(frame.total)
            return self._why(line)
        except ConnectionClosed:
            return self._why(line)
        except WrongCount as error:
            await line.close(error.code, "bad ack")
            return str(error)
        except Malformed as error:
            await line.close(Close.WRONG_DATA, "invalid data")
            return error.message
        finally:
            saying.cancel()
            if self._line is line:
                self._line = None

    async def _opened(self, frame: Connected | TakenUp, line: ClientConnection) -> None:
        if isinstance(frame, Connected):
            self._id = frame.id
        else:
            self._flow.confirm(frame.total)
        async with self._writing:
            for kept in self._flow.again():
                await line.send(kept)
            self._line = line
        self.connected.set()

    def _why(self, line: ClientConnection) -> str | None:
        code, said = line.close_code or 1006, line.close_reason or ""
        if not self._id:
            if code in _GOES_ON:
                return None
            raise Refused(code, said)
        return None if code in _GOES_ON else said if code != Close.NORMAL else ""

    async def _say_what_arrived(self, line: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(_QUIET)
                if said := self._flow.due(all=True):
                    await line.send(said)

    async def _put(self, frame: bytes) -> None:
        if self._line is not None:
            try:
                await self._line.send(frame)
            except ConnectionClosed:
                self._line = None

    def _url(self) -> str:
        port = self._port
        if self._id:
            end = "reconnect"
            asked = {"sid": self._id, "ack": self._flow.received, "zone": port.zone, "newWebsocket": True}
        else:
            end = "connect"
            asked = {
                "project": port.project, "port": port.number, "newWebsocket": True, "zone": port.zone, "instance": port.instance,
                "interface": port.interface,
            }  # fmt: skip
        return f"{self._service.address}/{end}?{urlencode(asked, quote_via=quote)}"

    @contextlib.asynccontextmanager
    async def _dialled(self) -> AsyncIterator[ClientConnection]:
        """A websocket to the relay: TLS, and the person's own proxy, except to this computer. It is gone after the context, with a
        farewell where there is time for one."""
        address = urlsplit(self._service.address)
        near = address.hostname in _LOOPBACK
        if address.scheme != "wss" and not near:
            raise SessionError(f"The address of the relay is {self._service.address}, which is not encrypted.")
        token = await asyncio.to_thread(self._service.token)
        self._flow.attach()
        with usable_proxy():
            connection = await connect(
                self._url(), origin=Origin(ORIGIN), subprotocols=[Subprotocol(SUBPROTOCOL)],
                additional_headers={"Authorization": f"Bearer {token}"}, compression=None, max_size=_LARGEST_MESSAGE,
                ping_interval=_ALIVE, ping_timeout=_ALIVE, open_timeout=_ALIVE, close_timeout=_FAREWELL, proxy=None if near else True,
                user_agent_header="soundstage",
            )  # fmt: skip
        self.counts.websockets += 1
        try:
            yield connection
            await connection.close()
        finally:
            connection.transport.abort()


@contextlib.asynccontextmanager
async def opened(relay: Relay) -> AsyncIterator["asyncio.Task[None]"]:
    """A connection that is made, for as long as the context lasts, and the task that holds it. Raises as `Relay.hold` does."""
    holding, connected = asyncio.create_task(relay.hold()), asyncio.create_task(relay.connected.wait())
    try:
        await asyncio.wait((holding, connected), return_when=asyncio.FIRST_COMPLETED)
        if holding.done():
            holding.result()
        yield holding
    finally:
        try:
            await (
                relay.close()
            )  # also for whoever is cancelled: a connection without a farewell stays open at the machine
        finally:
            for task in (holding, connected):
                task.cancel()
            await asyncio.gather(holding, connected, return_exceptions=True)


async def carried(relay: Relay, holding: "asyncio.Task[None]", reader: asyncio.StreamReader) -> None:
    """Carry what `reader` gives until either end is over. Raises as `Relay.hold` does."""

    async def outward() -> None:
        with contextlib.suppress(OSError):
            while content := await reader.read(LARGEST):
                await relay.send(content)

    sending = asyncio.create_task(outward())
    try:
        await asyncio.wait((sending, holding), return_when=asyncio.FIRST_COMPLETED)
        if not holding.done():
            await relay.settled()
            await asyncio.wait((holding,), timeout=_LAST_ANSWER)
        if holding.done():
            holding.result()
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
