"""The genuine engine's parts, and the progress of getting them."""

import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from soundstage.cli.display.screen import Screen, stderr
from soundstage.cli.display.table import table
from soundstage.cli.notice import notice
from soundstage.engines.pulumi.versions import Part


def parts_text(parts: Sequence[Part], by_hand: Sequence[str], screen: Screen) -> str:
    """A row for each part, what to type when one is missing, and the way without internet."""
    rows = [(part.name, part.wanted, part.found or "-", part.fault or "fits", part.place) for part in parts]
    words = []
    if any(part.fault for part in parts):
        words = ["", "Get what is missing with `workstation engine install`."]
    if by_hand:
        words += ["", "Without internet, copy these files here:", *(f"  {line}" for line in by_hand)]
    headings = ("part", "tested with", "found", "", "where")
    return "\n".join([table(headings, rows, screen), *(screen.lines(line) for line in words)])


class Download:
    """Shows how far a download is: one line redrawn on a terminal, one line per file elsewhere. On stderr."""

    def __init__(self) -> None:
        self._screen = stderr()
        self._name = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if self._screen.live and self._name:
            print(file=sys.stderr)

    def __call__(self, name: str, done: int, size: int) -> None:
        if self._screen.live:
            of = f" of {size / 1e6:.0f}" if size else ""
            ending = "" if name == self._name or not self._name else "\n"
            print(f"{ending}\r{name}: {done / 1e6:.0f}{of} MB ", end="", file=sys.stderr, flush=True)
        elif name != self._name:
            notice(f"Getting {name} ({size / 1e6:.0f} MB)" if size else f"Getting {name}")
        self._name = name
