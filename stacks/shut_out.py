"""People who may use a machine no longer, and are connected to it still."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from soundstage.components.google_members import child_name
from soundstage.core.words import listed
from soundstage.plan.plan import Operation, Plan
from soundstage.stacks.machines import running

if TYPE_CHECKING:
    from soundstage.stacks.deployment import Deployment

_DOOR: Final = "gcp:iap/tunnelInstanceIAMMember:TunnelInstanceIAMMember"
"""What lets somebody in to one machine. On AWS people take a role, of which no project knows who they are."""


def shut_out_sentences(plan: Plan, deployment: "Deployment") -> Iterator[str]:
    """A sentence for each machine that runs, whose doors the plan shuts to somebody. Asks the cloud only where there is one."""
    gone: dict[str, list[str]] = {}
    for one in plan:
        if one.type != _DOOR or one.operation is not Operation.DELETE:
            continue
        person = str(one.property("member"))
        machine = one.name.removeprefix(f"{deployment.project.project}-").removesuffix(f"-iap-{child_name(person)}")
        if machine in deployment.project.workstations:
            gone.setdefault(machine, []).append(person)
    cloud, studio, project = deployment.cloud, deployment.studio.studio, deployment.project.project
    for machine in running(cloud.machines, studio, project, gone):
        yield (
            f"{listed(gone[machine])} may not use {machine} any more. A connection that is open now stays open: "
            f"`{deployment.command('stop')} {machine}`, then `start`, cuts it."
        )
