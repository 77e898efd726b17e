"""A port of a machine on this computer, or one connection to it, through Identity-Aware Proxy. See `sessions.route.Route`."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from soundstage.core.errors import SoundstageError
from soundstage.sessions.iap.relay import Port, Relay, Service, carried, opened
from soundstage.sessions.pipe import Out
from soundstage.sessions.route import Tunnelled
from soundstage.sessions.session import Tell, silent
from soundstage.sessions.tunnel import LocalEnd, listening


@dataclass(frozen=True)
class IapRoute:
    """See `Route`. `explained` makes of what the relay refuses what a person is told."""

    service: Service
    port: Port
    explained: Callable[[SoundstageError], SoundstageError] = lambda error: error

    async def knock(self) -> None:
        """Make a connection and close it. Raises why none can be made."""
        try:
            async with opened(Relay(self.service, self.port, _nothing)):
                pass
        except SoundstageError as error:
            raise self.explained(error) from error

    async def pipe(self, reader: asyncio.StreamReader, writer: Out, *, tell: Tell = silent) -> str:
        relay = Relay(self.service, self.port, _sink(writer), tell)
        try:
            async with opened(relay) as holding:
                await carried(relay, holding, reader)
        except SoundstageError as error:
            raise self.explained(error) from error
        finally:
            writer.close()
        return relay.reason

    def tunnel(self, *, port: int = 0, preferred: int = 0, tell: Tell = silent) -> Tunnelled:
        return _tunnel(self, port, preferred, tell)


class IapTunnel(LocalEnd):
    """Any number of connections, each by itself."""

    def __init__(self, route: IapRoute, tell: Tell) -> None:
        super().__init__()
        self._route = route
        self._tell = tell

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        relay = Relay(self._route.service, self._route.port, _sink(writer), self._tell)
        self.totals.sessions += 1
        try:
            async with opened(relay) as holding:
                await carried(relay, holding, reader)
        except SoundstageError as error:
            told = self._route.explained(error)
            self._tell(f"{told.message} {told.hint}".strip())
        finally:
            self.totals.add(relay.counts)


@contextlib.asynccontextmanager
async def _tunnel(
    route: IapRoute, port: int, preferred: int, tell: Tell
) -> AsyncIterator[tuple[IapTunnel, "asyncio.Task[None]"]]:
    await route.knock()
    made = IapTunnel(route, tell)
    server = await listening(made.accept, port, preferred)
    made.port = server.sockets[0].getsockname()[1]
    holding = asyncio.create_task(_for_ever())
    try:
        async with server:
            try:
                yield made, holding
            finally:  # also after Ctrl-C: from Python 3.12 on the server waits for every connection before it is closed
                server.close()
                await made.close()
    finally:
        holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)


async def _for_ever() -> None:
    await asyncio.Event().wait()


async def _nothing(_content: bytes) -> None:
    """Nobody wants it."""


def _sink(writer: Out) -> Callable[[bytes], Awaitable[None]]:
    async def sink(content: bytes) -> None:
        with contextlib.suppress(OSError):
            writer.write(content)
            await writer.drain()

    return sink
