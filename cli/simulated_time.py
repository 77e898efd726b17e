"""A stretch of time as people type it."""

import re
from typing import Final

from soundstage.core.errors import UsageError
from soundstage.core.words import shown

_SECONDS: Final = {"m": 60.0, "h": 3600.0, "d": 86400.0}
MOST_DAYS: Final = 366


def seconds_of(text: str) -> float:
    """`8h` as 28800. Raises `UsageError` for what is no stretch of time, or longer than a year."""
    found = re.fullmatch(r"(\d{1,5}(?:\.\d{1,3})?)([mhd])", text.strip())
    seconds = float(found[1]) * _SECONDS[found[2]] if found else -1.0
    if not 0 < seconds <= MOST_DAYS * 86400:
        raise UsageError(
            f"--forward is {shown(text)}; allowed: minutes, hours or days such as 30m, 8h or 10d, at most {MOST_DAYS}d.",
            "The simulated cloud's clock cannot turn back; `workstation simulator reset` forgets it with all else.",
        )
    return seconds
