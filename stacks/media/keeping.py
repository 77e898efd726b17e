"""What is done to the snapshots of work disks besides taking them: those that are too many go, and those of a machine that has another
name go on under it."""

from collections.abc import Collection

from soundstage.plan.plan import Plan
from soundstage.projectfile.project_file import Project
from soundstage.stacks.clouds.base import Snapshot, Snapshots
from soundstage.stacks.kinds.resource_kinds import snapshot_on
from soundstage.stacks.media.snapshots import superseded
from soundstage.stacks.programs.disk_sources import under_new_names, work_disks


def prune_snapshots(
    snapshots: Snapshots, studio: str, project: Project, recorded: Plan, wanted: Collection[str] = ()
) -> list[Snapshot]:
    """Delete the snapshots of which the file's number of newer ones is complete, and return them. Those that are `wanted` (ids) stay."""
    disks = work_disks(under_new_names(project, recorded))
    used = {*wanted, *(snapshot_on(disk) for disk in disks.values())}
    found = snapshots.of_project(studio, project.project)
    too_many = superseded(found, project.snapshots.keep_last, disks.keys(), used)
    for snapshot in too_many:
        snapshots.delete(snapshot.id)
    return too_many


def rename_snapshots(snapshots: Snapshots, studio: str, project: Project) -> None:
    """Let the snapshots of each machine that has another name in the file go on under that name."""
    found = snapshots.of_project(studio, project.project) if project.new_names else []
    for was, name in project.new_names.items():
        snapshots.rename([one.id for one in found if one.machine == was], name)
