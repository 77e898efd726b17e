"""The work disk comes back, is restored and keeps its machine's new name also where the genuine engine has the project on record."""

from pathlib import Path

import pytest

from soundstage.plan.plan import Operation
from soundstage.simulator.testing import simulated_cloud
from soundstage.stacks.deployment import Deployment, open_project
from soundstage.stacks.programs.disk_sources import work_disks
from soundstage.stacks.restoring import plan_restore, restore

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    # The SDK leaves the event loop of an inline program open (pulumi 3.272, `automation/_server.py`).
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def test_a_disk_that_came_up_empty_and_a_renamed_machine_that_lost_its_disk(
    tmp_path: Path, soundstage_home: Path
) -> None:
    def edit(machine: str) -> Deployment:
        file = tmp_path / "teaser.yaml"
        file.write_text(f"project: teaser\nworkstations:\n  {machine}\n")
        return open_project(str(file), engine="pulumi")

    one = "edit-1: {for: audio, size: small, data_gib: 20}"
    with simulated_cloud(soundstage_home):
        edit(one).up()
        edit(one).down()
        (last,) = edit(one).snapshots()
        edit(one).up()
        disk = work_disks(edit(one).engine.resources())["edit-1"]
        assert disk.inputs["snapshotId"] == last.id
        assert not edit(one).preview().plan.changes_anything

        deployment = edit(one)
        restore(deployment, plan_restore(deployment, "edit-1", last.id))
        restored = work_disks(edit(one).engine.resources())["edit-1"]
        assert restored.inputs["snapshotId"] == last.id
        assert restored.id != disk.id
        assert len(edit(one).snapshots()) == 2

        renamed = edit(one.replace("edit-1: {", "cut-1: {was: edit-1, "))
        plan = renamed.preview().plan
        assert {each.operation for each in plan.of_type("aws:ebs/volume:Volume", "aws:ec2/instance:Instance")} == {
            Operation.UPDATE
        }
        renamed.up()
        assert work_disks(renamed.engine.resources())["cut-1"].id == restored.id
        assert {each.machine for each in renamed.snapshots()} == {"cut-1"}
        renamed.down(delete_media=True)
        assert renamed.snapshots() == []
