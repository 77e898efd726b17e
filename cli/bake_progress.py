"""Shows a bake while it runs, line by line on stderr: what the engine makes, and each step of the recipe."""

from soundstage.cli.display.screen import stderr
from soundstage.cli.display.steps import event_line
from soundstage.cli.display.text import fit
from soundstage.cli.notice import notice, write
from soundstage.core.masking import masked
from soundstage.engines.base import Event, EventKind
from soundstage.images.host import Progress, State

_WORDS = {
    State.BEGAN: "…",
    State.DONE: "done",
    State.UNCHANGED: "nothing to do",
    State.FAILED: "failed",
    State.AGAIN: "again",
}


class BakeProgress:
    """A listener for both. What a machine prints is shown dim, as wide as the screen."""

    def __init__(self) -> None:
        self._screen = stderr()

    def event(self, event: Event) -> None:
        """What the engine tells: of what goes well, the ends of steps alone."""
        if event.kind is not EventKind.STEP_STARTED and (line := event_line(event, self._screen)):
            write(masked(line))

    def step(self, progress: Progress) -> None:
        """What the bake tells."""
        if progress.state is State.LINE:
            notice(masked(fit(f"    {progress.text}", self._screen.width - 1)), "dim")
            return
        place = f"{progress.number}/{progress.total} " if progress.number else ""
        word = _WORDS[progress.state]
        if progress.text:
            word = progress.text if progress.state is State.UNCHANGED else f"{word} ({progress.text})"
        style = "red" if progress.state is State.FAILED else ""
        line = f"{place}{progress.title}: {word}"
        notice(masked(line), *filter(None, (style,)))
