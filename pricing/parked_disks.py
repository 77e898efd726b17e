"""What the disks of a machine cost, and what they cost as snapshots while it is parked. Pure."""

from datetime import date

from soundstage.pricing.advised import View
from soundstage.pricing.aws_machines import DEFAULT_ROOT_GIB, INSTANCE, VOLUME
from soundstage.pricing.facts import price
from soundstage.pricing.site import NoPrice, known, mapping, number, workstation


def parking(view: View, machine: str) -> tuple[float, float, date] | None:
    """US dollars a month for the disks of a workstation, the same for their snapshots, typical, and the day of the oldest price; None where
    a price or a size is not known."""
    site = view.site
    lines = [line for line in view.estimate.lines if line.machine == machine and line.kind == "disk"]
    made = [one for one in site.by_type.get(INSTANCE, ()) if workstation(one) == machine]
    disks = [one for one in site.by_type.get(VOLUME, ()) if workstation(one) == machine]
    sizes: list[float | None] = [
        number(mapping(known(one, "rootBlockDevice")).get("volumeSize")) or DEFAULT_ROOT_GIB for one in made
    ]
    sizes += [number(known(one, "size")) for one in disks]
    if not made or not lines or any(size is None for size in sizes):
        return None
    try:
        snapshot = price("aws", "ebs.snapshot", site.region_of(made[0]))
    except NoPrice:
        return None
    if snapshot is None:
        return None
    share = site.usage["disk_used_percent"].typical / 100
    kept = snapshot.amount(sum(size for size in sizes if size is not None) * share)
    days = [snapshot.source.day, *(line.source.day for line in lines)]
    return sum(line.stopped.typical for line in lines), kept, min(days)
