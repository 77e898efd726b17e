"""A second cloud goes up, is judged, looked after and torn down by the code that AWS goes through; only what it is made of is its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest
from tests.invented.catalogue import DISK, MACHINE, NETWORK, PACKAGE
from tests.invented.cloud import FRONT, Nimbus

from soundstage.components.tags import MANAGED_BY, PROJECT, STUDIO, WORKSTATION
from soundstage.core.errors import PreflightRefused
from soundstage.engines.base import Event, EventKind, Program
from soundstage.plan.plan import Operation
from soundstage.policies import run
from soundstage.simulator import process
from soundstage.simulator.faultrules import FaultRule
from soundstage.stacks import target
from soundstage.stacks.account.permissions import permissions_of
from soundstage.stacks.deployment import Deployment, open_project
from soundstage.stacks.machines import start
from soundstage.stacks.programs.studio_outputs import Shared
from soundstage.stacks.studio_deployment import StudioDeployment


class Thing(pulumi.CustomResource):
    """A resource of Nimbus."""

    def __init__(self, type: str, name: str, properties: dict[str, Any], options: pulumi.ResourceOptions) -> None:
        super().__init__(type, name, properties, options)


class Stage:
    """A project on Nimbus, whose program declares a network, a disk and a machine."""

    def __init__(self, cloud: Nimbus) -> None:
        self.cloud = cloud
        self.gib = 100
        self.tags = {STUDIO: "home", PROJECT: "teaser", WORKSTATION: "edit-1", MANAGED_BY: "soundstage"}

    def open(self) -> Deployment:
        return open_project("teaser")

    def program(self, *_rest: object, **_more: object) -> tuple[Program, tuple[str, ...]]:
        def declare() -> None:
            provider = pulumi.ProviderResource(PACKAGE.name, PACKAGE.name, {})
            options = pulumi.ResourceOptions(provider=provider)
            network = Thing(NETWORK, "network", {"range": "10.0.0.0/24", "tags": self.tags}, options)
            disk = Thing(DISK, "edit-1-data", {"gib": self.gib, "tags": self.tags}, options)
            made = {"kind": "small", "network": network.id, "disks": [disk.id], "tags": self.tags}
            machine = Thing(MACHINE, "edit-1", made, options)
            pulumi.export("machine", machine.id)

        return declare, ()


@pytest.fixture
def stage(tmp_path: Path, repository: Path, soundstage_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """A folder with a project file, on whose cloud Nimbus was put."""
    monkeypatch.setenv("PYTHONPATH", str(repository))
    (tmp_path / "projects").mkdir()
    (tmp_path / "projects" / "teaser.yaml").write_text("project: teaser\nprofile: baseline\n")
    monkeypatch.chdir(tmp_path)
    made = Stage(Nimbus("north-1", tmp_path / "cloud"))
    shared = Shared({"eu-west-1": "logs"}, boundary_arns={"people": "nobody"})
    monkeypatch.setattr(target, "_cloud", lambda *_which: made.cloud)
    monkeypatch.setattr(StudioDeployment, "shared", lambda _self: shared)
    monkeypatch.setattr(Deployment, "_program", made.program)
    assert soundstage_home
    yield made
    process.stop(tmp_path / "cloud")


def test_a_project_on_a_second_cloud_lives_by_the_same_code(stage: Stage) -> None:
    project = stage.open()
    plan = project.preview().plan
    assert plan.counts() == {Operation.CREATE: 3}
    # `up` holds the plan to the policies too. They know nothing of these types, and say so of each.
    assert run(plan, "baseline").counts["unjudged"] == 3
    assert permissions_of(project, ["down"]).actions == (
        "nimbus:DeleteDisk",
        "nimbus:DeleteMachine",
        "nimbus:DeleteNetwork",
    )
    assert project.up().counts[Operation.CREATE] == 3
    report = project.status()
    assert (report.cloud, [one.name for one in report.machines]) == ("the simulated Nimbus, north-1", ["edit-1"])
    assert (report.machines[0].state, report.machines[0].disks[0].gib) == ("running", 100)
    assert report.ways["edit-1"].command == f"nimbus tunnel {report.machines[0].instance_id} 8443 8443"

    assert [one.name for one in project.stop(project.machines())] == ["edit-1"]
    assert project.status().machines[0].state == "stopped"
    assert [one.name for one in start(stage.cloud.machines, project.machines())] == ["edit-1"]
    assert project.status().machines[0].state == "running"

    stage.gib = 200
    assert project.up().counts == {Operation.SAME: 2, Operation.UPDATE: 1}
    assert not project.engine.refresh(preview_only=True).changes_anything
    assert project.status().machines[0].disks[0].gib == 200

    project.down()
    assert project.machines() == []
    assert not project.status().is_up


def test_what_a_second_cloud_was_told_outlives_its_server(stage: Stage, tmp_path: Path) -> None:
    stage.open().up()
    process.stop(tmp_path / "cloud")
    stage.cloud = Nimbus("north-1", tmp_path / "cloud")
    assert [one.name for one in stage.open().machines()] == ["edit-1"]
    process.reset(tmp_path / "cloud")
    assert stage.open().machines() == []


@pytest.mark.parametrize("kind", ["throttle", "lost-answer"])
def test_a_call_that_failed_on_the_way_makes_nothing_twice_on_a_second_cloud(
    kind: str, stage: Stage, tmp_path: Path
) -> None:
    process.ensure(tmp_path / "cloud", FRONT)
    process.add_fault(tmp_path / "cloud", FaultRule("nimbus:CreateDisk", kind))
    events: list[Event] = []
    stage.open().up(on_event=events.append)
    assert any(event.kind is EventKind.RETRY for event in events)
    assert len(stage.cloud.ask("ListDisk")["things"]) == 1


def test_a_quota_of_a_second_cloud_is_asked_before_anything_is_made(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NIMBUS_MACHINES", "0")
    with pytest.raises(PreflightRefused, match="machines: 1 needed, 0 allowed") as refused:
        stage.open().up()
    assert "nimbus quota N-1 1" in refused.value.hint
    assert stage.cloud.ask("ListNetwork")["things"] == []


def test_a_stranger_is_turned_away_in_the_words_of_the_second_cloud(stage: Stage) -> None:
    from dataclasses import replace

    from tests.invented.catalogue import send

    from soundstage.providers.calls import Declined

    stranger = replace(stage.cloud.endpoint, secret_key="guessed")
    with pytest.raises(Declined, match="WrongSignature"):
        send(stranger, "nimbus", "north-1", "ListDisk", {})
