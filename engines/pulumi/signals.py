"""Signals while the genuine engine works: they reach it as a request to stop after the step in hand."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from soundstage.engines.interrupts import heeded


@contextmanager
def stopping(cancel: Callable[[], None]) -> Iterator[threading.Event]:
    """While inside, SIGINT, SIGTERM and SIGHUP ask the engine to stop, unless the caller ignores them; the engine takes a
    second one as "at once"."""
    interrupted = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield interrupted
        return

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        interrupted.set()
        cancel()

    previous = {number: signal.signal(number, on_signal) for number in heeded()}
    try:
        yield interrupted
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
