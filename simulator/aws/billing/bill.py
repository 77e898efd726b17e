"""The bill of the simulated account: what was used on which day, by whom, at which price."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

REFRESH_SECONDS = 8 * 3600
"""After how long the bill is brought up to date. AWS does so up to three times a day (AWS Cost Management User Guide, "Managing your costs
with AWS Budgets", read 2026-11)."""


@dataclass(frozen=True, slots=True)
class Used:
    """What is billed by one usage type, for whoever has these tags. `rate` is in US dollars for one of `unit`."""

    region: str
    service: str
    usage_type: str
    unit: str
    rate: float
    resource: str
    tags: tuple[tuple[str, str], ...]

    def tag(self, key: str) -> str:
        """The value of a tag; empty without one."""
        return dict(self.tags).get(key, "")


@dataclass
class Bill:
    """What was used, by day (`2026-11-26`, UTC). What is younger than the last refresh is not on the bill yet."""

    until: float = 0.0
    """To which time everything is counted, in seconds since the epoch; 0 before the first look."""
    shown: dict[str, dict[Used, float]] = field(default_factory=dict)
    waiting: dict[str, dict[Used, float]] = field(default_factory=dict)
    begun: float = 0.0
    """When the first thing was counted."""

    def add(self, day: str, what: Used, quantity: float) -> None:
        of_day = self.waiting.setdefault(day, {})
        of_day[what] = of_day.get(what, 0.0) + quantity

    def refresh(self) -> None:
        """Put on the bill what waits."""
        for day, found in self.waiting.items():
            shown = self.shown.setdefault(day, {})
            for what, quantity in found.items():
                shown[what] = shown.get(what, 0.0) + quantity
        self.waiting.clear()

    def between(self, start: str, end: str) -> Iterator[tuple[str, Used, float]]:
        """Day, what and how much, from a day to before another one."""
        for day in sorted(self.shown):
            if start <= day < end:
                for what, quantity in self.shown[day].items():
                    yield day, what, quantity

    def usd(self, start: str, end: str, tags: Mapping[str, str] | None = None) -> float:
        """US dollars from a day to before another one, of what has all of these tags."""
        wanted = (tags or {}).items()
        return sum(
            quantity * what.rate for _, what, quantity in self.between(start, end) if wanted <= dict(what.tags).items()
        )


def day_of(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")


def month_of(seconds: float) -> tuple[str, str]:
    """The first day of a month and that of the next."""
    first = datetime.fromtimestamp(seconds, UTC).replace(day=1)
    after = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return first.strftime("%Y-%m-%d"), after.strftime("%Y-%m-%d")
