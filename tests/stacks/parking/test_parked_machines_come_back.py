"""What became of parked machines: their disks, what is billed, and who else was at work. On the simulated cloud."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.made_once import MadeOnce

from soundstage.core.errors import (
    ChangedMeanwhile,
    CloudError,
    OperationError,
    PreflightRefused,
    StateLocked,
    UsageError,
)
from soundstage.engines import lock
from soundstage.simulator import process
from soundstage.simulator.faultrules import FaultRule
from soundstage.simulator.testing import simulated_cloud
from soundstage.stacks.deployment import Deployment, open_project
from soundstage.stacks.parking import parking, system_disks
from soundstage.stacks.parking.choosing import choose_of
from soundstage.stacks.parking.parking import park, plan_park
from soundstage.stacks.parking.waking import parked_now, to_wake, wake, waking
from soundstage.stacks.restoring import plan_restore
from soundstage.stacks.state.on_record import Standing, on_record

pytestmark = [pytest.mark.slow]

Edit = Callable[..., Deployment]
ONE = "edit-1: {for: audio, size: small, data_gib: 20}"
TWO = "edit-10: {for: audio, size: small, data_gib: 20}"


@pytest.fixture
def cloud(studio_that_is_up: Path) -> Iterator[Any]:
    with simulated_cloud(studio_that_is_up) as cloud:
        yield cloud


def edit_in(folder: Path) -> Edit:
    """`edit("edit-1: {…}")`: a project with these machines."""

    def write(*machines: str, more: str = "") -> Deployment:
        file = folder / "teaser.yaml"
        rows = "".join(f"  {machine}\n" for machine in machines)
        file.write_text(f"project: teaser\n{more}workstations:\n{rows}")
        return open_project(str(file))

    return write


@pytest.fixture
def edit(cloud: Any, project_folder: Path) -> Edit:
    return edit_in(project_folder)


@pytest.fixture
def edit_1_is_up(soundstage_home: Path, made_once: MadeOnce, project_folder: Path) -> None:
    made_once.put("edit-1-is-up", lambda: edit_in(project_folder)(ONE).up())


@pytest.fixture
def edit_1_and_edit_10_are_up(soundstage_home: Path, made_once: MadeOnce, project_folder: Path) -> None:
    made_once.put("edit-1-and-edit-10-are-up", lambda: edit_in(project_folder)(ONE, TWO).up())


def parked(deployment: Deployment, *names: str) -> parking.ParkResult:
    return park(deployment, plan_park(deployment, names))


def woken(deployment: Deployment, *names: str) -> None:
    wake(waking(deployment, to_wake(deployment, names)))


def images(cloud: Any) -> list[str]:
    found = cloud.client("ec2").describe_images(Owners=["self"])["Images"]
    return [one["ImageId"] for one in found if one["Name"].startswith("parked/")]


def billed(cloud: Any) -> dict[str, int]:
    """How much of what is billed by the hour there is."""
    ec2 = cloud.client("ec2")
    on = [{"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}]
    endpoints = ec2.describe_vpc_endpoints()["VpcEndpoints"]
    return {
        "machines": len(ec2.describe_instances(Filters=on)["Reservations"]),
        "disks": len(ec2.describe_volumes()["Volumes"]),
        "addresses": len(ec2.describe_addresses()["Addresses"]),
        "gateways": sum(one["State"] != "deleted" for one in ec2.describe_nat_gateways()["NatGateways"]),
        "endpoints": sum(one["VpcEndpointType"] == "Interface" and one["State"] != "deleted" for one in endpoints),
    }


def test_a_parked_project_went_on_costing_by_the_hour(edit: Edit, cloud: Any) -> None:
    more = "network: {zone: io, nat: true}\n"
    edit(ONE, TWO, more=more).up()
    before = billed(cloud)
    assert before["endpoints"]
    assert before["addresses"] == before["gateways"] == 1
    result = parked(edit(ONE, TWO, more=more))
    assert set(billed(cloud).values()) == {0}
    assert sorted(one.machine for one in result.snapshots) == ["edit-1", "edit-10"]
    (found,) = on_record("home", edit(ONE).stack)
    assert found.standing is Standing.PARKED
    # `up` of a parked project brings nothing back, and says so.
    preview = edit(ONE, TWO, more=more).preview()
    assert not preview.plan.changes_anything
    assert any("edit-1 is parked since" in one and "start" in one for one in preview.told)
    edit(ONE, TWO, more=more).up()
    assert set(billed(cloud).values()) == {0}
    woken(edit(ONE, TWO, more=more))
    assert billed(cloud) == before
    assert parked_now(edit(ONE, TWO, more=more)) == {}


def test_one_machine_is_parked_and_comes_back_with_both_its_disks(edit: Edit, cloud: Any) -> None:
    ec2 = cloud.client("ec2")
    empty = ONE.replace("}", ", data_from: empty}")
    edit(empty, TWO).up()
    (disk,) = [one for one in edit(empty, TWO).machines() if one.name == "edit-1"]
    result = parked(edit(empty, TWO), "edit-1")
    image, snapshot = result.parked["edit-1"].image, result.snapshots[0].id
    assert [one.name for one in edit(empty, TWO).machines()] == ["edit-10"]
    assert images(cloud) == [image]
    # The snapshot of a system disk is none of a work disk: nothing could be restored from it.
    assert [one.id for one in edit(empty, TWO).snapshots()] == [snapshot]
    woken(edit(empty, TWO), "edit-1")
    (back,) = [one for one in edit(empty, TWO).machines() if one.name == "edit-1"]
    assert back.instance_id != disk.instance_id
    described = ec2.describe_instances(InstanceIds=[back.instance_id])["Reservations"][0]["Instances"][0]
    assert described["ImageId"] == image
    volumes = {one["SnapshotId"] for one in ec2.describe_volumes()["Volumes"] if one.get("SnapshotId")}
    assert snapshot in volumes
    # What it was made from stays as long as it is there, and its next park leaves one image.
    assert not edit(empty, TWO).preview().plan.changes_anything
    parked(edit(empty, TWO), "edit-1")
    assert len(images(cloud)) == 1
    edit(empty, TWO).down()
    assert images(cloud) == []
    assert parked_now(edit(empty, TWO)) == {}


def test_what_cannot_be_parked_is_refused_and_nothing_is_changed(edit: Edit, cloud: Any) -> None:
    with pytest.raises(UsageError, match="no machine that is up"):
        plan_park(edit(ONE))
    edit(ONE).up()
    with pytest.raises(UsageError, match='no machine "edit-2"') as refused:
        plan_park(edit(ONE), ["edit-2"])
    assert 'Did you mean "edit-1"?' in refused.value.hint
    with pytest.raises(UsageError, match="edit-10 is not up"):
        plan_park(edit(ONE, TWO), ["edit-10"])
    with pytest.raises(UsageError, match="asks for changes that are not up yet"):
        plan_park(edit(ONE.replace("20", "30")))
    assert billed(cloud)["machines"] == 1
    parked(edit(ONE))
    again = plan_park(edit(ONE))
    assert (dict(again.parked), again.already) == ({}, ("edit-1",))
    with pytest.raises(UsageError, match="edit-1 is parked since") as one:
        choose_of(edit(ONE), ["edit-1"])
    assert "start" in one.value.hint
    with pytest.raises(UsageError, match='no machine "edti-1"') as typed_wrong:
        choose_of(edit(ONE), ["edti-1"])
    assert 'Did you mean "edit-1"?' in typed_wrong.value.hint
    # `up`, which makes a work disk otherwise, leaves it parked.
    with pytest.raises(UsageError, match="edit-1 is parked since") as put_back:
        plan_restore(edit(ONE), "edit-1")
    assert "start" in put_back.value.hint


@pytest.mark.usefixtures("edit_1_and_edit_10_are_up")
def test_the_system_disk_of_a_parked_machine_that_its_file_no_longer_named_was_deleted_without_a_word(
    edit: Edit, cloud: Any
) -> None:
    image = parked(edit(ONE, TWO), "edit-1").parked["edit-1"].image
    with pytest.raises(UsageError, match="asks for changes that are not up yet"):
        plan_park(edit(TWO), ["edit-10"])
    assert images(cloud) == [image]
    (told,) = [one for one in edit(TWO).preview().told if "no longer names it" in one]
    assert told.startswith("edit-1 is parked since")
    assert "put it back into the project file" in told
    # Put back, it comes back; left out, it is gone once that was carried out.
    assert list(parked_now(edit(ONE, TWO))) == ["edit-1"]
    edit(TWO).up()
    assert not [one for one in edit(TWO).preview().told if "no longer names it" in one]
    second = parked(edit(TWO), "edit-10").parked["edit-10"].image
    assert images(cloud) == [second]


@pytest.mark.usefixtures("edit_1_is_up")
@pytest.mark.parametrize(
    "action", ["ec2:CreateImage", "ec2:CreateSnapshot", "ec2:DeleteVolume", "ec2:TerminateInstances"]
)
@pytest.mark.parametrize("goes_on", ["park", "up", "start"])
def test_a_park_whose_token_expired_on_the_way_is_continued_and_loses_nothing(
    edit: Edit, cloud: Any, soundstage_home: Path, action: str, goes_on: str
) -> None:
    before = billed(cloud)
    disk = {one["VolumeId"] for one in cloud.client("ec2").describe_volumes()["Volumes"]}
    process.set_faults(soundstage_home, [FaultRule(action, "expired-credential", times=1)])
    with pytest.raises((OperationError, PreflightRefused)):
        parked(edit(ONE))
    process.set_faults(soundstage_home, [])
    if goes_on == "start":
        woken(edit(ONE))
        edit(ONE).start(edit(ONE).machines())
        assert billed(cloud) == before
        return
    if goes_on == "up":
        edit(ONE).up()
    was_done = bool(parked_now(edit(ONE)))
    if goes_on == "park" or not was_done:
        parked(edit(ONE))
    assert set(billed(cloud).values()) == {0}
    kept = cloud.client("ec2").describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert any(one["VolumeId"] in disk for one in kept)
    assert len(images(cloud)) == 1
    woken(edit(ONE))
    assert billed(cloud) == before


@pytest.mark.usefixtures("edit_1_is_up")
def test_a_machine_whose_system_disk_cannot_be_kept_keeps_its_disks(
    edit: Edit, cloud: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = billed(cloud)
    deployment = edit(ONE)
    wanted = plan_park(deployment)
    made = deployment.cloud.images.make
    ec2 = cloud.client("ec2")

    def failing(instance: str, name: str, tags: Any) -> str:
        id = made(instance, name, {**tags, "lost": "yes"})
        patch.setattr(type(deployment.cloud.images), "found", lambda *_: {id: failed(deployment, id)})
        return id

    def failed(deployment: Deployment, id: str) -> Any:
        (one,) = deployment.cloud.images.named("parked/*", "self", "eu-west-1")
        return type(one)(id, one.name, one.region, "failed", one.made, one.owner, one.disk_gib, one.tags, "disk error")

    with monkeypatch.context() as patch:
        patch.setattr(deployment.cloud.images, "make", failing)
        with pytest.raises(CloudError, match=r"failed: disk error\. The machine is stopped and has all its disks"):
            park(deployment, wanted)
    assert billed(cloud) == before
    assert parked_now(edit(ONE)) == {}
    assert ec2.describe_volumes()["Volumes"]


@pytest.mark.usefixtures("edit_1_is_up")
def test_an_image_that_stays_pending_is_given_up_after_its_time_and_gone_on_with(
    edit: Edit, cloud: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = edit(ONE)
    with monkeypatch.context() as patch:
        patch.setattr(system_disks, "LONGEST_HOURS", 0)
        patch.setattr("soundstage.stacks.clouds.machine_images.MachineImage.usable", False)
        with pytest.raises(
            OperationError, match=r"not complete after 0 hours\. The machine is stopped and has all its disks"
        ):
            parked(deployment)
    (first,) = images(cloud)
    assert parked(edit(ONE)).parked["edit-1"].image == first


@pytest.mark.usefixtures("edit_1_is_up")
def test_a_machine_that_somebody_started_while_it_was_being_parked_was_deleted_under_them(
    edit: Edit, cloud: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = edit(ONE)
    kept = parking.keep

    def started(*arguments: Any) -> str:
        id = kept(*arguments)
        cloud.client("ec2").start_instances(InstanceIds=[arguments[1].instance_id])
        return id

    with monkeypatch.context() as patch:
        patch.setattr(parking, "keep", started)
        with pytest.raises(OperationError, match=r"Somebody has started edit-1 meanwhile\. No disk was deleted"):
            parked(deployment)
    assert parked_now(edit(ONE)) == {}
    assert billed(cloud)["machines"] == 1


def test_a_park_failed_at_the_image_that_another_park_beside_it_had_just_made(
    edit: Edit, cloud: Any, soundstage_home: Path
) -> None:
    """It is the same as when the answer is lost: the image is there, and the next call is told that its name is taken."""
    edit(ONE).up()
    process.set_faults(soundstage_home, [FaultRule("ec2:CreateImage", "lost-answer", times=1)])
    result = parked(edit(ONE))
    process.set_faults(soundstage_home, [])
    assert images(cloud) == [result.parked["edit-1"].image]


@pytest.mark.usefixtures("edit_1_and_edit_10_are_up")
def test_of_two_people_who_park_and_start_at_once_the_second_is_told(edit: Edit, cloud: Any) -> None:
    parked(edit(ONE, TWO), "edit-1")
    asked, wanted, other = edit(ONE, TWO), None, edit(ONE, TWO)
    wanted = plan_park(asked, ["edit-10"])
    woken(other, "edit-1")
    with pytest.raises(ChangedMeanwhile, match="Somebody else has parked or started machines of teaser meanwhile"):
        park(asked, wanted)
    assert parked_now(edit(ONE, TWO)) == {}
    assert billed(cloud)["machines"] == 2
    assert [one.state for one in edit(ONE, TWO).machines()] == ["running", "running"]


@pytest.mark.usefixtures("edit_1_and_edit_10_are_up")
@pytest.mark.parametrize("other", ["has parked", "is at work"])
def test_a_park_that_was_refused_because_of_somebody_else_left_off_what_it_had_stopped(
    other: str, edit: Edit, cloud: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, kept = edit(ONE, TWO), parking.keep
    wanted = plan_park(asked, ["edit-10"])

    with contextlib.ExitStack() as ends, monkeypatch.context() as patch:

        def beside(*arguments: Any) -> str:
            patch.setattr(parking, "keep", kept)
            if other == "has parked":
                parked(edit(ONE, TWO), "edit-1")
            else:
                ends.enter_context(lock.held(asked.folder, asked.stack, "park"))
            return kept(*arguments)

        patch.setattr(parking, "keep", beside)
        with pytest.raises((ChangedMeanwhile, StateLocked), match=r"meanwhile|in use"):
            park(asked, wanted)
    states = {one.name: one.state for one in edit(ONE, TWO).machines()}
    assert states.pop("edit-10") in ("pending", "running")
    assert states == ({} if other == "has parked" else {"edit-1": "running"})


@pytest.mark.usefixtures("edit_1_is_up")
def test_a_zone_without_capacity_and_a_lower_quota_leave_a_machine_parked(
    edit: Edit, cloud: Any, soundstage_home: Path
) -> None:
    parked(edit(ONE))
    process.set_faults(soundstage_home, [FaultRule("ec2:RunInstances", "no-capacity", times=1)])
    woken(edit(ONE))
    assert billed(cloud)["machines"] == 1
    parked(edit(ONE))
    process.set_faults(soundstage_home, [FaultRule("ec2:RunInstances", "no-capacity", times=9)])
    with pytest.raises(CloudError, match="none free of m7i"):
        woken(edit(ONE))
    process.set_faults(soundstage_home, [])
    assert list(parked_now(edit(ONE))) == ["edit-1"]
    assert len(images(cloud)) == 1
    woken(edit(ONE))
    assert billed(cloud)["machines"] == 1
