"""A zone that has no machine free, on the simulated cloud: where the machine goes, and what is kept."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from soundstage.core.errors import CloudError
from soundstage.engines.base import Event
from soundstage.simulator import process
from soundstage.simulator.faultrules import FaultRule
from soundstage.simulator.testing import simulated_cloud
from soundstage.stacks.deployment import Deployment, open_project

pytestmark = [pytest.mark.slow]

ONE = "  edit-1: {for: editing, size: small, data_gib: 20, fallback: {types: [g4dn.xlarge]}}\n"


class Stage:
    """One project after another on one cloud."""

    def __init__(self, home: Path, cloud: Any) -> None:
        self.home, self.cloud, self.told = home, cloud, list[str]()

    def open(self, name: str, machines: str = ONE) -> Deployment:
        file = self.home.parent / f"{name}.yaml"
        file.write_text(f"project: {name}\nworkstations:\n{machines}")
        self.told.clear()
        return open_project(str(file))

    def full(self, operation: str, times: int) -> None:
        """The next so many calls meet a zone without a machine; 0: all of them."""
        process.set_faults(self.home, [FaultRule(operation, "no-capacity", times)])

    def listen(self, event: Event) -> None:
        self.told.append(event.message)

    def disks(self, project: str) -> list[Any]:
        wanted = [{"Name": "tag:soundstage:work-disks", "Values": [f"home.{project}"]}]
        found: list[Any] = self.cloud.client("ec2").describe_volumes(Filters=wanted)["Volumes"]
        return found


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("capacity") / "home"


@pytest.fixture(scope="module")
def cloud(home: Path) -> Iterator[Any]:
    with simulated_cloud(home) as cloud:
        yield cloud


@pytest.fixture
def stage(cloud: Any, home: Path, soundstage_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setenv("SOUNDSTAGE_HOME", str(home))
    monkeypatch.setattr("soundstage.stacks.capacity.going_up.SIMULATED_PAUSE", 0.01)
    yield Stage(home, cloud)
    process.clear_faults(home)


def test_a_machine_goes_to_another_zone_with_its_unused_disk_and_stays_there(stage: Stage) -> None:
    deployment = stage.open("zones")
    assert any(
        "no g5.xlarge free in eu-west-1a for edit-1, eu-west-1b, eu-west-1c, then g4dn.xlarge" in one
        for one in deployment.preview().told
    )
    stage.full("ec2:RunInstances", 1)
    deployment.up(on_event=stage.listen)
    assert "AWS has no g5.xlarge free in eu-west-1a now; next eu-west-1b" in stage.told
    (machine,) = deployment.machines()
    (disk,) = stage.disks("zones")
    assert (machine.zone, machine.instance_type, disk["AvailabilityZone"]) == ("eu-west-1b", "g5.xlarge", "eu-west-1b")
    assert [one["State"] for one in disk["Attachments"]] == ["attached"]
    assert deployment.snapshots() == [], "nobody has written to the disk that gave way"
    again = stage.open("zones").preview()
    assert not again.plan.changes_anything
    assert again.told == ()
    deployment.down()


def test_another_type_is_remembered_until_the_file_wants_something_else(stage: Stage) -> None:
    deployment = stage.open("types")
    stage.full("ec2:RunInstances", 3)
    deployment.up()
    (machine,) = deployment.machines()
    assert (machine.instance_type, machine.zone) == ("g4dn.xlarge", "eu-west-1a")
    assert not stage.open("types").preview().plan.changes_anything
    tags = stage.cloud.client("ec2").describe_instances(InstanceIds=[machine.instance_id])
    assert {"Key": "soundstage:instead-of", "Value": "g5.xlarge"} in tags["Reservations"][0]["Instances"][0]["Tags"]
    wanted = stage.open("types", ONE.replace(", fallback: {types: [g4dn.xlarge]}", ""))
    changes = {change.path for one in wanted.preview().plan for change in one.changes}
    assert {"instanceType", 'tags["soundstage:instead-of"]'} <= changes
    deployment.down()


def test_a_work_disk_in_a_zone_without_capacity_is_kept_and_what_a_move_means_is_said(stage: Stage) -> None:
    deployment = stage.open("volume", ONE.replace(", fallback: {types: [g4dn.xlarge]}", ""))
    deployment.up()
    (before,) = stage.disks("volume")
    ec2, (machine,) = stage.cloud.client("ec2"), deployment.machines()
    ec2.modify_instance_attribute(InstanceId=machine.instance_id, DisableApiTermination={"Value": False})
    ec2.terminate_instances(InstanceIds=[machine.instance_id])
    stage.full("ec2:RunInstances", 0)
    with pytest.raises(CloudError) as refused:
        stage.open("volume", ONE.replace(", fallback: {types: [g4dn.xlarge]}", "")).up(refresh=True)
    assert "edit-1: none free of g5.xlarge in eu-west-1a." in refused.value.message
    assert "Its work disk (20 GiB) in eu-west-1a cannot follow" in refused.value.hint
    assert "--retry-for 30m" in refused.value.hint
    assert "fallback: {types: [...]}" in refused.value.hint
    (after,) = stage.disks("volume")
    assert after["VolumeId"] == before["VolumeId"]
    process.clear_faults(stage.home)
    deployment.up()
    assert [one["State"] for one in stage.disks("volume")[0]["Attachments"]] == ["attached"]
    deployment.down()


def test_a_type_that_was_withdrawn_was_refused_although_the_file_allows_another(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Offered when the file was written, gone at `up`, and then at `start`."""
    gone, zones = {"g5.xlarge"}, type(stage.open("gone").cloud.zones)
    offering = zones.offering
    monkeypatch.setattr(
        zones, "offering", lambda self, types: {**offering(self, types), **{one: set() for one in gone & {*types}}}
    )
    deployment = stage.open("gone")
    (told, *_) = [one for one in deployment.preview().told if "not offered any more" in one]
    assert told.startswith(
        "edit-1: g5.xlarge is not offered any more where it would stand; `fallback.types` allows g4dn.xlarge in eu-west-1, "
    )
    assert "USD an hour with Linux" in told
    deployment.up()
    assert [one.instance_type for one in deployment.machines()] == ["g4dn.xlarge"]
    gone.clear()
    assert not stage.open("gone").preview().plan.changes_anything, "the choice was forgotten when it was offered again"
    deployment.stop(deployment.machines())

    def unsupported(*_: object) -> None:
        raise CloudError("(Unsupported)", code="Unsupported", action="ec2:StartInstances")

    monkeypatch.setattr(type(deployment.cloud.machines), "start", unsupported)
    with pytest.raises(
        CloudError, match=r"edit-1 cannot start: AWS offers g4dn\.xlarge in eu-west-1\w no longer"
    ) as refused:
        deployment.start(deployment.machines())
    assert "`workstation resize gone edit-1 g5.xlarge`" in refused.value.hint
    assert "USD an hour" in refused.value.hint
    assert "Wait for" not in refused.value.hint
    monkeypatch.undo()


def test_up_waits_for_a_machine_where_it_was_asked_to(stage: Stage) -> None:
    deployment = stage.open(
        "waits", "  edit-1: {for: editing, size: small, data_gib: 0, availability_zone: eu-west-1b}\n"
    )
    stage.full("ec2:RunInstances", 3)
    deployment.up(retry_for=600, on_event=stage.listen)
    assert any("None is free; trying every" in one for one in stage.told)
    assert [one.zone for one in deployment.machines()] == ["eu-west-1b"], "a zone that the file names is not left"
    deployment.down()


def test_a_stopped_machine_whose_zone_is_full_says_what_can_be_done_and_waits_when_asked(stage: Stage) -> None:
    deployment = stage.open("starts")
    deployment.up()
    deployment.stop(deployment.machines())
    stage.full("ec2:StartInstances", 0)
    with pytest.raises(
        CloudError, match=r"edit-1 cannot start: AWS has no g5\.xlarge free in eu-west-1a now"
    ) as refused:
        deployment.start(deployment.machines())
    for way in (" edit-1 --retry-for 30m", "give edit-1 another size", "cannot follow", "Another region"):
        assert way in refused.value.hint
    stage.full("ec2:StartInstances", 3)
    assert [one.name for one in deployment.start(deployment.machines(), retry_for=600)] == ["edit-1"]
    deployment.down()


def test_a_saved_plan_does_nothing_but_what_it_says(stage: Stage, tmp_path: Path) -> None:
    from soundstage.plan.saved import load, save

    deployment = stage.open("saved")
    save(tmp_path / "plan", deployment.preview(), deployment.target)
    stage.full("ec2:RunInstances", 1)
    with pytest.raises(CloudError, match=r"none free of g5\.xlarge in eu-west-1a"):
        deployment.up(reviewed=load(tmp_path / "plan"))
    deployment.up()
    deployment.down()
