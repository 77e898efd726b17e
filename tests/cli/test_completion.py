"""What the shell offers after a tab."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = "project: {}\nworkstations:\n  edit-1: {{for: editing}}\n  mix: {{for: audio}}\n"


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("workstation si", ["simulator"]),
        ("workstation simulator sta", ["start", "starts", "status"]),
        ("workstation simulator faults ", ["add", "clear", "list"]),
        ("workstation preview te", ["teaser", "test-shots"]),
        ("workstation down --delete", ["--delete-media"]),
        ("workstation studio up --cloud ", ["aws", "gcp", "simulated", "simulated-gcp"]),
        ("workstation up ", ["other", "short", "teaser", "test-shots", "loose.yaml"]),
        ("workstation stop teaser ", ["edit-1", "mix"]),
        ("workstation stop teaser --machine ", ["edit-1", "mix"]),
        ("workstation stop teaser --machine m", ["mix"]),
        ("workstation stop --machine ", []),
        ("workstation check --profile ", ["baseline", "content", "studio"]),
        ("workstation check --explain NET-01", ["NET-01"]),
        ("workstation check --policy GOV-0", ["GOV-01", "GOV-02", "GOV-03", "GOV-04", "GOV-05", "GOV-06"]),
        ("workstation check --format s", ["sarif"]),
        ("workstation check --severity ", ["critical", "high", "low", "medium"]),
        ("workstation studio down ", ["studio.yaml"]),
        ("workstation up --engine ", ["embedded", "pulumi"]),
        ("workstation init x --for a", ["audio"]),
        ("workstation simulator faults add x --kind no", ["no-capacity"]),
    ],
)
def test_a_tab_offered_files_for_what_has_a_name(line: str, offered: list[str], tmp_path: Path) -> None:
    (tmp_path / "projects").mkdir()
    for name in ("teaser", "test-shots", "other"):
        (tmp_path / "projects" / f"{name}.yaml").write_text(PROJECT.format(name))
    (tmp_path / "projects" / "short.yml").write_text("")
    (tmp_path / "projects" / "teaser.policy.yaml").write_text("")
    (tmp_path / "loose.yaml").write_text(PROJECT.format("loose"))
    (tmp_path / "studio.yaml").write_text("studio: home\n")
    (tmp_path / "plan.json").write_text("{}")
    words = line.split(" ")
    environment = {"_WORKSTATION_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    done = subprocess.run(
        [sys.executable, "-m", "soundstage.cli.main"], env={**os.environ, **environment}, cwd=tmp_path,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.split()) == sorted(offered)
