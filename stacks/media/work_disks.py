"""What a change of the project file does to work in progress: the data disk of each machine.

A disk that was written by one operating system is nothing but raw bytes to the other, which formats it: ext4 on a bare volume is
RAW to Windows, and a Windows disk has no ext4 (Microsoft, "Initialize new disks", read 2026-11).
"""

from collections.abc import Iterator
from typing import Final

from soundstage.components.tags import IMAGE
from soundstage.core.errors import UsageError
from soundstage.images.index import Index
from soundstage.plan.plan import Operation, Plan, PlannedResource
from soundstage.stacks.kinds.resource_kinds import (
    DISK,
    DISK_KIND,
    MACHINE,
    MADE_FROM,
    ZONE,
    leaves_snapshot,
    snapshot_on,
)
from soundstage.stacks.machine_of import machine_of
from soundstage.stacks.programs.recorded_images import of_tag

_BY_MOVE: Final = "Put the old `availability_zone` back, or leave the key out. To move a machine with its disks: `workstation move PROJECT MACHINE`."
_BY_SNAPSHOT: Final = (
    "Put back what you changed. Or set `data_gib: 0` together with the change and run `workstation up`: the disk goes and a last snapshot of "
    "it is kept. Then set the old `data_gib` and run `workstation up` again: the new disk is made from that snapshot."
)


def refuse_other_system(plan: Plan, known: Index) -> None:
    """Raise `UsageError` when a machine gets another operating system and keeps the data disk that it has."""
    kept = {
        machine_of(disk): disk
        for disk in _data_disks(plan)
        if disk.operation not in (Operation.CREATE, Operation.DELETE, Operation.FORGET)
    }
    faults = [
        f"{name}: os is {old} now and cannot become {new} while {name} has its work disk "
        f"({kept[name].property('size'):g} GiB): {new.capitalize()} would format it."
        for name, old, new in _other_systems(plan, known)
        if name in kept
    ]
    if faults:
        raise UsageError(
            "Nothing was changed.\n" + "\n".join(sorted(faults)),
            "Put the old `os` back. Or copy the work into the media bucket, set `data_gib: 0` together with the new `os` and run "
            "`workstation up`: the disk goes and a last snapshot of it is kept. Then set `data_gib` and `data_from: empty` for a new one.",
        )


def refuse_replaced(plan: Plan) -> None:
    """Raise `UsageError` when the data disk of a machine that is there would be made anew for another reason than a restore, and empty: the
    machine would go where it cannot follow (another zone, or, on Google Cloud, a size that takes disks of another kind alone), or its key
    changes."""
    there = {machine_of(one) for one in plan.of_type(*MACHINE) if one.operation is not Operation.CREATE}
    replaced = [disk for disk in _data_disks(plan) if disk.operation is Operation.REPLACE and machine_of(disk) in there]
    faults = sorted(f"{machine_of(disk)}: {why}" for disk in replaced for why in _cannot_follow(disk))
    if faults:
        can_move = all(
            disk.type not in DISK_KIND and any(one.path in ZONE for one in disk.changes) for disk in replaced
        )
        raise UsageError("Nothing was changed.\n" + "\n".join(faults), _BY_MOVE if can_move else _BY_SNAPSHOT)


def _cannot_follow(disk: PlannedResource) -> Iterator[str]:
    size = f"{disk.property('size'):g} GiB"
    for change in disk.changes:
        if change.path in ZONE:
            yield (
                f"it is in {change.before} and cannot go to {change.after} while it has its work disk ({size}): a disk stays in its zone."
            )
        elif change.path == DISK_KIND.get(disk.type):
            yield (
                f"its work disk ({size}) is {change.before}, and the machine that is wanted takes {change.after} alone: an empty disk would "
                "take its place."
            )
        elif change.replaces and change.path not in MADE_FROM:
            yield f"its work disk ({size}) would be made anew, because its {change.path} changes: what is on it now would be on no disk."


def work_disk_changes(plan: Plan) -> list[str]:
    """Sentences about work disks that go, and about the empty ones of machines that come in the same plan."""
    leaving = {machine_of(one) for one in plan if one.type in MACHINE and one.operation is Operation.DELETE}
    told = []
    for disk in _data_disks(plan):
        if disk.operation not in (Operation.DELETE, Operation.REPLACE):
            continue
        name, size = machine_of(disk), f"{disk.property('size'):g} GiB"
        snapshot = "a last snapshot of it is kept" if leaves_snapshot(disk) else "no snapshot of it is kept"
        if name in leaving:
            told.append(f"{name} goes, and so does its work disk ({size}); {snapshot}.")
        elif disk.operation is Operation.REPLACE:
            holds = "a" if snapshot_on(disk) else "an empty"
            told.append(f"{name} gets {holds} work disk in place of the one it has; {snapshot}.")
        else:
            told.append(f"{name} loses its work disk ({size}); {snapshot}.")
    if leaving and told:
        told += [
            f"{machine_of(disk)} starts with an empty work disk ({disk.property('size'):g} GiB)."
            for disk in _data_disks(plan)
            if disk.operation is Operation.CREATE and not snapshot_on(disk)
        ]
    return sorted(told)


def _other_systems(plan: Plan, known: Index) -> Iterator[tuple[str, str, str]]:
    """Machine, operating system before and after, of each machine of which it changes."""
    for machine in plan.of_type(*MACHINE):
        for change in machine.changes:
            if IMAGE in change.path:
                old, new = (of_tag(str(tag), known) for tag in (change.before, change.after))
                if old and new and old.os != new.os:
                    yield machine_of(machine), old.os, new.os


def _data_disks(plan: Plan) -> Iterator[PlannedResource]:
    return (one for one in plan if one.type in DISK and one.name.endswith("-data"))
