"""What a change of the project file does to disks and media, on the simulated cloud. The tests follow each other."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from soundstage.core.errors import OperationError, UsageError
from soundstage.simulator import process
from soundstage.simulator.faultrules import FaultRule
from soundstage.simulator.testing import simulated_cloud
from soundstage.stacks.deployment import Deployment, open_project
from soundstage.stacks.machines import start, stop

pytestmark = [pytest.mark.slow]

Edit = Callable[..., Deployment]
MACHINE = "for: editing, data_gib: 50, scratch_gib: 3000"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("disks") / "home"


@pytest.fixture(scope="module")
def cloud(home: Path) -> Iterator[Any]:
    with simulated_cloud(home) as cloud:
        yield cloud


@pytest.fixture
def edit(cloud: Any, home: Path, soundstage_home: Path, monkeypatch: pytest.MonkeyPatch) -> Edit:
    """`edit("for: vfx", "budget: …")`: the project with its one machine described so, and more. It is up as `MACHINE` says."""
    monkeypatch.setenv("SOUNDSTAGE_HOME", str(home))
    file = home.parent / "disks.yaml"

    def write(machine: str, more: str = "") -> Deployment:
        file.write_text(f"project: disks\n{more}\nworkstations:\n  edit-1: {{{machine}}}\n")
        return open_project(str(file))

    if not write(MACHINE).engine.exists():
        write(MACHINE).up()
    return write


def disks(cloud: Any) -> dict[str, tuple[str, str]]:
    """Name → the disk's id and its machine's id."""
    found = {}
    for disk in cloud.client("ec2").describe_volumes()["Volumes"]:
        name = next(tag["Value"] for tag in disk["Tags"] if tag["Key"] == "Name")
        found[name] = (disk["VolumeId"], *(held["InstanceId"] for held in disk["Attachments"]))
    return found


@pytest.mark.parametrize(
    ("machine", "said"),
    [
        ("for: editing, data_gib: 49, scratch_gib: 3000", "edit-1: data_gib is 50 now and cannot become 49."),
        ("for: editing, data_gib: 50, scratch_gib: 2999", "edit-1: scratch_gib is 3000 now and cannot become 2999."),
        (MACHINE + ", disk_gib: 99", "edit-1: disk_gib is 100 now and cannot become 99."),
    ],
)
def test_a_smaller_disk_is_refused_before_anything_changes(machine: str, said: str, edit: Edit, cloud: Any) -> None:
    before = disks(cloud)
    with pytest.raises(UsageError) as refused:
        edit(machine).preview()
    assert said in refused.value.message
    assert disks(cloud) == before


def test_another_system_would_format_the_work_disk_and_is_refused(edit: Edit, cloud: Any) -> None:
    before = disks(cloud)
    with pytest.raises(UsageError, match="edit-1: os is linux now and cannot become windows") as refused:
        edit(MACHINE + ", os: windows").preview()
    assert "`data_gib: 0` together with the new `os`" in refused.value.hint
    assert disks(cloud) == before


def test_a_replaced_machine_takes_its_disks_along(edit: Edit, cloud: Any) -> None:
    before = disks(cloud)
    edit(MACHINE + ", purchase: spot", "allow_spot: [edit-1]").apply()
    after = disks(cloud)
    for name in ("disks-edit-1-data", "disks-edit-1-scratch"):
        assert after[name][0] == before[name][0], "it is another disk"
        assert after[name][1] != before[name][1], "it is still on the old machine"
    assert after.keys() == before.keys()


def test_a_disk_that_is_no_longer_wanted_leaves_a_snapshot_where_it_held_work(edit: Edit, cloud: Any) -> None:
    edit("for: editing, os: windows, data_gib: 0").up()
    assert disks(cloud).keys() == {"disks-edit-1-root"}
    snapshots = cloud.client("ec2").describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert [snapshot["VolumeSize"] for snapshot in snapshots] == [50]


def test_a_machine_that_loses_a_disk_runs_again_unless_it_was_stopped_before(edit: Edit) -> None:
    with_disk, without = "for: editing, data_gib: 50", "for: editing, data_gib: 0"
    assert states(edit(without)) == {"edit-1": "running"}  # it lost one in the test before
    deployment = edit(with_disk)
    deployment.up()
    stop(deployment.cloud.machines, deployment.machines())
    edit(without).up()
    assert states(deployment) == {"edit-1": "stopped"}
    start(deployment.cloud.machines, deployment.machines())


@pytest.mark.parametrize("meanwhile", ["nothing", "stopped by hand"])
def test_a_machine_that_an_up_stopped_before_it_was_cut_off_runs_again_unless_somebody_stopped_it_since(
    meanwhile: str, edit: Edit, home: Path
) -> None:
    with_disk, without = "for: editing, data_gib: 50", "for: editing, data_gib: 0"
    edit(with_disk).up()
    assert states(edit(without)) == {"edit-1": "running"}
    process.set_faults(home, [FaultRule("ec2:DetachVolume", "denied")])
    with pytest.raises(OperationError):
        edit(without).up()
    process.clear_faults(home)
    deployment = edit(without)
    assert states(deployment) == {"edit-1": "stopped"}
    if meanwhile == "stopped by hand":
        deployment.stop(deployment.machines())
    deployment.up()
    assert states(deployment) == {"edit-1": "running" if meanwhile == "nothing" else "stopped"}
    start(deployment.cloud.machines, deployment.machines())


def states(deployment: Deployment) -> dict[str, str]:
    return {one.name: one.state for one in deployment.status().machines}


def test_what_the_file_no_longer_names_is_kept_until_media_are_to_be_deleted(edit: Edit, cloud: Any) -> None:
    edit("for: editing, data_gib: 60", "storage: {backup_region: eu-central-1, object_lock_days: 1}").up()
    s3 = cloud.client("s3")
    kept = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"] if "-media-" in bucket["Name"]}
    assert len(kept) == 2

    # Without the copy, without the lock, and with a disk that cannot become so small.
    edited = edit("for: editing, data_gib: 40")
    with pytest.raises(OperationError) as refused:
        edited.preview()
    assert "no longer asks for what is protected" in refused.value.message
    assert "--delete-media" in refused.value.hint
    assert len(str(refused.value).splitlines()) < 5
    assert {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]} >= kept

    edited.down(delete_media=True)
    assert not edited.engine.exists()
    assert {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}.isdisjoint(kept)
    assert disks(cloud) == {}
    assert cloud.client("ec2").describe_snapshots(OwnerIds=["self"])["Snapshots"] == []


def test_a_last_snapshot_that_is_all_that_a_death_left_is_deleted_by_the_same_command(edit: Edit, cloud: Any) -> None:
    deployment = edit(MACHINE)  # brings the project up, as no test before left it
    deployment.down(delete_media=True)
    ec2 = cloud.client("ec2")
    disk = ec2.create_volume(AvailabilityZone="eu-west-1a", Size=1)["VolumeId"]
    tags = {"soundstage:studio": "home", "soundstage:project": "disks", "soundstage:managed-by": "soundstage"}
    tagged = {"ResourceType": "snapshot", "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
    left = ec2.create_snapshot(VolumeId=disk, TagSpecifications=[tagged])["SnapshotId"]
    assert [one.id for one in deployment.snapshots()] == [left]
    assert len(deployment.preview_down(delete_media=True)) == 0
    deployment.down(delete_media=True)
    assert deployment.snapshots() == []
