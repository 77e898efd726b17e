"""Something asynchronous that lasts, in a thread of its own, for a command that waits at a terminal."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import AbstractAsyncContextManager
from typing import Any, Generic, TypeVar

from soundstage.core.errors import Interrupted

T = TypeVar("T")
_LOOK = 0.2
"""Seconds between two looks: so long a Ctrl-C may wait."""


class Running(Generic[T]):
    """What runs. `value` is what its context gave."""

    def __init__(self, value: T, over: "Future[None]") -> None:
        self.value = value
        self._over = over

    def wait(self, until: Callable[[], bool] = lambda: False) -> None:
        """Until it ends by itself, with its error, or `until` says so."""
        while not until():
            if wait((self._over,), _LOOK).done:
                self._over.result()
                return


@contextlib.contextmanager
def in_background(
    make: Callable[[], AbstractAsyncContextManager[tuple[T, "asyncio.Task[Any]"]]],
) -> Iterator[Running[T]]:
    """Enter a context in a thread, with the task that holds it, and leave it again at the end. Raises what entering raises."""
    begun: Future[T] = Future()
    over: Future[None] = Future()
    stop: list[Callable[[], object]] = []

    async def live() -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        stop.append(lambda: loop.call_soon_threadsafe(task.cancel) if task else None)
        async with make() as (value, holding):
            begun.set_result(value)
            await holding

    def work() -> None:
        try:
            asyncio.run(live())
        except asyncio.CancelledError:
            _end(begun, Interrupted("Nothing was changed."))
            over.set_result(None)
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits
            _end(begun, error)
            over.set_exception(error)
        else:
            over.set_result(None)

    thread = threading.Thread(target=work, name="sessions", daemon=True)
    thread.start()
    try:
        while not wait((begun,), _LOOK).done:
            pass
        yield Running(begun.result(), over)
    finally:
        if stop and not over.done():
            with contextlib.suppress(RuntimeError):  # it ended at this very moment
                stop[0]()
        thread.join()
        over.exception()


def _end(begun: "Future[T]", error: BaseException) -> None:
    if not begun.done():
        begun.set_exception(error)
