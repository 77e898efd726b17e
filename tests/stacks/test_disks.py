"""What a change of the project file does to the disks of a machine, on the simulated cloud."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from soundstage.components.errors import UsageError
from soundstage.simulator.testing import simulated_cloud
from soundstage.stacks.deployment import Deployment, open_project

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("disks")]

Edit = Callable[[str], Deployment]
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
    """`edit("for: vfx")`: the project with its one machine described so. It is up as `MACHINE` says."""
    monkeypatch.setenv("SOUNDSTAGE_HOME", str(home))
    file = home.parent / "disks.yaml"

    def write(machine: str) -> Deployment:
        file.write_text(f"project: disks\nworkstations:\n  edit-1: {{{machine}}}\n")
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


def test_a_replaced_machine_takes_its_disks_along(edit: Edit, cloud: Any) -> None:
    before = disks(cloud)
    edit(MACHINE + ", os: windows").up()
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
