"""A machine with Windows has no program yet that lets people in: every way into it says so before it opens anything."""

from pathlib import Path

import pytest

from soundstage.core.errors import UsageError
from soundstage.stacks.deployment import Deployment, open_project
from soundstage.stacks.entry.door import the_machine
from soundstage.stacks.entry.ssh_config import ssh_config

PROJECT = """
project: teaser
access: {via: session}
workstations:
  edit-1: {for: audio, user: ana}
  win-1: {for: audio, user: bea, os: windows}
"""


@pytest.fixture
def project(tmp_path: Path, soundstage_home: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "teaser.yaml").write_text(PROJECT)
    opened = open_project("teaser.yaml")
    opened.up()
    return opened


def test_a_machine_with_windows_was_entered_as_if_it_had_linux(
    project: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert the_machine(project, "edit-1").name == "edit-1"
    for ask in (lambda: the_machine(project, "win-1"), lambda: ssh_config(project, ["edit-1", "win-1"])):
        with pytest.raises(UsageError, match="win-1 runs Windows") as found:
            ask()
        assert "os: linux" in found.value.hint
    assert "win-1" not in ssh_config(project)

    monkeypatch.setattr(project.cloud, "look_alike", None)
    with pytest.raises(UsageError, match="cannot enter a Windows machine yet") as found:
        the_machine(project, "win-1")
    hint = found.value.hint
    assert r"C:\ProgramData\Soundstage\New-Password.ps1" in hint
    assert "aws ssm start-session --region eu-west-1 --target i-" in hint
    assert "--document-name" in hint
    assert ".teaser.display --parameters localPortNumber=8443" in hint
    assert "https://localhost:8443/" in hint

    sessions = project.cloud.sessions._clients.client("ssm")  # type: ignore[attr-defined]
    assert sessions.describe_sessions(State="Active")["Sessions"] == []
