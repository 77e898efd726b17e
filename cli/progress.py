"""Shows an operation while it runs: redrawn in place on a terminal, plain lines anywhere else. Always on stderr."""

import contextlib
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

from soundstage.cli.display.screen import stderr
from soundstage.cli.display.steps import Board, event_line
from soundstage.cli.display.text import fit
from soundstage.cli.notice import write
from soundstage.core.masking import masked
from soundstage.engines.base import Event, EventKind

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text


class Progress:
    """A listener for an engine's events: `with Progress(total) as progress: deployment.up(on_event=progress)`.

    Events may come from several threads. Nothing that happens here stops the operation: a terminal that was closed is
    simply written to no more. With `preview`, nothing really happens, so steps are only counted. `groups` says of which
    component each resource is (`steps.components`): on a terminal a component is one row, and one line when it is done.
    """

    def __init__(self, total: int = 0, *, preview: bool = False, groups: Mapping[str, str] | None = None) -> None:
        self._screen = stderr()
        # A log wants every resource by itself; on a terminal 140 of them would push everything else away.
        self._board = Board(total, time.monotonic(), preview, groups=(groups or {}) if self._screen.live else {})
        self._lock = threading.Lock()
        self._live: Live | None = None
        self._failed: Counter[str] = Counter()

    def __enter__(self) -> Self:
        if self._screen.live:
            self._live = _live(self.board)
            self._live.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._print_repeated()
        if self._live:
            with contextlib.suppress(OSError, ValueError):
                self._live.stop()

    def __call__(self, event: Event) -> None:
        counted_only = self._board.preview and event.kind in (EventKind.STEP_STARTED, EventKind.STEP_DONE)
        with self._lock:
            now = time.monotonic()
            finished = self._board.take(event, now)
            folded = event.kind is EventKind.STEP_DONE and event.urn in self._board.groups
            line = None if counted_only or folded or self._is_repeated(event) else event_line(event, self._screen)
            if finished and not self._board.preview:
                line = finished.line(now, self._screen)
        if line:
            self._print(masked(line))

    def _is_repeated(self, event: Event) -> bool:
        """Whether another resource has failed for the same reason: the first is told, the others are counted."""
        if event.kind is not EventKind.STEP_FAILED or not event.message:
            return False
        self._failed[event.message] += 1
        return self._failed[event.message] > 1

    def _print_repeated(self) -> None:
        with self._lock:
            repeated = {message: number - 1 for message, number in self._failed.items() if number > 1}
            self._failed.clear()
        for message, number in repeated.items():
            first = message.split("\n", 1)[0]
            self._print(masked(self._screen.plain(fit(f"  and {number} more failed: {first}", self._screen.width - 1))))

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
