"""A bill as the cloud wrote it, and what of it is another amount than was estimated, with the reason. Knows no cloud: entries in, sums out."""

from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from soundstage.pricing.facts import HOURS_A_MONTH
from soundstage.pricing.google_skus import sku_kind
from soundstage.pricing.lines import KINDS, Estimate, Kind, Line
from soundstage.pricing.usage import Usage
from soundstage.pricing.usage_types import known_as, machine_type

LATE_HOURS: Final = 24
"""How old the newest figure of a bill may be (AWS Cost Management User Guide: Cost Explorer is refreshed at least once every 24 hours, read
2026-11)."""
REQUEST_USD: Final = 0.01
"""What AWS bills for each request to Cost Explorer (AWS Cost Explorer pricing, read 2026-11)."""
ALIKE_USD: Final = 1.0
ALIKE_SHARE: Final = 0.1
"""A difference that is smaller than one of these is none."""
_A_DAY: Final = 24 / HOURS_A_MONTH
_BY_THE_MONTH: Final = ("disk", "storage", "snapshot", "keys", "guard")
"""Kinds of which a month costs the same however long it is, so that a day of February costs more than one of March (Amazon EBS pricing: a
GB-month is prorated by the month's own length; read 2026-11)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one usage type cost on one day, in US dollars. `project`, `client` and `machine` are empty where no tag says them."""

    day: date
    usage_type: str
    usd: float
    quantity: float
    project: str = ""
    client: str = ""
    machine: str = ""

    @property
    def kind(self) -> str:
        """One of `lines.KINDS`, or `other`."""
        found = known_as(self.usage_type) if self.usage_type else None
        return found.kind if found else sku_kind(self.usage_type) or "other"


@dataclass(frozen=True)
class Bill:
    """Entries from `start` to `end`, the last day included. `inactive` are keys of tags by which the cloud does not split the bill."""

    entries: tuple[Entry, ...]
    start: date
    end: date
    inactive: tuple[str, ...] = ()
    asked: int = 0
    """How many requests it took, which AWS bills."""
    read_from: str = ""
    """The file that it was read from; empty for one that the cloud was asked for."""

    @property
    def usd(self) -> float:
        return sum(one.usd for one in self.entries)

    @property
    def last(self) -> date | None:
        """The newest day of which anything is known."""
        return max((one.day for one in self.entries if one.usd), default=None)

    def by(self, key: Callable[[Entry], str]) -> dict[str, float]:
        """US dollars, the largest first."""
        sums: dict[str, float] = {}
        for one in self.entries:
            sums[key(one)] = sums.get(key(one), 0.0) + one.usd
        return dict(sorted(sums.items(), key=lambda item: (-item[1], item[0])))

    def days(self) -> dict[str, float]:
        """US dollars by day, in order."""
        return dict(sorted(self.by(lambda one: one.day.isoformat()).items()))


@dataclass(frozen=True, slots=True)
class Compared:
    """What a kind of thing of one machine (or of none: empty) was estimated to cost in the days of a bill, and what it cost."""

    machine: str
    kind: str
    estimated: float
    billed: float
    reasons: tuple[str, ...] = ()

    @property
    def usd(self) -> float:
        return self.billed - self.estimated


def compared(found: Bill, estimate: Estimate | None, usage: Usage, days: float) -> list[Compared]:
    """Each machine and kind, the largest difference first. `days` are those of the bill in which the project was there; without an
    estimate nothing is there to compare with."""
    lines: dict[tuple[str, str], list[Line]] = {}
    for line in estimate.lines if estimate else ():
        lines.setdefault((line.machine, line.kind), []).append(line)
    entries: dict[tuple[str, str], list[Entry]] = {}
    for one in found.entries:
        entries.setdefault((one.machine, one.kind), []).append(one)
    rows = [
        _compared(key, lines.get(key, []), entries.get(key, []), usage, days, _share(found, key[1], days))
        for key in {*lines, *entries}
    ]
    order = [*KINDS, "other"]
    return sorted(rows, key=lambda row: (-abs(row.usd), row.machine, order.index(row.kind)))


def _share(found: Bill, kind: str, days: float) -> float:
    """How many months of a kind so many days of a bill are: of those that are billed by the hour, months of 730 hours."""
    if kind not in _BY_THE_MONTH:
        return days * _A_DAY
    dates = [found.start + timedelta(days=after) for after in range((found.end - found.start).days + 1)]
    return days * sum(1 / monthrange(one.year, one.month)[1] for one in dates) / len(dates)


def _compared(
    key: tuple[str, str], lines: Sequence[Line], entries: Sequence[Entry], usage: Usage, days: float, share: float
) -> Compared:
    machine, kind = key
    estimated = sum(line.month(0).typical for line in lines) * share
    billed = sum(one.usd for one in entries)
    difference = abs(billed - estimated)
    alike = difference < ALIKE_USD or difference < ALIKE_SHARE * max(billed, estimated)
    reasons = () if alike else tuple(_reasons(machine, kind, lines, entries, usage, days, share))
    return Compared(machine, kind, estimated, billed, reasons)


def _reasons(
    machine: str, kind: str, lines: Sequence[Line], entries: Sequence[Entry], usage: Usage, days: float, share: float
) -> Iterable[str]:
    if not lines:
        names = sorted({one.usage_type for one in entries if one.usd >= 0.01} or {one.usage_type for one in entries})
        yield f"nothing of the kind is in the file: {', '.join(names[:3])}{' and more' if len(names) > 3 else ''}"
        return
    if not entries:
        yield "nothing was billed: not used, or not on the bill yet"
        return
    if kind == "machine":
        planned = {line.what.partition(",")[0] for line in lines}
        billed = {type for one in entries if one.usd >= 0.01 and (type := machine_type(one.usage_type))}
        if other := sorted(billed - planned):
            yield f"another type: billed as {', '.join(other)}, the file has {', '.join(sorted(planned))}"
        if any("SpotUsage" in one.usage_type for one in entries) != any("spot" in line.what for line in lines):
            yield "bought another way than the file says (spot or on demand)"
        hours = usage.hours_a_month(machine or None).typical * days * _A_DAY * len(lines)
        run = sum(one.quantity for one in entries if machine_type(one.usage_type))
        if not billed and not run:  # SKUs of Google, which name no type and count cores, memory and GPUs
            yield "other hours, another type, or another price than the list price"
        elif abs(run - hours) > max(1.0, ALIKE_SHARE * hours):
            yield f"{'more' if run > hours else 'fewer'} hours: {run:.0f} billed, {hours:.0f} estimated"
        elif not other:
            yield "another price than the list price, such as a discount, or one that has changed"
        return
    estimated = sum(line.month(0).typical for line in lines) * share
    more = "more" if sum(one.usd for one in entries) > estimated else "less"
    by_use = any(line.assumes for line in lines)
    yield (
        f"{more} was stored, sent or asked than assumed"
        if by_use
        else f"{more} of it was there, or for a {'longer' if more == 'more' else 'shorter'} time"
    )


def kinds_of(found: Bill) -> Mapping[str, float]:
    """US dollars by kind, in the order in which kinds are shown."""
    sums = found.by(lambda one: one.kind)
    order: tuple[Kind | str, ...] = (*KINDS, "other")
    return {kind: sums[kind] for kind in order if kind in sums}
