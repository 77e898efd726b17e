"""What a plan does not say and a bill depends on: hours of work, how much footage comes in, how much is streamed. Every assumption has a
name, a unit, a range and a sentence, and may be set (`cost` in a project file)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Self

from soundstage.pricing.facts import HOURS_A_MONTH, WEEKS_A_MONTH

GIB_A_MBIT_HOUR: Final = 1e6 / 8 * 3600 / 2**30
"""GiB that a Mbit/s carries in an hour."""


class Range(NamedTuple):
    """Low, typical and high. Three times the same where nothing is guessed."""

    low: float
    typical: float
    high: float

    @classmethod
    def of(cls, value: float) -> Self:
        return cls(value, value, value)

    def times(self, other: "Range | float") -> "Range":
        a, b = self, other if isinstance(other, Range) else Range.of(other)
        return Range(a.low * b.low, a.typical * b.typical, a.high * b.high)

    def plus(self, other: "Range") -> "Range":
        return Range(self.low + other.low, self.typical + other.typical, self.high + other.high)

    @property
    def exact(self) -> bool:
        return self.low == self.high


ZERO: Final = Range(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Assumption:
    """Something that is guessed. `typical` is what is taken where one number is shown."""

    name: str
    unit: str
    says: str
    default: Range


ASSUMPTIONS: Final[tuple[Assumption, ...]] = (
    Assumption("hours_per_week", "h", "hours a week that a machine works, where no `hours` are set", Range(20, 40, 55)),
    Assumption("stream_mbit_per_second", "Mbit/s", "what the picture of a machine takes while somebody works on it", Range(3, 15, 40)),
    Assumption("ingest_gib_per_month", "GiB", "media that come in each month", Range(100, 500, 2000)),
    Assumption("stored_gib", "GiB", "media that are there at the beginning", Range.of(0)),
    Assumption("mean_file_mib", "MiB", "the size of a file, on the average", Range(200, 50, 5)),
    Assumption("deliver_gib_per_month", "GiB", "media that are fetched out of the cloud each month", Range(10, 50, 200)),
    Assumption("retrieve_gib_per_month", "GiB", "media that are read again each month after they moved to cheaper storage", Range(0, 10, 100)),
    Assumption("disk_used_percent", "%", "how much of a work disk is ever written", Range(30, 60, 100)),
    Assumption("daily_change_percent", "%", "how much of a work disk changes in a day", Range(1, 3, 10)),
    Assumption("nat_gib_per_month", "GiB", "what goes through each NAT gateway", Range(1, 10, 100)),
    Assumption("network_log_gib_per_month", "GiB", "network and name logs of each machine", Range(0.1, 0.5, 3)),
    Assumption("other_log_gib_per_month", "GiB", "each other log", Range(0.01, 0.05, 0.5)),
    Assumption("trail_events_per_month", "events", "reads and writes of media that the audit trail keeps", Range(10_000, 100_000, 1_000_000)),
    Assumption("dns_queries_per_month", "queries", "names that each machine asks for through the DNS firewall", Range(50_000, 200_000, 1_000_000)),
    Assumption("key_requests_per_month", "requests", "uses of each key", Range(1_000, 10_000, 100_000)),
)  # fmt: skip
NAMES: Final = tuple(one.name for one in ASSUMPTIONS)
_DEFAULTS: Final = {one.name: one.default for one in ASSUMPTIONS}


@dataclass(frozen=True)
class Usage:
    """What is assumed of one project. `said` holds what somebody set; `hours` the hours a week of machines that work by the clock."""

    said: Mapping[str, float] = field(default_factory=dict)
    hours: Mapping[str, float] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Range:
        """Raises `KeyError` for an assumption that there is not."""
        return Range.of(self.said[name]) if name in self.said else _DEFAULTS[name]

    def hours_a_month(self, machine: str | None) -> Range:
        """Hours that a workstation works in a month. Any other machine (None) runs all month, unless somebody says less."""
        if machine is None and "hours_per_week" not in self.said:
            return Range.of(HOURS_A_MONTH)
        week = Range.of(self.hours[machine]) if machine and machine in self.hours else self["hours_per_week"]
        return week.times(WEEKS_A_MONTH)
