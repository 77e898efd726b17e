"""A machine of Google Cloud as a project file means it: with its GPU and the licence of a virtual workstation."""

from dataclasses import dataclass

from soundstage.components.google_sizes import google_machines
from soundstage.pricing.facts import MachineFacts, Source, machine_facts, machine_price, price


@dataclass(frozen=True, slots=True)
class Whole:
    """What a machine has and costs an hour with all that it needs, from and to how much. `lacking` is what has no price and is left out."""

    has: MachineFacts
    low: float | None
    high: float | None
    sources: tuple[Source, ...]
    lacking: tuple[str, ...]


def whole(type: str, region: str, os: str = "linux", purchase: str = "on-demand") -> Whole | None:
    """None for a type of which nothing is known."""
    has, machine = machine_facts().get(("gcp", type)), google_machines().get(type)
    if has is None:
        return None
    spot = purchase == "spot"
    found = machine_price("gcp", type, region)
    hour = found.hour(os, purchase) if found else None
    sources = [source] if found and hour and (source := found.spot_source if spot else found.source) else []
    low, high = hour or (None, None)
    lacking: list[str] = []
    accelerator = machine.accelerator if machine else None
    gpu, gpus = (accelerator.gpu, machine.gpus) if machine and accelerator else (has.gpu, has.gpus)
    if gpu:
        card = gpu.lower().replace(" ", "-")
        for item in (f"vws.{card}",) if has.gpu else (f"gpu.{card}{'.spot' if spot else ''}", f"vws.{card}"):
            extra = price("gcp", item, region)
            if extra is None or extra.instead_of:
                lacking.append(item)
            elif low is not None and high is not None:
                low, high = round(low + extra.usd * gpus, 6), round(high + extra.usd * gpus, 6)
                sources.append(extra.source)
    if accelerator:
        has = MachineFacts("gcp", type, has.vcpus, has.memory_gib, gpu, gpus, accelerator.vram_gib)
    if any(item.startswith("gpu.") for item in lacking):
        low = high = None
    return Whole(has, low, high, tuple(sources), tuple(lacking))
