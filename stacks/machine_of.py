"""The machine that a resource on record or in a plan is, or belongs to."""

from soundstage.components.tags import WORKSTATION
from soundstage.plan.plan import PlannedResource
from soundstage.stacks.kinds.resource_kinds import tags_on


def machine_of(resource: PlannedResource) -> str:
    """What its project calls the machine, as the resource's tag says; empty for none."""
    return str(tags_on(resource).get(WORKSTATION, ""))
