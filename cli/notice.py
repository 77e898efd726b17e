"""Words to stderr that must never be the reason why something fails."""

import sys

from soundstage.cli.display.screen import stderr


def notice(text: str, *styles: str) -> None:
    """Print a line for the person who watches. A closed terminal or pipe is ignored: the work goes on without it."""
    write(stderr().lines(text, *styles))


def write(drawn: str) -> None:
    """Print text that was drawn for stderr already."""
    if sys.stderr is None:
        return
    try:
        print(drawn, file=sys.stderr, flush=True)
    except (OSError, ValueError):
        return
