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
    while True:
        try:
            check("\n".join(_SUGGESTION.sub(r"\1", line) for line in lines))
        except SpecError as error:
            at = {fault.line - 1 for fault in error.faults if fault.line}
            refused = {number for number in at if number < len(lines) and _SUGGESTION.match(lines[number])}
            if not refused:
                return "\n".join(lines)
            lines = [line for number, line in enumerate(lines) if number not in _with_what_is_told(lines, refused)]
        else:
            return "\n".join(lines)


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
