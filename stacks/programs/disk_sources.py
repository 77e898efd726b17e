"""Which snapshot each work disk of a project is made from.

A disk that is on record keeps what it was made from: another snapshot would replace it. Only for disks that are new is the cloud asked,
and a restore that was interrupted says itself which one it was about.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from soundstage.components.tags import WORKSTATION
from soundstage.core.errors import UsageError
from soundstage.plan.plan import Plan, PlannedResource
from soundstage.projectfile.project_file import Project
from soundstage.stacks.clouds.base import Snapshot, Snapshots
from soundstage.stacks.kinds.resource_kinds import DISK, MACHINE, snapshot_on, tagged
from soundstage.stacks.machine_of import machine_of
from soundstage.stacks.media.snapshots import Source, coming_back, failed_since, last_of, names_of, unfit


@dataclass(frozen=True)
class Sources:
    """Where the work disks of a project come from."""

    disks: Mapping[str, Source] = field(default_factory=dict)
    """Machine → where what its disk holds comes from. A machine that is not named has a disk that began empty, or none."""
    told: tuple[str, ...] = ()
    """Sentences about the disks that come back."""


def disk_sources(
    project: Project,
    studio: str,
    recorded: Plan,
    snapshots: Snapshots,
    *,
    chosen: Mapping[str, str] | None = None,
    missing: Collection[str] = (),
) -> Sources:
    """Where each work disk comes from. `chosen` names the snapshots (by machine) of a restore; the disks (ids) that are `missing` in the
    cloud are made anew. Raises `PreflightRefused` as `last_of`, and `UsageError` for a chosen snapshot that is of no use."""
    chosen = chosen or {}
    there = {name: disk for name, disk in work_disks(recorded).items() if disk.id not in missing}
    wanted = {name: machine for name, machine in project.workstations.items() if machine.data_gib}
    kept = {
        name: source for name in wanted if name in there and name not in chosen and (source := _recorded(there[name]))
    }
    new = [
        name
        for name, machine in wanted.items()
        if (name not in there and machine.data_from == "last") or name in chosen
    ]
    if not new:
        return Sources(kept)
    found = snapshots.of_project(studio, project.project)
    sources: dict[str, Source] = dict(kept)
    told: list[str] = []
    for name in new:
        snapshot = _chosen(project, name, chosen[name], found) if name in chosen else last_of(project, name, found)
        if snapshot:
            sources[name] = Source(snapshot.id, project.snapshots.restore_mib_per_second or None)
            failed = [] if name in chosen else failed_since(project, name, snapshot, found)
            told += coming_back(name, snapshot, sources[name], project.region, failed)
    return Sources(sources, tuple(told))


def work_disks(recorded: Plan) -> dict[str, PlannedResource]:
    """The work disk of each machine that has one on record."""
    return {machine_of(disk): disk for disk in recorded.of_type(*DISK) if disk.name.endswith("-data")}


def under_new_names(project: Project, recorded: Plan) -> Plan:
    """What is on record, with the machines that have another name in the file by now under that name."""
    now = project.new_names
    return replace(recorded, resources=tuple(_renamed(one, now) for one in recorded)) if now else recorded


def renamed(project: Project, recorded: Plan) -> list[str]:
    """Sentences about the machines that are on record under the name that they had before."""
    there = {machine_of(one) for one in recorded.of_type(*MACHINE, *DISK)}
    return [
        f"{was} is now {name}: it keeps its disks, and their snapshots go on under its new name. Its log begins anew."
        for was, name in project.new_names.items()
        if was in there
    ]


def _renamed(resource: PlannedResource, now: Mapping[str, str]) -> PlannedResource:
    name = machine_of(resource)
    return replace(resource, inputs=tagged(resource, WORKSTATION, now[name])) if name in now else resource


def _recorded(disk: PlannedResource) -> Source | None:
    snapshot, rate = snapshot_on(disk), disk.inputs.get("volumeInitializationRate")
    return Source(snapshot, int(rate) if isinstance(rate, (int, float)) else None) if snapshot else None


def _chosen(project: Project, machine: str, id: str, found: Collection[Snapshot]) -> Snapshot:
    mine = names_of(project, machine)
    snapshot = next((one for one in found if one.id == id and one.machine in mine), None)
    if snapshot is None:
        raise UsageError(
            f"There is no snapshot {id} of {machine}'s work disk.",
            f"`workstation snapshots {project.title}` lists those that there are, and `workstation restore {project.title} {machine} "
            "SNAPSHOT` takes one of them.",
        )
    if not snapshot.is_complete:
        raise UsageError(
            f"The snapshot {id} is {snapshot.state} {snapshot.progress}".rstrip() + ", and nothing can be made from it."
        )
    if why := unfit(project, machine, snapshot):
        raise UsageError(f"{machine}: {why[0]}", why[1])
    return snapshot
