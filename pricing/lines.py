"""The lines of an estimate, and what they add up to."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

from soundstage.pricing.facts import WEEKS_A_MONTH, Source
from soundstage.pricing.usage import ZERO, Range

Kind = Literal["machine", "disk", "snapshot", "storage", "stream", "network", "logs", "keys", "guard"]
KINDS: Final[tuple[Kind, ...]] = (
    "machine", "disk", "stream", "storage", "snapshot", "network", "keys", "logs", "guard",
)  # fmt: skip
"""In the order in which they are shown. `guard` is what watches: alarms, budget actions, the audit trail, AWS Config."""
MONTHS: Final = 12


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is billed, for one resource. US dollars.

    `months` holds what each of the first twelve months costs, or one entry where all are alike. `stopped` is a month in which no machine
    runs, `parked` a month after the project was taken down and kept its media; `hour` an hour in which the machine works.
    """

    resource: str
    type: str
    kind: Kind
    what: str
    source: Source
    months: tuple[Range, ...]
    hour: Range = ZERO
    stopped: Range = ZERO
    parked: Range = ZERO
    region: str = ""
    instead_of: str | None = None
    """The region whose price is not known, where that of `region` stands in for it."""
    assumes: tuple[str, ...] = ()
    """Names of the assumptions that it is made of."""
    parts: tuple[Mapping[str, float], ...] = ()
    """For each month, US dollars by storage class, typical."""
    machine: str = ""
    """The workstation that it belongs to; empty for what belongs to none."""

    def month(self, number: int) -> Range:
        """What a month costs, the first being 0."""
        return self.months[min(number, len(self.months) - 1)]


@dataclass(frozen=True, slots=True)
class Unpriced:
    """A resource that costs something, or may, and that no price is known for."""

    resource: str
    type: str
    why: str
    machine: str = ""
    """The workstation that it belongs to; empty for what belongs to none."""


@dataclass(frozen=True)
class Estimate:
    """What a plan costs. Where `unpriced` is not empty every sum is at least so much, and has to say so."""

    lines: tuple[Line, ...]
    unpriced: tuple[Unpriced, ...]
    told: tuple[str, ...] = ()
    """What was taken for granted because the plan does not say it, in sentences."""

    def month(self, number: int = 0) -> Range:
        return _sum(line.month(number) for line in self.lines)

    @cached_property
    def year(self) -> tuple[Range, ...]:
        """Each of the first twelve months."""
        return tuple(self.month(number) for number in range(MONTHS))

    @property
    def hour(self) -> Range:
        """An hour in which every machine works: the machines and their pictures."""
        return _sum(line.hour for line in self.lines)

    @property
    def stopped(self) -> Range:
        return _sum(line.stopped for line in self.lines)

    @property
    def parked(self) -> Range:
        return _sum(line.parked for line in self.lines)

    def by(self, key: Callable[[Line], str], number: int = 0) -> dict[str, Range]:
        """A month, split."""
        found: dict[str, Range] = {}
        for line in self.lines:
            found[key(line)] = found.get(key(line), ZERO).plus(line.month(number))
        return found

    @property
    def sources(self) -> tuple[Source, ...]:
        return tuple({line.source.key: line.source for line in self.lines}.values())

    @property
    def assumes(self) -> tuple[str, ...]:
        return tuple(sorted({name for line in self.lines for name in line.assumes}))

    @property
    def stand_ins(self) -> dict[tuple[str, str], list[str]]:
        """(the region that was asked for, the one that stands in) → what is priced so."""
        found: dict[tuple[str, str], list[str]] = {}
        for line in self.lines:
            if line.instead_of:
                what = found.setdefault((line.instead_of, line.region), [])
                if line.kind not in what:
                    what.append(line.kind)
        return found


@dataclass(frozen=True, slots=True)
class Limit:
    """When a budget is used up. `week` is the week of the first month (1 to 5) in which it is; None where the month stays within it.
    `month` is the first month (1 to 12) that is above it, None where none of the first year is."""

    monthly_usd: float
    week: int | None
    month: int | None


def limit_hit(year: Iterable[float], monthly_usd: float) -> Limit:
    """When a monthly budget is used up by months that cost so much, each spent evenly."""
    months = list(year)
    above = next((number for number, usd in enumerate(months, 1) if usd > monthly_usd), None)
    if above != 1:
        return Limit(monthly_usd, None, above)
    weeks = monthly_usd / months[0] * WEEKS_A_MONTH
    return Limit(monthly_usd, min(5, int(weeks) + 1), 1)


def _sum(ranges: Iterable[Range]) -> Range:
    low = typical = high = 0.0
    for one in ranges:
        low, typical, high = low + one.low, typical + one.typical, high + one.high
    return Range(low, typical, high)
