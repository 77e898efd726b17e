"""Put a machine's work disk back as a snapshot holds it.

The disk that is there is not lost: it leaves a last snapshot, as every work disk does, before it is deleted. A note says what is to be
done before anything is, so that the same command goes on where one was cut off.
"""

from dataclasses import dataclass
from typing import Final

from soundstage.components.boot.facts import DATA_VOLUME_TAG
from soundstage.core.errors import UsageError
from soundstage.engines.base import OnEvent, ignore
from soundstage.plan.plan import Operation, Plan, PlannedResource
from soundstage.projectfile.project_file import Project
from soundstage.stacks.clouds.base import Snapshot
from soundstage.stacks.deployment import Deployment
from soundstage.stacks.kinds.resource_kinds import MADE_FROM, snapshot_on
from soundstage.stacks.machines import running, stop
from soundstage.stacks.media.keeping import prune_snapshots
from soundstage.stacks.media.snapshots import names_of
from soundstage.stacks.parking.choosing import is_parked
from soundstage.stacks.parking.record import parked_of
from soundstage.stacks.programs.disk_sources import disk_sources, work_disks
from soundstage.stacks.state.last_run import noted, run_of, still_to_start
from soundstage.stacks.state.restoring import Restore, being_restored, note_restores

_HANGS: Final = (DATA_VOLUME_TAG, "attachedDisks")
"""What a restore changes of a machine: which disk it has."""


@dataclass(frozen=True)
class Restoring:
    """What a restore would do."""

    machine: str
    snapshot: Snapshot
    told: tuple[str, ...]
    """What a person has to know before it is done."""
    restore: Restore


def plan_restore(deployment: Deployment, machine: str, id: str | None = None) -> Restoring:
    """What it takes to put the work disk of `machine` back as its snapshot `id` holds it, or its newest complete one.

    Raises `UsageError` for what cannot be restored, and where the project file asks for more than what is up.
    """
    project = deployment.project
    if machine not in project.workstations:
        raise UsageError(
            f'There is no machine "{machine}" in this project.', f"Known: {', '.join(project.workstations) or 'none'}."
        )
    recorded = deployment.engine.resources()
    disk = work_disks(recorded).get(machine)
    begun = being_restored(deployment.folder).get(machine)
    if disk is None and begun is None:
        if parked := parked_of(project, recorded).get(machine):
            raise is_parked(deployment, machine, parked)
        raise UsageError(
            f"{machine} has no work disk now.",
            f"`{deployment.command('up')}` makes one, from the last snapshot where there is one; then restore another.",
        )
    found = deployment.snapshots()
    mine = [one for one in found if one.machine in names_of(project, machine)]
    complete = [one.id for one in mine if one.is_complete]
    wanted = id or (begun.snapshot if begun else None) or (complete[-1] if complete else None)
    if wanted is None:
        raise UsageError(
            f"There is no complete snapshot of {machine}'s work disk.",
            f"`{deployment.command('snapshots')}` lists those that there are.",
        )
    sources = disk_sources(
        project, deployment.studio.studio, recorded, deployment.cloud.snapshots, chosen={machine: wanted}
    )
    plan = deployment.asking_for(project, {machine: wanted}).preview().plan
    if not all(_is_of_disk(one, f"{project.project}-{machine}", begun=begun is not None) for one in _changed(plan)):
        raise UsageError(
            "The project file asks for changes that are not up yet, and a restore would carry them out too. Nothing was changed.",
            f"Run `{deployment.command('up')}` first.",
        )
    return Restoring(
        machine,
        next(one for one in found if one.id == wanted),
        (
            *sources.told,
            f"{machine} stops for it. What is on the disk now is kept: a last snapshot of it is taken before the disk is deleted.",
        ),
        begun if begun and begun.snapshot == wanted else Restore(wanted, str(disk.id) if disk else ""),
    )


def restore(
    deployment: Deployment,
    wanted: Restoring,
    on_event: OnEvent = ignore,
) -> list[Snapshot]:
    """Do it, and start the machine again if it ran. Returns the snapshots that were deleted because enough newer ones are there."""
    machine, folder = wanted.machine, deployment.folder
    ran = running(deployment.cloud.machines, deployment.studio.studio, deployment.project.project, {machine})
    again = sorted({*ran, *still_to_start(folder)} & deployment.project.workstations.keys())
    note_restores(folder, {**being_restored(folder), machine: wanted.restore})
    with noted(folder, run_of(deployment, "up", None, again)):
        # A cloud takes a disk off a machine that works on it, and what was not written yet is lost.
        stop(
            deployment.cloud.machines, [one for one in deployment.machines() if one.name == machine], on_event=on_event
        )
        disk = work_disks(deployment.engine.resources()).get(machine)
        same = disk is not None and snapshot_on(disk) == wanted.snapshot.id
        if disk is not None and same and str(disk.id) == wanted.restore.instead_of:
            # From the snapshot that it was made from before: only a disk that is made anew holds that again.
            without = deployment.asking_for(_without_disk(deployment.project, machine))
            without.engine.up(without.program(), on_event=on_event)
        deployment.apply(on_event=on_event)
    recorded = deployment.engine.resources()
    return prune_snapshots(deployment.cloud.snapshots, deployment.studio.studio, deployment.project, recorded)


def _changed(plan: Plan) -> list[PlannedResource]:
    return [one for one in plan if one.custom and one.operation not in (Operation.SAME, Operation.READ)]


def _is_of_disk(resource: PlannedResource, label: str, *, begun: bool) -> bool:
    """Whether a change is one that a restore makes: to the disk, to what hangs it on the machine, and to what the machine knows of it,
    which is also in its start where one has `begun` and taken the disk away."""
    paths = [change.path for change in resource.changes]
    if resource.name == f"{label}-instance":
        known = (*_HANGS, "userData") if begun else _HANGS
        return resource.operation is Operation.UPDATE and all(any(word in path for word in known) for path in paths)
    if resource.name == f"{label}-data":
        anew = resource.operation is Operation.REPLACE and {*paths} <= MADE_FROM
        return anew or resource.operation is Operation.CREATE
    return resource.name in (f"{label}-data-attachment", f"{label}-snapshots")


def _without_disk(project: Project, machine: str) -> Project:
    bare = project.workstations[machine].model_copy(update={"data_gib": 0})
    return project.model_copy(update={"workstations": {**project.workstations, machine: bare}})
