"""Which machines a change stops and starts: whoever works on one is thrown out."""

import re
from typing import Final

from soundstage.core.words import listed
from soundstage.plan.plan import Operation, Plan, PlannedResource
from soundstage.stacks.clouds.base import Machines
from soundstage.stacks.kinds.resource_kinds import MACHINE, STOPPING
from soundstage.stacks.machine_of import machine_of
from soundstage.stacks.machines import running
from soundstage.stacks.media.disks import parting

_ANEW: Final = {
    "ami": "its image",
    "instanceMarketOptions": "`purchase`",
    "subnetId": "its zone",
    "availabilityZone": "its zone",
    "zone": "its zone",
    "bootDisk": "its system disk",
    "networkInterfaces": "its network",
    "associatePublicIpAddress": "the way in",
    "scheduling": "`purchase`",
    "guestAccelerators": "its GPU",
    "scratchDisks": "`scratch_gib`",
}
"""What replaces a machine, in a person's words."""
_KEY: Final = re.compile(r"[.\[]")
"""What ends the name of a property in the path of a change: `guestAccelerators[0].type`."""


def restart_sentences(plan: Plan, machines: Machines, studio: str, project: str) -> list[str]:
    """A sentence for each machine that runs and that the plan stops or makes anew, and for each that it makes anew. Asks the cloud only
    when there is one."""
    anew = [one for one in plan.of_type(*MACHINE) if one.operation is Operation.REPLACE]
    changed = [machine_of(one) or one.name for one in plan if _stops(one)] + [machine_of(one) for one in anew]
    thrown_out = [
        f"{name} stops and starts: whoever works on it is thrown out for some minutes."
        for name in running(machines, studio, project, {*changed, *parting(plan)})
    ]
    return [*thrown_out, *(_made_anew(one) for one in anew)]


def _made_anew(resource: PlannedResource) -> str:
    """What a person loses where a machine cannot be changed."""
    paths = (_KEY.split(change.path)[0] for change in resource.changes if change.replaces)
    why = listed(list(dict.fromkeys(_ANEW.get(path, path) for path in paths)) or ["what it is made of"])
    return (
        f"{machine_of(resource) or resource.name} is made anew, because {why} changes: what was installed and set on its system disk is "
        "lost. What is on its work disk stays."
    )


def _stops(resource: PlannedResource) -> bool:
    paths = {change.path.partition(".")[0] for change in resource.changes}
    return resource.type in MACHINE and resource.operation is Operation.UPDATE and bool(paths & set(STOPPING))
