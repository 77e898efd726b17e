"""The programs that the part with Selkies puts on a machine: who is let in to the display, and that no older token stays."""

import json
import stat
import subprocess
from pathlib import Path

import pytest

from soundstage.images.recipes import shipped

TOKENS = ("a" * 40, "B-_" + "c" * 45)


def content_of(path: str) -> str:
    """What the recipe writes into a file."""
    files = (entry.file for entry in shipped().named("edit-linux-selkies").steps)
    return next(file.content for file in files if file and file.path == path)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "soundstage-display-auth"
    path.write_text(content_of("/usr/local/sbin/soundstage-display-auth"))
    folder = tmp_path / "run" / "soundstage-display"
    folder.mkdir(parents=True)
    (folder / "master").write_text("secret")
    (folder / "tokens.json").write_text("{}")
    return path


def let_in(program: Path, token: str) -> int:
    done = subprocess.run(
        ["bash", str(program)], input=token, text=True, env={"SOUNDSTAGE_ROOT": str(program.parent), "PATH": "/usr/bin:/bin"},
        capture_output=True, check=False, timeout=30,
    )  # fmt: skip
    return done.returncode


def test_a_token_lets_in_until_there_is_another(program: Path) -> None:
    table = program.parent / "run" / "soundstage-display" / "tokens.json"
    for token in TOKENS:
        assert let_in(program, f"{token}\n") == 0
        assert json.loads(table.read_text()) == {token: {"role": "controller"}}
        assert stat.S_IMODE(table.stat().st_mode) == 0o600, "Selkies refuses a table that others may write to"


@pytest.mark.parametrize("token", ["", "short", 'quote"' + "a" * 40, "space " + "a" * 40])
def test_what_is_no_token_changes_nothing(program: Path, token: str) -> None:
    assert let_in(program, token) != 0
    assert (program.parent / "run" / "soundstage-display" / "tokens.json").read_text() == "{}"


def test_selkies_and_all_that_it_needs_are_known_by_their_checksums() -> None:
    lines = content_of("/opt/soundstage/selkies/requirements.txt").splitlines()
    assert any(line.startswith("selkies==2.1.0 ") for line in lines)
    assert all("==" in line and len(line.partition("--hash=sha256:")[2]) == 64 for line in lines)
