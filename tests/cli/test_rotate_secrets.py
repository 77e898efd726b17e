"""`rotate-secrets`: where the new passphrase may come from, and what is said of it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.sealing import ROUNDS, SealedStack

from soundstage.core.errors import UsageError
from soundstage.engines.base import StackName
from soundstage.engines.passphrase import passphrase
from soundstage.engines.pulumi import sealed
from soundstage.stacks.state import rotation

Workstation = Callable[..., Any]
GOOD = "staple rather than horse"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, soundstage_home: Path) -> Path:
    """A studio's folder with a project on the genuine engine, whose secrets are under a random passphrase in a file."""
    monkeypatch.setattr(sealed, "_ROUNDS", ROUNDS)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "projects").mkdir()
    (tmp_path / "projects" / "teaser.yaml").write_text("project: teaser\n")
    stack = soundstage_home / "studios" / "home" / "soundstage" / "teaser"
    held = SealedStack(passphrase(stack, make=True), StackName("soundstage", "teaser"))
    monkeypatch.setattr(rotation, "pulumi_holds", lambda *_: True)
    monkeypatch.setattr(rotation, "pulumi_engine", lambda *_, **__: held)
    monkeypatch.setattr(rotation, "folder_stacks", lambda _folder: held.stacks())
    return stack


def kept(folder: Path) -> str:
    return (folder / "passphrase").read_text().strip()


def test_a_random_passphrase_becomes_another_one_after_a_yes(workstation: Workstation, folder: Path) -> None:
    before = kept(folder)
    refused = workstation("state", "rotate-secrets")
    assert refused.code == 2
    assert kept(folder) == before
    done = workstation("state", "rotate-secrets", "--yes")
    assert done.code == 0, done.err
    assert "4 secrets are encrypted with a new passphrase, which is in" in done.out
    assert kept(folder) != before
    assert kept(folder) not in done.out + done.err


@pytest.mark.parametrize("way", ["file", "variable"])
def test_a_passphrase_of_ones_own_comes_from_a_file_or_a_variable(
    way: str, workstation: Workstation, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "new").write_text(f"{GOOD}\n")
    if way == "variable":
        monkeypatch.setenv("SOUNDSTAGE_NEW_PASSPHRASE", GOOD)
    done = workstation("studio", "rotate-secrets", "--all", "--yes", "--json", *(["--passphrase-file", "new"] * (way == "file")))  # fmt: skip
    assert done.code == 0, done.err
    assert [(one["stack"], one["secrets"], one["old_copies"]) for one in done.document["stacks"]] == [
        ("soundstage/teaser", 4, 0)
    ]
    assert kept(folder) == GOOD
    assert "guessed" not in done.err


def test_a_passphrase_of_the_environment_is_said_to_change_for_everybody(
    workstation: Workstation, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOUNDSTAGE_PASSPHRASE", kept(folder))
    (tmp_path / "new").write_text(GOOD)
    done = workstation("state", "rotate-secrets", "--yes", "--passphrase-file", "new")
    assert "From now on SOUNDSTAGE_PASSPHRASE must be the new one" in done.out
    assert os.environ["SOUNDSTAGE_PASSPHRASE"] == kept(folder)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "is empty"), (b" \n", "is empty"), (b"two\nlines", "more than one line"), (b"\xff", "not a text file"), (None, "cannot be read")],
    ids=["empty", "blank", "lines", "bytes", "missing"],
)  # fmt: skip
def test_what_cannot_be_a_passphrase_is_refused(
    content: bytes | None, said: str, workstation: Workstation, folder: Path, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / "new").write_bytes(content)
    before = kept(folder)
    refused = workstation("state", "rotate-secrets", "--yes", "--passphrase-file", "new")
    assert (refused.code, kept(folder)) == (UsageError.exit_code, before)
    assert said in refused.err


@pytest.mark.parametrize("words", ["short", "aaaaaaaaaaaaaaaaaaaa"])
def test_a_weak_passphrase_is_warned_of(words: str, workstation: Workstation, tmp_path: Path) -> None:
    (tmp_path / "new").write_text(words)
    done = workstation("state", "rotate-secrets", "--yes", "--passphrase-file", "new")
    assert done.code == 0
    assert "easy to guess" in done.err
    assert words not in done.out + done.err


def test_a_way_that_does_not_exist_is_refused_with_those_that_do(workstation: Workstation) -> None:
    refused = workstation("state", "rotate-secrets", "--to", "rot13", "--yes")
    assert refused.code == UsageError.exit_code
    assert "awskms://" in refused.err
