"""What a person wrote, made safe to show, and the valid word that they probably meant."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Final

LONGEST_SHOWN: Final = 60
"""Characters of a value that an error shows; the rest is an ellipsis."""


def printable(text: str) -> str:
    """The text on one line, with everything that a terminal would act on (escape codes, line breaks, text direction)
    written as a Python escape."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape", "backslashreplace").decode("ascii")
        for letter in text
    )


def shown(value: object) -> str:
    """A value from a YAML file as an error names it: printable, short, text in double quotes."""
    if isinstance(value, str):
        return f'"{_short(printable(value))}"'
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, int) and abs(value) >= 10**20:
        return "a huge number"
    return _short(printable(str(value)))


def listed(words: Sequence[str]) -> str:
    """`a, b and c`; empty for none."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""


def nearest(word: object, allowed: Iterable[str]) -> str:
    """The allowed word closest to what was written, or an empty string when none is close."""
    if not isinstance(word, str) or len(word) > LONGEST_SHOWN:
        return ""
    by_folded = {candidate.casefold(): candidate for candidate in allowed}
    found = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else ""


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"
