"""`init` and `studio init` write files that load as they are, and never over a person's work."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from soundstage.projectfile.spec import load_project, load_studio
from soundstage.stacks.state.shared import SharedState

Workstation = Callable[..., Any]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_new_project_file_loads_as_it_is(workstation: Workstation, folder: Path) -> None:
    ran = workstation("init", "teaser", "--for", "color", "--client", "northlight", "--owner", "ana@example.com")
    assert ran.code == 0, ran.err
    assert "workstation preview teaser" in ran.out
    project = load_project(folder / "projects" / "teaser.yaml")
    assert (project.project, project.client, project.cloud) == ("teaser", "northlight", "simulated")
    assert [machine.for_ for machine in project.workstations.values()] == ["color"]


def test_the_files_name_is_told_as_json(workstation: Workstation) -> None:
    assert workstation("init", "teaser", "--json").document == {"project": "teaser", "file": "projects/teaser.yaml"}


def test_a_file_that_exists_is_left_alone_without_force(workstation: Workstation, folder: Path) -> None:
    path = folder / "projects" / "teaser.yaml"
    path.parent.mkdir()
    path.write_text("mine")
    ran = workstation("init", "teaser")
    assert (ran.code, path.read_text()) == (2, "mine")
    assert "projects/teaser.yaml exists already" in ran.err
    assert "--force" in ran.err
    assert workstation("init", "teaser", "--force").code == 0
    assert load_project(path).project == "teaser"
    assert [found.name for found in path.parent.iterdir()] == ["teaser.yaml"]


@pytest.mark.parametrize("name", ["../escape", "Teaser", "te aser", "\u0442easer", "a" * 40, "", "-x", "a/b"])
def test_a_name_that_cannot_be_used_is_refused_and_nothing_is_written(
    name: str, workstation: Workstation, folder: Path
) -> None:
    ran = workstation("init", "--json", "--", name)
    assert ran.code == 2
    assert list(folder.rglob("*.yaml")) == []


def test_a_role_that_does_not_exist_is_refused_with_the_nearest(workstation: Workstation, folder: Path) -> None:
    ran = workstation("init", "teaser", "--for", "colour")
    assert ran.code == 2
    assert "color" in ran.err
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("init", "Teaser"), ['error: NAME: is "Teaser"']),
        (("init", "teaser", "--for", "a b"), ['error: --for: is "a b" (allowed: editing']),
        (("init", "teaser", "--region", "eu-west-9"), ['error: --region: is "eu-west-9"', 'Did you mean "eu-west-3"?']),
        (("studio", "init", "Home", "--account", "12"), ["2 faults.", '\nNAME: is "Home"', '\n--account: is "12"']),
        (("studio", "init", "home", "--alert-email", "ana"), ['error: --alert-email: is "ana"']),
    ],
)
def test_what_is_wrong_is_told_by_what_was_typed_and_not_by_a_file_that_nobody_wrote(
    words: tuple[str, ...], said: list[str], workstation: Workstation, folder: Path
) -> None:
    ran = workstation(*words)
    assert ran.code == 2
    assert all(text in ran.err for text in said), ran.err
    assert ".yaml" not in ran.err
    assert list(folder.iterdir()) == []


def test_a_projects_that_is_a_file_is_a_clear_error(workstation: Workstation, folder: Path) -> None:
    (folder / "projects").write_text("not a folder")
    ran = workstation("init", "teaser")
    assert ran.code == 2
    assert "Traceback" not in ran.err


def test_a_new_studio_file_loads_as_it_is(workstation: Workstation, folder: Path) -> None:
    ran = workstation("studio", "init", "northlight", "--account", "123456789012", "--alert-email", "ana@example.com")
    assert ran.code == 0, ran.err
    studio = load_studio(folder / "studio.yaml")
    assert (studio.studio, studio.account) == ("northlight", "123456789012")


def test_a_new_studio_on_google_cloud_had_a_region_of_aws_in_which_no_project_of_it_could_live(
    workstation: Workstation, folder: Path
) -> None:
    ran = workstation("studio", "init", "northlight", "--cloud", "simulated-gcp", "--account", "tinyorange-film")
    assert ran.code == 0, ran.err
    assert "`workstation studio up --cloud simulated-gcp`" in ran.out
    studio = load_studio(folder / "studio.yaml")
    assert (studio.home_region, studio.account) == ("europe-west4", "tinyorange-film")
    assert workstation("init", "teaser", "--cloud", "simulated-gcp").code == 0
    assert workstation("validate", "teaser").code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--cloud", "simulated-gcp", "--region", "eu-west-1"), "--region: eu-west-1 is no region of Google Cloud."),
        (("--region", "europe-west4"), "--region: europe-west4 is no region of AWS."),
        (
            ("--cloud", "simulated-gcp", "--account", "123456789012"),
            '--account: "123456789012" is no account of Google',
        ),
        (
            ("--cloud", "simulated-gcp", "--state", "s3"),
            "`workstation studio init --state` is not for the simulated Google",
        ),
        (("--account", "tinyorange-film"), '--account: "tinyorange-film" is no account of AWS.'),
    ],
)
def test_a_studio_file_is_not_written_for_one_cloud_with_what_the_other_has(
    words: tuple[str, ...], said: str, workstation: Workstation, folder: Path
) -> None:
    ran = workstation("studio", "init", "northlight", *words)
    assert ran.code == 2
    assert said in ran.err
    assert list(folder.iterdir()) == []


def test_a_studio_file_that_exists_is_left_alone(workstation: Workstation, folder: Path) -> None:
    (folder / "studio.yaml").write_text("mine")
    assert workstation("studio", "init", "northlight").code == 2
    assert (folder / "studio.yaml").read_text() == "mine"


def test_the_old_name_of_a_renamed_project_was_given_to_a_new_file_whose_down_took_that_one(
    workstation: Workstation, folder: Path
) -> None:
    renamed = folder / "projects" / "trailer.yaml"
    renamed.parent.mkdir()
    renamed.write_text("project: teaser\ncalled: trailer\n")
    ran = workstation("init", "teaser")
    assert (ran.code, ran.out) == (2, "")
    assert "teaser is the name in the cloud" in ran.err
    assert "projects/trailer.yaml" in ran.err
    assert not renamed.with_name("teaser.yaml").exists()
    assert workstation("init", "trailer", "--force").code == 0


@pytest.mark.parametrize("there", ["studio: northlight\n", None])
def test_what_a_colleague_wrote_into_the_studio_file_before_the_answer_was_lost(
    there: str | None, workstation: Workstation, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, colleague = folder / "studio.yaml", "studio: northlight\nhome_region: eu-central-1\n"
    if there:
        file.write_text(there)
    monkeypatch.setattr(SharedState, "check", lambda _: False)
    monkeypatch.setattr("soundstage.cli.confirm.confirm", lambda *_, **__: file.write_text(colleague))
    ran = workstation("studio", "init", "northlight", "--state", "gs://northlight-state")
    assert (ran.code, file.read_text()) == (2, colleague)
    assert "Nothing was changed." in ran.err
