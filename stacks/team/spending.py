"""What a machine has cost today and this month, estimated from the hours that it was on. Pure.

The machine at its price on demand, and its disks whether it is on or not; without media, network and traffic, which `cost` counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from soundstage.pricing.facts import HOURS_A_MONTH, items, price
from soundstage.pricing.machines import Offer, offer
from soundstage.projectfile.catalogues import catalogue_of
from soundstage.stacks.clouds.base import Machine

_HOUR: Final = timedelta(hours=1)
_LOCAL: Final = "local-ssd"
"""A disk of Google Cloud that costs while its machine is on."""


@dataclass(frozen=True)
class Spent:
    """US dollars since the beginning of a day or a month in UTC, and the hours that the machine was on."""

    hours: float
    usd: float | None
    """None where no price is known."""
    is_all: bool
    """Whether all hours and prices are known; otherwise it is at least so much: of the hours only those since its last start are, or the
    price of a licence is not."""


def spent(machine: Machine, region: str, since: datetime, now: datetime, on: Mapping[datetime, float] | None) -> Spent:
    """`on` is what the cloud counted, hour by hour; None where it counts nothing."""
    last = _last_stretch(machine, since, now)
    counted = sum(part for hour, part in (on or {}).items() if hour >= since)
    hours = max(counted, last)
    running = machine.launched is not None and machine.launched <= since
    found = offer(
        catalogue_of(region).family, machine.instance_type, region, "windows" if machine.is_windows else "linux",
        "spot" if machine.is_spot else "on-demand",
    )  # fmt: skip
    whole = (bool(on) or running) and not (found and found.licence_missing)
    return Spent(round(hours, 2), _usd(machine, region, found, hours, since, now), whole)


def _last_stretch(machine: Machine, since: datetime, now: datetime) -> float:
    """Hours from its last start until it stopped, or until now."""
    if machine.launched is None or (not machine.is_running and machine.stopped is None):
        return 0.0
    end = now if machine.is_running else machine.stopped or now
    return max(0.0, (end - max(machine.launched, since)) / _HOUR)


def _usd(
    machine: Machine, region: str, found: Offer | None, hours: float, since: datetime, now: datetime
) -> float | None:
    if found is None or found.low is None or found.high is None:
        return None
    total = hours * (found.low + found.high) / 2
    for disk in machine.disks:
        month = disk_month(disk.kind, disk.gib, region)
        if month is None:
            return None
        held = hours if disk.kind == _LOCAL else max(0.0, (now - max(since, disk.made or since)) / _HOUR)
        total += month * held / HOURS_A_MONTH
    return round(total, 4)


def disk_month(kind: str, gib: int, region: str) -> float | None:
    """US dollars a month for the size of a disk; None for a kind without a price."""
    family = catalogue_of(region).family
    item = f"ebs.{kind}.storage" if family == "aws" else f"disk.{'local' if kind == _LOCAL else kind}"
    key = (family, item)
    found = price(*key, region) if key in items() else None
    return found.amount(gib) if found else None
