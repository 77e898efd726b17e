"""A state that cannot be used: found, mended, put back."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from soundstage.engines.embedded import store

Workstation = Callable[..., Any]


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, soundstage_home: Path) -> Path:
    """The state folder of a project that was once up, with two earlier states behind it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "projects").mkdir()
    (tmp_path / "projects" / "teaser.yaml").write_text("project: teaser\n")
    folder = soundstage_home / "studios" / "home" / "soundstage" / "teaser"
    for _ in range(3):
        kept = store.Store(folder)
        kept.write([])
        kept.close()
    return folder


@pytest.mark.usefixtures("state")
def test_a_good_state_is_in_order(workstation: Workstation) -> None:
    ran = workstation("state", "verify", "--json")
    assert (ran.code, ran.document["problems"]) == (0, [])
    assert workstation("state", "repair").out == "The state is in order: there was nothing to repair.\n"


def test_a_damaged_state_is_named_and_mended(workstation: Workstation, state: Path) -> None:
    (state / store.STATE_FILE).write_text("SQLite format 3")
    assert "workstation state verify" in workstation("status").err
    found = workstation("state", "verify")
    assert found.code == 1
    assert "is cut short" in found.out
    assert "workstation state repair" in found.out
    mended = workstation("state", "repair")
    assert mended.code == 0
    assert "set aside" in mended.out
    assert workstation("state", "verify").code == 0
    assert [path.read_text() for path in state.glob("*.damaged")] == ["SQLite format 3"]


def test_an_earlier_state_is_put_back_after_a_yes(workstation: Workstation, state: Path) -> None:
    before = (state / store.STATE_FILE).read_bytes()
    refused = workstation("state", "restore")
    assert refused.code == 2
    assert (state / store.STATE_FILE).read_bytes() == before
    restored = workstation("state", "restore", "--yes")
    assert restored.code == 0, restored.err
    assert "was put back" in restored.out
    assert len(store.backups(state)) == 3


def test_a_state_that_was_never_kept_cannot_be_put_back(workstation: Workstation, state: Path) -> None:
    ran = workstation("state", "restore", "--back", "9", "--yes")
    assert ran.code == 1
    assert re.search(r"Usable backups in .*: 2\.", ran.err)


@pytest.mark.usefixtures("state")
def test_the_studio_has_a_state_of_its_own(workstation: Workstation) -> None:
    assert workstation("state", "verify", "--studio", "--json").document["studio"] == "home"


def test_on_a_real_cloud_the_state_is_pulumis(workstation: Workstation, state: Path, tmp_path: Path) -> None:
    (tmp_path / "projects" / "teaser.yaml").write_text("project: teaser\ncloud: aws\n")
    ran = workstation("state", "repair")
    assert ran.code == 2
    assert "pulumi state" in ran.err
