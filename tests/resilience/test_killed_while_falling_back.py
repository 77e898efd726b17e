"""An `up` that dies while it looks for a zone with capacity: the same command goes on, with one machine and one disk."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from stage import Stage

from soundstage.simulator import process
from soundstage.simulator.faultrules import FaultRule

pytestmark = [pytest.mark.slow]

PROJECT: Final = (
    "project: falls\nworkstations:\n"
    "  edit-1: {for: editing, size: small, data_gib: 20, fallback: {types: [g4dn.xlarge]}}\n"
)
UP, DOWN = ("up", "falls.yaml", "--yes"), ("down", "falls.yaml", "--delete-media", "--yes")
ABOUT: Final = ("RunInstances", "Volume", "falls-edit-1-data", "falls-edit-1-instance", "DeleteSnapshot")
"""What a point is about that concerns the machine or its disk."""


def full(stage: Stage) -> None:
    """The next two zones have no machine."""
    process.set_faults(stage.home, [FaultRule("ec2:RunInstances", "no-capacity", times=2)])


def test_a_search_for_capacity_that_dies_loses_nothing_and_goes_on(
    new_stage: Callable[..., Stage], record_property: Callable[[str, object], None]
) -> None:
    stage = new_stage("studio.yaml")
    (stage.folder / "falls.yaml").write_text(PROJECT)
    stage.must(*UP)
    stage.must(*DOWN)
    full(stage)
    aims = stage.must(*UP).sample(12, *ABOUT)
    stage.must(*DOWN)
    full(stage)
    deaths = stage.dies_at_each(aims, *UP)
    ec2: Any = process.ensure(stage.home).client("ec2")
    (disk,) = ec2.describe_volumes(Filters=[{"Name": "tag-key", "Values": ["soundstage:work-disks"]}])["Volumes"]
    assert [one["State"] for one in disk["Attachments"]] == ["attached"]
    running = [{"Name": "instance-state-name", "Values": ["pending", "running", "stopped"]}]
    (reservation,) = ec2.describe_instances(Filters=running)["Reservations"]
    assert reservation["Instances"][0]["Placement"]["AvailabilityZone"] == disk["AvailabilityZone"]
    assert "nothing to change" in stage.must("preview", "falls.yaml").out
    record_property("count", ("deaths of `up` while it looked for capacity", deaths))
