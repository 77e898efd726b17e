"""Lengths of time as people type them: `90s`, `30m`, `2h`, `1h30m`, `2d`."""

import re
from typing import Final

from soundstage.core.errors import UsageError
from soundstage.core.words import shown

_UNITS: Final = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_FORM: Final = re.compile(r"(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?", re.ASCII)


def seconds_of(text: str, option: str, longest: float) -> float:
    """The seconds that `text` means. `option` is what it was typed after. `UsageError` for what is no length of time, and for more than
    `longest` seconds."""
    found = _FORM.fullmatch(text)
    if not text or found is None:
        raise UsageError(f"{option}: {shown(text)} is no length of time.", "Write it like 90s, 30m, 2h or 1h30m.")
    seconds = sum(int(number or 0) * size for number, size in zip(found.groups(), _UNITS.values(), strict=True))
    if not 0 < seconds <= longest:
        raise UsageError(f"{option}: {shown(text)} is out of range.", f"Allowed: 1s to {longest / 3600:.0f}h.")
    return float(seconds)
