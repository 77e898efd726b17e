"""What the SDK leaves behind when a program is cut short."""

import asyncio
import gc
import sys
import time
from typing import Final

from soundstage.engines.base import Program

_LONGEST: Final = 5.0
"""Seconds in which the thread of a program that was cut short comes to its end."""


class Leftovers:
    """Knows the event loops of the programs that ran, and clears up after them.

    The SDK closes a program's loop only when all of its coroutines end in order, and leaves the coroutines of one that was cut
    short unfinished (pulumi 3.272, `automation/_server.py`). Python complains about both on stderr when it comes upon them,
    at the latest at its exit.
    """

    def __init__(self) -> None:
        self._loops: list[asyncio.AbstractEventLoop] = []

    def of(self, program: Program) -> Program:
        """The same program, whose loop is known once it runs."""

        def run() -> None:
            self._loops.append(asyncio.get_running_loop())
            program()

        return run

    def collect(self) -> None:
        """Close the loops and let go of the coroutines, without a word on stderr."""
        while self._loops:
            _end(self._loops.pop())
        previous, sys.unraisablehook = sys.unraisablehook, lambda _unraisable: None
        try:
            gc.collect()
        finally:
            sys.unraisablehook = previous


def _end(loop: asyncio.AbstractEventLoop) -> None:
    """Let what is unfinished in a loop come to its end, and close it."""
    deadline = time.monotonic() + _LONGEST
    while loop.is_running() and time.monotonic() < deadline:
        time.sleep(0.01)
    if loop.is_running() or loop.is_closed():
        return
    if tasks := asyncio.all_tasks(loop):
        for task in tasks:
            task.cancel()
        ended, _ = loop.run_until_complete(asyncio.wait(tasks, timeout=_LONGEST))
        for task in ended:
            task.cancelled() or task.exception()
    loop.close()
