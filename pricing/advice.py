"""What would save money, each with its arithmetic and the day of its prices. Pure: a plan in, sentences and sums out.

Nothing is said that saves less than a dollar a month, and nothing that lacks a price.
"""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Final, TypeAlias

from soundstage.pricing.advised import Advice, Asked, View, asked, rented, types_of
from soundstage.pricing.facts import HOURS_A_MONTH, WEEKS_A_MONTH, MachineFacts, items, price
from soundstage.pricing.lines import MONTHS
from soundstage.pricing.parked_disks import parking
from soundstage.pricing.presets import presets
from soundstage.pricing.smaller import seen, smaller

LEAST_USD: Final = 1.0
"""Less than this a month is not worth reading."""
_LONG_WEEK, _WEEK = 60.0, 50.0
LARGEST_DISCOUNT: Final = {"aws": 0.72, "gcp": 0.57}
"""The largest discount of a commitment that a cloud publishes for such machines (AWS Savings Plans, "EC2 Instance Savings Plans",
read 2026-11; Google's announcement "Committed use discounts for Google Compute Engine now generally available" of 2017-09-22)."""


Adviser: TypeAlias = Callable[[View], Iterator[Advice]]


def advice(view: View) -> list[Advice]:
    """Everything that saves at least a dollar a month, the most first."""
    found = (one for adviser in _ADVISERS for one in adviser(view))
    return sorted((one for one in found if one.usd >= LEAST_USD), key=lambda one: (-one.usd, one.subject, one.what))


def commitments(view: View) -> list[str]:
    """For each machine whether a commitment could pay at its hours. What one costs is not known here."""
    told = []
    for one in rented(view.site):
        share = one.hours / HOURS_A_MONTH
        needed = 1 - share
        hours = f"it is paid for all {HOURS_A_MONTH} hours of a month, and {one.hours:.0f} are {share:.0%} of them"
        if needed > (largest := LARGEST_DISCOUNT[one.cloud]):
            whose = "AWS" if one.cloud == "aws" else "Google"
            told.append(
                f"{one.name}: no commitment pays: {hours}; the largest discount that {whose} publishes is {largest:.0%}."
            )
        else:
            told.append(
                f"{one.name}: a commitment pays if its discount is more than {needed:.0%}: {hours}. Its price is not known here."
            )
    return told


def _other_type(view: View) -> Iterator[Advice]:
    """A machine of the same region that has at least as much of everything and costs less."""
    for one in rented(view.site):
        has = one.asked.has
        if one.purchase == "spot":
            continue
        best: tuple[str, Asked] | None = None
        for type in types_of(one.cloud):
            found = asked(one.cloud, type, one.region, one.os)
            if (
                found
                and _is_enough(found.has, has)
                and found.usd < one.usd
                and (best is None or found.usd < best[1].usd)
            ):
                best = (type, found)
        if best:
            type, found = best
            card = found.has.gpu
            gpu = (
                f" Its GPU is another one ({card} instead of {has.gpu}): try it with your work first."
                if card != has.gpu
                else ""
            )
            yield Advice(
                one.name, f"`instance_type: {type}` has at least as many processors, as much memory and as much video memory.{gpu}",
                f"{one.hours:.0f} h x ({one.usd:.4f} - {found.usd:.4f})", one.hours * (one.usd - found.usd), min(one.asked.day, found.day),
            )  # fmt: skip


def _is_enough(other: MachineFacts, has: MachineFacts) -> bool:
    enough = other.vcpus >= has.vcpus and other.memory_gib >= has.memory_gib
    return (
        enough
        and other.gpus >= has.gpus
        and other.vram_gib >= has.vram_gib
        and (other.gpu is None) == (has.gpu is None)
    )


def _smaller(view: View) -> Iterator[Advice]:
    """A smaller machine with the same GPU that holds the most that its idle guard saw, and a quarter more."""
    for one in rented(view.site):
        use = view.uses.get(one.name)
        found = smaller(one, use) if use else None
        if use and found:
            type, there = found
            yield Advice(
                one.name, f"`instance_type: {type}` is large enough for {seen(use)}.",
                f"{one.hours:.0f} h x ({one.usd:.4f} - {there.usd:.4f})", one.hours * (one.usd - there.usd), min(one.asked.day, there.day),
            )  # fmt: skip


def _region(view: View) -> Iterator[Advice]:
    """The cheapest other region that the project may be in and that offers all of its machines."""
    machines = list(rented(view.site))
    if not machines:
        return
    now = sum(one.hours * one.usd for one in machines)
    best: tuple[float, str, date] | None = None
    for region in view.regions:
        priced = [(one, found) for one in machines if region != one.region and (found := one.elsewhere(region))]
        if len(priced) == len(machines):
            usd = sum(one.hours * found.usd for one, found in priced)
            if best is None or usd < best[0]:
                best = (usd, region, min(found.day for _, found in priced))
    if best and best[0] < now:
        usd, region, day = best
        cloud, item = machines[0].cloud, "egress.region"
        move = price(cloud, item, machines[0].region) if (cloud, item) in items() else None
        moving = f" Media that are there already cost {move.usd:.2f} a GiB to move." if move else ""
        oldest = min(day, *(one.asked.day for one in machines))
        yield Advice(
            "machines", f"`region: {region}` has the same machines for less. A machine that is farther away answers later: try it.{moving}",
            f"{now:.2f} - {usd:.2f} for the same hours", now - usd, oldest,
        )  # fmt: skip


def _spot(view: View) -> Iterator[Advice]:
    """Machines at which nobody sits, as renders. The dearest zone of the day counts."""
    for one in rented(view.site):
        found = asked(one.cloud, one.type, one.region, one.os, "spot")
        if one.purchase == "spot" or one.name not in view.unattended or found is None:
            continue
        yield Advice(
            one.name, f"`purchase: spot` with `allow_spot`, for work that may be interrupted. {_SPOT_PRICES[one.cloud]}",
            f"{one.hours:.0f} h x ({one.usd:.4f} - {found.high:.4f}, the dearest zone of that day)", one.hours * (one.usd - found.high), found.day,
        )  # fmt: skip


_SPOT_PRICES: Final = {
    "aws": "Prices move by half within half a year.",
    "gcp": "Google warns it 30 seconds before it is taken back, and may change the price.",
}
"""What a person should know of spot machines (Compute Engine, "Spot VMs", read 2026-11)."""


def _long_weeks(view: View) -> Iterator[Advice]:
    """Machines that are on for longer than people work."""
    for one in rented(view.site):
        week = one.hours / WEEKS_A_MONTH
        if week > _LONG_WEEK:
            usd = (week - _WEEK) * WEEKS_A_MONTH * one.usd
            yield Advice(
                one.name, f"Stop it outside of working hours (`hours`, or a shorter `idle.stop_after_minutes`): {_WEEK:g} h a week instead of {week:.0f}.",
                f"({week:.0f} - {_WEEK:g}) h x {WEEKS_A_MONTH:.3f} weeks x {one.usd:.4f}", usd, one.asked.day,
            )  # fmt: skip


def _unused(view: View) -> Iterator[Advice]:
    for one in view.unused:
        found = price(one.cloud, one.item, one.region) if (one.cloud, one.item) in items() else None
        if found is not None:
            unit = f"{one.amount:g} GiB" if found.item.unit.startswith("GiB") else f"{one.amount:g} h"
            yield Advice(
                one.id, f"Nothing uses this {one.what}. Look at it, and delete it if it is not needed.", f"{unit} x {found.usd:.4g}",
                found.amount(one.amount), found.source.day,
            )  # fmt: skip


def _storage(view: View) -> Iterator[Advice]:
    """Another preset of ageing whose files stay at hand, over a year with what is read again."""
    for bucket, now, name, usd, day in presets(view.site):
        yield Advice(
            bucket.name, f"`storage.lifecycle: {name}` fits what is assumed of this bucket better; its files stay at hand for the year.",
            f"({now:.2f} - {usd:.2f}) a year / {MONTHS}", (now - usd) / MONTHS, day,
        )  # fmt: skip


def _park(view: View) -> Iterator[Advice]:
    """The hours in which nobody works: its disks kept as snapshots instead."""
    for one in rented(view.site):
        found = parking(view, one.name)
        if found is None:
            continue
        disks, kept, day = found
        rest, way = HOURS_A_MONTH - one.hours, "`workstation park` for days without work, or `park_after_days`"
        if one.name in view.site.usage.hours:
            way = "`workstation park` for days without work (its `hours` do not start it then: `workstation start` brings it back)"
        yield Advice(
            one.name, f"{way}: it keeps the disks as snapshots, and {(disks - kept) * 24 / HOURS_A_MONTH:.2f} USD less is billed for each day. "
            "The sum is for all hours in which nobody works; parking takes some minutes, and so does coming back.",
            f"{rest:.0f} h / {HOURS_A_MONTH} x ({disks:.2f} - {kept:.2f})", rest / HOURS_A_MONTH * (disks - kept), day,
        )  # fmt: skip


def _away(view: View) -> Iterator[Advice]:
    """A month without work: taken down instead of stopped."""
    found = view.estimate
    saved = found.stopped.typical - found.parked.typical
    days = [source.day for source in found.sources]
    if days and any(True for _ in rented(view.site)):
        yield Advice(
            "a month without work", "`workstation down` keeps media and the last snapshot of each work disk, and stops what costs while stopped.",
            f"{found.stopped.typical:.2f} stopped - {found.parked.typical:.2f} after `down`", saved, min(days),
        )  # fmt: skip


_ADVISERS: Final[tuple[Adviser, ...]] = (
    _other_type,
    _smaller,
    _region,
    _spot,
    _long_weeks,
    _unused,
    _storage,
    _park,
    _away,
)
