"""A year of an estimate as a picture needs it: month by month, by what the money goes to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from soundstage.pricing.lines import MONTHS, Estimate, Line

_AT_ONCE: Final = ("STANDARD", "requests")
_INFREQUENT: Final = ("STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "NEARLINE", "COLDLINE")


@dataclass(frozen=True, slots=True)
class Series:
    """What one kind costs in each of twelve months, typical, in US dollars. `colour` is of the palette of Okabe and Ito, whose colours
    people with any kind of colour blindness tell apart (Okabe & Ito, "Color Universal Design", 2008)."""

    label: str
    colour: str
    months: tuple[float, ...]


def series(found: Estimate) -> tuple[Series, ...]:
    """The parts of a stack, the lowest first; parts that cost nothing are left out."""
    made = [
        Series(label, colour, tuple(sum(cost(line, month) for line in found.lines) for month in range(MONTHS)))
        for label, colour, cost in _PARTS
    ]
    return tuple(one for one in made if max(one.months) >= 0.005)


def months_from(today: date) -> tuple[str, ...]:
    """`Dec 2026` for each month, the first being that of `today`."""
    return tuple(
        date(today.year + (today.month - 1 + after) // 12, (today.month - 1 + after) % 12 + 1, 1).strftime("%b %Y")
        for after in range(MONTHS)
    )


def _of(*kinds: str) -> Callable[[Line, int], float]:
    return lambda line, month: line.month(month).typical if line.kind in kinds else 0.0


def _stored(keys: Sequence[str] | None) -> Callable[[Line, int], float]:
    """What storage costs in these classes; None for all others, and for what is no bucket."""

    def cost(line: Line, month: int) -> float:
        if line.kind != "storage":
            return 0.0
        if not line.parts:
            return line.month(month).typical if keys == _AT_ONCE else 0.0
        parts = line.parts[month]
        known = (*_AT_ONCE, *_INFREQUENT)
        return sum(usd for key, usd in parts.items() if (key in keys if keys is not None else key not in known))

    return cost


_PARTS: Final = (
    ("machines", "#0072B2", _of("machine")),
    ("disks and snapshots", "#56B4E9", _of("disk", "snapshot")),
    ("storage, at hand", "#E69F00", _stored(_AT_ONCE)),
    ("storage, infrequent", "#F0E442", _stored(_INFREQUENT)),
    ("storage, archive and moves", "#D55E00", _stored(None)),
    ("network and pictures", "#009E73", _of("network", "stream")),
    ("keys, logs, alarms", "#CC79A7", _of("keys", "logs", "guard")),
)
