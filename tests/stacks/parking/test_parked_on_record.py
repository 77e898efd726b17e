"""Which machines are parked, what comes back of them, and what it saves: pure, from what is on record."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from soundstage.core.errors import OperationError, PreflightRefused
from soundstage.plan.plan import Operation, Plan, PlannedResource
from soundstage.projectfile.project_file import Project
from soundstage.projectfile.spec import default_studio
from soundstage.stacks.clouds.base import Machine
from soundstage.stacks.deployment import Deployment
from soundstage.stacks.parking.due import due
from soundstage.stacks.parking.guard import still_parked
from soundstage.stacks.parking.record import Parked, as_output, forgotten_of, parked_in, parked_of, said_of, working
from soundstage.stacks.parking.returning import refuse_lost_disks, with_their_disks
from soundstage.stacks.parking.saving import saving
from soundstage.stacks.studio_deployment import StudioDeployment

ONE = Parked("2026-11-20T19:00:00Z", "ana", "i-1", "ami-1", "soundstage/edit-linux/2026-11-01", "vol-1")
NOW = datetime(2026, 11, 26, 3, tzinfo=UTC)


def project(**said: Any) -> Project:
    machines = said.pop("machines", {"edit-1": {"for": "editing"}, "mix-1": {"for": "audio"}})
    return Project.model_validate({"project": "teaser", "workstations": machines, **said})


def resource(kind: str, name: str, id: str, **inputs: Any) -> PlannedResource:
    return PlannedResource(f"urn::{name}", kind, name, Operation.SAME, custom=True, id=id, inputs=inputs)


def recorded(parked: Mapping[str, Parked], *instances: tuple[str, str], network: bool = True) -> Plan:
    """A record with a network, unless it is down, and these machines (name, id)."""
    rows = [resource("aws:ec2/vpc:Vpc", "teaser-network-vpc", "vpc-1")] if network else []
    rows += [
        resource("aws:ec2/instance:Instance", f"teaser-{name}-instance", id, tags={"soundstage:workstation": name})
        for name, id in instances
    ]
    return Plan("soundstage", "teaser", tuple(rows), {"parked": as_output(parked)} if parked else {})


def test_what_is_parked_is_read_as_it_was_written() -> None:
    assert parked_of(project(), recorded({"edit-1": ONE})) == {"edit-1": ONE}
    assert list(working(project(), {"edit-1": ONE}).workstations) == ["mix-1"]


def test_a_machine_that_was_parked_stayed_so_after_down() -> None:
    assert parked_of(project(), recorded({"edit-1": ONE}, network=False)) == {}


def test_a_park_that_was_cut_off_goes_on_and_a_start_that_was_cut_off_is_not_undone() -> None:
    assert parked_of(project(), recorded({"edit-1": ONE}, ("edit-1", "i-1"))) == {"edit-1": ONE}
    assert parked_of(project(), recorded({"edit-1": ONE}, ("edit-1", "i-2"))) == {}
    # What is left to be made of it, `start` makes.
    assert said_of(project(), recorded({"edit-1": ONE}, ("edit-1", "i-2"))) == {"edit-1": ONE}
    # Another machine says nothing of this one, not even one whose name begins alike.
    assert parked_of(project(), recorded({"edit-1": ONE}, ("edit-10", "i-2"))) == {"edit-1": ONE}


def test_a_machine_that_is_renamed_while_it_is_parked_stays_parked() -> None:
    renamed = project(machines={"cut-1": {"for": "editing", "was": "edit-1"}})
    assert parked_of(renamed, recorded({"edit-1": ONE})) == {"cut-1": ONE}
    assert parked_of(renamed, recorded({"edit-1": ONE}, ("edit-1", "i-2"))) == {}


def test_a_machine_that_its_file_no_longer_names_is_not_parked() -> None:
    without = project(machines={"mix-1": {"for": "audio"}})
    assert parked_of(without, recorded({"edit-1": ONE})) == {}
    assert forgotten_of(without, recorded({"edit-1": ONE})) == {"edit-1": ONE}
    assert forgotten_of(project(), recorded({"edit-1": ONE})) == {}
    renamed = project(machines={"cut-1": {"for": "editing", "was": "edit-1"}})
    assert forgotten_of(renamed, recorded({"edit-1": ONE})) == {}


@pytest.mark.parametrize("said", ["edit-1", ["edit-1"], {"edit-1": "yes"}, 3])
def test_an_output_of_that_name_that_somebody_else_wrote_parks_nothing(said: Any) -> None:
    assert parked_of(project(), replace(recorded({}), outputs={"parked": said})) == {}


def test_a_state_tells_who_is_parked_without_an_engine() -> None:
    stack = {"type": "pulumi:pulumi:Stack", "outputs": {"parked": as_output({"b": ONE, "a": ONE})}}
    assert parked_in({"resources": [stack, {"type": "aws:ec2/vpc:Vpc"}]}) == {"a": ONE, "b": ONE}
    assert parked_in({"resources": [stack, {"type": "aws:s3/bucket:Bucket"}]}) == {}, "list named it after `down`"
    assert parked_in({"resources": [{"type": "pulumi:pulumi:Stack"}]}) == {}
    assert parked_in({}) == {}


def test_what_somebody_parked_meanwhile_was_started_again_by_an_up_that_was_shown_before() -> None:
    deployment = Deployment(project(), Path("teaser.yaml"), StudioDeployment(default_studio(), None, None))  # type: ignore[arg-type]
    look = still_parked(deployment, recorded({}))
    look({})
    with pytest.raises(OperationError, match="Somebody else has parked or started machines of teaser meanwhile"):
        look({"parked": as_output({"edit-1": ONE})})
    still_parked(deployment, recorded({"edit-1": ONE}))({"parked": as_output({"edit-1": ONE})})


def test_a_machine_with_data_from_empty_came_back_with_an_empty_disk() -> None:
    empty = project(
        machines={"edit-1": {"for": "editing", "data_from": "empty"}, "mix-1": {"for": "audio", "data_from": "empty"}}
    )
    found = with_their_disks(empty, {"edit-1": ONE}).workstations
    assert {name: one.data_from for name, one in found.items()} == {"edit-1": "last", "mix-1": "empty"}


def test_a_machine_whose_last_snapshot_was_deleted_is_refused_and_not_given_an_empty_disk() -> None:
    with pytest.raises(PreflightRefused, match=r"edit-1: it was parked with a work disk \(vol-1\)") as refused:
        refuse_lost_disks(project(), {"edit-1": ONE}, {})
    assert "data_gib: 0" in refused.value.hint
    refuse_lost_disks(project(), {"edit-1": ONE}, {"edit-1"})
    refuse_lost_disks(project(), {"edit-1": replace(ONE, disk="")}, {})
    refuse_lost_disks(project(machines={"edit-1": {"for": "editing", "data_gib": 0}}), {"edit-1": ONE}, {})


def test_the_saving_counts_the_snapshots_that_keep_the_disks() -> None:
    disk = {"size": 200, "type": "gp3", "finalSnapshot": True}
    before = replace(
        recorded({}), resources=(resource("aws:ebs/volume:Volume", "teaser-edit-1-data", "vol-1", **disk),)
    )
    found = saving(project(cost={"disk_used_percent": 50}), before, replace(before, resources=()), ["edit-1"])
    assert found.stopped > found.parked > 0
    assert found.saved == pytest.approx(found.stopped - found.parked)
    # 200 GiB of work disk and 100 GiB of system disk, half of which was ever written.
    assert found.parked == pytest.approx(150 * 0.05, rel=0.2)
    assert saving(project(), before, before, []).saved == 0


def test_the_month_of_a_project_left_out_what_keeps_the_machines_that_were_parked_before() -> None:
    two = project(
        machines={"edit-1": {"for": "editing"}, "edit-10": {"for": "editing"}}, cost={"disk_used_percent": 50}
    )
    alone, beside = (
        saving(two, recorded({}), recorded({}), ["edit-1"]),
        saving(two, recorded({}), recorded({}), ["edit-1"], ["edit-10"]),
    )
    kept = alone.parked - alone.stopped
    assert kept > 0
    assert beside.stopped == pytest.approx(alone.stopped + kept)
    assert beside.parked == pytest.approx(alone.parked + kept)


def machine(name: str, state: str = "stopped", stopped: datetime | None = None) -> Machine:
    return Machine(
        name, "i-1", state, "g5.xlarge", None, None, None, (), "ana", "eu-west-1a", "content", stopped=stopped
    )


def test_machines_are_due_once_they_were_stopped_for_as_long_as_the_file_says() -> None:
    found = [
        machine("edit-1", stopped=NOW - timedelta(days=7)),
        machine("mix-1", stopped=NOW - timedelta(days=7, seconds=-1)),
        machine("gone-1", stopped=NOW - timedelta(days=70)),
    ]
    assert [(one.machine, one.days) for one in due(project(park_after_days=7), found, NOW)] == [("edit-1", 7)]
    assert due(project(), found, NOW) == []


@pytest.mark.parametrize("one", [machine("edit-1", "running"), machine("edit-1", "stopping"), machine("edit-1")])
def test_a_machine_that_is_not_known_to_be_stopped_for_long_is_not_due(one: Machine) -> None:
    assert due(project(park_after_days=1), [one], NOW) == []
