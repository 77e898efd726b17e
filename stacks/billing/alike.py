"""The machine type of another cloud that is like one. Pure."""

from collections.abc import Iterator
from typing import Final

from soundstage.pricing.facts import MachineFacts
from soundstage.pricing.machines import Offer, offer
from soundstage.projectfile.catalogues import Catalogue

_AS_MUCH: Final = 0.9
"""The share that counts as no less: one cloud tells memory of the same GPU in GiB (22.4), another in GB (24); N1 has 3.75 GB for each vCPU
where others have 4 (`pricing/data/types.csv`)."""


def alike(
    type: str, own: Catalogue, region: str, there: Catalogue, its_region: str
) -> tuple[Offer, Offer | None] | None:
    """What `type` has, which the cloud `own` offers, and the type with no less of everything that is nearest to it in a region of the cloud
    `there`: of the same GPU first, then with the fewest GPUs, the least video memory, vCPUs and memory, then the cheapest. None for a
    type of which nothing is known; the second is None where nothing has as much."""
    mine = offer(own.family, type, region)
    if mine is None:
        return None
    enough = [one for one in _offered(there, its_region) if _has_no_less(one.has, mine.has)]
    return mine, min(enough, key=lambda one: _distance(one, mine.has), default=None)


def has_words(has: MachineFacts) -> str:
    """`A10G, 16 vCPUs, 64 GiB`"""
    gpu = f"{has.gpus:g} x {has.gpu}" if has.gpu and has.gpus != 1 else has.gpu or "no GPU"
    return f"{gpu}, {has.vcpus} vCPUs, {has.memory_gib:g} GiB"


def _offered(there: Catalogue, region: str) -> Iterator[Offer]:
    for type in there.types:
        if there.offered(type, region) and (found := offer(there.family, type, region)):
            yield found


def _has_no_less(other: MachineFacts, has: MachineFacts) -> bool:
    return (
        bool(other.gpu) == bool(has.gpu)
        and other.gpus >= has.gpus
        and other.vram_gib >= has.vram_gib * _AS_MUCH
        and other.vcpus >= has.vcpus
        and other.memory_gib >= has.memory_gib * _AS_MUCH
    )


def _distance(one: Offer, has: MachineFacts) -> tuple[object, ...]:
    other = one.has
    same = _model(other) == _model(has)
    price = (one.low is None, one.low or 0.0)
    return (not same, other.gpus, other.vram_gib, other.vcpus, other.memory_gib, *price, other.type)


def _model(has: MachineFacts) -> str:
    """The GPU's model: AWS says `RTX PRO Server 6000` of what Google calls `RTX PRO 6000`."""
    return (has.gpu or "").replace(" Server", "")
