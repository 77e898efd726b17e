"""What the shell offers after a tab."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("workstation si", ["simulator"]),
        ("workstation simulator sta", ["start", "status"]),
        ("workstation simulator faults ", ["add", "clear", "list"]),
        ("workstation preview te", ["teaser", "test-shots"]),
        ("workstation down --delete", ["--delete-media"]),
        ("workstation studio up --cloud ", ["aws", "simulated"]),
    ],
)
def test_a_tab_offers_commands_projects_and_options(line: str, offered: list[str], tmp_path: Path) -> None:
    (tmp_path / "projects").mkdir()
    for name in ("teaser", "test-shots", "other"):
        (tmp_path / "projects" / f"{name}.yaml").write_text("")
    words = line.split(" ")
    environment = {"_WORKSTATION_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    done = subprocess.run(
        [sys.executable, "-m", "soundstage.cli.main"], env={**os.environ, **environment}, cwd=tmp_path,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert sorted(done.stdout.split()) == offered
