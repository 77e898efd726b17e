"""What this machine knows of a stack from its files alone, and what an edit of the file may not leave behind."""

import json
from pathlib import Path
from typing import Any

import pytest

from soundstage.core.errors import Interrupted, UsageError
from soundstage.core.values import SECRET_SIGNATURE, SIGNATURE_KEY
from soundstage.engines.base import StackName
from soundstage.projectfile.spec import load_project, read_studio
from soundstage.stacks.state import owner
from soundstage.stacks.state.last_run import LastRun, last_run, noted
from soundstage.stacks.state.on_record import Standing, all_on_record, folder_of, standing_of
from soundstage.stacks.state.whereabouts import project_where_it_is, refuse_renamed_project

STACK = StackName.of_project("film")
ELSEWHERE = LastRun("up", "aws", "eu-west-1", backend="s3://northlight-state", wanted=78)


def _resource(name: str, **more: Any) -> dict[str, Any]:
    return {"urn": name, "type": "aws:s3/bucket:Bucket", "custom": True, **more}


UP = {"resources": [_resource("bucket", protect=True, dependencies=["key"]), _resource("key"), _resource("machine")]}
KEPT = {"resources": UP["resources"][:2]}


@pytest.mark.parametrize(
    ("deployment", "run", "standing"),
    [
        ({}, None, Standing.DOWN),
        ({"resources": [{"urn": "p", "type": "pulumi:providers:aws", "custom": True}]}, None, Standing.DOWN),
        (KEPT, None, Standing.KEPT),
        (KEPT, LastRun("down", "aws", "eu-west-1", finished=True), Standing.KEPT),
        (UP, None, Standing.UP),
        (UP, LastRun("up", "aws", "eu-west-1", finished=True), Standing.UP),
        (UP, LastRun("up", "aws", "eu-west-1"), Standing.HALF_UP),
        (UP, LastRun("down", "aws", "eu-west-1"), Standing.HALF_DOWN),
        ({"pending_operations": [{}]}, LastRun("up", "aws", "eu-west-1"), Standing.HALF_UP),
    ],
)
def test_how_a_stack_stands(deployment: dict[str, Any], run: LastRun | None, standing: Standing) -> None:
    assert standing_of(deployment, run) is standing


def test_a_command_that_failed_leaves_the_note_that_it_did_not_finish(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), noted(tmp_path, ELSEWHERE):
        raise RuntimeError
    assert last_run(tmp_path) == ELSEWHERE
    with noted(tmp_path, ELSEWHERE):
        pass
    assert (last_run(tmp_path) or ELSEWHERE).finished
    (tmp_path / "last-run.json").write_text("[]")
    assert last_run(tmp_path) is None


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (ELSEWHERE, "Stopped. 64 of 78 steps are done. The same command continues."),
        (LastRun("down", "aws", "eu-west-1"), "Stopped. 64 steps are done. The same command continues."),
        (
            LastRun("down", "aws", "eu-west-1", wanted=70),
            "Stopped. 64 of 70 steps are done. The same command continues.",
        ),
        (LastRun("up", "aws", "eu-west-1", wanted=63), "Stopped. 64 steps are done. The same command continues."),
    ],
)
def test_a_command_that_was_stopped_said_so_twice_and_not_how_many_steps_there_are(
    tmp_path: Path, run: LastRun, said: str
) -> None:
    with pytest.raises(Interrupted) as caught, noted(tmp_path, run):
        raise Interrupted.after(64)
    assert (caught.value.message, caught.value.hint) == (said, "")


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose state is kept in a bucket, brought up from here."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "film.yaml"
    file.write_text("project: film\ncloud: aws\nowner: ana@example.com\n")
    folder = folder_of("northlight", STACK)
    owner.take(folder, file, 'project "film"')
    with noted(folder, ELSEWHERE):
        pass
    return file


def test_a_project_whose_state_is_kept_elsewhere_is_listed_as_it_was_seen_last(film: Path) -> None:
    (found,) = all_on_record()
    assert (found.project, found.studio, found.cloud, found.region) == ("film", "northlight", "aws", "eu-west-1")
    assert (found.standing, found.file, found.backend) == (Standing.UP, film, "s3://northlight-state")
    film.unlink()
    assert [one.file for one in all_on_record()] == [film]


def test_an_edited_region_of_a_project_whose_state_is_kept_elsewhere_is_refused(film: Path) -> None:
    studio = read_studio("studio: northlight\nalert_emails: [ana@example.com]\n")
    film.write_text(film.read_text() + "region: eu-central-1\n")
    project = load_project(film)
    with pytest.raises(UsageError, match="film is up on AWS, eu-west-1"):
        project_where_it_is(project, studio, film, refuse=True)
    assert project_where_it_is(project, studio, film, refuse=False).region == "eu-west-1"


def test_a_renamed_project_is_told_from_one_whose_name_begins_alike(film: Path) -> None:
    studio = read_studio("studio: northlight\nalert_emails: [ana@example.com]\n")
    other = film.with_name("film-2.yaml")
    other.write_text(film.read_text().replace("project: film", "project: film-2"))
    refuse_renamed_project(load_project(other), studio, other, None)
    film.write_text(other.read_text())
    with pytest.raises(UsageError, match=r"film\.yaml says project: film-2\. It came up as project film"):
        refuse_renamed_project(load_project(film), studio, film, None)


def test_a_state_of_an_earlier_version_with_a_secret_does_not_hide_the_other_stacks(soundstage_home: Path) -> None:
    document = {
        "version": 3,
        "deployment": {"resources": [_resource("bucket", inputs={SIGNATURE_KEY: SECRET_SIGNATURE})]},
    }
    for name in ("film", "spot"):
        folder = folder_of("northlight", StackName.of_project(name))
        folder.mkdir(parents=True, mode=0o700)
        (folder / "state.json").write_text(json.dumps(document if name == "film" else {"version": 3, "deployment": UP}))
    found = {one.project: one.standing for one in all_on_record() if one.project}
    assert found["film"] is Standing.UNREADABLE
    assert "spot" in found
