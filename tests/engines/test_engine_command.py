"""A `pulumi` that is missing, hangs, is too old, or is no Pulumi at all: a few lines, and what to type."""

from pathlib import Path

import pytest
from pulumi.automation.errors import CommandError

from soundstage.core.errors import EngineError
from soundstage.engines.pulumi import command as pulumi_command
from soundstage.engines.pulumi.command import find, own_folder, require
from soundstage.engines.pulumi.versions import parts


def put(folder: Path, content: str | bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "pulumi"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    file.chmod(0o755)
    return file


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH beside the system's own."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


CASES = {
    "hangs": ("#!/bin/sh\nexec sleep 30\n", "does not answer"),
    "too old": ("#!/bin/sh\necho v3.100.0\n", r"Pulumi 3\.100\.0 .* is too old"),
    "made for another processor": (b"\x7fELF\x02\x01\x01\x00 nothing that runs here", "another kind of processor"),
    "not pulumi": ("#!/bin/sh\necho hello\n", "does not tell its version"),
    "fails": ("#!/bin/sh\nexit 3\n", "does not tell its version"),
}


@pytest.mark.parametrize(("content", "words"), CASES.values(), ids=CASES)
def test_a_command_that_is_of_no_use_is_refused(
    content: str | bytes, words: str, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(path, content)
    if words == "does not answer":  # one that answers may take its time on a busy machine
        monkeypatch.setattr(pulumi_command, "_VERSION_SECONDS", 0.3)
    with pytest.raises(EngineError, match=words) as caught:
        require(tmp_path)
    assert "workstation engine install" in caught.value.hint
    assert any(part.fault for part in parts(tmp_path))


def test_no_command_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="not installed") as caught:
        require(tmp_path)
    assert "workstation engine install" in caught.value.hint


def test_a_command_that_hangs_while_it_is_asked_about_the_state_is_ended(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulumi_command, "_ANSWER_SECONDS", 0.3)
    put(path, '#!/bin/sh\n[ "$1" = version ] && echo v3.260.0 && exit 0\nsleep 30\n')
    with pytest.raises(EngineError, match="`pulumi stack export` did not answer in 0 s and was ended") as caught:
        require(tmp_path).run(["stack", "export"], str(tmp_path), {})
    assert "the same command again" in caught.value.hint


def test_a_command_that_does_not_follow_is_ended_when_it_was_told_twice(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulumi_command, "_FOLLOW_SECONDS", 0.1)
    deaf = "#!/bin/sh\n[ \"$1\" = version ] && echo v3.260.0 && exit 0\ntrap '' INT\necho deaf\nwhile :; do sleep 1; done\n"
    put(path, deaf)
    command = require(tmp_path)

    def stop_twice(_line: str) -> None:
        command.cancel()
        command.cancel()

    with pytest.raises(CommandError):
        command.run(["up"], str(tmp_path), {}, on_output=stop_twice)


def test_our_own_copy_comes_before_the_one_on_path(path: Path, tmp_path: Path) -> None:
    put(path, "#!/bin/sh\necho v3.200.0\n")
    assert find(tmp_path) == path / "pulumi"
    own = put(own_folder(tmp_path) / "bin", "#!/bin/sh\necho v3.260.0\n")
    assert find(tmp_path) == own
    assert str(require(tmp_path).version) == "3.260.0"
