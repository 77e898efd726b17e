"""A smaller machine that would do, by the most that was used of the one that there is. Pure."""

from typing import Final

from soundstage.pricing.advised import Asked, Rented, Use, asked, types_of
from soundstage.pricing.facts import MachineFacts

ROOM: Final = 1.25
"""A machine is large enough where it has so many times what was used."""
LEAST_DAYS: Final = 5
"""Nothing is said of a machine of which fewer days are known."""


def smaller(one: Rented, use: Use) -> tuple[str, Asked] | None:
    """The cheapest type that is large enough and has the same GPU, and what is asked for it. None where none is cheaper by a cent an hour,
    and where too little is known."""
    has = one.asked.has
    if use.days < LEAST_DAYS or one.purchase == "spot":
        return None
    best: tuple[str, Asked] | None = None
    for type in types_of(one.cloud):
        found = asked(one.cloud, type, one.region, one.os) if type != one.type else None
        if (
            found
            and _holds(found.has, has, use)
            and found.usd < one.usd - 0.01
            and (best is None or found.usd < best[1].usd)
        ):
            best = (type, found)
    return best


def _holds(other: MachineFacts, has: MachineFacts, use: Use) -> bool:
    """Whether a type is not larger than the one that there is, and has room for what was used of it."""
    if use.cores is None or use.memory_gib is None or other.gpu != has.gpu:
        return False
    if other.vcpus > has.vcpus or other.memory_gib > has.memory_gib:
        return False
    if has.gpu and (use.vram_gib is None or use.gpu_percent is None):
        return False
    # A guard tells of the GPU that works or holds most: of several the others may do and hold as much.
    share = other.gpus / has.gpus if has.gpus else 1.0
    return (
        other.vcpus >= use.cores * ROOM
        and other.memory_gib >= use.memory_gib * ROOM
        and max(1, other.gpus) * other.vram_gib >= max(1, has.gpus) * (use.vram_gib or 0) * ROOM
        and share * 100 >= min((use.gpu_percent or 0) * ROOM, 100)
    )


def seen(use: Use) -> str:
    """`the most that was used on 12 days: 3.1 cores, 9 GiB of memory, 4 GiB of video memory, 31 % of the GPU`."""
    parts = [f"{use.cores:.1f} cores", f"{use.memory_gib:.0f} GiB of memory"]
    if use.vram_gib is not None and use.gpu_percent is not None:
        parts += [f"{use.vram_gib:.0f} GiB of video memory", f"{use.gpu_percent:.0f} % of the GPU"]
    return f"the most that was used on {use.days} days: {', '.join(parts)}"
