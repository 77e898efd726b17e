"""The part of `up` that makes machines wherever AWS has some free, and `start` that waits for one."""

import contextlib
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from soundstage.core.errors import CloudError
from soundstage.engines.base import OnEvent
from soundstage.plan.plan import Plan, PlannedResource
from soundstage.providers.cloud_codes import NO_CAPACITY, NOT_SOLD
from soundstage.stacks.capacity.climbing import REAL_PAUSE, SIMULATED_PAUSE, Patience, climb, patiently
from soundstage.stacks.capacity.order import Choice
from soundstage.stacks.capacity.refusing import cannot_start, nothing_free
from soundstage.stacks.clouds.base import Machine
from soundstage.stacks.kinds.resource_kinds import DISK, MACHINE, zone_on
from soundstage.stacks.machine_of import machine_of
from soundstage.stacks.machines import start
from soundstage.stacks.programs.disk_sources import work_disks
from soundstage.stacks.results import UpResult
from soundstage.stacks.state.last_run import has_come, still_coming

if TYPE_CHECKING:
    from soundstage.projectfile.project_file import Project
    from soundstage.stacks.deployment import Deployment


def apply_somewhere(
    deployment: "Deployment", *, retry_for: float, only_as_planned: bool, on_event: OnEvent, **arguments: Any
) -> UpResult:
    """`deployment.apply`, with the next zone or type for each machine that AWS has none free of. With `only_as_planned` nothing else is
    tried than what the plan says."""
    orders = deployment.orders
    tried = {name: choices[:1] for name, choices in orders.items()} if only_as_planned else orders
    unused: set[str] = set()

    def attempt(chosen: Mapping[str, Choice], listener: OnEvent) -> UpResult:
        deployment.chosen = chosen
        if moving := _unused_disks(deployment, chosen):
            # By themselves: what gives way is deleted only at the end of a run that succeeds, and the next launch may fail.
            unused.update(str(disk.id) for disk in moving)
            deployment.engine.up(deployment.program(), targets=[disk.urn for disk in moving], on_event=listener)
            deployment.look = None  # the outputs are those of this run now
        return deployment.apply(on_event=listener, **arguments)

    def refuse(used_up: Mapping[str, Sequence[Choice]], cause: CloudError) -> CloudError:
        coming = still_coming(deployment.folder)
        disks = {name: disk for name, disk in pinned(deployment.engine.resources()).items() if name not in coming}
        return nothing_free(deployment.project, used_up, disks, deployment.command(deployment.verb), cause)

    patience = _patience(deployment, retry_for)
    came = partial(has_come, deployment.folder)
    try:
        return climb(attempt, tried, deployment.project.title, patience, on_event, refuse, came)
    finally:
        _drop_snapshots(deployment, unused)


def _unused_disks(deployment: "Deployment", chosen: Mapping[str, Choice]) -> list[PlannedResource]:
    """The disks, in another zone than was chosen, of machines that are not there yet: no machine ever wrote to one, and a work disk holds
    what it was made from."""
    if not chosen:
        return []
    coming = still_coming(deployment.folder)
    disks = deployment.engine.resources().of_type(*DISK)
    return [
        disk
        for disk in disks
        if (name := machine_of(disk)) in coming and name in chosen and zone_on(disk) != chosen[name].zone
    ]


def _drop_snapshots(deployment: "Deployment", disks: Collection[str]) -> None:
    """Delete the last snapshots of unused disks that gave way to one in another zone. What cannot be deleted stays, and costs."""
    if disks:
        with contextlib.suppress(CloudError):
            for snapshot in deployment.snapshots():
                if snapshot.disk in disks:
                    deployment.cloud.snapshots.delete(snapshot.id)


def start_patiently(
    deployment: "Deployment", chosen: Sequence[Machine], *, wait: bool, retry_for: float, on_event: OnEvent
) -> list[Machine]:
    """`deployment.start`, which waits for capacity, and says of a machine that gets none what can be done."""
    patience = _patience(deployment, retry_for)

    def begin(machine: Machine) -> None:
        try:
            patiently(lambda: deployment.cloud.machines.start(machine, on_event), machine.name, patience, on_event)
        except CloudError as error:
            if error.code not in NO_CAPACITY | NOT_SOLD:
                raise
            disk = pinned(deployment.engine.resources()).get(machine.name, "")
            typed = f"{deployment.command('start')} {machine.name}"
            wanted = Choice(machine.instance_type, machine.zone)
            raise cannot_start(deployment.project, machine.name, wanted, disk, typed, error) from error

    return start(deployment.cloud.machines, chosen, wait=wait, on_event=on_event, begin=begin)


def new_machines(project: "Project", recorded: Plan, coming: Sequence[str]) -> list[str]:
    """The machines that are made together with their disks: none of them on record, or only disks of an `up` that was cut off before it
    made the machine."""
    there = {machine_of(one) for one in recorded.of_type(*MACHINE)}
    disks = work_disks(recorded)
    return [name for name in project.workstations if name not in there and (name not in disks or name in coming)]


def pinned(recorded: Plan) -> dict[str, str]:
    """Machine → its work disk in words, for each that has one on record."""
    return {
        name: f"Its work disk ({disk.property('size'):g} GiB) in {zone_on(disk)}"
        for name, disk in work_disks(recorded).items()
    }


def _patience(deployment: "Deployment", seconds: float) -> Patience:
    return Patience(seconds, REAL_PAUSE if deployment.cloud.name.is_real else SIMULATED_PAUSE)
