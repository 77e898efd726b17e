"""How long to wait before a line is tried again, and when to give up."""

from asyncio import sleep
from time import monotonic
from typing import Final

HELD: Final = 10.0
"""Seconds after which a line was one, also when nothing went over it."""
MOST_SHORT: Final = 60
"""How many lines in a row may end at once with nothing gone over them: with pauses of 5 seconds they take some five minutes."""


class Tries:
    """The pauses grow from `first` to `longest` seconds, and begin anew after a line that held or carried something. After a line the next
    has to come about within `patience` seconds (the very first within `at_first`). Of lines that end at once the first `free` lengthen no
    pause: a line that is cut again and again may lose every answer and get on all the same. After `MOST_SHORT` of them it is over."""

    def __init__(
        self, first: float, longest: float, patience: float, at_first: float | None = None, free: int = 0
    ) -> None:
        self.short = 0
        """Lines in a row that ended at once."""
        self._first = first
        self._longest = longest
        self._patience = patience
        self._free = free
        self._pause = first
        self._give_up = monotonic() + (patience if at_first is None else at_first)
        self._line: tuple[float, int] | None = None

    def began(self, carried: int) -> None:
        """A line came about. `carried` counts what went over all of them."""
        self._line = (monotonic(), carried)

    def over(self, carried: int) -> None:
        """It has ended, if there was one."""
        if self._line is None:
            return
        (since, before), self._line = self._line, None
        self._give_up = monotonic() + self._patience
        if carried > before or monotonic() - since >= HELD:
            self.short, self._pause = 0, self._first
            return
        self.short += 1
        if self.short <= self._free:
            self._pause = self._first

    @property
    def all_short(self) -> bool:
        """Lines come about and end at once, too often."""
        return self.short >= MOST_SHORT

    @property
    def too_late(self) -> bool:
        """The next pause would last longer than the patience."""
        return monotonic() + self._pause > self._give_up

    @property
    def is_first(self) -> bool:
        """No pause since a line held."""
        return self._pause == self._first

    async def wait(self) -> None:
        await sleep(self._pause)
        self._pause = min(self._pause * 2, self._longest)
