"""The probe of a start, run at the end of a bake: the genuine probe under bash, and what is made of its answer."""

import base64
import gzip
import json
import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from soundstage.components.boot.expected import document, of_image
from soundstage.images.apply import Found
from soundstage.images.host import Done
from soundstage.images.probing import probe
from soundstage.images.recipes import shipped
from soundstage.images.steps.command import Command, System

AUDIO = shipped().named("audio-linux")
EDITING = shipped().named("edit-linux")
WINDOWS = shipped().named("edit-windows")


@dataclass
class Bash:
    """This computer, with a folder of programs before its own."""

    programs: Path
    system: System = "debian"

    def ask(self, question: str) -> str:
        raise AssertionError(question)

    def do(self, command: Command, on_line: Callable[[str], None]) -> Done:
        environment = {**os.environ, "PATH": f"{self.programs}:{os.environ['PATH']}"}
        done = subprocess.run(
            ["bash", "-c", command.text], capture_output=True, text=True, env=environment, check=False
        )
        for line in done.stdout.splitlines():
            on_line(line)
        return Done(done.returncode, done.stdout + done.stderr)

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class Windows:
    """Remembers what was asked of it, and answers with a report."""

    answer: str = ""
    asked: list[str] = field(default_factory=list)
    system: System = "windows"

    def ask(self, question: str) -> str:
        self.asked.append(question)
        return ""

    def do(self, command: Command, on_line: Callable[[str], None]) -> Done:
        self.asked.append(command.text)
        for start in range(0, len(self.answer), 80):  # as a window would break it
            on_line(self.answer[start : start + 80])
        return Done(0, self.answer)

    def close(self) -> None:
        """Nothing is open."""


def named(found: list[Found]) -> dict[str, Found]:
    return {one.name: one for one in found}


def program(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


SOUND = "probe: sound has a device to go to"
DRIVER = "probe: the GPU's driver answers, and is of the branch that was promised"


def test_a_bake_ended_without_the_probe_that_machines_start_with(tmp_path: Path) -> None:
    """A recipe whose own checks were content made machines that were never ready."""
    program(tmp_path, "pipewire", "echo pipewire 1.0.5")
    found = named(probe(AUDIO, Bash(tmp_path), gpu=False))
    assert found[SOUND].ok
    assert found[SOUND].seen == "pipewire 1.0.5"
    assert set(found) == {SOUND, "probe: the root disk has room"}, "what comes with a start is not looked at"
    program(tmp_path, "pipewire", "exit 1")
    program(tmp_path, "pulseaudio", "exit 1")
    wrong = named(probe(AUDIO, Bash(tmp_path), gpu=False))[SOUND]
    assert wrong.ok is False
    assert wrong.seen.startswith("Neither PipeWire nor PulseAudio")


@pytest.mark.parametrize("gpu", [True, False])
def test_a_driver_is_looked_at_where_the_builder_has_a_gpu(tmp_path: Path, gpu: bool) -> None:
    program(tmp_path, "nvidia-smi", "exit 9")
    found = named(probe(EDITING, Bash(tmp_path), gpu=gpu))
    assert (DRIVER in found) is gpu
    assert not gpu or found[DRIVER].ok is False


def test_an_image_in_which_the_probe_cannot_run_is_no_image(tmp_path: Path) -> None:
    program(tmp_path, "python3", "echo no Python; exit 127")
    (found,) = probe(AUDIO, Bash(tmp_path), gpu=False)
    assert (found.name, found.ok) == ("the probe runs", False)
    assert "no Python" in found.seen


def test_nothing_of_the_probe_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    (tmp_path / "bin").mkdir()
    probe(AUDIO, Bash(tmp_path / "bin"), gpu=False)
    assert [one.name for one in tmp_path.iterdir()] == ["bin"]


def test_the_probe_arrives_on_windows_in_commands_that_windows_takes() -> None:
    report = {"format": 1, "occasion": "bake", "machine": "", "project": "", "began": "2026-11-26T09:00:00Z",
              "ended": "2026-11-26T09:00:05Z", "phases": [], "checks": [{"name": "space", "result": "ok", "seen": "9 GB free"}]}  # fmt: skip
    host = Windows(json.dumps(report))
    assert named(probe(WINDOWS, host, gpu=True))["probe: the root disk has room"].seen == "9 GB free"
    assert max(len(base64.b64encode(text.encode("utf-16-le"))) for text in host.asked) < 8000
    packed = "".join(re.findall(r"packed' '([A-Za-z0-9+/=]*)'$", "\n".join(host.asked), re.MULTILINE))
    script, expected = json.loads(gzip.decompress(base64.b64decode(packed)))
    assert "$Checks = [ordered]@{" in script
    assert expected == document(of_image(WINDOWS.carries, gpu=True))
