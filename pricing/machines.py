"""Choosing a machine: what a type has, what it costs where, for what it is good, and which role and size of a project file names it."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from soundstage.components import sizes
from soundstage.core.errors import UsageError
from soundstage.core.words import nearest
from soundstage.pricing.facts import (
    STANDS_IN,
    MachineFacts,
    MachinePrice,
    Source,
    machine_facts,
    machine_price,
    machine_prices,
)

ORDERS: Final = ("price", "vram", "vcpus", "memory", "name")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; None for anything."""

    cloud: str | None = None
    region: str | None = None
    gpu: str | None = None
    """A part of a GPU's name, such as `L4`; `any` for one at all."""
    least_vram_gib: float | None = None
    most_usd: float | None = None
    """US dollars an hour."""
    role: str | None = None
    type: str | None = None
    """A machine type or the family in front of it."""
    os: str = "linux"
    purchase: str = "on-demand"


@dataclass(frozen=True, slots=True)
class Offer:
    """A machine type in a region. `low` and `high` are US dollars an hour, the same on demand; None where no price is known."""

    has: MachineFacts
    region: str
    low: float | None
    high: float | None
    source: Source | None
    named: tuple[str, ...]
    """`editing medium`: the roles and sizes of a project file that mean this type in this region."""
    licence_missing: bool
    """Whether a licence comes on top whose price is not known (Google: virtual workstation)."""


def offers(wanted: Wanted) -> list[Offer]:
    """Every machine type with a price or an offer that fits, unsorted."""
    return [one for one in _offers(wanted) if _fits(one, wanted)]


def checked(wanted: Wanted) -> list[Offer]:
    """As `offers`. Without a region: where prices stand in for others, or with a role or type that is not offered there, everywhere.

    Raises `UsageError` for a region, GPU, role or type that there is not.
    """
    faults = [
        *_fault("region", wanted.region, {*sizes.regions(), *(one.region for one in machine_prices()), "all"}),
        *_fault("role", wanted.role, sizes.roles()),
    ]
    if wanted.gpu and wanted.gpu != "any" and not any(wanted.gpu.lower() in name.lower() for name in gpu_names()):
        faults += _fault("GPU", wanted.gpu, (*gpu_names(), "any"))
    if wanted.type and not any(_is_of(has.type, wanted.type) for has in machine_facts().values()):
        faults += _fault("machine type", wanted.type, sorted({has.type for has in machine_facts().values()}))
    if faults:
        raise UsageError(" ".join(faults), "`workstation prices --region all` lists everything.")
    if wanted.region == "all":
        return offers(replace(wanted, region=None))
    if wanted.region:
        return offers(wanted)
    found = offers(wanted)
    here = [one for one in found if one.region == STANDS_IN[one.has.cloud]]
    return here or found


def ordered(found: Iterable[Offer], by: str) -> list[Offer]:
    """Sorted by one of `ORDERS`: the cheapest, or else the largest first. What has no price is last."""

    def key(one: Offer) -> tuple[object, ...]:
        has = one.has
        first: tuple[object, ...] = {
            "price": (),
            "vram": (-has.vram_gib * max(1.0, has.gpus),),
            "vcpus": (-has.vcpus,),
            "memory": (-has.memory_gib,),
            "name": (has.cloud, has.type),
        }[by]
        return (*first, one.low is None, one.low or 0.0, has.cloud, has.type, one.region)

    return sorted(found, key=key)


def priced_words(type: str, region: str, os: str = "linux", purchase: str = "on-demand") -> str:
    """`g5.2xlarge in eu-west-1, 1.35 USD an hour with Linux (price of 2026-02)`; says it where no price is known."""
    found = machine_price("aws", type, region)
    hour = found.hour(os, purchase) if found else None
    if found is None or hour is None:
        return f"{type} in {region}, whose price is not known"
    source = found.spot_source if purchase == "spot" and found.spot_source else found.source
    usd = f"{hour[0]:.2f}" if hour[0] == hour[1] else f"{hour[0]:.2f} to {hour[1]:.2f}"
    return f"{type} in {region}, {usd} USD an hour with {os.capitalize()} (price of {source.day:%Y-%m})"


def gpu_names() -> tuple[str, ...]:
    """The GPUs that a machine may have."""
    return tuple(sorted({has.gpu for has in machine_facts().values() if has.gpu}))


def _offers(wanted: Wanted) -> Iterator[Offer]:
    facts = machine_facts()
    priced: dict[tuple[str, str, str], MachinePrice] = {(p.cloud, p.type, p.region): p for p in machine_prices()}
    for (cloud, type, region), price in priced.items():
        if (cloud, type) in facts and (wanted.region in (None, region)) and _sold(cloud, type, region):
            yield _offer(facts[cloud, type], region, price, wanted)
    here = wanted.region
    if here is None:
        return
    for type in sizes.known_types():
        if ("aws", type, here) not in priced and ("aws", type) in facts and sizes.offered(type, here):
            yield _offer(facts["aws", type], here, None, wanted)


def _sold(cloud: str, type: str, region: str) -> bool:
    """Whether the region offers it, as far as the library knows the type."""
    return cloud != "aws" or type not in sizes.known_types() or sizes.offered(type, region)


def _offer(has: MachineFacts, region: str, price: MachinePrice | None, wanted: Wanted) -> Offer:
    hour = price.hour(wanted.os, wanted.purchase) if price else None
    spot = wanted.purchase == "spot"
    source = (price.spot_source if spot else price.source) if price and hour else None
    low, high = hour or (None, None)
    missing = has.cloud == "gcp" and has.gpus > 0
    return Offer(has, region, low, high, source, _named().get((has.type, region), ()), missing)


def _fits(one: Offer, wanted: Wanted) -> bool:
    has = one.has
    gpu = (has.gpu or "").lower()
    return (
        wanted.cloud in (None, has.cloud)
        and (wanted.gpu is None or (bool(gpu) if wanted.gpu == "any" else wanted.gpu.lower() in gpu))
        and (wanted.least_vram_gib is None or has.vram_gib >= wanted.least_vram_gib)
        and (wanted.most_usd is None or (one.low is not None and one.low <= wanted.most_usd))
        and (wanted.role is None or any(name.partition(" ")[0] == wanted.role for name in one.named))
        and (wanted.type is None or _is_of(has.type, wanted.type))
    )


def _is_of(type: str, wanted: str) -> bool:
    return type == wanted or type.startswith((f"{wanted}.", f"{wanted}-"))


def _fault(what: str, value: str | None, known: Collection[str]) -> list[str]:
    if value is None or value in known:
        return []
    near = nearest(value, known)
    meant = (
        f'; did you mean "{near}"?' if near else f" ({what}s: {', '.join(sorted(known))})." if len(known) < 40 else "."
    )
    return [f'There is no {what} "{value}"{meant}']


@cache
def _named() -> Mapping[tuple[str, str], tuple[str, ...]]:
    found: dict[tuple[str, str], list[str]] = {}
    for region in sizes.regions():
        for role in sizes.roles():
            for size in sizes.sizes():
                if type := sizes.type_in(role, size, region):
                    found.setdefault((type, region), []).append(f"{role} {size}")
    return {key: tuple(names) for key, names in found.items()}
