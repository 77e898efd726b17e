"""Shows one `up` while the library does it: the preview, the question, and the work."""

import gc
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Generic, Self

from soundstage.cli.confirm import confirm
from soundstage.cli.notice import write
from soundstage.cli.progress import Progress
from soundstage.engines.base import Event
from soundstage.stacks.asking import Previewed


class GoingUp(Generic[Previewed]):
    """`with GoingUp(question, draw, count, groups, yes=yes) as shown: deployment.up(shown.agree, on_preview=shown.show, on_event=shown)`.

    `draw` makes the text of what was previewed and `count` says how many resources change, `groups` of which component each is. Nothing is asked when none does.
    """

    def __init__(
        self,
        question: str,
        draw: Callable[[Previewed], str],
        count: Callable[[Previewed], int],
        groups: Callable[[Previewed], Mapping[str, str]],
        *,
        yes: bool,
    ) -> None:
        self._question, self._draw, self._count, self._groups, self._yes = question, draw, count, groups, yes
        self._progress = Progress(preview=True)

    def __enter__(self) -> Self:
        self._progress.__enter__()
        return self

    def __exit__(
        self, type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._progress.__exit__(type, error, traceback)

    def __call__(self, event: Event) -> None:
        self._progress(event)

    def show(self, preview: Previewed) -> None:
        """Print what would be done."""
        self._progress.__exit__(None, None, None)
        write(self._draw(preview))

    def agree(self, preview: Previewed) -> bool:
        """Ask whether to do it; from then on the work is shown."""
        total = self._count(preview)
        if total:
            confirm(self._question, yes=self._yes)
        # The command keeps Python's collector off; what the program's first run leaves is as much as its second will need.
        gc.collect()
        self._progress = Progress(total, groups=self._groups(preview))
        self._progress.__enter__()
        return bool(total) and not self._yes
