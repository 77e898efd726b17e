"""What a new file offers behind `#`, without what would be refused there: another cloud and another region take other keys. Pure."""

import re
from collections.abc import Callable
from typing import Final

from soundstage.core.errors import SpecError

_SUGGESTION: Final = re.compile(r"^( *)#(?=\S)")
"""A `#` directly before a key; one with a space after it is told to people."""
_TOLD: Final = re.compile(r"^ *# ")


def without_refused(text: str, check: Callable[[str], object]) -> str:
    """The text of a file without those suggestions that `check` refuses (`SpecError`) once they are taken up, each with what is told right
    above it. `check` gets the whole text with every suggestion taken up, so that each line has its own number."""
    lines = text.split("\n")
    while faults := _faults(lines, check):
        refused = {line for line in faults if line < len(lines) and _SUGGESTION.match(lines[line])}
        # Where the fault is told of another line, such as that of the region, the suggestion without which it is not told is at fault.
        refused = refused or set(
            next(([n] for n in _offered(lines) if len(_faults(lines, check, without=n)) < len(faults)), [])
        )
        if not refused:
            break
        lines = [line for number, line in enumerate(lines) if number not in _with_what_is_told(lines, refused)]
    return "\n".join(lines)


def _offered(lines: list[str]) -> list[int]:
    return [number for number, line in enumerate(lines) if _SUGGESTION.match(line)]


def _faults(lines: list[str], check: Callable[[str], object], without: int = -1) -> list[int]:
    """The line of each fault of the text with every suggestion taken up but one."""
    taken = [line if number == without else _SUGGESTION.sub(r"\1", line) for number, line in enumerate(lines)]
    try:
        check("\n".join(taken))
    except SpecError as error:
        return [fault.line - 1 for fault in error.faults]
    return []


def _with_what_is_told(lines: list[str], refused: set[int]) -> set[int]:
    """These lines, what is told right above each, and the empty line after what then leaves none between two others."""
    gone = set(refused)
    for number in sorted(refused):
        above = number - 1
        while above >= 0 and _TOLD.match(lines[above]):
            gone.add(above)
            above -= 1
        alone = (above < 0 or not lines[above]) and number + 1 < len(lines) and not lines[number + 1]
        gone |= {number + 1} if alone else set()
    return gone
