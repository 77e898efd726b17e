"""Work that was lost, or kept twice, because a command died between the snapshot of a disk and its end, or on the disk's way back."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from stage import Stage

from soundstage.simulator import process

pytestmark = [pytest.mark.slow]

PROJECT: Final = "project: disks\nworkstations:\n  edit-1: {for: audio, size: small, data_gib: 20}\n"
DOWN, UP, RESTORE = (
    ("down", "disks.yaml", "--yes"),
    ("up", "disks.yaml", "--yes"),
    ("restore", "disks.yaml", "edit-1", "--yes"),
)
ABOUT: Final = ("Snapshot", "Volume", "disks-edit-1-data")
"""What a point is about that concerns a work disk."""


class Disks:
    """A project with one machine, up, down and up again: its disk came from a snapshot."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        (stage.folder / "disks.yaml").write_text(PROJECT)
        for command in (UP, DOWN, UP):
            stage.must(*command)

    @property
    def ec2(self) -> Any:
        return process.ensure(self.stage.home).client("ec2")

    def disk(self) -> Any:
        """The one work disk that there is; None without any."""
        found = self.ec2.describe_volumes(Filters=[{"Name": "tag-key", "Values": ["soundstage:work-disks"]}])["Volumes"]
        assert len(found) <= 1
        return found[0] if found else None

    def snapshots_of(self, disk: str) -> list[str]:
        found = self.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
        return [one["SnapshotId"] for one in found if one["VolumeId"] == disk]

    def points(self, command: tuple[str, ...]) -> set[str]:
        """What an undisturbed command passes that is about the disk."""
        return self.stage.must(*command).sample(12, *ABOUT)


@pytest.fixture(scope="module")
def disks(new_stage: Callable[..., Stage]) -> Disks:
    return Disks(new_stage("studio.yaml"))


def test_a_teardown_that_dies_keeps_one_last_snapshot_of_the_disk_and_up_brings_it_back(
    disks: Disks, record_property: Callable[[str, object], None]
) -> None:
    points = disks.points(DOWN)
    disks.stage.must(*UP)
    before = disks.disk()["VolumeId"]
    deaths = disks.stage.dies_at_each(points, *DOWN)
    (last,) = disks.snapshots_of(before)
    assert disks.disk() is None
    disks.stage.must(*UP)
    assert disks.disk()["SnapshotId"] == last
    record_property("count", ("deaths of `down` about a work disk", deaths))


def test_a_disk_on_its_way_back_is_made_once(disks: Disks, record_property: Callable[[str, object], None]) -> None:
    disks.stage.must(*DOWN)
    points = disks.points(UP)
    before = disks.disk()["VolumeId"]
    disks.stage.must(*DOWN)
    (last,) = disks.snapshots_of(before)
    deaths = disks.stage.dies_at_each(points, *UP)
    assert disks.disk()["SnapshotId"] == last
    record_property("count", ("deaths of `up` about a work disk", deaths))


def test_a_restore_that_dies_keeps_what_was_on_the_disk(
    disks: Disks, record_property: Callable[[str, object], None]
) -> None:
    points = disks.points(RESTORE)
    before = disks.disk()
    deaths = disks.stage.dies_at_each(points, *RESTORE)
    assert len(disks.snapshots_of(before["VolumeId"])) == 1
    after = disks.disk()
    assert after["VolumeId"] != before["VolumeId"]
    assert [one["State"] for one in after["Attachments"]] == ["attached"]
    record_property("count", ("deaths of `restore`", deaths))
