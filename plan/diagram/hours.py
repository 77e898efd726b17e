"""The hours of a machine in words, as its component was told them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from soundstage.plan.diagram.links import entry, texts, word
from soundstage.plan.plan import PlannedResource

_DAYS: Final = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


def hours(owner: PlannedResource | None) -> str:
    """`Mon-Fri 09:00-19:00 Europe/Lisbon`; empty for none. Whether a clock is there that keeps them is asked elsewhere."""
    said = entry(owner.inputs, "hours") if owner else None
    if not isinstance(said, Mapping):
        return ""
    more = said.get("more")
    parts = [
        _stretch(each) for each in (said, *(more if isinstance(more, Sequence) else ())) if isinstance(each, Mapping)
    ]
    return f"{'; '.join(parts)} {word(said, 'timezone') or 'UTC'}"


def _stretch(window: Mapping[str, Any]) -> str:
    days = [day for day in _DAYS if day in texts(window.get("days"))]
    in_a_row = len(days) > 2 and _DAYS.index(days[-1]) - _DAYS.index(days[0]) == len(days) - 1
    named = (f"{days[0]}-{days[-1]}" if in_a_row else ", ".join(days)).title()
    start, stop = word(window, "start"), word(window, "stop")
    return f"{named} {start}-{stop}" if start else f"{named} until {stop}"
