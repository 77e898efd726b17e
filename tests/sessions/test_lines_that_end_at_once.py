"""A relay that takes a connection up and ends it at once, again and again: it was tried for ever, ten times a second."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from soundstage.core.errors import SessionError
from soundstage.sessions import tries, tunnel
from soundstage.sessions.channel import Channel, Counts
from soundstage.sessions.iap.frames import SUBPROTOCOL, Connected, TakenUp, encode
from soundstage.sessions.iap.relay import Port, Relay, Service
from soundstage.sessions.message import Kind
from soundstage.sessions.session import FOR_EVER, Grant, Request, Session, silent
from soundstage.sessions.tries import HELD, MOST_SHORT, Tries
from soundstage.sessions.tunnel import Tunnel

BOUND = 60.0


class Clock:
    """Time that passes only in pauses, and where a test says so."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(tries, "monotonic", lambda: made.now)
    monkeypatch.setattr(tries, "sleep", made.sleep)
    return made


def short(lines: Tries, times: int) -> None:
    """So many lines that end at once, each with the pause after it."""

    async def tried() -> None:
        for _ in range(times):
            lines.began(0)
            lines.over(0)
            await lines.wait()

    asyncio.run(tried())


def test_pauses_grow_and_begin_anew_after_a_line_that_held_or_carried_something(clock: Clock) -> None:
    lines = Tries(1, 8, FOR_EVER)
    short(lines, 5)
    assert clock.pauses == [1, 2, 4, 8, 8]
    lines.began(0)
    lines.over(1)
    short(lines, 2)
    lines.began(0)
    clock.now += HELD
    lines.over(0)
    short(lines, 2)
    assert clock.pauses[5:] == [1, 2, 1, 2]


def test_lines_that_are_cut_while_they_get_on_wait_no_longer_than_before(clock: Clock) -> None:
    short(Tries(1, 8, FOR_EVER, free=3), 5)
    assert clock.pauses == [1, 1, 1, 2, 4]


def test_a_line_that_never_came_about_is_counted_by_time_alone(clock: Clock) -> None:
    lines = Tries(1, 8, 20)
    lines.over(0)
    assert not lines.short
    asyncio.run(lines.wait())
    assert not lines.too_late
    clock.now += 20
    assert lines.too_late


@contextlib.asynccontextmanager
async def answering(visit: Callable[[ServerConnection], Awaitable[None]], *subprotocols: str) -> AsyncIterator[str]:
    spoken = [Subprotocol(each) for each in subprotocols] or None
    async with asyncio.timeout(BOUND), serve(visit, "127.0.0.1", 0, subprotocols=spoken) as server:
        yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/v4"


async def ignored(*_: object) -> None:
    return


def test_the_relay_of_google_takes_a_connection_up_and_ends_it_at_once(clock: Clock) -> None:
    async def visit(line: ServerConnection) -> None:
        again = line.request is not None and "/reconnect" in line.request.path
        await line.send(encode(TakenUp(0) if again else Connected(b"1")))
        await line.close(1011, "busy")

    async def scene() -> None:
        async with answering(visit, SUBPROTOCOL) as address:
            relay = Relay(Service(address, lambda: "token"), Port("studio", "europe-west4-a", "edit-1", 22), ignored)
            await relay.hold()

    with pytest.raises(SessionError, match=f"ends it at once, {MOST_SHORT} times") as found:
        asyncio.run(scene())
    assert "workstation status" in found.value.hint
    assert clock.pauses[:3] == [0.1, 0.1, 0.1]
    assert clock.pauses[-1] == 5.0
    assert clock.now > 120


def test_session_manager_takes_a_connection_up_and_ends_it_at_once(clock: Clock) -> None:
    address = ""

    class Calls:
        def start(self, request: Request) -> Grant:
            raise AssertionError(request)

        def resume(self, session: str) -> Grant | None:
            return Grant(session, address, "token")

        def terminate(self, session: str) -> None:
            raise AssertionError(session)

    async def visit(line: ServerConnection) -> None:
        await line.recv()
        await line.close(1011, "busy")

    async def scene() -> str:
        nonlocal address
        async with answering(visit) as address:
            made = Session(Calls(), Grant("s-1", address, "token"), ignored, silent, FOR_EVER)
            await made.hold()
            return made.channel.reason

    assert asyncio.run(scene()).endswith(f"ends it at once, {MOST_SHORT} times in a row.")
    assert clock.now > 120


def test_every_new_session_ends_as_soon_as_it_is_open(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = 0

    class Over:
        """A session that is over as soon as both ends agree."""

        def __init__(self) -> None:
            self.channel = Channel(Kind.INPUT, ignored)
            self.channel.counts = Counts(received=2, received_bytes=300)
            self.channel.end("The machine ended the session.")

        async def ready(self) -> None:
            return

    @contextlib.asynccontextmanager
    async def over(*_: object, **__: object) -> AsyncIterator[Over]:
        nonlocal opened
        opened += 1
        yield Over()

    async def serve_nothing(_self: Tunnel, _session: Session) -> None:
        return

    monkeypatch.setattr(tunnel, "opened", over)
    monkeypatch.setattr(Tunnel, "_serve", serve_nothing)

    async def scene() -> None:
        first: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        made = Tunnel(None, Request("i-1", "document"), silent, FOR_EVER, 1024)  # type: ignore[arg-type]
        async with asyncio.timeout(BOUND):
            await made.hold(first)

    with pytest.raises(SessionError, match="end as soon as they are open") as found:
        asyncio.run(scene())
    assert "workstation status" in found.value.hint
    assert opened == MOST_SHORT
    assert clock.pauses[:4] == [0.2, 0.4, 0.8, 1.6]
    assert clock.pauses[-1] == 10.0
