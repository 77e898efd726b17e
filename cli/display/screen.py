"""What text is drawn for: how wide, in colour or not, with which characters."""

import os
import shutil
import sys
import textwrap
from dataclasses import dataclass
from typing import Final, TextIO

from soundstage.cli.display.text import escaped

PIPE_WIDTH: Final = 1000
"""Columns assumed when nobody watches: whoever reads a pipe or a log wants whole names, not `…`."""
_STYLES: Final = {"bold": 1, "dim": 2, "red": 31, "green": 32, "yellow": 33, "blue": 34, "magenta": 35, "cyan": 36}
_NON_ASCII: Final = str.maketrans({"…": "~", "±": "%", "→": "->", "·": "-", "✓": "+", "✗": "x"})


@dataclass(frozen=True)
class Screen:
    """Where text will land. `width` is in columns; `live` says that lines may be drawn over."""

    width: int = 80
    colour: bool = False
    unicode: bool = True
    live: bool = False

    @classmethod
    def of(cls, stream: TextIO | None) -> "Screen":
        """The screen behind a stream. `NO_COLOR` (any value), `TERM=dumb` and a pipe each switch colour off."""
        terminal = stream is not None and stream.isatty()
        dumb = os.environ.get("TERM", "") in ("dumb", "unknown")
        return cls(
            width=max(20, shutil.get_terminal_size((80, 24)).columns) if terminal else PIPE_WIDTH,
            colour=terminal and not dumb and not os.environ.get("NO_COLOR"),
            unicode=_holds_unicode(stream),
            live=terminal and not dumb,
        )

    def paint(self, text: str, *styles: str) -> str:
        """`text` in these styles, where the screen shows them. Escapes what could command the terminal."""
        text = self.plain(text)
        if not (self.colour and styles and text):
            return text
        codes = ";".join(str(_STYLES[style]) for style in styles)
        return f"\x1b[{codes}m{text}\x1b[0m"

    def plain(self, text: str) -> str:
        """`text` without anything that this screen cannot show or that could command the terminal."""
        text = escaped(text)
        return text if self.unicode else text.translate(_NON_ASCII).encode("ascii", "backslashreplace").decode()

    def lines(self, text: str, *styles: str) -> str:
        """Like `paint`, keeping the line ends of `text`."""
        return "\n".join(self.paint(line, *styles) for line in text.split("\n"))


def filled(screen: Screen, *lines: str) -> str:
    """Lines that break between words where the screen ends."""
    broken = (textwrap.fill(line, screen.width, break_long_words=False, break_on_hyphens=False) for line in lines)
    return screen.lines("\n".join(broken))


def _holds_unicode(stream: TextIO | None) -> bool:
    try:
        "…±→·✓✗⠋".encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def stdout() -> Screen:
    """The screen that results are drawn for."""
    return Screen.of(sys.stdout)


def stderr() -> Screen:
    """The screen that progress, questions, warnings and errors are drawn for."""
    return Screen.of(sys.stderr)
