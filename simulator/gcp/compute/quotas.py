"""What a project may have in a region, and what it has."""

import re
from collections import Counter
from typing import Any

from soundstage.components.google_sizes import google_machines
from soundstage.simulator.gcp import seeds
from soundstage.simulator.gcp.refusals import Refused
from soundstage.simulator.gcp.work import Work
from soundstage.simulator.gcp.world import Thing, World

_STOPPED = ("TERMINATED", "STOPPING", "SUSPENDED")
_COUNTED = {
    "networks": "NETWORKS",
    "subnetworks": "SUBNETWORKS",
    "snapshots": "SNAPSHOTS",
    "images": "IMAGES",
    "routers": "ROUTERS",
}


def of_machine(machine_type: str, accelerators: list[Thing], spot: bool) -> Counter[str]:
    """What a running machine counts against."""
    found = google_machines().get(machine_type.rpartition("/")[2])
    uses: Counter[str] = Counter({"INSTANCES": 1, "CPUS": found.vcpus if found else 2})
    given = [
        (each["acceleratorType"].rpartition("/")[2], int(each.get("acceleratorCount", 0))) for each in accelerators
    ]
    if not given and found and found.accelerator and found.gpus and not found.name.startswith("n1-"):
        given = [(found.accelerator.name, found.gpus)]
    for name, count in given:
        known = {
            each.accelerator.name.removesuffix("-vws"): each.accelerator
            for each in google_machines().values()
            if each.accelerator
        }
        one = known.get(name.removesuffix("-vws"))
        if one and one.quota:
            uses[f"PREEMPTIBLE_{one.quota}" if spot else one.quota] += count
        uses["GPUS_ALL_REGIONS"] += count
    return uses


def used(world: World, project: str, region: str) -> Counter[str]:
    """What a project uses; in one region, or with an empty region in all."""
    uses: Counter[str] = Counter()
    for path, thing in world.things.items():
        found = re.fullmatch(
            rf"/compute/v1/projects/{re.escape(project)}/(zones|regions|global)/(?:([^/]+)/)?(\w+)/[^/]+", path
        )
        if not found:
            continue
        here = (found[2] or "").rpartition("-")[0] if found[1] == "zones" else found[2]
        if region and here != region:
            continue
        if found[3] == "instances" and thing.get("status") not in _STOPPED:
            spot = thing.get("scheduling", {}).get("provisioningModel") == "SPOT"
            uses += of_machine(thing["machineType"], thing.get("guestAccelerators", []), spot)
        elif found[3] == "disks":
            uses["DISKS_TOTAL_GB" if thing.get("type", "").endswith("pd-standard") else "SSD_TOTAL_GB"] += int(
                thing["sizeGb"]
            )
        elif found[3] == "addresses":
            uses["STATIC_ADDRESSES"] += 1
        elif found[3] in _COUNTED:
            uses[_COUNTED[found[3]]] += 1
    return uses


def limits(world: World, region: str) -> dict[str, float]:
    """What may be used in a region, or with an empty region in the project."""
    table = seeds.data("quotas.json")["region" if region else "project"]
    return {metric: world.quotas.get(metric, limit) for metric, limit in table.items()}


def check(work: Work, region: str, more: Counter[str]) -> None:
    """Raise `Refused` where a project would have more than it may."""
    for place in (region, ""):
        allowed, has = limits(work.world, place), used(work.world, work.call.project, place)
        for metric, count in more.items():
            if metric in allowed and count and has[metric] + count > allowed[metric]:
                where = f"in region {place}" if place else "globally"
                raise Refused(
                    403, "quotaExceeded", f"Quota '{metric}' exceeded.  Limit: {float(allowed[metric])} {where}."
                )  # fmt: skip


def told(world: World, project: str, region: str) -> list[dict[str, Any]]:
    """As `regions.get` and `projects.get` tell them."""
    has = used(world, project, region)
    return [
        {"metric": key, "limit": float(limit), "usage": float(has[key])} for key, limit in limits(world, region).items()
    ]
