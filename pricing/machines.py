"""Choosing a machine: what a type has, what it costs where, for what it is good, and which role and size of a project file names it."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from soundstage.components import google_sizes, sizes
from soundstage.core.errors import UsageError
from soundstage.core.words import nearest
from soundstage.pricing.facts import STANDS_IN, MachineFacts, Source, machine_facts, machine_price, machine_prices
from soundstage.pricing.google_machines import whole

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
    """Whether a licence comes on top whose price is not known and is not in `low` (Google: virtual workstation of some GPUs)."""


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


def priced_words(type: str, region: str, os: str = "linux", purchase: str = "on-demand", cloud: str = "aws") -> str:
    """`g5.2xlarge in eu-west-1, 1.35 USD an hour with Linux (price of 2026-02)`; says it where no price is known."""
    found = offer(cloud, type, region, os, purchase)
    if found is None or found.low is None or found.high is None or found.source is None:
        return f"{type} in {region}, whose price is not known"
    usd = f"{found.low:.2f}" if found.low == found.high else f"{found.low:.2f} to {found.high:.2f}"
    licence = ", its licence for virtual workstations not counted," if found.licence_missing else ""
    return f"{type} in {region}, {usd} USD an hour with {os.capitalize()}{licence} (price of {found.source.day:%Y-%m})"


def offer(cloud: str, type: str, region: str, os: str = "linux", purchase: str = "on-demand") -> Offer | None:
    """A machine type in a region, whether its price is known or not; None for a type of which nothing is known."""
    has = machine_facts().get((cloud, type))
    return _offer(has, region, Wanted(os=os, purchase=purchase)) if has else None


def type_of(cloud: str, role: str, size: str, region: str) -> str | None:
    """The machine type that a role and a size mean in a region; None where it offers none."""
    if cloud == "aws":
        return sizes.type_in(role, size, region)
    found = google_sizes.google_type(role, size, region)
    return found.name if found else None


def gpu_names() -> tuple[str, ...]:
    """The GPUs that a machine may have."""
    return tuple(sorted({has.gpu for has in machine_facts().values() if has.gpu}))


def _offers(wanted: Wanted) -> Iterator[Offer]:
    facts = machine_facts()
    priced = {(one.cloud, one.type, one.region) for one in machine_prices()}
    for cloud, type, region in sorted(priced):
        if (cloud, type) in facts and (wanted.region in (None, region)) and sold(cloud, type, region):
            yield _offer(facts[cloud, type], region, wanted)
    here = wanted.region
    if here is None:
        return
    for type in sizes.known_types():
        if ("aws", type, here) not in priced and ("aws", type) in facts and sizes.offered(type, here):
            yield _offer(facts["aws", type], here, wanted)


def sold(cloud: str, type: str, region: str) -> bool:
    """Whether the region offers it, as far as the library knows the type."""
    if cloud == "gcp":
        machine = google_sizes.google_machines().get(type)
        return machine is None or google_sizes.offered(machine, region)
    return type not in sizes.known_types() or sizes.offered(type, region)


def _offer(has: MachineFacts, region: str, wanted: Wanted) -> Offer:
    named = _named().get((has.type, region), ())
    if has.cloud == "gcp":
        found = whole(has.type, region, wanted.os, wanted.purchase)
        assert found is not None  # noqa: S101 - its facts are at hand
        oldest = min(found.sources, key=lambda one: one.day) if found.low is not None else None
        return Offer(found.has, region, found.low, found.high, oldest, named, bool(found.lacking))
    price = machine_price(has.cloud, has.type, region)
    hour = price.hour(wanted.os, wanted.purchase) if price else None
    source = (price.spot_source if wanted.purchase == "spot" else price.source) if price and hour else None
    low, high = hour or (None, None)
    return Offer(has, region, low, high, source, named, False)


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
    regions = dict.fromkeys(sizes.regions(), "aws")
    regions |= {one.region: "gcp" for one in machine_prices() if one.cloud == "gcp"}
    for region, cloud in regions.items():
        for role in sizes.roles():
            for size in sizes.sizes():
                if type := type_of(cloud, role, size, region):
                    found.setdefault((type, region), []).append(f"{role} {size}")
    return {key: tuple(names) for key, names in found.items()}
