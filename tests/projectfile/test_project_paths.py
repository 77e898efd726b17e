"""Which file a name means."""

from pathlib import Path

import pytest

from soundstage.core.errors import UsageError
from soundstage.projectfile.project_paths import project_path, typed


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "projects").mkdir()
    return tmp_path


def test_a_folder_of_the_same_name_does_not_hide_a_project(folder: Path) -> None:
    (folder / "film").mkdir()
    (folder / "projects" / "film.yaml").touch()
    assert project_path("film") == Path("projects/film.yaml")


def test_a_file_without_a_suffix_does_not_hide_a_project(folder: Path) -> None:
    (folder / "film").touch()
    assert project_path("film") == Path("film")
    (folder / "projects" / "film.yaml").touch()
    assert project_path("film") == Path("projects/film.yaml")


def test_a_project_with_the_shorter_suffix_is_found_by_name(folder: Path) -> None:
    (folder / "projects" / "film.yml").touch()
    assert project_path("film") == project_path(None) == Path("projects/film.yml")
    assert typed(folder / "projects" / "film.yml") == "film"


def test_two_files_of_one_name_are_both_named(folder: Path) -> None:
    for suffix in ("yaml", "yml"):
        (folder / "projects" / f"film.{suffix}").touch()
    with pytest.raises(UsageError, match=r"projects/film\.yaml or projects/film\.yml"):
        project_path("film")
    with pytest.raises(UsageError, match=r"projects/film\.yaml, projects/film\.yml"):
        project_path(None)
    assert project_path("projects/film.yml") == Path("projects/film.yml")
    assert typed(folder / "projects" / "film.yml") == "projects/film.yml"


def test_a_folder_alone_is_no_project(folder: Path) -> None:
    (folder / "film").mkdir()
    with pytest.raises(UsageError, match='no project "film" here'):
        project_path("film")


def test_a_machine_that_is_named_without_its_project_was_only_said_to_be_no_project(folder: Path) -> None:
    (folder / "projects" / "film.yaml").write_text("project: film\nworkstations:\n  edit-1: {for: editing}\n")
    (folder / "projects" / "spoilt.yaml").write_text("workstations: edit-1\n")
    with pytest.raises(UsageError, match='edit-1" here; it is a workstation of film') as caught:
        project_path("edit-1")
    assert "`film edit-1`" in caught.value.hint


def test_an_empty_name_meant_the_first_project_of_the_folder(folder: Path) -> None:
    for name in ("film", "trailer"):
        (folder / "projects" / f"{name}.yaml").write_text(f"project: {name}\n")
    with pytest.raises(UsageError, match="is empty"):
        project_path("")
