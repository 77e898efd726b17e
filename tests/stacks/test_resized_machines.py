"""Machines that were to get another size, and whose project file was spoiled, or said what the cloud then refused."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from soundstage.core.errors import CloudError, Interrupted, OperationError, SpecError, UsageError
from soundstage.plan.plan import PreviewResult
from soundstage.simulator import process
from soundstage.simulator.faultrules import FaultRule
from soundstage.simulator.testing import simulated_cloud
from soundstage.stacks.deployment import Deployment, open_project
from soundstage.stacks.resizing.resizing import Resizing, plan_resize

FILE = "# ours\nproject: teaser\nworkstations:\n  mix-1: {for: audio, size: small, data_gib: 20}  # Chen\n  edit-1: {for: editing}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = tmp_path / "teaser.yaml"
    path.write_text(FILE)
    return path


def opened(path: Path) -> Deployment:
    return open_project(str(path))


def done(wanted: Resizing) -> None:
    def agree(_: PreviewResult) -> bool:
        wanted.write()
        return False

    wanted.asked.up(agree)


def test_a_machine_got_a_size_and_kept_its_type_beside_it(project: Path) -> None:
    plan_resize(opened(project), "mix-1", "m7i.4xlarge").write()
    assert project.read_text() == FILE.replace("size: small", "instance_type: m7i.4xlarge")
    plan_resize(opened(project), "mix-1", "large").write()
    assert project.read_text() == FILE.replace("size: small", "size: large")
    plan_resize(opened(project), "edit-1", "large").write()
    assert "edit-1: {for: editing, size: large}" in project.read_text()


@pytest.mark.parametrize("size", ["huge", "g99.large", "", "M7I.LARGE", "large; rm"])
def test_a_size_that_there_is_not_was_written(project: Path, size: str) -> None:
    with pytest.raises(UsageError, match="There is no size or machine type"):
        plan_resize(opened(project), "mix-1", size)
    assert project.read_text() == FILE


def test_a_size_that_the_region_does_not_offer_was_written(project: Path) -> None:
    there = FILE.replace("project: teaser\n", "project: teaser\nregion: eu-west-3\n")
    project.write_text(there)
    with pytest.raises(SpecError, match="eu-west-3"):
        plan_resize(opened(project), "mix-1", "g6e.4xlarge")
    assert project.read_text() == there


def test_a_machine_that_there_is_not_was_added(project: Path) -> None:
    with pytest.raises(UsageError, match='no machine "mix-2"') as told:
        plan_resize(opened(project), "mix-2", "large")
    assert "mix-1" in told.value.hint


def test_what_a_colleague_wrote_before_the_answer_was_overwritten(project: Path) -> None:
    wanted = plan_resize(opened(project), "mix-1", "large")
    meanwhile = FILE.replace("# ours", "# ours, and Ana's")
    project.write_text(meanwhile)
    with pytest.raises(UsageError, match=r"changed since this began"):
        wanted.write()
    assert project.read_text() == meanwhile


def test_a_file_that_cannot_be_written_ended_in_a_traceback(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = plan_resize(opened(project), "mix-1", "large")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("soundstage.core.files.write", full)
    with pytest.raises(OperationError, match="No space left on device"):
        wanted.write()


@pytest.fixture
def cloud(studio_that_is_up: Path) -> Iterator[Any]:
    with simulated_cloud(studio_that_is_up) as cloud:
        yield cloud


@pytest.mark.slow
def test_a_resize_lost_a_disk_or_left_the_file_behind(project: Path, cloud: Any, soundstage_home: Path) -> None:
    project.write_text(FILE.replace("  edit-1: {for: editing}\n", ""))
    opened(project).up()
    (before,) = opened(project).machines()

    def no(_: PreviewResult) -> bool:
        raise Interrupted("Nothing was changed.")

    with pytest.raises(Interrupted):
        plan_resize(opened(project), "mix-1", "large").asked.up(no)
    assert "size: small" in project.read_text()
    process.set_faults(soundstage_home, [FaultRule("ec2:StartInstances", "no-capacity", times=9)])
    with pytest.raises(CloudError) as told:
        done(plan_resize(opened(project), "mix-1", "large"))
    assert "Wait for one" in told.value.hint
    process.set_faults(soundstage_home, [])
    done(plan_resize(opened(project), "mix-1", "large"))  # the same command goes on
    (after,) = opened(project).machines()
    assert (after.instance_id, after.disks, after.state) == (before.instance_id, before.disks, "running")
    assert after.instance_type != before.instance_type
    assert not opened(project).preview().plan.changes_anything
