"""`--engine pulumi` with a `pulumi` that is missing, hangs or is something else: a few lines, what to type, and no harm."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from soundstage.engines.pulumi import command as pulumi_command

VERSION = '#!/bin/sh\n[ "$1" = version ] && echo v3.260.0 && exit 0\n'
CASES = {
    "missing": (None, "is not installed", "workstation engine install", ""),
    "hangs at its version": (
        "#!/bin/sh\nexec sleep 30\n",
        "does not answer",
        "workstation engine install",
        "_VERSION_SECONDS",
    ),
    "too old": ("#!/bin/sh\necho v3.100.0\n", "is too old", "workstation engine install", ""),
    "is something else": ("#!/bin/sh\necho hello\n", "does not tell its version", "workstation engine install", ""),
    "hangs at the state": (f"{VERSION}sleep 30\n", "did not answer", "the same command again", "_ANSWER_SECONDS"),
    "crashes": (
        f"{VERSION}echo 'panic: fatal error' >&2\nexit 2\n",
        "panic: fatal error",
        "the same command again",
        "",
    ),
}


@pytest.mark.parametrize(("script", "words", "hint", "short"), CASES.values(), ids=CASES)
def test_it_is_said_in_a_few_lines_and_nothing_is_made(
    script: str | None, words: str, hint: str, short: str, workstation: Callable[..., Any], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    folder = tmp_path / "bin"
    folder.mkdir()
    if script:
        (folder / "pulumi").write_text(script)
        (folder / "pulumi").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    if short:  # a command that answers may take its time on a busy machine
        monkeypatch.setattr(pulumi_command, short, 0.5)
    monkeypatch.chdir(tmp_path)
    Path("teaser.yaml").write_text("project: teaser\nworkstations:\n  edit-1: {for: editing}\n")
    for command in (("preview",), ("up", "--yes"), ("down", "--yes")):
        ran = workstation(command[0], "teaser.yaml", "--engine", "pulumi", *command[1:], "--json")
        assert ran.code == 1, ran.err
        assert words in ran.err
        assert hint in ran.err
        assert "Traceback" not in ran.err
        assert len(ran.err.splitlines()) <= 4, ran.err
        assert ran.document["error"]["exit_code"] == 1
