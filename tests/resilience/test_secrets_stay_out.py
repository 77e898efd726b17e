"""No secret that a command was given, or that it made, lies anywhere in clear: files, output, `--debug`, processes."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from stage import Stage

from soundstage.simulator import process
from soundstage.simulator.faultrules import FaultRule

pytestmark = [pytest.mark.slow]

FILE = "teaser.yaml"
GIVEN = {
    "SOUNDSTAGE_PASSPHRASE": "violet-heron-passphrase-41",
    "AWS_SECRET_ACCESS_KEY": "real/account/SECRET+key+98765432109876",
    "AWS_SESSION_TOKEN": "real-session-token-0123456789abcdef",
    "PULUMI_CONFIG_PASSPHRASE": "another-passphrase-of-pulumi",
    "GITHUB_TOKEN": "ghp_token0of0somebody0who0runs0a0job",
}
WRITTEN = (
    ("preview", FILE, "--save-plan", "reviewed.json"),
    ("preview", FILE, "--refresh", "--json"),
    ("export", FILE, "--output", "terraform.json"),
    ("export", FILE, "--format", "plan", "--state", "--output", "plan.json"),
    ("check", FILE, "--format", "html"),
    ("check", FILE, "--format", "sarif", "--debug"),
    ("outputs", FILE, "--json", "--debug"),
    ("permissions", FILE, "--format", "json"),
    ("status", FILE, "--json", "--debug"),
    ("state", "export", FILE),
)
"""Everything that writes down what a command knows."""


@pytest.fixture(scope="module")
def stage(new_stage: Callable[..., Stage]) -> Stage:
    stage = new_stage(FILE)
    stage.environment = dict(GIVEN)
    stage.must("up", FILE, "--yes", "--debug")
    process.set_faults(stage.home, [FaultRule("*:*", "throttle", times=3), FaultRule("ec2:*", "denied", after=2)])
    stage.run("down", FILE, "--yes", "--debug")
    process.clear_faults(stage.home)
    stage.must("up", FILE, "--yes")
    for arguments in WRITTEN:
        stage.must(*arguments)
    state = stage.stack_folder("teaser", "home") / "state.db"
    good = state.read_bytes()
    state.write_bytes(good[:-100])
    stage.run("status", FILE, "--debug")
    state.write_bytes(good)
    stage.must("up", FILE, "--yes", "--json", "--debug")
    return stage


def secrets(stage: Stage) -> dict[str, str]:
    """Everything that must not be seen, by what it is."""
    operator = json.loads((stage.home / "simulator" / "operator.json").read_text())
    return {**GIVEN, "operator's key": operator["secret_key"], "server's token": operator["token"]}


def in_files(stage: Stage, files: list[Path]) -> list[str]:
    private = {"operator.json"}  # the credentials' own file, 0600
    return [
        f"{what} in {file.relative_to(stage.folder)}"
        for file in files
        if file.name not in private
        for what, secret in secrets(stage).items()
        if secret.encode() in file.read_bytes()
    ]


def test_no_file_holds_a_secret_in_clear(stage: Stage, record_property: Callable[[str, object], None]) -> None:
    files = [file for file in stage.folder.rglob("*") if file.is_file()]
    found = in_files(stage, files)
    assert found == []
    assert {"reviewed.json", "terraform.json", "plan.json"} <= {file.name for file in files}
    record_property("count", ("files searched for secrets", len(files)))


def test_no_output_holds_a_secret(stage: Stage) -> None:
    printed = "\n".join(stage.written)
    assert [what for what, secret in secrets(stage).items() if secret in printed] == []


@dataclass(frozen=True)
class Process:
    """What everybody, or at least its owner, can read of a running process."""

    arguments: bytes
    environment: bytes


def watched(stage: Stage, *arguments: str) -> tuple[Process, list[Process]]:
    """Run a command line as a person does. Returns its process, and all others that it started or left running."""
    if not Path("/proc/self/environ").exists():
        pytest.skip("no /proc here")
    environment = {**os.environ, **GIVEN, "SOUNDSTAGE_HOME": str(stage.home), "NO_COLOR": "1"}
    command = [sys.executable, "-m", "soundstage.cli.main", *arguments]
    with subprocess.Popen(
        command, cwd=stage.folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as running:
        seen: dict[int, Process] = {}
        while running.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.wait(0.02)
            seen |= {pid: process for pid, process in _processes() if str(stage.home).encode() in b"".join(process)}
    assert running.returncode == 0
    own = seen.pop(running.pid)
    seen.pop(os.getpid(), None)
    # Between `fork` and `exec` a child still shows what its parent was given; what goes on with it is no such one.
    others = [process for pid, process in seen.items() if process != own or Path(f"/proc/{pid}").exists()]
    return Process(*own), [Process(*process) for process in others]


def _processes() -> Iterator[tuple[int, tuple[bytes, bytes]]]:
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended, or is somebody else's
            yield int(folder.name), ((folder / "cmdline").read_bytes(), (folder / "environ").read_bytes())


def test_no_process_has_a_secret_among_its_arguments_or_inherits_one(
    stage: Stage, record_property: Callable[[str, object], None]
) -> None:
    process.stop(stage.home)
    own, others = watched(stage, "up", FILE, "--yes", "--debug")
    known = {what: secret.encode() for what, secret in secrets(stage).items()}
    assert others, "the server was not seen"
    assert [what for what, secret in known.items() if secret in own.arguments] == []
    for other in others:
        inherited = [what for what, secret in known.items() if secret in other.arguments + other.environment]
        assert inherited == [], other.arguments
    record_property("count", ("processes searched for secrets", 1 + len(others)))


def test_every_file_is_for_its_owner_alone(stage: Stage) -> None:
    loose = [file for file in stage.home.rglob("*") if file.is_file() and os.stat(file).st_mode & 0o077]
    folders = [folder for folder in (stage.home / "studios").rglob("*") if folder.is_dir()]
    sensitive = [file for file in loose if file.name not in ("claim.json", "serving", "lock")]
    assert sensitive == []
    assert folders


@pytest.mark.engine
def test_the_genuine_engine_has_no_secret_among_its_arguments_or_files(stage: Stage) -> None:
    if shutil.which("pulumi") is None:
        pytest.skip("needs the genuine pulumi on PATH")
    shutil.copy(stage.folder / FILE, stage.folder / "genuine.yaml")
    file = stage.folder / "genuine.yaml"
    file.write_text(file.read_text().replace("project: teaser", "project: genuine"))
    _, others = watched(stage, "up", "genuine.yaml", "--yes", "--debug", "--engine", "pulumi")
    # Pulumi takes a passphrase and a cloud's credentials by its environment, and by no other way.
    named = [what for what, secret in secrets(stage).items() for other in others if secret.encode() in other.arguments]
    assert named == []
    assert any(b"pulumi" in other.arguments for other in others)
    assert in_files(stage, [file for file in stage.folder.rglob("*") if file.is_file()]) == []
