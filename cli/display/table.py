"""Rows in columns that fit the screen."""

from collections.abc import Sequence

from soundstage.cli.display.screen import Screen
from soundstage.cli.display.text import columns, escaped, fit, pad

_GAP = "  "
_NARROWEST = 4
_ROOM = 10
"""Columns of the screen for each column of a table, below which too much of it would be cut."""


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], screen: Screen) -> str:
    """A table with a heading row. Where that would cut most of the cells, each row is a block of `heading  cell` lines."""
    cells = [[escaped(cell) for cell in row] for row in (headings, *rows)]
    widths = [max(columns(row[index]) for row in cells) for index in range(len(headings))]
    too_wide = sum(widths) + len(_GAP) * (len(widths) - 1) > screen.width
    if too_wide and screen.width < _ROOM * len(widths):
        return "\n\n".join(_block(cells[0], row, screen) for row in cells[1:])
    while sum(widths) + len(_GAP) * (len(widths) - 1) > screen.width and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
    lines = [
        _GAP.join(pad(fit(cell, width), width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    return "\n".join([screen.paint(lines[0], "dim"), *(screen.plain(line) for line in lines[1:])])


def _block(headings: Sequence[str], row: Sequence[str], screen: Screen) -> str:
    width = max(map(columns, headings))
    lines = [
        f"{screen.paint(pad(heading, width), 'dim')}{_GAP}{screen.plain(fit(cell, screen.width - width - len(_GAP)))}"
        for heading, cell in zip(headings, row, strict=True)
        if cell not in ("", "-")
    ]
    return "\n".join(lines)
