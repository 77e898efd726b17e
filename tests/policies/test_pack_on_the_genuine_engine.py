"""`pulumi preview --policy-pack`, for real: the pack tells what a check of the same engine's plan tells."""

import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation

from soundstage import policies
from soundstage.stacks.deployment import open_project

PACK = str(Path(policies.__file__).parent)
TOLD = re.compile(r"\[(?:mandatory|advisory)\].*?  (\S+)  \((?:.*: )?(\S+)\)")


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pulumi") is None, reason="the genuine pulumi command is not on PATH")
def test_the_pack_finds_the_same_under_the_genuine_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "teaser.yaml"
    project.write_text("project: teaser\nworkstations:\n  edit-1: {for: editing}\n")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    lines: list[str] = []
    plain = automation.Stack.preview

    def with_pack(self: automation.Stack, **options: Any) -> Any:
        return plain(self, **options, policy_packs=[PACK], on_output=lines.append)

    # The engine's own interface has no policy packs: Soundstage judges plans itself. Here Pulumi shall do it.
    monkeypatch.setattr(automation.Stack, "preview", with_pack)
    plan = open_project(str(project), engine="pulumi").preview().plan
    found = {match.groups() for match in map(TOLD.search, lines) if match}
    report = policies.run(plan)
    expected = {(item.policy.id.lower(), item.name) for item in report.findings if item.urn}
    assert {item for item in found if item[0] != "gov-05"} >= expected
    assert {name for id, name in found if id == "gov-05"} >= {spot.name for spot in report.blind if spot.urn}
    assert not [line for line in lines if "can't run policy" in line]
