"""Disks only grow: a smaller one is refused in a preview, where EC2 would refuse it half-way through `up`.

Source: Amazon EBS user guide, "Requirements for Elastic Volumes: the new size must be larger" (2026-11).
"""

from collections.abc import Iterator
from typing import Final

from soundstage.components.errors import UsageError
from soundstage.components.tags import WORKSTATION
from soundstage.stacks.plan import Operation, Plan

_SIZES: Final = {
    "aws:ebs/volume:Volume": "size",
    "aws:ec2/instance:Instance": "rootBlockDevice.volumeSize",
}
"""Type → the property that is a disk's size in GiB."""


def refuse_smaller_disks(plan: Plan) -> None:
    """Raise `UsageError` when an update of `plan` would make a disk smaller. A machine that is replaced gets new ones."""
    smaller = sorted(_smaller(plan))
    if smaller:
        raise UsageError(
            "A disk can grow and cannot shrink. Nothing was changed.\n" + "\n".join(smaller),
            "Keep the old size. For a new, empty data or scratch disk set 0, run `workstation up`, then set the size you "
            "want; of a data disk a last snapshot stays.",
        )


def _smaller(plan: Plan) -> Iterator[str]:
    for resource in plan.of_type(*_SIZES):
        if resource.operation is not Operation.UPDATE:
            continue
        for change in resource.changes:
            if change.path == _SIZES[resource.type] and change.after < change.before:
                kind = {"data": "data_gib", "scratch": "scratch_gib"}.get(resource.name.rpartition("-")[2], "disk_gib")
                name = resource.inputs["tags"][WORKSTATION]
                yield f"{name}: {kind} is {change.before:g} now and cannot become {change.after:g}."
