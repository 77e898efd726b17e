"""Takes the websockets of a simulated cloud, on a port of loopback of its own, in a thread of its own, and keeps the machines behind them.

Faults: each frame, either way, can be a call by a name that the cloud has not. `connection-lost` cuts before the frame is passed on,
`lost-answer` after it, `latency` holds it back; every other kind cuts too.
"""

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from soundstage.sessions.channel import Lost
from soundstage.simulator.faultrules import FaultRule
from soundstage.simulator.stand_in.machine import StandIn

_LOOK: Final = 0.2
_START: Final = 20.0

T = TypeVar("T")
Due: TypeAlias = Callable[[str], FaultRule | None]
"""The fault that a call gets, if any."""


class Serving(ABC):
    """See above. Called from the cloud's threads; what is asynchronous works in its own."""

    origins: tuple[str | None, ...] = (None,)
    """What may stand as the origin of a websocket."""
    subprotocols: tuple[str, ...] | None = None

    def __init__(self, folder: Path, due: Due) -> None:
        self._folder = folder
        self.due = due
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._ready = threading.Event()
        self._over: asyncio.Event | None = None
        self._machines: dict[str, StandIn] = {}
        self.port = 0
        """Where it listens, once it has started."""

    @abstractmethod
    async def visit(self, connection: ServerConnection) -> None:
        """Somebody has come; the websocket closes when this returns."""

    @abstractmethod
    async def look(self) -> None:
        """Called several times a second: end what leads to machines that stopped."""

    @abstractmethod
    async def leave(self) -> None:
        """End everything that is open."""

    def start(self) -> None:
        """Begin, if it has not begun."""
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="gateway", daemon=True)
                self._thread.start()
        if not self._ready.wait(_START):
            raise RuntimeError("the gateway of sessions did not start")

    @property
    def has_started(self) -> bool:
        return self._loop is not None

    def within(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something in the thread of the websockets, and wait for it."""
        assert self._loop is not None  # noqa: S101 - for the type checker; every caller has looked
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_START)

    def close(self) -> None:
        """End everything, and the thread."""
        if self._loop and self._over and self._thread:
            self._loop.call_soon_threadsafe(self._over.set)
            self._thread.join(_START)

    def machine(self, name: str, *, is_windows: bool = False) -> StandIn:
        """What stands for a machine."""
        if name not in self._machines:
            self._machines[name] = StandIn(self._folder / name, name, is_windows=is_windows)
        return self._machines[name]

    async def forget(self, name: str) -> None:
        """A machine has stopped; its folder stays."""
        if machine := self._machines.pop(name, None):
            await machine.stop()

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        async with serve(
            self.visit, "127.0.0.1", 0, origins=[None if one is None else Origin(one) for one in self.origins], compression=None, max_size=4 << 20,
            server_header=None, subprotocols=[Subprotocol(one) for one in self.subprotocols] if self.subprotocols else None,
        ) as server:  # fmt: skip
            self.port = next(iter(server.sockets)).getsockname()[1]
            self._ready.set()
            watching = asyncio.create_task(self._watch())
            await self._over.wait()
            watching.cancel()
            await self.leave()
            for name in list(self._machines):
                await self.forget(name)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_LOOK)
            await self.look()


class Line:
    """One websocket, which breaks on request. `message` is what a frame is called where faults are set."""

    def __init__(self, connection: ServerConnection, due: Due, message: str) -> None:
        self._connection = connection
        self._due = due
        self._message = message

    def abort(self) -> None:
        self._connection.transport.abort()

    async def send(self, content: bytes) -> None:
        await self.pass_on(self._connection.send, content)

    async def pass_on(self, way: Callable[[bytes], Coroutine[Any, Any, None]], content: bytes) -> None:
        """Pass a frame on, either way, or what a fault makes of it. Raises `Lost`."""
        rule = self._due(self._message)
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
