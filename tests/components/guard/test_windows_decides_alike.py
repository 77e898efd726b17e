"""The guard of Windows decides each trace as that of Linux does, by PowerShell itself where it is installed."""

import json
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest
from tests.components.guard import replay

from soundstage.components.boot.rules import rules

PWSH = shutil.which("pwsh") or shutil.which("powershell")
pytestmark = pytest.mark.skipif(PWSH is None, reason="needs PowerShell (pwsh)")


@pytest.mark.parametrize("path", replay.TRACES, ids=lambda path: str(path.stem))
def test_powershell_decides_as_python_does(path: Path) -> None:
    trace = replay.read(path)
    samples = [
        {**sample, "programs": [{"command": command, "seconds": seconds} for command, seconds in sample["programs"]]}
        for _, sample in replay.samples(trace)
    ]
    ours = [verdict["verdict"] for _, verdict in replay.told(trace)]
    done = subprocess.run(
        [
            str(PWSH),
            "-NoProfile",
            "-File",
            str(Path(__file__).with_name("replay.ps1")),
            str(files("soundstage.components.boot") / "windows_idle.ps1"),
        ],
        input=json.dumps({"rules": dict(rules()), "wanted": replay.wanted(trace), "samples": samples}),
        capture_output=True,
        text=True,
        check=True,
    )
    assert [verdict["verdict"] for verdict in json.loads(done.stdout)][: len(ours)] == ours
