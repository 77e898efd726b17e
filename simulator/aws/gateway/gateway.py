"""Takes the websockets of sessions. Each is a call of `ssmmessages:OpenDataChannel` and each frame, either way, one of
`ssmmessages:Message`, a name that AWS has not (`stand_in.serving`)."""

import asyncio
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from soundstage.sessions.channel import Lost
from soundstage.sessions.message import Malformed, read_opening
from soundstage.simulator.aws.gateway.agent import Agent
from soundstage.simulator.stand_in.serving import Due, Line, Serving

_PATH: Final = "/v1/data-channel/"
_HELLO: Final = 10.0
_CHANNEL: Final = "ssmmessages:OpenDataChannel"
_MESSAGE: Final = "ssmmessages:Message"


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


class Gateway(Serving):
    """All sessions of one simulated cloud."""

    def __init__(self, folder: Path, due: Due) -> None:
        super().__init__(folder, due)
        self._sessions: dict[str, _Open] = {}

    def admit(self, opening: Opening) -> tuple[str, str]:
        """Open a session: the token and the address of its websocket."""
        self.start()
        return self.within(self._admit(opening))

    def again(self, session: str) -> tuple[str, str] | None:
        """Another token of a session; None when it is over."""
        return self.within(self._again(session)) if self.has_started else None

    def is_open(self, session: str) -> bool:
        one = self._sessions.get(session)
        return one is not None and not one.agent.over

    def end(self, session: str) -> None:
        """End a session, as `TerminateSession` does."""
        if self.has_started and session in self._sessions:
            self.within(self._end(session))

    async def look(self) -> None:
        for session, one in list(self._sessions.items()):
            if one.agent.over:
                self._sessions.pop(session, None)
            elif not one.opening.is_running():
                self._sessions.pop(session, None)
                one.agent.vanish()
                await self.forget(one.opening.target)

    async def leave(self) -> None:
        for session in list(self._sessions):
            await self._end(session)

    async def _admit(self, opening: Opening) -> tuple[str, str]:
        machine = self.machine(opening.target, is_windows=opening.is_windows)
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
        return f"ws://127.0.0.1:{self.port}{_PATH}{session}?role=publish_subscribe"

    async def _end(self, session: str) -> None:
        if one := self._sessions.pop(session, None):
            await one.agent.end("")

    async def visit(self, connection: ServerConnection) -> None:
        path = connection.request.path if connection.request else ""
        session = path.partition("?")[0].removeprefix(_PATH)
        one = self._sessions.get(session)
        if one is None or self.due(_CHANNEL):
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
        line = Line(connection, self.due, _MESSAGE)
        await agent.attach(line)
        try:
            async for content in connection:
                if isinstance(content, bytes):
                    await line.pass_on(agent.feed, content)
        finally:
            agent.detach(line)


def _token() -> str:
    return secrets.token_urlsafe(48)
