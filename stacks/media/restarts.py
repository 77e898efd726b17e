"""Which machines a change stops and starts: whoever works on one is thrown out."""

from typing import Final

from soundstage.plan.plan import Operation, Plan, PlannedResource
from soundstage.stacks.clouds.base import Machines
from soundstage.stacks.machine_of import machine_of
from soundstage.stacks.machines import running

_INSTANCE: Final = "aws:ec2/instance:Instance"
_STOPS: Final = ("instanceType", "ebsOptimized", "userData", "userDataBase64")
"""What EC2 changes on a stopped machine only (EC2 API Reference, "ModifyInstanceAttribute", read 2026-11)."""


def restart_sentences(plan: Plan, machines: Machines, studio: str, project: str) -> list[str]:
    """A sentence for each machine that runs and that the plan stops and starts. Asks the cloud only when the plan stops one."""
    stopped = [machine_of(resource) or resource.name for resource in plan if _stops(resource)]
    return [
        f"{name} stops and starts: whoever works on it is thrown out for some minutes."
        for name in running(machines, studio, project, stopped)
    ]


def _stops(resource: PlannedResource) -> bool:
    paths = {change.path.partition(".")[0] for change in resource.changes}
    return resource.type == _INSTANCE and resource.operation is Operation.UPDATE and bool(paths & set(_STOPS))
