"""What may happen to a state between two commands, and the way on that each command shows."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from stage import Stage, assert_same
from tests.statefile import STATE_FILE, Document, edit, statement

pytestmark = [pytest.mark.slow]

FILE = "teaser.yaml"


@pytest.fixture(scope="module")
def stage(new_stage: Callable[..., Stage]) -> Stage:
    stage = new_stage(FILE)
    stage.must("up", FILE, "--yes")
    return stage


@pytest.fixture
def state(stage: Stage) -> Path:
    return stage.stack_folder("teaser", "home") / STATE_FILE


def test_a_lost_state_is_adopted_and_nothing_is_made_twice(stage: Stage, state: Path) -> None:
    before = stage.picture()
    shutil.rmtree(state.parent)
    ran = stage.must("adopt", FILE, "--yes", "--json")
    document = json.loads(ran.out)
    assert document["made"] == 0
    assert len(document["taken"]) > 60
    assert_same(stage.picture(), before, "adopted")
    assert "nothing to change" in stage.must("up", FILE, "--yes").err


def test_a_state_file_that_was_deleted_passed_for_a_project_that_is_down(stage: Stage, state: Path) -> None:
    """Everything ran on, and no command knew it, with the earlier states beside."""
    before = stage.picture()
    edit(state, lambda records: records[-1]["inputs"].update(edited="by hand"))
    stage.must("up", FILE, "--yes")
    assert list((state.parent / "backups").iterdir())
    state.unlink()
    for arguments in (("up", FILE, "--yes"), ("down", FILE, "--yes"), ("status", FILE), ("state", "verify", FILE)):
        ran = stage.run(*arguments)
        assert ran.code == 1, f"{arguments}: {ran.err}"
        assert "is gone" in ran.err + ran.out
        assert "state restore" in ran.err + ran.out
    stage.must("state", "restore", FILE, "--yes")
    stage.must("up", FILE, "--yes")
    assert "nothing to change" in stage.must("preview", FILE, "--refresh").out
    assert_same(stage.picture(), before, "restored")


def test_both_states_lost_are_adopted(stage: Stage, state: Path) -> None:
    before = stage.picture()
    shutil.rmtree(stage.home / "studios")
    document = json.loads(stage.must("adopt", FILE, "--yes", "--json").out)
    assert document["made"] == 0, document
    assert_same(stage.picture(), before, "adopted")


def test_an_adoption_asks_first(stage: Stage) -> None:
    ran = stage.run("adopt", FILE)
    assert ran.code == 2
    assert "--yes" in ran.err


SPOILT: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty": (lambda file: file.write_bytes(b""), "state repair"),
    "cut short": (lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]), "state repair"),
    "of a newer version": (lambda file: statement(file, "PRAGMA user_version = 2"), "Upgrade"),
    "edited into a broken link": (
        lambda file: statement(
            file,
            "UPDATE resource SET document = replace(document, '::teaser-network-vpc', '::teaser-network-vcp') "
            "WHERE key = (SELECT min(key) FROM resource WHERE document LIKE '%::teaser-network-vpc%')",
        ),
        "state",
    ),
    "no database": (lambda file: file.write_bytes(b"hello" + file.read_bytes()), "state repair"),
    "another document": (lambda file: file.write_text("[1, 2]"), "state"),
}


@pytest.mark.parametrize("case", SPOILT)
def test_a_spoilt_state_is_named_with_its_way_on_and_comes_back(case: str, stage: Stage, state: Path) -> None:
    good, (spoil, way) = state.read_bytes(), SPOILT[case]
    spoil(state)
    for arguments in (("up", FILE, "--yes"), ("down", FILE, "--yes"), ("status", FILE)):
        ran = stage.run(*arguments)
        assert ran.code == 1, f"{arguments}: {ran.err}"
        assert way in ran.err
        assert "Traceback" not in ran.err
    assert stage.run("state", "verify", FILE).code == 1
    if case != "of a newer version":
        stage.must("state", "repair", FILE)
        assert stage.run("state", "verify", FILE).code == 0
    state.write_bytes(good)
    assert "nothing to change" in stage.must("up", FILE, "--yes").err


def test_a_hand_edited_value_is_seen_as_a_difference_and_mended(stage: Stage, state: Path) -> None:
    def elsewhere(records: list[Document]) -> None:
        machine = next(one for one in records if one["type"] == "aws:ec2/instance:Instance")
        assert "soundstage:zone" in machine["inputs"]["tags"]
        machine["inputs"]["tags"]["soundstage:zone"] = "elsewhere"

    edit(state, elsewhere)
    assert "soundstage:zone" in stage.must("preview", FILE).out
    stage.must("up", FILE, "--yes")
    assert "nothing to change" in stage.must("up", FILE, "--yes").err


def test_a_read_only_folder_is_refused_before_anything_changes(stage: Stage, state: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root writes anywhere")
    state.parent.chmod(0o500)
    try:
        ran = stage.run("down", FILE, "--yes")
    finally:
        state.parent.chmod(0o700)
    assert ran.code == 1
    assert "permission" in ran.err.lower()


def test_backups_are_bounded(stage: Stage, state: Path) -> None:
    stage.must("up", FILE, "--yes")
    stage.must("down", FILE, "--yes")
    stage.must("up", FILE, "--yes")
    assert 0 < len(list((state.parent / "backups").iterdir())) <= 10
