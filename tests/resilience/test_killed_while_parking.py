"""A `park`, and a `start` that brings back, that die at any call: the same command goes on, and every disk is kept."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from stage import Stage
from tests.exploring import SOAK

from soundstage.simulator import process

pytestmark = [pytest.mark.slow]

PROJECT: Final = "project: rest\nworkstations:\n  edit-1: {for: audio, size: small, data_gib: 20}\n"
UP, PARK, START = (
    ("up", "rest.yaml", "--yes"),
    ("park", "rest.yaml", "--yes"),
    ("start", "rest.yaml", "--yes"),
)
ABOUT: Final = (
    "Image",
    "Snapshot",
    "Volume",
    "Instances",
    "rest-edit-1-data",
    "rest-edit-1-instance",
    "rest-network-ssm",
)
"""What a point is about that concerns a disk, the machine or an endpoint."""


def points(ran: Any, every: int) -> set[str]:
    found = sorted({point for point in ran.points if any(word in point for word in ABOUT)})
    return set(found if SOAK else found[::every])


def killed_everywhere(stage: Stage, command: tuple[str, ...], aims: set[str]) -> int:
    """Type a command until it gets through; it dies once at each of `aims` that it comes to."""
    left, deaths = set(aims), 0
    while (ran := stage.run(*command, aims=left)).code:
        assert ran.struck, f"{command}: {ran.code}\n{ran.err}"
        left -= set(ran.struck)
        deaths += 1
        stage.verify()
    return deaths


def test_a_park_and_a_start_that_die_lose_nothing_and_leave_nothing_behind(
    new_stage: Callable[..., Stage], record_property: Callable[[str, object], None]
) -> None:
    stage = new_stage("studio.yaml")
    (stage.folder / "rest.yaml").write_text(PROJECT)
    stage.must(*UP)
    to_park = points(stage.must(*PARK), 3)
    to_start = points(stage.must(*START), 4)
    ec2: Any = process.ensure(stage.home).client("ec2")

    def work_disks() -> list[Any]:
        wanted = [{"Name": "tag-key", "Values": ["soundstage:work-disks"]}]
        found: list[Any] = ec2.describe_volumes(Filters=wanted)["Volumes"]
        return found

    (before,) = work_disks()
    deaths = killed_everywhere(stage, PARK, to_park)
    assert deaths
    assert work_disks() == []
    kept = [
        one for one in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"] if one["VolumeId"] == before["VolumeId"]
    ]
    assert kept
    images = [
        one["ImageId"] for one in ec2.describe_images(Owners=["self"])["Images"] if one["Name"].startswith("parked/")
    ]
    assert len(images) == 1
    assert "rest is parked" in stage.must("status", "rest.yaml").out
    revived = killed_everywhere(stage, START, to_start)
    assert revived
    (after,) = work_disks()
    assert after["SnapshotId"] in {one["SnapshotId"] for one in kept}
    assert [one["State"] for one in after["Attachments"]] == ["attached"]
    on = [{"Name": "instance-state-name", "Values": ["pending", "running", "stopped"]}]
    (reservation,) = ec2.describe_instances(Filters=on)["Reservations"]
    assert reservation["Instances"][0]["ImageId"] == images[0]
    assert "nothing to change" in stage.must("preview", "rest.yaml").out
    record_property("count", ("deaths of `park` and `start`", deaths + revived))
