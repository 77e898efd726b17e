"""A smaller machine that would do, by the most that was used of the one that there is. Pure."""

from typing import Final

from soundstage.components.sizes import known_types, offered
from soundstage.pricing.advised import Rented, Use
from soundstage.pricing.facts import MachineFacts, MachinePrice, machine_facts, machine_price

ROOM: Final = 1.25
"""A machine is large enough where it has so many times what was used."""
LEAST_DAYS: Final = 5
"""Nothing is said of a machine of which fewer days are known."""


def smaller(one: Rented, use: Use) -> tuple[str, float, MachinePrice] | None:
    """The cheapest type that is large enough and has the same GPU: its name, US dollars an hour and its price. None where none is cheaper
    by a cent an hour, and where too little is known."""
    has = machine_facts().get(("aws", one.type))
    if has is None or use.days < LEAST_DAYS or one.purchase == "spot":
        return None
    best: tuple[str, float, MachinePrice] | None = None
    for (cloud, type), other in machine_facts().items():
        if cloud != "aws" or type == one.type or type not in known_types() or not offered(type, one.region):
            continue
        found = machine_price("aws", type, one.region)
        hour = found.hour(one.os) if found and _holds(other, has, use) else None
        if found and hour and hour[0] < one.usd - 0.01 and (best is None or hour[0] < best[1]):
            best = (type, hour[0], found)
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
