"""What would save money, each with its arithmetic and the day of its prices. Pure: a plan in, sentences and sums out.

Nothing is said that saves less than a dollar a month, and nothing that lacks a price.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Final, TypeAlias

from soundstage.components.lifecycle import PRESETS
from soundstage.components.sizes import known_types, offered
from soundstage.pricing import aws_buckets
from soundstage.pricing.advised import Advice, View, rented
from soundstage.pricing.facts import HOURS_A_MONTH, WEEKS_A_MONTH, MachinePrice, machine_facts, machine_price, price
from soundstage.pricing.lines import MONTHS
from soundstage.pricing.parked_disks import parking
from soundstage.pricing.site import NoPrice, Site
from soundstage.pricing.smaller import seen, smaller
from soundstage.pricing.storage_year import Flow, classes, year

LEAST_USD: Final = 1.0
"""Less than this a month is not worth reading."""
_LONG_WEEK, _WEEK = 60.0, 50.0
_AT_HAND: Final = frozenset({"STANDARD_IA", "INTELLIGENT_TIERING", "GLACIER_IR"})
"""Storage classes whose files are there at once."""
_KEPT_DAYS: Final = 90
"""Nobody is advised to keep what was replaced for less: the loss of a file may be noticed late."""
LARGEST_DISCOUNT: Final = 0.72
"""The largest discount of a commitment that AWS publishes (AWS Savings Plans, "EC2 Instance Savings Plans", read 2026-11)."""


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
        if needed > LARGEST_DISCOUNT:
            told.append(
                f"{one.name}: no commitment pays: {hours}; the largest discount that AWS publishes is {LARGEST_DISCOUNT:.0%}."
            )
        else:
            told.append(
                f"{one.name}: a commitment pays if its discount is more than {needed:.0%}: {hours}. Its price is not known here."
            )
    return told


def _other_type(view: View) -> Iterator[Advice]:
    """A machine of the same region that has at least as much of everything and costs less."""
    facts = machine_facts()
    for one in rented(view.site):
        has = facts.get(("aws", one.type))
        if has is None or one.purchase == "spot":
            continue
        best: tuple[float, str, MachinePrice] | None = None
        for (cloud, type), other in facts.items():
            enough = other.vcpus >= has.vcpus and other.memory_gib >= has.memory_gib
            enough = enough and other.gpus >= has.gpus and other.vram_gib >= has.vram_gib
            if cloud != "aws" or type not in known_types() or not enough or (other.gpu is None) != (has.gpu is None):
                continue
            found = machine_price("aws", type, one.region) if offered(type, one.region) else None
            hour = found.hour(one.os) if found else None
            if found and hour and hour[0] < one.usd and (best is None or hour[0] < best[0]):
                best = (hour[0], type, found)
        if best:
            usd, type, found = best
            card = facts["aws", type].gpu
            gpu = (
                f" Its GPU is another one ({card} instead of {has.gpu}): try it with your work first."
                if card != has.gpu
                else ""
            )
            yield Advice(
                one.name, f"`instance_type: {type}` has at least as many processors, as much memory and as much video memory.{gpu}",
                f"{one.hours:.0f} h x ({one.usd:.4f} - {usd:.4f})", one.hours * (one.usd - usd), min(one.price.source.day, found.source.day),
            )  # fmt: skip


def _smaller(view: View) -> Iterator[Advice]:
    """A smaller machine with the same GPU that holds the most that its idle guard saw, and a quarter more."""
    for one in rented(view.site):
        use = view.uses.get(one.name)
        found = smaller(one, use) if use else None
        if use and found:
            type, usd, price = found
            yield Advice(
                one.name, f"`instance_type: {type}` is large enough for {seen(use)}.",
                f"{one.hours:.0f} h x ({one.usd:.4f} - {usd:.4f})", one.hours * (one.usd - usd), min(one.price.source.day, price.source.day),
            )  # fmt: skip


def _region(view: View) -> Iterator[Advice]:
    """The cheapest other region that the project may be in and that offers all of its machines."""
    machines = list(rented(view.site))
    if not machines:
        return
    now = sum(one.hours * one.usd for one in machines)
    best: tuple[float, str, date] | None = None
    for region in view.regions:
        priced = [
            (one, found, hour)
            for one in machines
            if region != one.region and offered(one.type, region) and (found := machine_price("aws", one.type, region))
            and (hour := found.hour(one.os, one.purchase))
        ]  # fmt: skip
        if len(priced) == len(machines):
            usd = sum(one.hours * sum(hour) / 2 for one, _, hour in priced)
            if best is None or usd < best[0]:
                best = (usd, region, min(found.source.day for _, found, _ in priced))
    if best and best[0] < now:
        usd, region, day = best
        move = price("aws", "egress.region", machines[0].region)
        moving = f" Media that are there already cost {move.usd:.2f} a GiB to move." if move else ""
        oldest = min(day, *(one.price.source.day for one in machines))
        yield Advice(
            "machines", f"`region: {region}` has the same machines for less. A machine that is farther away answers later: try it.{moving}",
            f"{now:.2f} - {usd:.2f} for the same hours", now - usd, oldest,
        )  # fmt: skip


def _spot(view: View) -> Iterator[Advice]:
    """Machines at which nobody sits, as renders. The dearest zone of the day counts."""
    for one in rented(view.site):
        hour = one.price.hour(one.os, "spot")
        if one.purchase == "spot" or one.name not in view.unattended or hour is None or one.price.spot_source is None:
            continue
        yield Advice(
            one.name, "`purchase: spot` with `allow_spot`, for work that may be interrupted. Prices move by half within half a year.",
            f"{one.hours:.0f} h x ({one.usd:.4f} - {hour[1]:.4f}, the dearest zone of that day)", one.hours * (one.usd - hour[1]),
            one.price.spot_source.day,
        )  # fmt: skip


def _long_weeks(view: View) -> Iterator[Advice]:
    """Machines that are on for longer than people work."""
    for one in rented(view.site):
        week = one.hours / WEEKS_A_MONTH
        if week > _LONG_WEEK:
            usd = (week - _WEEK) * WEEKS_A_MONTH * one.usd
            yield Advice(
                one.name, f"Stop it outside of working hours (`hours`, or a shorter `idle.stop_after_minutes`): {_WEEK:g} h a week instead of {week:.0f}.",
                f"({week:.0f} - {_WEEK:g}) h x {WEEKS_A_MONTH:.3f} weeks x {one.usd:.4f}", usd, one.price.source.day,
            )  # fmt: skip


def _unused(view: View) -> Iterator[Advice]:
    for one in view.unused:
        found = price("aws", one.item, one.region)
        if found is not None:
            unit = f"{one.amount:g} GiB" if found.item.unit.startswith("GiB") else f"{one.amount:g} h"
            yield Advice(
                one.id, f"Nothing uses this {one.what}. Look at it, and delete it if it is not needed.", f"{unit} x {found.usd:.4g}",
                found.amount(one.amount), found.source.day,
            )  # fmt: skip


def _storage(view: View) -> Iterator[Advice]:
    """Another preset of ageing whose files stay at hand, over a year with what is read again."""
    site = view.site
    for bucket in (one for type in aws_buckets.BUCKETS for one in site.by_type.get(type, ())):
        flow = aws_buckets.media_flow(site, bucket)
        if flow is None:
            continue
        try:
            region = site.region_of(bucket)
            now = _year_usd(site, flow, region)
            others = {
                name: _year_usd(
                    site,
                    Flow(flow.gib_per_month, flow.stored_gib, flow.mean_file_mib, tiers, flow.expires_days),
                    region,
                )
                for name, tiers in _at_hand().items()
                if tiers != flow.tiers
            }
        except (LookupError, NoPrice):
            continue
        if not others:
            continue
        name, usd = min(others.items(), key=lambda item: (item[1], item[0]))
        found = price("aws", "s3.standard.storage", region)
        if found is not None:
            yield Advice(
                bucket.name, f"`storage.lifecycle: {name}` fits what is assumed of this bucket better; its files stay at hand for the year.",
                f"({now:.2f} - {usd:.2f}) a year / {MONTHS}", (now - usd) / MONTHS, found.source.day,
            )  # fmt: skip


def _at_hand() -> Mapping[str, tuple[tuple[int, str], ...]]:
    """Presets none of whose files have to be asked for within a year."""
    return {
        name: tuple((tier.after_days, tier.storage_class) for tier in preset.tiers)
        for name, preset in PRESETS.items()
        if preset.old_versions_kept_days >= _KEPT_DAYS
        and all(tier.storage_class in _AT_HAND or tier.after_days >= 365 for tier in preset.tiers)
    }


def _year_usd(site: Site, flow: Flow, region: str) -> float:
    """A year of a bucket, and what is read again from its first colder class."""
    usd = sum(part.usd for month in year(flow, region) for part in month)
    for days, storage_class in flow.tiers:
        item = f"{classes()[storage_class]['item']}.retrieval"
        found = price("aws", item, region) if storage_class != "INTELLIGENT_TIERING" else None
        if found is not None:
            months = max(0, MONTHS - days // 30)
            usd += found.amount(site.usage["retrieve_gib_per_month"].typical) * months
            break
    return usd


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
