"""Runs a Pulumi program on the SDK, against objects instead of addresses, and leaves nothing of it behind.

The order of things is the SDK's own (pulumi 3.272, `automation/_server.py: LanguageServer.Run`). All settings of the SDK
are context variables, so a copy of the context keeps one run from another, and from whoever else uses the SDK here.
"""

import asyncio
import contextlib
import contextvars
import gc
import operator
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, Final

from pulumi.runtime import run_in_stack
from pulumi.runtime.config import set_all_config
from pulumi.runtime.settings import SETTINGS, Settings, _load_monitor_feature_support, configure, set_root_resource
from pulumi.runtime.stack import run_pulumi_func

from soundstage.engines.base import Program, StackName
from soundstage.engines.embedded.going_on import Continued
from soundstage.engines.embedded.lean import lighten
from soundstage.engines.embedded.monitor import EngineLog, EngineMonitor

_BEAT_SECONDS: Final = 0.1


class AtOnce(ThreadPoolExecutor):
    """Runs what it is given in the caller's thread. A preview only computes: handing each registration to another
    thread and back costs more than most of them take."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for it, as by any pool
            future.set_exception(error)
        return future


def run(
    program: Program | Continued,
    stack: StackName,
    monitor: EngineMonitor,
    log: EngineLog,
    *,
    preview: bool,
    parallel: int,
    on_error: Callable[[], None],
) -> None:
    """Run the program, or go on with its run, to its end, or to its first error, which is raised. Every registration has ended when this returns.

    A preview works on one registration after another, in the program's own thread; otherwise `parallel` at a time.
    `on_error` is called as soon as the program itself has failed, before what it registered until then is worked on.
    """

    own: list[BaseException] = []

    async def guarded() -> None:
        try:
            program()
        except BaseException as error:
            own.append(error)
            on_error()
            raise
        await settled()

    def within() -> None:
        lighten()
        set_all_config({})
        set_root_resource(None)  # type: ignore[arg-type]  # there is none yet
        settings = Settings(
            project=stack.project,
            stack=stack.stack,
            monitor=monitor,
            engine=log,
            parallel=parallel,
            dry_run=preview,
            organization="organization",
        )
        configure(settings)
        main = partial(_go_on, program) if isinstance(program, Continued) else partial(run_in_stack, guarded)
        _run_loop(main, AtOnce() if preview else ThreadPoolExecutor(parallel, thread_name_prefix="register"))

    start = _in_thread if _in_running_loop() else operator.call
    try:
        start(lambda: contextvars.copy_context().run(within))
    except BaseException as error:
        # The SDK prefers to raise what a registration made of it.
        if own and error is not own[0]:
            raise own[0] from None
        raise


@contextlib.contextmanager
def _without_collecting() -> Iterator[None]:
    """Keep Python's garbage collector out of the way.

    The SDK keeps some forty objects alive per resource until the program ends, and the collector walks all of them again
    and again for nothing: without it 6,000 resources take a third of the time and a tenth more memory (measured 2026-11).
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _beat(loop: asyncio.AbstractEventLoop) -> None:
    """Wake this thread now and then. Python handles signals only here, but the system may hand them to a thread that
    works, and then nothing would end the wait for the next event."""
    loop.call_later(_BEAT_SECONDS, _beat, loop)


async def _go_on(run: Continued) -> None:
    await _load_monitor_feature_support()  # type: ignore[no-untyped-call]
    await run_pulumi_func(run)


async def settled() -> None:
    """Wait until the program's outputs have their values, or one of them has failed.

    The SDK waits for them too, but puts all on the list again whenever one is done: time that grows with the square of
    their number. Here it finds few left.
    """
    while waiting := [*SETTINGS.outputs]:
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_EXCEPTION)
        if any(task.cancelled() or task.exception() for task in done):
            return
        SETTINGS.outputs.difference_update(done)


def _run_loop(main: Callable[[], Coroutine[Any, Any, None]], pool: ThreadPoolExecutor) -> None:
    loop = asyncio.new_event_loop()
    # The first error is raised here; what it leaves unanswered in other tasks is no news to anybody.
    loop.set_exception_handler(lambda _loop, _context: None)
    loop.set_default_executor(pool)
    _beat(loop)
    try:
        with _without_collecting():
            loop.run_until_complete(main())
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.close()


def _in_running_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _in_thread(work: Callable[[], None]) -> None:
    """A notebook has a loop of its own in this thread, and a thread can run only one."""
    with ThreadPoolExecutor(1, thread_name_prefix="program") as pool:
        pool.submit(work).result()
