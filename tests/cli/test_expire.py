"""What is past its day goes down, and what is in use stays."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from soundstage.cli.expiring import carried_out
from soundstage.core.errors import CloudError
from soundstage.core.home import state_home
from soundstage.projectfile.project_file import Project
from soundstage.simulator import process
from soundstage.stacks.deployment import Deployment
from soundstage.stacks.expiring import expire

TEXT = "project: {name}\nexpires: {day}\nnetwork: {{cidr: 10.{net}.0.0/16}}\nworkstations:\n  mix-1: {{for: audio}}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, studio_that_is_up: Path) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "projects").mkdir()
    yield tmp_path
    if (state_home() / "simulator" / "server.json").exists():
        process.stop(state_home(), save=False)


def _write(folder: Path, name: str, day: str, net: int = 50) -> None:
    (folder / "projects" / f"{name}.yaml").write_text(TEXT.format(name=name, day=day, net=net))


def test_a_project_past_its_day_goes_down_unless_somebody_uses_it_and_the_others_stay(
    folder: Path, workstation: Callable[..., Any]
) -> None:
    _write(folder, "tea", "2099-01-01", 50)
    _write(folder, "teaser", "2099-01-01", 51)
    for name in ("tea", "teaser"):
        assert workstation("up", name, "--yes").code == 0
    _write(folder, "tea", "2020-01-01", 50)
    assert workstation("keep-awake", "2h", "--project", "tea").code == 0
    left = workstation("expire", "--yes", "--json")
    assert (left.code, left.document["due"][0]["outcome"]) == (4, "in use")
    assert workstation("keep-awake", "--off", "--project", "tea").code == 0
    assert workstation("expire").code == 2  # nobody there to ask
    dry = workstation("expire", "--dry-run", "--json")
    assert (dry.code, [(one["project"], one["outcome"]) for one in dry.document["due"]]) == (0, [("tea", "due")])
    done = workstation("expire", "--yes", "--json")
    assert (done.code, done.document["due"][0]["outcome"]) == (0, "done")
    assert not workstation("status", "tea", "--json").document["up"]
    assert workstation("status", "teaser", "--json").document["up"]
    assert workstation("expire", "--yes", "--json").document["due"] == []
    history = workstation("history", "tea", "--json").document["entries"]
    assert (history[-1]["command"], history[-1]["detail"]) == ("expire: down", "its day was 2020-01-01")


def test_one_that_fails_is_said_and_hides_no_other(
    folder: Path, workstation: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(folder, "tea", "2099-01-01")
    assert workstation("up", "--yes").code == 0
    _write(folder, "tea", "2020-01-01")
    (folder / "projects" / "broken.yaml").write_text("project: [")

    def refused(*_: object, **__: object) -> None:
        raise CloudError("AWS refused.", action="ec2:TerminateInstances", code="X")

    monkeypatch.setattr(Deployment, "down", refused)
    ran = workstation("expire", "--yes", "--json")
    assert ran.code == 1
    assert ran.document["due"][0]["outcome"] == "failed"
    assert ran.document["faults"][0]["file"] == "projects/broken.yaml"
    assert "AWS refused." in ran.err


def test_parking_keeps_the_project(
    folder: Path, workstation: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(folder, "tea", "2099-01-01")
    assert workstation("up", "--yes").code == 0
    # An edit of the day would be a change that is not up yet, and a park refuses those.
    monkeypatch.setattr(Project, "expired", lambda _, today: today.year > 1)
    ran = workstation("expire", "--park", "--yes", "--json")
    assert ran.document["faults"] == []
    assert (ran.code, ran.document["due"][0]["what"], ran.document["due"][0]["outcome"]) == (0, "park", "done")
    assert workstation("expire", "--park", "--yes", "--json").document["due"] == []


def test_without_a_project_there_is_nothing_to_look_at(folder: Path, workstation: Callable[..., Any]) -> None:
    assert workstation("expire").code == 2
    assert workstation("expire", "none").code == 2


def test_a_project_in_use_stays_beside_another_studios_of_the_same_name(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[expire.Due] = []
    monkeypatch.setattr(expire, "carry_out", lambda due, *_: done.append(due))
    film: Any = SimpleNamespace(project=SimpleNamespace(project="film", title="film", expires=None))
    used = expire.Due(film, "down", (), "its day was 2020-01-01", ("ana has a session with edit-1",))
    free = expire.Due(film, "down", (), "its day was 2020-01-02", ())
    for found, outcomes in (((used, free), ["in use", "done"]), ((free, used), ["done", "in use"])):
        done.clear()
        assert carried_out(expire.Looked(found, {}), dry_run=False, force=False, yes=True) == outcomes
        assert done == [free]
