"""What a project has on Google Cloud that costs and that nothing uses."""

from collections.abc import Iterator, Mapping
from typing import Any

from soundstage.components.tags import PROJECT, STUDIO
from soundstage.pricing.advised import Unused
from soundstage.pricing.facts import HOURS_A_MONTH
from soundstage.stacks.clouds.gcp.calls import Projects, everywhere
from soundstage.stacks.clouds.gcp.names import labelled, last


def unused(cloud: Projects, studio: str, project: str) -> Iterator[Unused]:
    """Its disks that no machine has, and its public addresses that nothing has."""
    mine = labelled({STUDIO: studio, PROJECT: project})
    for one in everywhere(cloud, "disks", filter=mine):
        if not one.get("users"):
            region = last(one.get("zone")).rpartition("-")[0]
            yield _unused(f"disk.{last(one.get('type'))}", "disk", one, float(one.get("sizeGb") or 0), region)
    for one in everywhere(cloud, "addresses", filter=mine):
        if not one.get("users") and one.get("addressType") != "INTERNAL":
            yield _unused("ipv4.unused", "public address", one, HOURS_A_MONTH, last(one.get("region")))


def _unused(item: str, what: str, found: Mapping[str, Any], amount: float, region: str) -> Unused:
    return Unused(item, what, str(found["name"]), amount, region, "gcp")
