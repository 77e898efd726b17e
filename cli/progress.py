"""Shows an operation while it runs: redrawn in place on a terminal, plain lines anywhere else. Always on stderr."""

import contextlib
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from soundstage.cli.display.screen import stderr
from soundstage.cli.display.steps import Board, event_line
from soundstage.cli.masking import masked
from soundstage.cli.notice import write
from soundstage.stacks.engines.base import Event, EventKind

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text


class Progress:
    """A listener for an engine's events: `with Progress(total) as progress: deployment.up(on_event=progress)`.

    Events may come from several threads. Nothing that happens here stops the operation: a terminal that was closed is
    simply written to no more. With `preview`, nothing really happens, so steps are only counted.
    """

    def __init__(self, total: int = 0, *, preview: bool = False) -> None:
        self._board = Board(total, time.monotonic(), preview)
        self._screen = stderr()
        self._lock = threading.Lock()
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if self._screen.live:
            self._live = _live(self.board)
            self._live.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if self._live:
            with contextlib.suppress(OSError, ValueError):
                self._live.stop()

    def __call__(self, event: Event) -> None:
        counted_only = self._board.preview and event.kind in (EventKind.STEP_STARTED, EventKind.STEP_DONE)
        with self._lock:
            self._board.take(event, time.monotonic())
            line = None if counted_only else event_line(event, self._screen)
        if line:
            self._print(masked(line))

    def board(self) -> "Text":
        """What runs now, for rich to draw."""
        from rich.text import Text

        with self._lock:
            return Text.from_ansi("\n".join(self._board.lines(time.monotonic(), self._screen)), no_wrap=True)

    def _print(self, line: str) -> None:
        if self._live is None:
            write(line)
            return
        from rich.text import Text

        with contextlib.suppress(OSError, ValueError):
            self._live.console.print(Text.from_ansi(line), soft_wrap=True, highlight=False)


def _live(board: Callable[[], "Text"]) -> "Live":
    from rich.console import Console
    from rich.live import Live

    console = Console(file=sys.stderr, highlight=False, markup=False, emoji=False)
    return Live(get_renderable=board, console=console, refresh_per_second=8, transient=True, redirect_stdout=False)
