"""Rows in columns that fit the screen."""

from collections.abc import Sequence

from soundstage.cli.display.screen import Screen
from soundstage.cli.display.text import columns, escaped, fit, pad

_GAP = "  "
_NARROWEST = 4


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], screen: Screen) -> str:
    """A table with a heading row. The widest columns give way first when the screen is narrow."""
    cells = [[escaped(cell) for cell in row] for row in (headings, *rows)]
    widths = [max(columns(row[index]) for row in cells) for index in range(len(headings))]
    while sum(widths) + len(_GAP) * (len(widths) - 1) > screen.width and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
    lines = [
        _GAP.join(pad(fit(cell, width), width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    return "\n".join([screen.paint(lines[0], "dim"), *(screen.plain(line) for line in lines[1:])])
