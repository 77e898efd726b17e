"""Machines that were to stand in another zone and could not be moved, or lost their disks on the way; and what is said of one that is made
anew."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from soundstage.core.errors import CloudError, PreflightRefused, UsageError
from soundstage.plan.plan import Change, Operation, Plan, PlannedResource
from soundstage.simulator import process
from soundstage.simulator.faultrules import FaultRule
from soundstage.simulator.testing import simulated_cloud
from soundstage.stacks.deployment import Deployment, open_project
from soundstage.stacks.media.restarts import restart_sentences
from soundstage.stacks.parking.moving import Moving, back_in_zone, plan_move
from soundstage.stacks.parking.parking import park
from soundstage.stacks.parking.waking import parked_now, wake

Edit = Callable[[str], Deployment]
ONE = "edit-1: {for: audio, size: small, data_gib: 20}"


@pytest.fixture
def cloud(studio_that_is_up: Path) -> Iterator[Any]:
    with simulated_cloud(studio_that_is_up) as cloud:
        yield cloud


@pytest.fixture
def edit(cloud: Any, tmp_path: Path) -> Edit:
    def write(machine: str) -> Deployment:
        file = tmp_path / "teaser.yaml"
        file.write_text(f"project: teaser\nworkstations:\n  {machine}\n")
        return open_project(str(file))

    return write


def done(deployment: Deployment, moving: Moving) -> None:
    if moving.parking:
        park(deployment, moving.parking)
    wake(back_in_zone(moving))


def where(deployment: Deployment) -> list[str]:
    return [one.zone for one in deployment.machines()]


@pytest.mark.slow
def test_a_machine_with_a_work_disk_could_not_go_to_another_zone(edit: Edit, cloud: Any, soundstage_home: Path) -> None:
    edit(ONE).up()
    assert where(edit(ONE)) == ["eu-west-1a"]
    done(edit(ONE), plan_move(edit(ONE), "edit-1", "eu-west-1b"))
    assert where(edit(ONE)) == ["eu-west-1b"]
    assert not edit(ONE).preview().plan.changes_anything
    assert plan_move(edit(ONE), "edit-1", "eu-west-1b").is_there
    # What the file says by now, which `up` cannot do, `move` does.
    there = ONE.replace("}", ", availability_zone: eu-west-1c}")
    with pytest.raises(UsageError, match="a disk stays in its zone") as refused:
        edit(there).preview()
    assert "workstation move" in refused.value.hint
    done(edit(there), plan_move(edit(there), "edit-1"))
    assert where(edit(there)) == ["eu-west-1c"]
    # A zone that has none free: the machine rests with its disks, and the same command goes on.
    process.set_faults(soundstage_home, [FaultRule("ec2:RunInstances", "no-capacity", times=9)])
    with pytest.raises(CloudError, match="AWS has no machine free now"):
        done(edit(ONE), plan_move(edit(ONE), "edit-1", "eu-west-1a"))
    process.set_faults(soundstage_home, [])
    assert list(parked_now(edit(ONE))) == ["edit-1"]
    again = plan_move(edit(ONE), "edit-1", "eu-west-1a")
    assert (again.parking, again.before) == (None, "")
    done(edit(ONE), again)
    assert where(edit(ONE)) == ["eu-west-1a"]
    (disk,) = [one for one in cloud.client("ec2").describe_volumes()["Volumes"] if one["Size"] == 20]
    assert disk["SnapshotId"]


@pytest.mark.slow
def test_a_move_that_cannot_be_is_refused_before_anything_is_parked(
    edit: Edit, cloud: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match='no machine "edit-1" that is up or parked') as not_up:
        plan_move(edit(ONE), "edit-1", "eu-west-1b")
    assert "workstation up" in not_up.value.hint
    edit(ONE).up()
    with pytest.raises(UsageError, match='no machine "edit-2" that is up or parked') as unknown:
        plan_move(edit(ONE), "edit-2", "eu-west-1b")
    assert "edit-1" in unknown.value.hint
    with pytest.raises(UsageError, match="To which zone") as refused:
        plan_move(edit(ONE), "edit-1")
    assert "eu-west-1b" in refused.value.hint
    with pytest.raises(UsageError, match="no zone eu-west-1z in eu-west-1"):
        plan_move(edit(ONE), "edit-1", "eu-west-1z")
    with pytest.raises(UsageError, match="says that edit-1 is in eu-west-1b"):
        plan_move(edit(ONE.replace("}", ", availability_zone: eu-west-1b}")), "edit-1", "eu-west-1c")
    deployment = edit(ONE)
    monkeypatch.setattr(deployment.cloud.zones, "offering", lambda types: {one: {"eu-west-1c"} for one in types})
    with pytest.raises(PreflightRefused, match="eu-west-1b does not offer m7i") as unsold:
        plan_move(deployment, "edit-1", "eu-west-1b")
    assert "eu-west-1c" in unsold.value.hint
    assert [one.state for one in edit(ONE).machines()] == ["running"]


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("ami", "its image"),
        ("instanceMarketOptions.marketType", "`purchase`"),
        ("hibernation", "hibernation"),
        ("guestAccelerators[0].type", "its GPU"),
        ("scheduling.provisioningModel", "`purchase`"),
    ],
)
def test_a_machine_that_was_made_anew_lost_its_system_disk_without_a_word(path: str, why: str) -> None:
    class Nobody:
        def of_project(self, *_: str) -> list[Any]:
            return []

    changed = Change(path, "before", "after", replaces=True)
    one = PlannedResource(
        "urn::edit-1", "aws:ec2/instance:Instance", "teaser-edit-1-instance", Operation.REPLACE,
        inputs={"tags": {"soundstage:workstation": "edit-1"}}, changes=(changed,),
    )  # fmt: skip
    (told,) = restart_sentences(Plan("p", "s", (one,)), Nobody(), "home", "teaser")  # type: ignore[arg-type]
    assert told.startswith(f"edit-1 is made anew, because {why} changes")
    assert "its system disk is lost" in told


@pytest.mark.parametrize(
    ("machine", "told"),
    [
        (Operation.UPDATE, ["edit-1 stops and starts: whoever works on it is thrown out for some minutes."]),
        (Operation.SAME, ["edit-1 stops and starts: whoever works on it is thrown out for some minutes."]),
        (Operation.DELETE, []),
    ],
)
def test_a_machine_that_was_stopped_because_it_loses_a_disk_was_stopped_without_a_word(
    machine: Operation, told: list[str]
) -> None:
    class Running:
        def of_project(self, *_: str) -> list[Any]:
            return [SimpleNamespace(name="edit-1", is_running=True)]

    inputs = {"tags": {"soundstage:workstation": "edit-1"}}
    plan = Plan(
        "p",
        "s",
        (
            PlannedResource("urn::m", "aws:ec2/instance:Instance", "teaser-edit-1-instance", machine, inputs=inputs),
            PlannedResource(
                "urn::d", "aws:ebs/volume:Volume", "teaser-edit-1-scratch", Operation.DELETE, inputs=inputs
            ),
        ),
    )
    assert restart_sentences(plan, Running(), "home", "teaser") == told  # type: ignore[arg-type]
