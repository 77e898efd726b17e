"""What a command prints as the next step on Google Cloud is a command that Google Cloud has."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from soundstage.projectfile.cloud_limits import has_command
from soundstage.simulator import process

CLOUD = "simulated-gcp"
PROJECT = (
    f"project: teaser\ncloud: {CLOUD}\nexpires: {{day}}\nworkstations:\n  edit-1: {{{{for: editing, user: ana}}}}\n"
)
_STEP = re.compile(r"workstation ([a-z-]+(?: [a-z-]+)?)")


@pytest.fixture
def teaser(tmp_path: Path, soundstage_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "projects").mkdir()
    file = tmp_path / "projects" / "teaser.yaml"
    file.write_text(PROJECT.format(day="2099-12-31"))
    monkeypatch.chdir(tmp_path)
    yield file
    process.stop(soundstage_home)


def test_every_next_step_is_there(teaser: Path, workstation: Callable[..., Any]) -> None:
    typed = (
        "validate", "doctor", "preview", "up --yes", "status --why", "list", "check", "snapshots", "resize teaser edit-1 large --yes",
        "stop", "status", "history", "down --yes", "snapshots", "status", "list", "cost --advice", "up --engine pulumi --yes",
    )  # fmt: skip
    wrong = []
    for line in typed:
        ran = workstation(*line.split())
        wrong += [f"{line}: {step}" for step in _STEP.findall(f"{ran.out}{ran.err}") if not has_command(CLOUD, step)]
    assert wrong == []


def test_a_snapshot_says_how_it_comes_back_there(teaser: Path, workstation: Callable[..., Any]) -> None:
    workstation("up", "--yes", "--no-wait")
    workstation("down", "--yes")
    assert "Set `data_gib: 0` and run `workstation up`" in workstation("snapshots").out


def test_machines_that_cannot_be_parked_are_left_by_the_nightly_job(
    teaser: Path, workstation: Callable[..., Any]
) -> None:
    workstation("up", "--yes", "--no-wait")
    teaser.write_text(PROJECT.format(day="2020-01-01"))
    left = workstation("expire", "--park", "--yes")
    assert left.code == 1
    assert "`workstation park` is not for the simulated Google Cloud" in left.out + left.err
    assert "running" in workstation("status").out
