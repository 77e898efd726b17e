"""What an edit may do to disks. They only grow: a smaller one is refused in a preview, where EC2 would refuse it half-way
through `up`. One that is taken away, or that another one takes the place of, stops its machine.

Sources: Amazon EBS user guide, "Requirements for Elastic Volumes: the new size must be larger"; pulumi-aws 7.51,
`VolumeAttachment.stop_instance_before_detaching`, which stops and does not start (2026-11).
"""

from collections.abc import Collection, Iterator

from soundstage.core.errors import UsageError
from soundstage.plan.plan import Operation, Plan
from soundstage.projectfile.project_file import Project
from soundstage.stacks.kinds.resource_kinds import DISK, DISK_SIZES, MACHINE
from soundstage.stacks.machine_of import machine_of


def refuse_smaller_disks(plan: Plan) -> None:
    """Raise `UsageError` when an update of `plan` would make a disk smaller. A machine that is replaced gets new ones."""
    smaller = sorted(_smaller(plan))
    if smaller:
        raise UsageError(
            "A disk can grow and cannot shrink. Nothing was changed.\n" + "\n".join(smaller),
            "Keep the old size. For a new, empty disk set 0, run `workstation up`, then set the size you want, for a data disk with "
            "`data_from: empty`; of a data disk a last snapshot stays.",
        )


def losing_disks(project: Project, recorded: Plan) -> set[str]:
    """The machines that keep their place in the project and lose a disk that they have on record: `up` stops them."""
    volumes = recorded.of_type(*DISK)
    disks = {(machine_of(volume), volume.name.rpartition("-")[2]) for volume in volumes}
    wanted = {"data": "data_gib", "scratch": "scratch_gib"}
    return {
        name
        for name, kind in disks
        if name in project.workstations and kind in wanted and not getattr(project.workstations[name], wanted[kind])
    }


def parting(plan: Plan) -> set[str]:
    """The machines that stay and part with a disk that they have, also where another takes its place: `up` stops them first, so that nothing
    on it is half written when its last snapshot is taken."""
    stay = {machine_of(one) for one in plan.of_type(*MACHINE) if one.operation in (Operation.SAME, Operation.UPDATE)}
    leave = (Operation.DELETE, Operation.REPLACE, Operation.FORGET)
    return stay & {machine_of(one) for one in plan if one.type in DISK and one.operation in leave}


def meant_by(targets: Collection[str], machines: Collection[str], recorded: Plan) -> set[str]:
    """Those of `machines` of which a resource is among the `targets` (URNs) of an `up`; all of them where it has no targets."""
    return {*machines} & {machine_of(one) for one in recorded if one.urn in targets} if targets else {*machines}


def _smaller(plan: Plan) -> Iterator[str]:
    for resource in plan.of_type(*DISK_SIZES):
        if resource.operation is not Operation.UPDATE:
            continue
        for change in resource.changes:
            if change.path == DISK_SIZES[resource.type] and change.after < change.before:
                kind = {"data": "data_gib", "scratch": "scratch_gib"}.get(resource.name.rpartition("-")[2], "disk_gib")
                name = machine_of(resource)
                yield f"{name}: {kind} is {change.before:g} now and cannot become {change.after:g}."
