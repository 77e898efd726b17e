"""Ctrl-C, `kill` and a closed terminal: once to stop in good order, twice to leave at once."""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def heeded() -> list[signal.Signals]:
    """The signals that end a command, without those that its caller chose to ignore, as `nohup` does."""
    return [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]


@contextlib.contextmanager
def watched(on_first: Callable[[], None]) -> Iterator[threading.Event]:
    """Call `on_first` at the first signal within the block; the event says whether there was one.

    The second signal ends the process as if nobody had listened: everything that must be known is on disk by then. Only
    the main thread can listen; called from another, this leaves the process as it is.
    """
    received = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield received
        return

    def handle(number: int, _frame: FrameType | None) -> None:
        if received.is_set():
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        received.set()
        on_first()

    before = {number: signal.signal(number, handle) for number in heeded()}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
