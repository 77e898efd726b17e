"""Takes the websockets of sessions, on a port of loopback of its own, in a thread of its own.

Faults: each websocket is a call of `ssmmessages:OpenDataChannel` and each frame, either way, one of `ssmmessages:Message`, a name
that AWS has not. `connection-lost` cuts before the frame is passed on, `lost-answer` after it, `latency` holds it back; every other
kind cuts too.
"""

import asyncio
import hmac
import secrets
import threading
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from soundstage.sessions.channel import Lost
from soundstage.sessions.message import Malformed, read_opening
from soundstage.simulator.aws.gateway.agent import Agent
from soundstage.simulator.aws.gateway.machine import StandIn
from soundstage.simulator.faultrules import FaultRule

_PATH: Final = "/v1/data-channel/"
_HELLO: Final = 10.0
_LOOK: Final = 0.2
_START: Final = 20.0
_CHANNEL: Final = "ssmmessages:OpenDataChannel"
_MESSAGE: Final = "ssmmessages:Message"

T = TypeVar("T")
Due: TypeAlias = Callable[[str], FaultRule | None]
"""The fault that a call gets, if any."""


@dataclass(frozen=True)
class Opening:
    """A session as it was asked for: `document` is the content of its document, `parameters` are complete."""

    session: str
    target: str
    person: str
    """Whose machine it is, by its tag."""
    document: Mapping[str, Any]
    parameters: Mapping[str, str]
    is_windows: bool
    is_running: Callable[[], bool]
    """Whether the machine runs now."""


@dataclass
class _Open:
    agent: Agent
    opening: Opening
    token: str = field(repr=False)


class Gateway:
    """All sessions of one simulated cloud. Called from the cloud's threads; it works in its own."""

    def __init__(self, folder: Path, due: Due) -> None:
        self._folder = folder
        self._due = due
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._ready = threading.Event()
        self._over: asyncio.Event | None = None
        self._port = 0
        self._sessions: dict[str, _Open] = {}
        self._machines: dict[str, StandIn] = {}

    def admit(self, opening: Opening) -> tuple[str, str]:
        """Open a session: the token and the address of its websocket."""
        self._start()
        return self._within(self._admit(opening))

    def again(self, session: str) -> tuple[str, str] | None:
        """Another token of a session; None when it is over."""
        return self._within(self._again(session)) if self._loop else None

    def is_open(self, session: str) -> bool:
        one = self._sessions.get(session)
        return one is not None and not one.agent.over

    def end(self, session: str) -> None:
        """End a session, as `TerminateSession` does."""
        if self._loop and session in self._sessions:
            self._within(self._end(session))

    def close(self) -> None:
        """End everything, and the thread."""
        if self._loop and self._over and self._thread:
            self._loop.call_soon_threadsafe(self._over.set)
            self._thread.join(_START)

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="gateway", daemon=True)
                self._thread.start()
        if not self._ready.wait(_START):
            raise RuntimeError("the gateway of sessions did not start")

    def _within(self, work: Coroutine[Any, Any, T]) -> T:
        assert self._loop is not None  # noqa: S101 - for the type checker; every caller has looked
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_START)

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        async with serve(
            self._visit, "127.0.0.1", 0, origins=[None], compression=None, max_size=4 << 20, server_header=None
        ) as server:
            self._port = next(iter(server.sockets)).getsockname()[1]
            self._ready.set()
            watching = asyncio.create_task(self._watch())
            await self._over.wait()
            watching.cancel()
            for session in list(self._sessions):
                await self._end(session)
            for machine in self._machines.values():
                await machine.stop()

    async def _watch(self) -> None:
        """End the sessions of machines that stopped, and what stood for them."""
        while True:
            await asyncio.sleep(_LOOK)
            for session, one in list(self._sessions.items()):
                if one.agent.over:
                    self._sessions.pop(session, None)
                elif not one.opening.is_running():
                    self._sessions.pop(session, None)
                    one.agent.vanish()
                    if machine := self._machines.pop(one.opening.target, None):
                        await machine.stop()

    async def _admit(self, opening: Opening) -> tuple[str, str]:
        machine = self._machines.get(opening.target)
        if machine is None:
            folder = self._folder / opening.target
            machine = StandIn(folder, opening.target, is_windows=opening.is_windows)
            self._machines[opening.target] = machine
        agent = Agent(opening.session, opening.target, opening.document, opening.parameters, machine)
        self._sessions[opening.session] = _Open(agent, opening, _token())
        return self._sessions[opening.session].token, self._address(opening.session)

    async def _again(self, session: str) -> tuple[str, str] | None:
        one = self._sessions.get(session)
        if one is None or one.agent.over:
            return None
        one.token = _token()
        return one.token, self._address(session)

    def _address(self, session: str) -> str:
        return f"ws://127.0.0.1:{self._port}{_PATH}{session}?role=publish_subscribe"

    async def _end(self, session: str) -> None:
        if one := self._sessions.pop(session, None):
            await one.agent.end("")

    async def _visit(self, connection: ServerConnection) -> None:
        path = connection.request.path if connection.request else ""
        session = path.partition("?")[0].removeprefix(_PATH)
        one = self._sessions.get(session)
        if one is None or self._due(_CHANNEL):
            connection.transport.abort()
            return
        try:
            async with asyncio.timeout(_HELLO):
                hello = await connection.recv()
            shown = read_opening(hello)
            if not hmac.compare_digest(shown.encode(), one.token.encode()):
                return
            one.token = _token()  # a token opens one websocket
            await self._carry(connection, one.agent)
        except (TimeoutError, ConnectionClosed, Malformed, Lost):
            return

    async def _carry(self, connection: ServerConnection, agent: Agent) -> None:
        line = _Line(connection, self._due)
        await agent.attach(line)
        try:
            async for content in connection:
                if isinstance(content, bytes):
                    await line.pass_on(agent.feed, content)
        finally:
            agent.detach(line)


class _Line:
    """One websocket, which breaks on request."""

    def __init__(self, connection: ServerConnection, due: Due) -> None:
        self._connection = connection
        self._due = due

    def abort(self) -> None:
        self._connection.transport.abort()

    async def send(self, content: bytes) -> None:
        await self.pass_on(self._connection.send, content)

    async def pass_on(self, way: Callable[[bytes], Coroutine[Any, Any, None]], content: bytes) -> None:
        """Pass a frame on, either way, or what a fault makes of it."""
        rule = self._due(_MESSAGE)
        if rule and rule.kind == "latency":
            await asyncio.sleep(rule.seconds)
            rule = None
        try:
            if rule is None or rule.kind == "lost-answer":
                await way(content)
        except ConnectionClosed as error:
            raise Lost from error
        if rule:
            self._connection.transport.abort()
            raise Lost


def _token() -> str:
    return secrets.token_urlsafe(48)
