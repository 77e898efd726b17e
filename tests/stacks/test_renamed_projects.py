"""Projects that got another name, and could have lost their media, been built a second time, or been cut off half way."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest

from soundstage.cli.display.renaming import rename_document, rename_text
from soundstage.cli.display.screen import Screen
from soundstage.core.errors import SpecError, UsageError
from soundstage.plan.plan import Plan
from soundstage.projectfile.project_paths import project_path
from soundstage.projectfile.spec import load_project
from soundstage.providers.aws import table as aws
from soundstage.providers.gcp import table as gcp
from soundstage.simulator.testing import simulated_cloud
from soundstage.stacks.deployment import open_project
from soundstage.stacks.renaming.renaming import KEPT, carry_out, moved_already, plan_rename, steps
from soundstage.stacks.state import owner
from soundstage.stacks.state.on_record import OnRecord, Standing
from soundstage.stacks.team.overview import Overview
from soundstage.stacks.team.titles import titles, with_titles

FILE = "# ours\nproject: teaser  # an alias\nworkstations:\n  edit-1: {for: audio, size: small, data_gib: 20}\n"
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    monkeypatch.chdir(tmp_path)
    Path("projects").mkdir()

    def write(text: str = FILE, name: str = "teaser") -> Path:
        path = Path("projects") / f"{name}.yaml"
        path.write_text(text)
        return path

    return write


@pytest.fixture
def made(write: Write) -> Path:
    """A project of which something was made, as this machine remembers it."""
    path = write()
    path.with_name("teaser.policy.yaml").write_text("strict: false\n")
    deployment = open_project("teaser")
    owner.take(deployment.folder, deployment.path, "project")
    return path


def test_a_rename_lost_the_comments_or_the_name_in_the_cloud(made: Path) -> None:
    carry_out(plan_rename(open_project("teaser"), "trailer"))
    assert Path("projects/trailer.yaml").read_text() == FILE.replace("alias\n", "alias\ncalled: trailer\n")
    assert sorted(one.name for one in Path("projects").iterdir()) == ["trailer.policy.yaml", "trailer.yaml"]
    deployment = open_project("trailer")
    assert (deployment.project.project, deployment.project.title, deployment.stack.stack) == (
        "teaser",
        "trailer",
        "teaser",
    )
    assert owner.claimed(deployment.folder) == deployment.path
    assert titles([]) == {(deployment.studio.studio, "teaser"): "trailer"}


@pytest.mark.parametrize("done", range(5))
def test_a_rename_that_was_killed_after_any_step_could_not_go_on(made: Path, done: int) -> None:
    for step in islice(steps(plan_rename(open_project("teaser"), "trailer")), done):
        step()
    again = plan_rename(open_project("teaser"), "trailer")  # the same words on the command line
    assert again.is_done == (done == 4)
    carry_out(again)
    test = open_project("trailer")
    assert (test.project.project, test.project.called, test.path.name) == ("teaser", "trailer", "trailer.yaml")
    assert sorted(one.name for one in Path("projects").iterdir()) == ["trailer.policy.yaml", "trailer.yaml"]
    assert owner.claimed(test.folder) == test.path
    assert plan_rename(open_project("teaser"), "trailer").is_done


def test_a_project_of_another_studio_with_the_same_name_was_listed_by_the_new_one(made: Path) -> None:
    carry_out(plan_rename(open_project("teaser"), "trailer"))
    studio = open_project("trailer").studio.studio
    records = [OnRecord(each, "teaser", "simulated", None, Standing.KEPT, None) for each in (studio, "other")]
    named, _ = with_titles(records, Overview(datetime(2026, 11, 27, tzinfo=UTC), (), (), ()), titles(records))
    assert [one.title for one in named] == ["trailer", "teaser"]


def test_a_second_checkout_was_renamed_half_and_then_refused(made: Path, tmp_path: Path) -> None:
    again = tmp_path / "again" / "teaser.yaml"
    again.parent.mkdir()
    again.write_text(FILE)
    with pytest.raises(UsageError, match="already used by"):
        plan_rename(open_project(str(again)), "trailer")
    assert again.read_text() == FILE


def test_a_rename_back_or_one_that_goes_on_said_the_new_name_twice(made: Path) -> None:
    screen = Screen(width=100)
    wanted = plan_rename(open_project("teaser"), "trailer")
    next(steps(wanted))()
    again = plan_rename(open_project("teaser"), "trailer")
    carry_out(again)
    back = plan_rename(open_project("trailer"), "teaser")
    assert [one.old for one in (wanted, again, back)] == ["teaser", "teaser", "trailer"]
    assert rename_text(back, screen).startswith("trailer is called teaser.")


def test_a_job_that_names_a_project_by_its_old_name_no_longer_found_it(made: Path) -> None:
    carry_out(plan_rename(open_project("teaser"), "trailer"))
    assert project_path("teaser") == Path("projects/trailer.yaml")
    with pytest.raises(UsageError, match="no project"):
        project_path("teasers")


def test_a_project_of_which_nothing_was_made_kept_its_old_name_for_ever(write: Write) -> None:
    write()
    wanted = plan_rename(open_project("teaser"), "trailer")
    for step in islice(steps(wanted), 1):
        step()
    assert rename_document(wanted)["project"] == "trailer", "a script went on with a name that was nobody's"
    carry_out(plan_rename(open_project("teaser"), "trailer"))
    assert Path("projects/trailer.yaml").read_text() == FILE.replace("project: teaser", "project: trailer")


def test_a_file_with_a_name_of_its_own_was_moved(made: Path, tmp_path: Path) -> None:
    carry_out(plan_rename(open_project("teaser"), "trailer"))
    elsewhere = tmp_path / "job 7.yaml"
    Path("projects/trailer.yaml").rename(elsewhere)
    carry_out(plan_rename(open_project(str(elsewhere)), "film"))
    assert open_project(str(elsewhere)).project.title == "film"


@pytest.mark.parametrize("other", ["project: trailer\n", "project: old\ncalled: trailer\n"])
def test_two_projects_were_called_the_same(made: Path, write: Write, other: str) -> None:
    beside = write(other, "beside")
    with pytest.raises(UsageError, match=r"beside\.yaml is of a project trailer already"):
        plan_rename(open_project("teaser"), "trailer")
    beside.unlink()
    carry_out(plan_rename(open_project("teaser"), "trailer"))
    write(other, "beside")
    with pytest.raises(SpecError, match="every project has its own name"):
        open_project("trailer")
    with pytest.raises(SpecError, match="every project has its own name"):
        open_project("beside")


@pytest.mark.parametrize("name", ["", "Trailer", "a b", "x" * 21, "../up", "-x"])
def test_a_name_that_cannot_be_one_was_taken(made: Path, name: str) -> None:
    with pytest.raises(UsageError, match="Nothing was changed"):
        plan_rename(open_project("teaser"), name)
    assert made.read_text() == FILE


def test_a_file_that_is_there_was_overwritten(made: Path, write: Write) -> None:
    write("project: third\nnetwork: {cidr: 10.9.0.0/20}\n", "trailer")
    with pytest.raises(UsageError, match=r"trailer\.yaml exists already"):
        plan_rename(open_project("teaser"), "trailer")


def test_a_name_meant_two_files_after_the_rename(made: Path, write: Write) -> None:
    other = write("project: third\nnetwork: {cidr: 10.9.0.0/20}\n", "trailer").rename("projects/trailer.yml")
    with pytest.raises(UsageError, match=r"trailer\.yml exists already"):
        plan_rename(open_project("teaser"), "trailer")
    other.unlink()
    carry_out(plan_rename(open_project("teaser"), "trailer"))


@pytest.mark.parametrize("new", ["", "../up", "a/b", "Trailer", "nobody"])
def test_a_new_name_that_cannot_be_one_was_taken_for_a_file(made: Path, new: str) -> None:
    assert moved_already("projects/gone.yaml", new) == "projects/gone.yaml"


def test_a_project_typed_by_its_file_is_found_after_that_has_moved(made: Path) -> None:
    carry_out(plan_rename(open_project("projects/teaser.yaml"), "trailer"))
    assert moved_already("projects/teaser.yaml", "trailer") == "projects/trailer.yaml"
    assert moved_already("projects/other.yaml", "trailer") == "projects/other.yaml"


def test_what_is_declared_changed_with_the_name(made: Path) -> None:
    before = load_project(made)
    carry_out(plan_rename(open_project("teaser"), "trailer"))
    assert open_project("trailer").project.model_copy(update={"called": None}) == before


@pytest.mark.parametrize("table", [aws.TYPES, gcp.TYPES], ids=["aws", "gcp"])
def test_what_keeps_its_name_on_google_cloud_was_not_said(table: Mapping[str, object]) -> None:
    said = {words for words, types in KEPT if not table.keys().isdisjoint(types)}
    assert said >= {"bucket", "role", "budget"}
    assert {type for _, types in KEPT for type in types} <= {*aws.TYPES, *gcp.TYPES}


@pytest.mark.slow
def test_a_renamed_project_was_built_a_second_time_or_its_bucket_replaced(write: Write, soundstage_home: Path) -> None:
    with simulated_cloud(soundstage_home):
        write()
        open_project("teaser").up()
        before = open_project("teaser").engine.resources()
        carry_out(plan_rename(open_project("teaser"), "trailer"))
        renamed = open_project("trailer")
        assert not renamed.preview().plan.changes_anything
        renamed.up()
        assert _ids(open_project("trailer").engine.resources()) == _ids(before)
        assert open_project("trailer").status().title == "trailer"
        open_project("trailer").down()
        assert open_project("teaser").status().kept_buckets


def _ids(plan: Plan) -> dict[str, str | None]:
    return {one.urn: one.id for one in plan}
