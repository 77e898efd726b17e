"""One project file lives on every simulated cloud: up, looked at, stopped, started, taken down and brought back with its work."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.forked_clouds import a_process_of_its_own
from tests.made_once import MadeOnce

from soundstage.core.errors import UsageError
from soundstage.plan.plan import Operation
from soundstage.simulator import process
from soundstage.stacks.clouds.base import Machine
from soundstage.stacks.deployment import Deployment, open_project
from soundstage.stacks.kinds.resource_kinds import (
    BUCKET,
    DISK,
    MACHINE,
    NETWORK,
    snapshot_on,
    tags_on,
    type_on,
    zone_on,
)
from soundstage.stacks.studio_deployment import open_studio

CLOUDS = ("simulated", "simulated-gcp")


@pytest.fixture(params=CLOUDS)
def cloud(request: pytest.FixtureRequest, soundstage_home: Path) -> Iterator[str]:
    yield str(request.param)
    process.stop(soundstage_home, save=False)


@pytest.fixture
def studio(cloud: str, made_once: MadeOnce) -> None:
    """The studio is up."""
    made_once.put_studio(cloud)


@pytest.fixture
def project(cloud: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    folder = tmp_path / "work" / "projects"
    folder.mkdir(parents=True)
    (folder / "teaser.yaml").write_text(
        f"project: teaser\ncloud: {cloud}\nclient: Northlight\nworkstations:\n  edit-1: {{for: editing, user: ana}}\n"
    )
    monkeypatch.chdir(folder.parent)
    return open_project()


def _machine(project: Deployment) -> Machine:
    (machine,) = project.machines()
    return machine


def test_a_project_lives_the_same_life_on_each_cloud(project: Deployment) -> None:
    done = project.up()
    assert set(done.ready) == {"edit-1"}
    assert {"bucket", "key_arn", "network", "project", "region", "roles", "workstations"} <= set(done.outputs)
    assert set(done.outputs["workstations"]["edit-1"]) >= {"instance_id", "private_ip", "role_arn"}

    recorded = project.engine.resources()
    (machine,) = recorded.of_type(*MACHINE)
    (disk,) = (one for one in recorded.of_type(*DISK) if one.name.endswith("-data"))
    assert type_on(machine) == project.project.workstations["edit-1"].machine_type(project.project.region)
    assert zone_on(disk).startswith(project.project.region)
    assert tags_on(disk)["soundstage:client"] == "Northlight"

    report = project.status()
    assert (report.is_up, [one.name for one in report.machines]) == (True, ["edit-1"])
    assert (_machine(project).user, _machine(project).is_windows) == ("ana", False)
    assert {one.gib for one in _machine(project).disks} >= {100, 200}
    assert not project.preview().plan.changes_anything
    assert not project.engine.refresh(preview_only=True).changes_anything

    assert [one.name for one in project.stop(project.machines())] == ["edit-1"]
    assert _machine(project).state == "stopped"
    assert [one.name for one in project.start(project.machines())] == ["edit-1"]
    assert _machine(project).state == "running"
    project.cloud.machines.mark_awake(_machine(project), "2026-11-27T10:00:00Z ana")
    assert _machine(project).keep_awake == "2026-11-27T10:00:00Z ana"
    kept_awake = project.engine.refresh(preview_only=True)
    assert not kept_awake.changes_anything, "a machine that somebody keeps awake was told as changed by hand"

    project.down()
    assert project.machines() == []
    kept = project.status()
    assert (kept.is_up, len(kept.kept_buckets)) == (False, 1)
    (last,) = project.snapshots()
    assert (last.machine, last.gib, last.is_complete) == ("edit-1", 200, True)

    project = open_project()
    project.up()
    recorded = project.engine.resources()
    (disk,) = (one for one in recorded.of_type(*DISK) if one.name.endswith("-data"))
    assert snapshot_on(disk) == last.id
    assert {one.id for one in recorded.of_type(*BUCKET)} >= set(kept.kept_buckets)

    project.down(delete_media=True)
    assert (project.snapshots(), len(project.engine.resources())) == ([], 0)
    assert not project.status().is_up


@pytest.mark.usefixtures("studio")
def test_media_of_a_project_that_is_down_already_go_on_each_cloud(project: Deployment) -> None:
    project.up()
    project.down()
    assert len(project.snapshots()) == 1
    project.down(delete_media=True)
    assert (project.snapshots(), len(project.engine.resources())) == ([], 0)


@pytest.mark.usefixtures("studio")
def test_an_edit_changes_what_it_says_on_each_cloud(project: Deployment) -> None:
    project.up()
    before = {one.name: one.id for one in project.engine.resources().of_type(*DISK)}
    machine = project.project.workstations["edit-1"].model_copy(update={"size": "large", "data_gib": 300})
    edited = project.asking_for(project.project.model_copy(update={"workstations": {"edit-1": machine}}))
    plan = edited.preview().plan
    assert [one.operation for one in plan.of_type(*MACHINE)] == [Operation.UPDATE]
    edited.up()
    assert _machine(edited).instance_type == machine.machine_type(project.project.region)
    assert max(one.gib for one in _machine(edited).disks) == 300
    assert {one.name: one.id for one in edited.engine.resources().of_type(*DISK)} == before


@pytest.mark.usefixtures("studio")
def test_an_edit_of_who_and_what_for_makes_no_machine_and_no_work_disk_anew(project: Deployment) -> None:
    """On Google Cloud another owner made every machine anew, and another name of a machine gave it an empty work disk."""
    project.up()
    before = project.engine.resources()
    owned = project.asking_for(
        project.project.model_copy(update={"owner": "bo@studio.example", "client": "Southlight"})
    )
    owned.up()
    after = owned.engine.resources()
    assert {one.id for one in after.of_type(*MACHINE, *DISK)} == {one.id for one in before.of_type(*MACHINE, *DISK)}
    assert {tags_on(one)["soundstage:client"] for one in after.of_type(*MACHINE, *DISK)} == {"Southlight"}

    network = owned.project.network.model_copy(update={"zone": "io", "nat": True})
    owned = owned.asking_for(owned.project.model_copy(update={"network": network}))
    assert not [
        one.name for one in owned.preview().plan.of_type(*NETWORK, *MACHINE) if one.operation is Operation.REPLACE
    ]

    machine = owned.project.workstations["edit-1"].model_copy(update={"was": "edit-1"})
    renamed = owned.asking_for(owned.project.model_copy(update={"workstations": {"edit-2": machine}}))
    renamed.up()
    after = renamed.engine.resources()
    assert {one.id for one in after.of_type(*MACHINE, *DISK)} == {one.id for one in before.of_type(*MACHINE, *DISK)}
    assert [one.name for one in renamed.machines()] == ["edit-2"]


def test_a_studio_stands_on_two_clouds_without_one_knowing_of_the_other(soundstage_home: Path) -> None:
    """Their states had one place: the second would have deleted what the first had made."""
    try:
        with a_process_of_its_own():  # one that both clouds are in
            open_studio(cloud=CLOUDS[0]).apply()
        open_studio(cloud=CLOUDS[1]).apply()
        for cloud in CLOUDS:
            studio = open_studio(cloud=cloud)
            assert studio.shared() is not None
            assert {one.type.partition(":")[0] for one in studio.engine.resources() if one.custom} <= {
                {"simulated": "aws", "simulated-gcp": "gcp"}[cloud],
                "pulumi",
            }
    finally:
        process.stop(soundstage_home, save=False)


def test_what_no_machine_of_google_cloud_can_do_yet_is_refused_in_a_sentence() -> None:
    from soundstage.core.asked import COMMAND
    from soundstage.projectfile.cloud_limits import refuse_command

    token = COMMAND.set("doctor --request-quota")
    try:
        with pytest.raises(
            UsageError, match="`workstation doctor --request-quota` is not for the simulated Google Cloud"
        ):
            refuse_command("simulated-gcp")
        refuse_command("simulated")
    finally:
        COMMAND.reset(token)


def test_the_example_for_google_cloud_is_valid_with_its_studio(repository: Path) -> None:
    project = open_project(str(repository / "examples" / "gcp" / "teaser.yaml"))
    assert (project.project.cloud, project.studio.home_region) == ("simulated-gcp", "europe-west4")
    beside = open_project(str(repository / "examples" / "teaser.yaml"))
    assert beside.project.project == project.project.project
    assert beside.studio.studio != project.studio.studio, "whoever had tried one could not bring the other up"


@pytest.mark.usefixtures("studio")
def test_a_picture_of_google_cloud_was_drawn_that_had_nothing_closed_and_no_budget(project: Deployment) -> None:
    from soundstage.cli.drawings import drawn

    drawing = drawn(project.preview().plan, {}, None, None).document["diagram"]
    assert "No budget in this plan" not in drawing
