"""What a person may get wrong: each is one clear error with its code, and nothing is changed."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Workstation = Callable[..., Any]
VALID = "project: teaser\nworkstations:\n  edit-1: {for: editing}\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _before(folder: Path) -> list[str]:
    return sorted(str(path) for path in folder.rglob("*"))


@pytest.mark.parametrize("command", ["validate", "preview", "up", "status", "outputs", "stop", "start", "down"])
@pytest.mark.parametrize(
    "target", ["missing.yaml", "missing", "folder", "pipe.yaml", "loop.yaml", "empty.yaml", "two.yaml"]
)
def test_a_project_file_that_cannot_be_used_is_2(
    command: str, target: str, workstation: Workstation, folder: Path, soundstage_home: Path
) -> None:
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe.yaml")
    (folder / "loop.yaml").symlink_to("loop.yaml")
    (folder / "empty.yaml").write_text("")
    (folder / "two.yaml").write_text(VALID + "---\n" + VALID)
    before = _before(folder)
    ran = workstation(command, target, "--json")
    assert ran.code == 2
    assert ran.document["error"]["exit_code"] == 2
    assert target in ran.err
    assert _before(folder) == before
    assert not soundstage_home.exists()


def test_every_fault_of_a_file_is_named_at_once(workstation: Workstation, folder: Path) -> None:
    (folder / "bad.yaml").write_text("project: Teaser\nworkstation: {}\nbudget: {monthly_usd: 0}\n")
    ran = workstation("validate", "bad.yaml")
    assert ran.code == 2
    assert ran.err.startswith("error: 3 faults. Nothing was changed.\n")
    assert [line.split(": ")[0] for line in ran.err.splitlines()[1:]] == ["bad.yaml:1", "bad.yaml:2", "bad.yaml:3"]
    assert 'Did you mean "workstations"?' in ran.err


def test_a_value_that_an_option_does_not_know_was_called_a_value_error(workstation: Workstation) -> None:
    ran = workstation("export", "--format", "pdf")
    assert ran.code == 2
    said = (
        "error: Invalid value for '--format': 'pdf' is not one of 'tfplan', 'plan'.\nSee `workstation export --help`.\n"
    )
    assert ran.err == said


def test_without_any_project_the_first_command_is_named(workstation: Workstation) -> None:
    ran = workstation("up")
    assert ran.code == 2
    assert "workstation init" in ran.err


def test_several_projects_want_a_name(workstation: Workstation, folder: Path) -> None:
    (folder / "projects").mkdir()
    for name in ("teaser", "trailer"):
        (folder / "projects" / f"{name}.yaml").write_text(VALID.replace("teaser", name))
    ran = workstation("preview")
    assert ran.code == 2
    assert "teaser, trailer" in ran.err
    assert workstation("validate", "trailer").code == 0


def test_a_state_folder_that_cannot_be_used_is_said(
    workstation: Workstation, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "teaser.yaml").write_text(VALID)
    (folder / "occupied").write_text("a file")
    monkeypatch.setenv("SOUNDSTAGE_HOME", str(folder / "occupied"))
    ran = workstation("preview", "teaser.yaml")
    assert ran.code == 1
    assert "occupied" in ran.err
    assert "SOUNDSTAGE_HOME" in ran.err


def test_no_home_is_said(workstation: Workstation, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "teaser.yaml").write_text(VALID)
    monkeypatch.delenv("SOUNDSTAGE_HOME")
    monkeypatch.setattr(Path, "home", _homeless)
    ran = workstation("preview", "teaser.yaml")
    assert ran.code == 1
    assert "no HOME" in ran.err


def test_an_empty_home_is_none(workstation: Workstation, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "teaser.yaml").write_text(VALID)
    monkeypatch.delenv("SOUNDSTAGE_HOME")
    monkeypatch.setenv("HOME", "")
    ran = workstation("preview", "teaser.yaml")
    assert ran.code == 1
    assert "no HOME" in ran.err


def _homeless() -> Path:
    raise RuntimeError("Could not determine home directory.")


@pytest.mark.parametrize("line", [("up", "--engine", "terraform"), ("studio", "up", "--cloud", "azure")])
def test_an_engine_or_cloud_that_does_not_exist_names_those_that_do(
    line: tuple[str, ...], workstation: Workstation, folder: Path
) -> None:
    (folder / "projects").mkdir()
    (folder / "projects" / "teaser.yaml").write_text(VALID)
    ran = workstation(*line)
    assert ran.code == 2
    assert "embedded" in ran.err or "simulated" in ran.err


@pytest.mark.parametrize("command", ["workstation studio init", "workstation init"])
def test_a_name_that_was_left_out_was_asked_for_without_an_example(
    command: str, workstation: Workstation, folder: Path
) -> None:
    ran = workstation(*command.split()[1:])
    assert ran.code == 2
    example = ran.err.splitlines()[1].split("`")[1]
    assert example.startswith(f"{command} ")
    assert workstation(*example.split()[1:]).code == 0


def test_stop_refused_the_yes_that_every_script_says(workstation: Workstation, folder: Path) -> None:
    (folder / "teaser.yaml").write_text(VALID)
    ran = workstation("stop", "teaser.yaml", "--yes")
    assert "No such option" not in ran.err
