"""A name, a region, a cloud or a path that is edited while a project is up: what runs is never lost sight of."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.made_once import MadeOnce

from soundstage.simulator import process
from soundstage.stacks.deployment import open_project

Workstation = Callable[..., Any]
pytestmark = pytest.mark.slow

EVERY = (
    ("validate",),
    ("preview",),
    ("up", "--yes"),
    ("down", "--yes"),
    ("stop",),
    ("status",),
    ("start",),
    ("drift",),
)


@pytest.fixture(autouse=True)
def folder(project_folder: Path, monkeypatch: pytest.MonkeyPatch, soundstage_home: Path) -> Iterator[Path]:
    monkeypatch.chdir(project_folder)
    (project_folder / "projects").mkdir()
    (project_folder / "studio.yaml").write_text("studio: alpha\n")
    write(project_folder)
    (project_folder / "projects" / "film-2.yaml").write_text("project: film-2\n")
    yield project_folder
    process.stop(soundstage_home, save=False)


@pytest.fixture
def film_is_up(folder: Path, made_once: MadeOnce, workstation: Workstation) -> None:
    """Studio alpha, with the project film, is up."""

    def make() -> None:
        assert workstation("up", "film", "--yes").code == 0

    made_once.put("film-of-alpha", make, from_studio=False)


def write(folder: Path, name: str = "film", more: str = "", machine: str = "edit-1") -> None:
    machines = f"workstations: {{{machine}: {{for: photo, size: small}}}}\n"
    (folder / "projects" / "film.yaml").write_text(f"project: {name}\n{more}{machines}")


def listed(workstation: Workstation) -> dict[str, tuple[str, str, bool]]:
    """State, region and whether the file is there, by project."""
    found = workstation("list", "--json").document["projects"]
    return {one["project"]: (one["state"], one["region"], one["file_exists"]) for one in found}


@pytest.mark.usefixtures("film_is_up")
def test_a_renamed_project_or_studio_is_refused_by_every_command_while_it_is_there(
    workstation: Workstation, folder: Path
) -> None:
    studio = folder / "studio.yaml"
    for key, old in (("project", "film"), ("studio", "alpha")):
        if key == "project":
            write(folder, "movie")
        else:
            write(folder)
            studio.write_text("studio: beta\n")
        for command, *more in EVERY:
            ran = workstation(command, "film", *more)
            assert ran.code == 2, (command, ran.err)
            assert f"Put `{key}: {old}` back" in ran.err
            assert "film of studio alpha, which is up on the simulated cloud, eu-west-1" in ran.err
    assert workstation("studio", "up", "--yes").code == 2
    assert workstation("validate", "film-2").code == 2  # its studio.yaml is the same
    studio.write_text("studio: alpha\n")
    assert workstation("validate", "film-2").code == 0

    # What is kept would be lost sight of as well.
    assert workstation("down", "film", "--yes").code == 0
    write(folder, "movie")
    assert "has its media kept" in workstation("validate", "film").err
    write(folder)
    assert workstation("down", "film", "--yes", "--delete-media").code == 0
    write(folder, "movie")
    assert workstation("validate", "film").code == 0


@pytest.mark.usefixtures("film_is_up")
def test_an_edited_region_is_refused_and_what_runs_is_found_where_it_is(workstation: Workstation, folder: Path) -> None:
    write(folder, more="region: eu-central-1\n")
    for command, *more in (("validate",), ("preview",), ("up", "--yes"), ("start",)):
        ran = workstation(command, "film", *more)
        assert ran.code == 2, (command, ran.err)
        assert "says region: eu-central-1, and film is up on the simulated cloud, eu-west-1" in ran.err
        assert "Put `region: eu-west-1` back" in ran.err
    status = workstation("status", "film", "--json").document
    assert [machine["state"] for machine in status["machines"]] == ["running"]
    assert workstation("stop", "film", "--json").document["stopped"] == ["edit-1"]
    assert workstation("down", "film", "--yes").code == 0
    assert "has its media kept on the simulated cloud, eu-west-1" in workstation("up", "film", "--yes").err
    assert workstation("down", "film", "--yes", "--delete-media").code == 0
    assert listed(workstation)["film"][0] == "down"
    assert workstation("up", "film", "--yes").code == 0
    assert listed(workstation)["film"][:2] == ("up", "eu-central-1")


@pytest.mark.usefixtures("film_is_up")
def test_an_edited_cloud_is_refused_and_what_is_up_is_found_where_it_is(workstation: Workstation, folder: Path) -> None:
    write(folder, more="cloud: aws\nowner: ana@example.com\n")
    ran = workstation("validate", "film")
    assert ran.code == 2
    assert "says cloud: aws, and film is up on the simulated cloud" in ran.err
    assert workstation("status", "film", "--json").document["up"] is True
    assert workstation("down", "film", "--yes").code == 0


def test_an_edited_home_region_of_a_studio_is_refused_in_words(workstation: Workstation, folder: Path) -> None:
    assert workstation("studio", "up", "--yes").code == 0
    (folder / "studio.yaml").write_text("studio: alpha\nhome_region: eu-central-1\n")
    for command in (("studio", "up", "--yes"), ("validate", "film")):
        ran = workstation(*command)
        assert ran.code == 2, ran.err
        assert "Put `home_region: eu-west-1` back" in ran.err
    assert workstation("studio", "status").code == 0


def test_every_project_on_record_is_listed_also_without_its_file(workstation: Workstation, folder: Path) -> None:
    assert "No project is on record" in workstation("list").out
    assert workstation("up", "film", "--yes").code == 0
    assert workstation("up", "film-2", "--yes").code == 0
    assert workstation("down", "film-2", "--yes").code == 0
    (folder / "projects" / "film.yaml").rename(folder / "film.yaml.old")
    assert listed(workstation) == {"film": ("up", "eu-west-1", False), "film-2": ("kept", "eu-west-1", True)}
    assert "film of studio alpha is up, and" in workstation("list").out


@pytest.mark.usefixtures("film_is_up")
def test_a_file_that_was_moved_goes_on_and_says_so(workstation: Workstation, folder: Path) -> None:
    (folder / "projects" / "film.yaml").rename(folder / "projects" / "picture.yaml")
    assert workstation("status", "picture", "--json").document["up"] is True
    ran = workstation("up", "picture", "--yes", "--json")
    assert ran.code == 0
    assert f"This project was in {folder / 'projects' / 'film.yaml'}." in ran.err
    assert "create" not in ran.document["changes"]
    assert listed(workstation) == {"film": ("up", "eu-west-1", True)}


def test_an_up_that_was_cut_short_is_half_up_and_says_which_command_goes_on(
    workstation: Workstation, folder: Path
) -> None:
    fault = ("simulator", "faults", "add", "ec2:RunInstances", "--kind", "denied", "--times", "99")
    assert workstation(*fault).code == 0
    assert workstation("up", "film", "--yes").code == 1
    status = workstation("status", "film", "--json").document
    assert status["unfinished"]["command"] == "up"
    assert 30 < status["unfinished"]["there"] < status["unfinished"]["wanted"]
    said = workstation("status", "film").out
    assert f"half up on the simulated cloud, eu-west-1: {status['unfinished']['there']} of" in said
    assert "`workstation up film` continues" in said
    assert listed(workstation)["film"][0] == "half up"
    assert workstation("simulator", "faults", "clear").code == 0
    assert workstation("up", "film", "--yes").code == 0
    status = workstation("status", "film", "--json").document
    assert (status["up"], status["unfinished"]) == (True, None)


@pytest.mark.usefixtures("film_is_up")
def test_a_renamed_machine_is_told_as_one_that_goes_and_one_that_starts_empty(
    workstation: Workstation, folder: Path
) -> None:
    write(folder, machine="cut-1")
    told = " ".join(workstation("preview", "film").out.split())
    assert "edit-1 goes, and so does its work disk (200 GiB); a last snapshot of it is kept." in told
    assert "cut-1 starts with an empty work disk (200 GiB)." in told
    ran = workstation("up", "film", "--yes")
    assert ran.code == 0
    assert "cut-1 starts with an empty work disk (200 GiB)." in " ".join(ran.err.split())
    cloud = open_project("film").cloud
    assert len(cloud.client("ec2").describe_snapshots(OwnerIds=["self"])["Snapshots"]) == 1


@pytest.mark.usefixtures("film_is_up")
def test_another_operating_system_under_a_work_disk_is_refused_with_the_way_on(
    workstation: Workstation, folder: Path
) -> None:
    (folder / "projects" / "film.yaml").write_text(
        "project: film\nworkstations: {edit-1: {for: photo, size: small, os: windows}}\n"
    )
    for command in (("preview", "film"), ("up", "film", "--yes")):
        ran = workstation(*command)
        assert ran.code == 2
        assert "edit-1: os is linux now and cannot become windows" in ran.err
    (folder / "projects" / "film.yaml").write_text(
        "project: film\nworkstations: {edit-1: {for: photo, size: small, os: windows, data_gib: 0}}\n"
    )
    ran = workstation("preview", "film")
    assert ran.code == 0, ran.err
    assert "edit-1 loses its work disk (200 GiB); a last snapshot of it is kept." in " ".join(ran.out.split())
