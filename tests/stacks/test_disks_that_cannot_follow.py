"""Edits with which a work disk would be made anew and empty: refused, with what keeps the work."""

from typing import Any

import pytest

from soundstage.components.labels import labels_of
from soundstage.core.errors import UsageError
from soundstage.plan.plan import Change, Operation, Plan, PlannedResource
from soundstage.stacks.media.work_disks import refuse_replaced

LABELS = labels_of({"soundstage:workstation": "edit-1"})


def resized(operation: Operation, *changes: Change) -> Plan:
    def one(type: str, name: str, **more: Any) -> PlannedResource:
        return PlannedResource(
            f"urn::{name}", type, f"teaser-edit-1-{name}", inputs={"labels": LABELS, "size": 200}, **more
        )

    return Plan(
        "p",
        "s",
        (
            one("gcp:compute/instance:Instance", "instance", operation=Operation.REPLACE),
            one("gcp:compute/disk:Disk", "data", operation=operation, changes=changes),
        ),
    )


def test_a_size_whose_disks_are_of_another_kind_took_an_empty_disk_in_place_of_the_work() -> None:
    """From G2 to G4: the one takes Persistent Disk, the other Hyperdisk alone, and no disk becomes the other."""
    kind = Change("type", "pd-balanced", "hyperdisk-balanced", replaces=True)
    with pytest.raises(UsageError) as refused:
        refuse_replaced(resized(Operation.REPLACE, kind))
    assert (
        "edit-1: its work disk (200 GiB) is pd-balanced, and the machine that is wanted takes hyperdisk-balanced alone"
        in str(refused.value.message)
    )
    assert "set `data_gib: 0` together with the change" in refused.value.hint


def test_a_work_disk_on_google_cloud_that_cannot_go_to_another_zone_was_told_of_a_command_that_is_not_there() -> None:
    zone = Change("zone", "europe-west4-a", "europe-west4-b", replaces=True)
    with pytest.raises(UsageError) as refused:
        refuse_replaced(resized(Operation.REPLACE, zone))
    assert "it is in europe-west4-a and cannot go to europe-west4-b" in refused.value.message
    assert "workstation move" not in refused.value.hint
    assert "data_gib: 0" in refused.value.hint


@pytest.mark.parametrize(
    ("operation", "change"),
    [
        (Operation.UPDATE, Change("size", 200, 300)),
        (Operation.REPLACE, Change("snapshot", "", "edit-1-last", replaces=True)),
    ],
)
def test_what_keeps_the_work_is_not_refused(operation: Operation, change: Change) -> None:
    refuse_replaced(resized(operation, change))
