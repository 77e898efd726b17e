"""Work disks that came up empty after `down`, and what else became of their snapshots."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.made_once import MadeOnce

from soundstage.core.errors import CloudError, PreflightRefused, UsageError
from soundstage.core.home import state_home
from soundstage.plan.plan import Operation
from soundstage.projectfile.project_file import Project
from soundstage.simulator import process
from soundstage.simulator.faultrules import FaultRule
from soundstage.simulator.testing import simulated_cloud
from soundstage.stacks.clouds.base import Snapshot
from soundstage.stacks.deployment import Deployment, open_project
from soundstage.stacks.media.snapshots import failed_since, last_of, superseded
from soundstage.stacks.restoring import plan_restore, restore
from soundstage.stacks.state.restoring import being_restored

FIRST = datetime(2026, 11, 1, 3, tzinfo=UTC)


def project(**of_edit_1: Any) -> Project:
    return Project.model_validate({"project": "teaser", "workstations": {"edit-1": {"for": "editing", **of_edit_1}}})


def snapshot(day: int, id: str = "", **said: Any) -> Snapshot:
    facts: dict[str, Any] = {
        "id": id or f"snap-{day}", "machine": "edit-1", "taken": FIRST + timedelta(days=day), "state": "completed",
        "progress": "100%", "gib": 200, "stored_bytes": None, "daily": False, "os": "linux",
    }  # fmt: skip
    return Snapshot(**{**facts, **said})


def test_the_newest_complete_snapshot_of_the_machine_counts_and_no_other_one() -> None:
    found = [
        snapshot(1),
        snapshot(3, daily=True),
        snapshot(2),
        snapshot(9, "theirs", machine="edit-10"),
        snapshot(8, "untagged", machine="untagged"),
    ]
    last = last_of(project(), "edit-1", found)
    assert last is not None
    assert last.id == "snap-3"
    assert last_of(project(), "edit-1", found[3:]) is None


def test_a_snapshot_that_failed_is_passed_over_and_named() -> None:
    found = [snapshot(1), snapshot(2, state="error"), snapshot(0, "old", state="error")]
    last = last_of(project(), "edit-1", found)
    assert last == found[0]
    assert failed_since(project(), "edit-1", found[0], found) == [found[1]]


@pytest.mark.parametrize("older", [[], [snapshot(1)]], ids=["the-first-one", "an-older-one-is-complete"])
def test_a_snapshot_that_is_still_being_taken_is_waited_for(older: list[Snapshot]) -> None:
    with pytest.raises(PreflightRefused) as refused:
        last_of(project(), "edit-1", [*older, snapshot(2, state="pending", progress="40%")])
    assert "edit-1: snap-2, the last snapshot of its work disk, is not complete yet (40%)" in refused.value.message
    assert "workstation snapshots" in refused.value.hint
    # One that is older than a complete one holds nothing up.
    assert last_of(project(), "edit-1", [snapshot(2, state="pending"), snapshot(3)])


@pytest.mark.parametrize(
    ("of_edit_1", "said", "hint"),
    [
        ({"data_gib": 100}, "data_gib is 100, and the snapshot snap-1 of its work disk has 200 GiB", "data_gib: 200"),
        (
            {"os": "windows"},
            "os is windows, and the snapshot snap-1 of its work disk was written by linux",
            "os: linux",
        ),
    ],
)
def test_a_disk_that_its_snapshot_does_not_fit_is_refused_before_up(
    of_edit_1: dict[str, Any], said: str, hint: str
) -> None:
    with pytest.raises(PreflightRefused) as refused:
        last_of(project(**of_edit_1), "edit-1", [snapshot(1)])
    assert said in refused.value.message
    assert hint in refused.value.hint
    assert "data_from: empty" in refused.value.hint


def test_snapshots_are_bounded_for_each_machine_and_none_without_a_newer_one_goes() -> None:
    found = [
        *(snapshot(day) for day in range(5)),
        snapshot(1, "only", machine="mix-1"),
        snapshot(6, "failed", state="error"),
        snapshot(7, "running", state="pending"),
    ]
    assert [one.id for one in superseded(found, 3, (), ())] == ["snap-1", "snap-0"]
    # What a disk was made from stays, whatever its age.
    assert [one.id for one in superseded(found, 3, (), {"snap-0"})] == ["snap-1"]


def test_daily_snapshots_of_a_disk_that_is_there_are_left_to_their_clock() -> None:
    found = [snapshot(day, daily=day > 1) for day in range(6)]
    assert superseded(found, 1, {"edit-1"}, ()) == [found[0]]
    assert [one.id for one in superseded(found, 1, (), ())] == ["snap-4", "snap-3", "snap-2", "snap-1", "snap-0"]


Edit = Callable[..., Deployment]


@pytest.fixture
def home(soundstage_home: Path) -> Path:
    return soundstage_home


@pytest.fixture
def cloud(studio_that_is_up: Path) -> Iterator[Any]:
    with simulated_cloud(studio_that_is_up) as cloud:
        yield cloud


def edit_in(folder: Path) -> Edit:
    """`edit("edit-1: {…}", name="a", more="…")`: a project with these machines."""

    def write(*machines: str, name: str = "teaser", more: str = "") -> Deployment:
        rows = "".join(f"  {machine}\n" for machine in machines)
        file = folder / f"{name}.yaml"
        file.write_text(f"project: {name}\n{more}workstations:\n{rows}")
        return open_project(str(file))

    return write


@pytest.fixture
def edit(cloud: Any, project_folder: Path) -> Edit:
    return edit_in(project_folder)


@pytest.fixture
def edit_1_came_back(soundstage_home: Path, made_once: MadeOnce, project_folder: Path) -> None:
    """The project with edit-1 is up again after a `down`: its disk was made from the one snapshot that there is."""

    def make() -> None:
        edit = edit_in(project_folder)
        edit(ONE).up()
        edit(ONE).down()
        edit(ONE).up()

    made_once.put("edit-1-came-back", make)


ONE = "edit-1: {for: audio, size: small, data_gib: 20}"


def disks(cloud: Any) -> dict[str, Any]:
    """Machine → its work disk, in the cloud."""
    found = cloud.client("ec2").describe_volumes()["Volumes"]
    named = {each["VolumeId"]: {tag["Key"]: tag["Value"] for tag in each.get("Tags", ())} for each in found}
    return {
        named[each["VolumeId"]]["soundstage:workstation"]: each
        for each in found
        if "soundstage:work-disks" in named[each["VolumeId"]]
    }


def newest(deployment: Deployment) -> str:
    return deployment.snapshots()[-1].id


@pytest.mark.slow
def test_down_and_up_brought_an_empty_work_disk(edit: Edit, cloud: Any) -> None:
    edit(ONE).up()
    assert not disks(cloud)["edit-1"].get("SnapshotId")
    edit(ONE).down()
    last = newest(edit(ONE))
    preview = edit(ONE).preview()
    assert "edit-1's work disk comes back as it was on " in preview.told[0]
    assert "(last snapshot " in preview.told[0]
    edit(ONE).up()
    assert disks(cloud)["edit-1"]["SnapshotId"] == last
    # From then on nobody asks, and nothing changes: another snapshot would replace the disk.
    cloud.client("ec2").delete_snapshot(SnapshotId=last)
    again = edit(ONE).preview()
    assert not again.plan.changes_anything
    assert again.told == ()


@pytest.mark.slow
def test_up_of_one_resource_stopped_a_machine_that_loses_its_disk_only_in_a_later_up(edit: Edit, cloud: Any) -> None:
    edit(ONE).up()
    (before,) = edit(ONE).machines()
    later = edit("edit-1: {for: audio, size: small, data_gib: 0}")
    bucket = next(one for one in later.engine.resources() if "s3/bucket" in one.type.lower())
    later.up(targets=(bucket.urn,))
    assert [(one.state, one.launched) for one in later.machines()] == [("running", before.launched)]
    assert "edit-1" in disks(cloud)


@pytest.mark.slow
def test_no_other_project_is_given_the_disk_not_even_one_whose_name_begins_alike(edit: Edit, cloud: Any) -> None:
    edit(ONE, name="tease").up()
    edit(ONE, name="tease").down()
    edit(ONE, "edit-10: {for: audio, size: small, data_gib: 20}", name="teaser").up()
    assert not disks(cloud)["edit-1"].get("SnapshotId")
    assert not disks(cloud)["edit-10"].get("SnapshotId")
    edit(ONE, name="teaser").down()
    mine = {one.machine: one.id for one in edit(ONE, name="teaser").snapshots()}
    edit(ONE, name="tease").down(delete_media=True)
    assert {one.machine: one.id for one in edit(ONE, name="teaser").snapshots()} == mine
    edit(ONE, name="teaser").up()
    assert disks(cloud)["edit-1"]["SnapshotId"] == mine["edit-1"]


@pytest.mark.slow
def test_a_larger_disk_grows_from_its_snapshot_and_an_empty_one_is_had_on_request(edit: Edit, cloud: Any) -> None:
    edit(ONE).up()
    edit(ONE).down()
    with pytest.raises(PreflightRefused, match="data_gib is 10"):
        edit(ONE.replace("20", "10")).up()
    edit(ONE.replace("20", "30")).up()
    assert disks(cloud)["edit-1"]["Size"] == 30
    assert disks(cloud)["edit-1"]["SnapshotId"] == newest(edit(ONE))
    edit(ONE.replace("20", "30")).down()
    kept = len(edit(ONE).snapshots())
    edit(ONE.replace("20", "10").replace("}", ", data_from: empty}")).up()
    assert not disks(cloud)["edit-1"].get("SnapshotId")
    assert len(edit(ONE).snapshots()) == kept


@pytest.mark.slow
def test_each_down_left_one_more_snapshot(edit: Edit, cloud: Any) -> None:
    few = "snapshots: {keep_last: 2}\n"
    for _ in range(2):
        edit(ONE, more=few).up()
        assert edit(ONE, more=few).down().superseded == ()
    before = [one.id for one in edit(ONE).snapshots()]
    edit(ONE, more=few).up()
    gone = edit(ONE, more=few).down().superseded
    assert [one.id for one in gone] == before[:1]
    assert [one.id for one in edit(ONE).snapshots()][:-1] == before[1:]


@pytest.mark.slow
@pytest.mark.usefixtures("edit_1_came_back")
def test_a_renamed_machine_lost_its_disk(edit: Edit, cloud: Any) -> None:
    before = disks(cloud)["edit-1"]["VolumeId"]
    machines = [one.instance_id for one in edit(ONE).machines()]
    new = ONE.replace("edit-1", "cut-1")
    moved = new.replace("}", ", was: edit-1}")
    preview = edit(moved).preview()
    operations = {one.operation for one in preview.plan.of_type("aws:ebs/volume:Volume", "aws:ec2/instance:Instance")}
    assert operations == {Operation.UPDATE}
    assert preview.told == (
        "edit-1 is now cut-1: it keeps its disks, and their snapshots go on under its new name. Its log begins anew.",
    )
    edit(moved).up()
    assert disks(cloud)["cut-1"]["VolumeId"] == before
    assert [one.instance_id for one in edit(moved).machines()] == machines
    assert {one.machine for one in edit(moved).snapshots()} == {"cut-1"}
    # The key has done its work; another machine may have the old name, and starts with a disk of its own.
    edit(new, ONE).up()
    found = disks(cloud)
    assert found["cut-1"]["VolumeId"] == before
    assert not found["edit-1"].get("SnapshotId")


@pytest.mark.slow
def test_a_machine_that_is_renamed_while_it_is_down_comes_back_with_its_disk(edit: Edit, cloud: Any) -> None:
    edit(ONE).up()
    edit(ONE).down()
    edit(ONE.replace("edit-1", "cut-1").replace("}", ", was: edit-1}")).up()
    assert disks(cloud)["cut-1"]["SnapshotId"] == newest(edit(ONE))


@pytest.mark.slow
@pytest.mark.usefixtures("edit_1_came_back")
def test_a_disk_that_somebody_deleted_comes_back_from_the_newest_snapshot_and_not_from_its_first(
    edit: Edit, cloud: Any
) -> None:
    ec2, disk = cloud.client("ec2"), disks(cloud)["edit-1"]
    tags = [tag for tag in disk["Tags"] if not tag["Key"].startswith("soundstage:creation")]
    _next_second()
    daily = ec2.create_snapshot(
        VolumeId=disk["VolumeId"],
        TagSpecifications=[
            {"ResourceType": "snapshot", "Tags": [*tags, {"Key": "soundstage:taken", "Value": "daily"}]}
        ],
    )["SnapshotId"]
    ec2.detach_volume(VolumeId=disk["VolumeId"])
    ec2.delete_volume(VolumeId=disk["VolumeId"])
    assert f"daily snapshot {daily}" in edit(ONE).preview(refresh=True).told[0]
    edit(ONE).up(refresh=True)
    assert disks(cloud)["edit-1"]["SnapshotId"] == daily


@pytest.mark.slow
@pytest.mark.usefixtures("edit_1_came_back")
@pytest.mark.parametrize("of", ["the-one-it-was-made-from", "another-one"])
def test_a_restored_disk_holds_the_snapshot_and_what_was_on_it_is_kept(edit: Edit, cloud: Any, of: str) -> None:
    first = newest(edit(ONE))
    wanted, deployment = first, edit(ONE)
    if of == "another-one":
        restore(deployment, plan_restore(deployment, "edit-1"))
        deployment, wanted = edit(ONE), newest(edit(ONE))
    before, kept = disks(cloud)["edit-1"]["VolumeId"], [one.id for one in deployment.snapshots()]
    restore(deployment, plan_restore(deployment, "edit-1", wanted))
    after = disks(cloud)["edit-1"]
    assert after["SnapshotId"] == wanted
    assert after["VolumeId"] != before
    fresh = [one.id for one in deployment.snapshots() if one.id not in kept]
    of_old = cloud.client("ec2").describe_snapshots(SnapshotIds=fresh)["Snapshots"]
    assert [one["VolumeId"] for one in of_old] == [before]
    assert [one.state for one in edit(ONE).machines()] == ["running"]
    assert not edit(ONE).preview().plan.changes_anything
    assert being_restored(deployment.folder) == {}


@pytest.mark.slow
def test_what_cannot_be_restored_is_refused_and_nothing_is_changed(edit: Edit, cloud: Any) -> None:
    other = "mix-1: {for: audio, size: small, data_gib: 20}"
    with pytest.raises(UsageError, match="has no work disk now"):
        plan_restore(edit(ONE), "edit-1")
    edit(ONE, other).up()
    with pytest.raises(UsageError, match="no complete snapshot"):
        plan_restore(edit(ONE, other), "edit-1")
    with pytest.raises(UsageError, match='no machine "edit-2"'):
        plan_restore(edit(ONE, other), "edit-2")
    edit(ONE, other).down()
    edit(ONE, other).up()
    theirs = next(one.id for one in edit(ONE).snapshots() if one.machine == "mix-1")
    mine = next(one.id for one in edit(ONE).snapshots() if one.machine == "edit-1")
    for id in (theirs, "snap-0123456789abcdef0"):
        with pytest.raises(UsageError, match=f"no snapshot {id} of edit-1's work disk"):
            plan_restore(edit(ONE, other), "edit-1", id)
    with pytest.raises(UsageError, match="asks for changes that are not up yet"):
        plan_restore(edit(ONE.replace("20", "25"), other), "edit-1", mine)
    before = disks(cloud)
    with pytest.raises(UsageError, match="data_gib is 5"):
        plan_restore(edit(ONE.replace("20", "5"), other), "edit-1", mine)
    assert disks(cloud) == before


@pytest.mark.slow
@pytest.mark.usefixtures("edit_1_came_back")
@pytest.mark.parametrize("action", ["ec2:CreateVolume", "ec2:CreateSnapshot", "ec2:DeleteVolume", "ec2:AttachVolume"])
@pytest.mark.parametrize("goes_on", ["restore", "up"])
def test_a_restore_that_was_cut_off_is_continued_and_loses_nothing(
    edit: Edit, cloud: Any, home: Path, action: str, goes_on: str
) -> None:
    first, before = newest(edit(ONE)), disks(cloud)["edit-1"]["VolumeId"]
    process.set_faults(home, [FaultRule(action, "denied", times=0)])
    with pytest.raises(CloudError):
        restore(edit(ONE), plan_restore(edit(ONE), "edit-1", first))
    process.clear_faults(home)
    if goes_on == "up":
        edit(ONE).up()
    else:
        restore(edit(ONE), plan_restore(edit(ONE), "edit-1", first))
    assert disks(cloud)["edit-1"]["SnapshotId"] == first
    taken = cloud.client("ec2").describe_snapshots(OwnerIds=["self"])["Snapshots"]
    untouched = disks(cloud)["edit-1"]["VolumeId"] == before
    assert untouched or [one["VolumeId"] for one in taken].count(before) == 1
    if goes_on == "restore":
        assert not untouched
    assert [one.state for one in edit(ONE).machines()] == ["running"]
    assert not edit(ONE).preview().plan.changes_anything


@pytest.fixture
def restore_was_cut_off(soundstage_home: Path, made_once: MadeOnce, project_folder: Path) -> None:
    """A restore of edit-1's disk has begun beside another machine and could not make the new disk."""

    def make() -> None:
        edit = edit_in(project_folder)
        for _ in range(2):
            edit(ONE, OTHER).up()
            edit(ONE, OTHER).down()
            _next_second()
        edit(ONE, OTHER).up()
        first = next(one.id for one in edit(ONE, OTHER).snapshots() if one.machine == "edit-1")
        process.set_faults(state_home(), [FaultRule("ec2:CreateVolume", "denied", times=0)])
        with pytest.raises(CloudError):
            restore(edit(ONE, OTHER), plan_restore(edit(ONE, OTHER), "edit-1", first))

    made_once.put("restore-was-cut-off", make)


@pytest.fixture
def cut_off(edit: Edit) -> str:
    """The id of the snapshot of a restore that was cut off."""
    (restoring,) = being_restored(edit(ONE, OTHER).folder).items()
    assert restoring[0] == "edit-1"
    first = next(one.id for one in edit(ONE, OTHER).snapshots() if one.machine == "edit-1")
    assert restoring[1].snapshot == first
    return first


OTHER = "mix-1: {for: audio, size: small, data_gib: 20}"


@pytest.mark.slow
@pytest.mark.usefixtures("restore_was_cut_off")
@pytest.mark.parametrize(
    "machines",
    [[ONE], [ONE.replace("size: small", "size: medium"), OTHER], [ONE, OTHER.replace("20", "30")]],
    ids=["without-the-other-machine", "the-machine-is-resized", "the-other-disk-grows"],
)
def test_a_restore_that_went_on_after_the_file_was_edited_deleted_another_machine_unasked(
    edit: Edit, cloud: Any, cut_off: str, machines: list[str]
) -> None:
    before = disks(cloud)
    with pytest.raises(UsageError, match="asks for changes that are not up yet"):
        plan_restore(edit(*machines), "edit-1", cut_off)
    assert disks(cloud) == before
    edit(*machines).up()
    assert disks(cloud)["edit-1"]["SnapshotId"] == cut_off


@pytest.mark.slow
@pytest.mark.usefixtures("restore_was_cut_off")
def test_a_restore_from_a_snapshot_that_is_gone_left_no_way_on(edit: Edit, cloud: Any, cut_off: str) -> None:
    cloud.client("ec2").delete_snapshot(SnapshotId=cut_off)
    with pytest.raises(UsageError, match=f"no snapshot {cut_off} of edit-1's work disk") as refused:
        edit(ONE, OTHER).preview()
    assert "`workstation restore teaser edit-1 SNAPSHOT`" in refused.value.hint
    other = next(one.id for one in edit(ONE, OTHER).snapshots() if one.machine == "edit-1")
    restore(edit(ONE, OTHER), plan_restore(edit(ONE, OTHER), "edit-1", other))
    assert disks(cloud)["edit-1"]["SnapshotId"] == other
    assert being_restored(edit(ONE, OTHER).folder) == {}


@pytest.mark.slow
@pytest.mark.usefixtures("restore_was_cut_off")
def test_down_deleted_the_snapshot_of_a_restore_that_was_cut_off(edit: Edit, cloud: Any, cut_off: str) -> None:
    few = "snapshots: {keep_last: 1}\n"
    edit(ONE, OTHER, more=few).down()
    assert cut_off in [one.id for one in edit(ONE, OTHER).snapshots()]
    edit(ONE, OTHER, more=few).up()
    assert disks(cloud)["edit-1"]["SnapshotId"] == cut_off


@pytest.mark.slow
@pytest.mark.usefixtures("restore_was_cut_off")
def test_a_restore_that_was_cut_off_kept_everything_from_being_deleted(edit: Edit, cloud: Any, cut_off: str) -> None:
    edit(ONE, OTHER).down(delete_media=True)
    edit(ONE, OTHER).up()
    assert cut_off not in [disk.get("SnapshotId") for disk in disks(cloud).values()]


@pytest.mark.slow
@pytest.mark.usefixtures("restore_was_cut_off")
def test_a_machine_that_was_renamed_in_the_middle_of_a_restore_got_another_snapshot(
    edit: Edit, cloud: Any, cut_off: str
) -> None:
    edit(ONE.replace("edit-1: {", "cut-1: {was: edit-1, "), OTHER).up()
    assert disks(cloud)["cut-1"]["SnapshotId"] == cut_off


def _next_second() -> None:
    """The simulated cloud tells when a snapshot was taken in whole seconds: of two in one second neither is the newer."""
    begun = int(time.time())
    while int(time.time()) == begun:
        pass
