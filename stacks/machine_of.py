"""The machine that a resource on record or in a plan is, or belongs to."""

from collections.abc import Mapping

from soundstage.components.tags import WORKSTATION
from soundstage.plan.plan import PlannedResource


def machine_of(resource: PlannedResource) -> str:
    """What its project calls the machine, as the resource's tag says; empty for none."""
    tags = resource.property("tags")
    return str(tags.get(WORKSTATION, "")) if isinstance(tags, Mapping) else ""
