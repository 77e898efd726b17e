"""The way to one port of one machine, whatever the cloud: by Session Manager here, by Identity-Aware Proxy in `iap`."""

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from soundstage.sessions.pipe import Out, pipe
from soundstage.sessions.session import Calls, Request, Tell, silent
from soundstage.sessions.tunnel import Totals, tunnel


class Forwarded(Protocol):
    """A port of this computer that leads to the machine's."""

    port: int
    """The local port."""
    totals: Totals


Tunnelled: TypeAlias = AbstractAsyncContextManager[tuple[Forwarded, "asyncio.Task[None]"]]
"""A tunnel for as long as the context lasts, and the task that holds it, which ends only with an error."""


class Route(Protocol):
    """See above."""

    async def pipe(self, reader: asyncio.StreamReader, writer: Out, *, tell: Tell = silent) -> str:
        """One connection: carry `reader` to the machine and what it sends to `writer`, until either is over. Returns why it ended, empty
        where our end closed."""

    def tunnel(self, *, port: int = 0, preferred: int = 0, tell: Tell = silent) -> Tunnelled:
        """Any number of connections to a local port. `port` must be free on this computer (`UsageError` otherwise); without it
        `preferred` is taken if it is, else any."""


@dataclass(frozen=True)
class SessionRoute:
    """By a session document of Session Manager."""

    calls: Calls
    request: Request

    async def pipe(self, reader: asyncio.StreamReader, writer: Out, *, tell: Tell = silent) -> str:
        return await pipe(self.calls, self.request, reader, writer, tell=tell)

    def tunnel(self, *, port: int = 0, preferred: int = 0, tell: Tell = silent) -> Tunnelled:
        return tunnel(self.calls, self.request, port=port, preferred=preferred, tell=tell)
