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


def machine(stage: Stage) -> Any:
    """The one machine that there is, as the cloud has it."""
    ec2: Any = process.ensure(stage.home).client("ec2")
    on = [{"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}]
    (reservation,) = ec2.describe_instances(Filters=on)["Reservations"]
    return reservation["Instances"][0]


def disk(stage: Stage) -> Any:
    """The one work disk that there is."""
    ec2: Any = process.ensure(stage.home).client("ec2")
    (found,) = ec2.describe_volumes(Filters=[{"Name": "tag-key", "Values": ["soundstage:work-disks"]}])["Volumes"]
    return found


def test_another_size_that_dies_on_the_way_keeps_machine_and_disk_and_leaves_it_running(
    new_stage: Callable[..., Stage], record_property: Callable[[str, object], None]
) -> None:
    stage = new_stage("studio.yaml")
    file = stage.folder / "rest.yaml"

    def sized(size: str) -> None:
        file.write_text(PROJECT.replace("small", size))

    sized("small")
    stage.must(*UP)
    before, work = machine(stage), disk(stage)["VolumeId"]
    sized("large")
    passed = stage.must(*UP).points
    aims = {one for one in passed if any(word in one for word in ("Instances", "Attribute", "CreateTags", "-instance"))}
    sized("small")
    stage.must(*UP)
    sized("large")
    deaths = killed_everywhere(stage, UP, aims if SOAK else set(sorted(aims)[::2]))
    assert deaths
    after = machine(stage)
    assert after["InstanceId"] == before["InstanceId"]
    assert after["InstanceType"] != before["InstanceType"]
    assert after["State"]["Name"] == "running"
    assert disk(stage)["VolumeId"] == work
    assert "nothing to change" in stage.must("preview", "rest.yaml").out
    record_property("count", ("deaths of `up` with another size", deaths))


def test_a_move_to_another_zone_that_dies_goes_on_with_the_same_command(
    new_stage: Callable[..., Stage], record_property: Callable[[str, object], None]
) -> None:
    stage = new_stage("studio.yaml")
    (stage.folder / "rest.yaml").write_text(PROJECT)
    stage.must(*UP)
    to_b = ("move", "rest.yaml", "edit-1", "--zone", "eu-west-1b", "--yes")
    aims = points(stage.must(*to_b), 5)
    stage.must("move", "rest.yaml", "edit-1", "--zone", "eu-west-1a", "--yes")
    work = disk(stage)["VolumeId"]
    deaths = killed_everywhere(stage, to_b, aims)
    assert deaths
    found = machine(stage)
    assert (found["Placement"]["AvailabilityZone"], disk(stage)["AvailabilityZone"]) == ("eu-west-1b", "eu-west-1b")
    ec2: Any = process.ensure(stage.home).client("ec2")
    assert work in {one["VolumeId"] for one in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]}
    assert "nothing to change" in stage.must("preview", "rest.yaml").out
    record_property("count", ("deaths of `move`", deaths))
