"""Prices as facts: data/prices.csv, data/machines.csv and where they are from, data/sources.json.

A price belongs to a cloud, an item and a region. Where the price of a region is not known, that of the cloud's cheapest large region
stands in for it and says so (`Price.instead_of`); where there is none at all, there is None, and whoever asks says that. US dollars.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final

from soundstage.components import google_sizes
from soundstage.pricing.refreshed import Refreshed, kept

OLD_DAYS: Final = 90
"""Prices that are older say so wherever they are shown."""
HOURS_A_MONTH: Final = 730
"""What the clouds count as a month: 365 days of 24 hours, divided by 12."""
WEEKS_A_MONTH: Final = HOURS_A_MONTH / 168
STANDS_IN: Final[Mapping[str, str]] = {"aws": "us-east-1", "gcp": "us-central1"}
"""The region whose price is named where that of another one is not known. In most regions prices are 0 to 30 per cent above these."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a price is from. `day` is the day that the figure is of, or the first of its month where no more is known."""

    key: str
    title: str
    url: str
    day: date

    def old(self, today: date) -> bool:
        return (today - self.day).days > OLD_DAYS


@dataclass(frozen=True, slots=True)
class Item:
    """What is charged for: `usd` of a price is for `per` of `unit`."""

    cloud: str
    name: str
    unit: str
    per: int
    what: str


@dataclass(frozen=True, slots=True)
class Price:
    """What an item costs in a region. `bands` are (from which amount of a month on, US dollars for `item.per` units), rising."""

    item: Item
    region: str
    bands: tuple[tuple[float, float], ...]
    source: Source
    instead_of: str | None = None
    """The region that was asked for, where this is the price of another one."""

    @property
    def usd(self) -> float:
        """US dollars for `item.per` units in the first band."""
        return self.bands[0][1]

    def amount(self, quantity: float) -> float:
        """US dollars for so many units in a month, band by band."""
        if len(self.bands) == 1:
            return quantity * self.bands[0][1] / self.item.per
        total = 0.0
        for (start, usd), end in zip(self.bands, [*(start for start, _ in self.bands[1:]), float("inf")], strict=True):
            total += max(0.0, min(quantity, end) - start) * usd
        return total / self.item.per


@dataclass(frozen=True, slots=True)
class MachinePrice:
    """What a machine type costs an hour in a region; None for what is not known. The GPU is included, Google's licence for
    virtual workstations is not."""

    cloud: str
    type: str
    region: str
    linux: float | None
    windows: float | None
    spot: tuple[float, float] | None
    """The cheapest and the dearest zone on the day of `spot_source`, with Linux."""
    basis: str
    """`quoted` by the source, or from its `family`: the price in us-east-1 times what the family costs more in the region."""
    source: Source
    spot_source: Source | None

    def hour(self, os: str, purchase: str = "on-demand") -> tuple[float, float] | None:
        """From and to how much an hour costs; both the same on demand."""
        licence = 0.0
        if os == "windows":
            if self.windows is None or self.linux is None:
                return None
            licence = self.windows - self.linux
        if purchase == "spot":
            return (self.spot[0] + licence, self.spot[1] + licence) if self.spot else None
        return (self.linux + licence, self.linux + licence) if self.linux is not None else None


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """What a machine type has. `gpus` below 1 is a share of one; `vram_gib` is the memory of one GPU or share."""

    cloud: str
    type: str
    vcpus: int
    memory_gib: float
    gpu: str | None
    gpus: float
    vram_gib: float


@cache
def sources() -> Mapping[str, Source]:
    found = json.loads(_text("sources.json"))["sources"]
    return {key: Source(key, one["title"], one["url"], _day(one["date"])) for key, one in found.items()}


@cache
def items() -> Mapping[tuple[str, str], Item]:
    return {
        (row["cloud"], row["item"]): Item(row["cloud"], row["item"], row["unit"], int(row["per"]), row["what"])
        for row in rows("items.csv")
    }


def price(cloud: str, item: str, region: str) -> Price | None:
    """The price of an item in a region, or the one that stands in for it; None where no price is known at all.

    `cloud` is `aws` or `gcp`. Raises `KeyError` for an item that there is not.
    """
    known = _prices().get((cloud, item), {})
    _ = items()[cloud, item]
    found = known.get(region) or known.get("*")
    if found is not None:
        return found
    other = known.get(STANDS_IN[cloud])
    if other is None:
        return None
    return Price(other.item, other.region, other.bands, other.source, region)


def machine_price(cloud: str, type: str, region: str) -> MachinePrice | None:
    """What a machine type costs in a region; None where no price is known. Prices of machines stand in for no other region."""
    return _machines().get((cloud, type), {}).get(region)


def machine_hour(type: str, region: str) -> float | None:
    """US dollars an hour of an AWS machine type with Linux, on demand; None where no price is known."""
    found = machine_price("aws", type, region)
    return found.linux if found else None


def machine_prices() -> Iterator[MachinePrice]:
    """Every machine price, by cloud, family, type and region."""
    for by_region in _machines().values():
        yield from by_region.values()


@cache
def machine_facts() -> Mapping[tuple[str, str], MachineFacts]:
    return {
        (row["cloud"], row["type"]): MachineFacts(
            row["cloud"], row["type"], int(row["vcpus"]), float(row["memory_gib"]),
            row["gpu"] or None, float(row["gpus"]), float(row["vram_gib"]),
        )
        for row in rows("types.csv")
    }  # fmt: skip


def snapshot_month(gib: float, region: str) -> float:
    """US dollars a month for this much of snapshots of disks, on the cloud that the region belongs to."""
    return _snapshot(region).amount(gib)


def initialization(gib: float, region: str) -> float:
    """US dollars for reading this much of a snapshot on AWS at a rate that was asked for."""
    return _amount("ebs.initialization", gib, region)


def snapshot_source(region: str) -> Source:
    return _snapshot(region).source


def initialization_source(region: str) -> Source:
    return _sure("ebs.initialization", region).source


def as_of(used: Iterable[Source], today: date | None = None) -> str:
    """`prices of 2026-05-03, more than 90 days old`: the shortest words that go with a price. `today` when absent: the day in UTC."""
    found = ages(used, today or datetime.now(UTC).date())
    if found is None:
        return "no price is known"
    first, last, age = found
    days = f"{first}" if first == last else f"{first} to {last}"
    return f"prices of {days}, more than {OLD_DAYS} days old" if age > OLD_DAYS else f"prices of {days}"


def ages(used: Iterable[Source], today: date) -> tuple[date, date, int] | None:
    """The oldest and the newest day of these sources, and how many days old the oldest is; None without a source."""
    days = sorted({source.day for source in used})
    return (days[0], days[-1], (today - days[0]).days) if days else None


def _snapshot(region: str) -> Price:
    google = price("gcp", "snapshot", region) if region in google_sizes.regions() else None
    return google or _sure("ebs.snapshot", region)


def _amount(item: str, quantity: float, region: str) -> float:
    return _sure(item, region).amount(quantity)


def _sure(item: str, region: str) -> Price:
    found = price("aws", item, region)
    assert found is not None  # noqa: S101 - a test holds every item that is asked for so to a price in us-east-1
    return found


@cache
def _prices() -> Mapping[tuple[str, str], Mapping[str, Price]]:
    bands: dict[tuple[str, str], dict[str, list[tuple[float, float, str]]]] = {}
    for row in rows("prices.csv"):
        if row["usd"]:
            by_region = bands.setdefault((row["cloud"], row["item"]), {})
            by_region.setdefault(row["region"], []).append((float(row["from"]), float(row["usd"]), row["source"]))
    known = {
        key: {
            region: Price(
                items()[key],
                region,
                tuple((start, usd) for start, usd, _ in sorted(found)),
                sources()[found[0][2]],
            )
            for region, found in by_region.items()
        }
        for key, by_region in bands.items()
    }
    for found in kept():
        for name, asked in found.items.items():
            shipped = known.get(("aws", name), {}).get(found.region)
            if ("aws", name) in items() and (shipped is None or shipped.source.day <= found.taken):
                known.setdefault(("aws", name), {})[found.region] = Price(
                    items()["aws", name], found.region, asked, _asked(found, "pricing:GetProducts")
                )
    return known


@cache
def _machines() -> Mapping[tuple[str, str], Mapping[str, MachinePrice]]:
    known: dict[tuple[str, str], dict[str, MachinePrice]] = {}
    licence = _prices()["gcp", "windows.vcpu"]["*"].usd
    for row in rows("machines.csv"):
        low, high = _number(row["spot_low"]), _number(row["spot_high"])
        linux, windows = _number(row["linux_hour"]), _number(row["windows_hour"])
        if row["cloud"] == "gcp" and linux is not None and (has := machine_facts().get(("gcp", row["type"]))):
            windows = linux + licence * has.vcpus
        known.setdefault((row["cloud"], row["type"]), {})[row["region"]] = MachinePrice(
            row["cloud"], row["type"], row["region"], linux, windows,
            (low, high) if low is not None and high is not None else None, row["basis"],
            sources()[row["source"]], sources()[row["spot_source"]] if row["spot_source"] else None,
        )  # fmt: skip
    for found in kept():
        for type in {*found.machines, *found.spot}:
            _renew(known.setdefault(("aws", type), {}), type, found)
    return known


def _renew(known: dict[str, MachinePrice], type: str, found: Refreshed) -> None:
    """Put what the cloud was asked in the place of what is older."""
    old = known.get(found.region)
    usd, spot = found.machines.get(type, {}), found.spot.get(type)
    source, spot_source = old.source if old else None, old.spot_source if old else None
    newer = bool(usd) and (source is None or source.day <= found.taken)
    newer_spot = spot is not None and (spot_source is None or spot_source.day <= found.taken)
    if not newer and old is None:
        return
    asked = _asked(found, "pricing:GetProducts")
    known[found.region] = MachinePrice(
        "aws", type, found.region,
        usd.get("linux") if newer else old.linux if old else None,
        usd.get("windows") if newer else old.windows if old else None,
        spot if newer_spot else old.spot if old else None,
        "quoted" if newer or old is None else old.basis,
        asked if newer or source is None else source,
        _asked(found, "ec2:DescribeSpotPriceHistory") if newer_spot else spot_source,
    )  # fmt: skip


def _asked(found: Refreshed, action: str) -> Source:
    return Source(f"{action} {found.region}", f"AWS itself, {action} in {found.region}", "", found.taken)


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a table of this room's data."""
    return list(csv.DictReader(_text(name).splitlines()))


def _text(name: str) -> str:
    return (files("soundstage.pricing") / "data" / name).read_text("utf-8")


def _number(text: str) -> float | None:
    return float(text) if text else None


def _day(text: str) -> date:
    return date.fromisoformat(text if len(text) == 10 else f"{text}-01")


def clear() -> None:
    """Forget what was read, so that it is read anew. For whoever writes the tables."""
    for read in (sources, items, machine_facts, _prices, _machines):
        cached: Any = read
        cached.cache_clear()
