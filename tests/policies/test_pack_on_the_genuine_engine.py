"""`pulumi preview --policy-pack`, for real: the pack tells what a check of the same engine's plan tells."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation

from soundstage import policies
from soundstage.plan.plan import Source
from soundstage.policies.sources import read_plan
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


PROGRAM = """import pulumi


class Rack(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("studio:rack:Rack", name)


Rack("one")
"""


@pytest.mark.engine
@pytest.mark.skipif(shutil.which("pulumi") is None, reason="the genuine pulumi command is not on PATH")
def test_the_genuine_engine_says_which_line_made_a_resource(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text(
        f"name: lines\nruntime: {{name: python, options: {{virtualenv: '{sys.prefix}'}}}}\n"
    )
    (tmp_path / "__main__.py").write_text(PROGRAM)
    environment = os.environ | {
        "PULUMI_BACKEND_URL": tmp_path.as_uri(), "PULUMI_CONFIG_PASSPHRASE": "x", "PULUMI_SKIP_UPDATE_CHECK": "1",
        "PULUMI_HOME": str(tmp_path / "home"),
    }  # fmt: skip

    def pulumi(*arguments: str) -> str:
        return subprocess.run(
            ["pulumi", *arguments],
            cwd=tmp_path,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=120,
        ).stdout

    pulumi("stack", "init", "dev")
    (tmp_path / "plan.json").write_text(pulumi("preview", "--json", "--show-sames"))
    made = {resource.name: resource.source for resource in read_plan(tmp_path / "plan.json")}
    assert made["one"] == Source("__main__.py", PROGRAM.splitlines().index('Rack("one")') + 1)
