"""What the disks of a machine cost, and what they cost as snapshots while it is parked. Pure."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from soundstage.plan.plan import PlannedResource
from soundstage.pricing import aws_machines, gcp_machines
from soundstage.pricing.advised import View
from soundstage.pricing.facts import snapshot_month, snapshot_source
from soundstage.pricing.site import NoPrice, known, mapping, number, workstation


def parking(view: View, machine: str) -> tuple[float, float, date] | None:
    """US dollars a month for the disks of a workstation, the same for their snapshots, typical, and the day of the oldest price; None where
    a price or a size is not known."""
    site = view.site
    lines = [line for line in view.estimate.lines if line.machine == machine and line.kind == "disk"]
    made = [one for type in _ROOT_GIB for one in site.by_type.get(type, ()) if workstation(one) == machine]
    disks = [one for type in _DISKS for one in site.by_type.get(type, ()) if workstation(one) == machine]
    sizes: list[float | None] = [_ROOT_GIB[one.type](one) for one in made]
    sizes += [number(known(one, "size")) for one in disks]
    if not made or not lines or any(size is None for size in sizes):
        return None
    try:
        region = site.region_of(made[0])
    except NoPrice:
        return None
    share = site.usage["disk_used_percent"].typical / 100
    kept = snapshot_month(sum(size for size in sizes if size is not None) * share, region)
    days = [snapshot_source(region).day, *(line.source.day for line in lines)]
    return sum(line.stopped.typical for line in lines), kept, min(days)


_ROOT_GIB: Final[Mapping[str, Callable[[PlannedResource], float]]] = {
    aws_machines.INSTANCE: lambda one: (
        number(mapping(known(one, "rootBlockDevice")).get("volumeSize")) or aws_machines.DEFAULT_ROOT_GIB
    ),
    gcp_machines.INSTANCE: lambda one: number(gcp_machines.boot(one).get("size")) or gcp_machines.DEFAULT_BOOT_GIB,
}
"""The size of a machine's system disk, by the machine's type."""
_DISKS: Final = (aws_machines.VOLUME, gcp_machines.DISK)
