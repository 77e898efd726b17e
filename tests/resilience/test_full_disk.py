"""A disk that is full, for real: a small one that commands fill on the way, and that is made read-only. Where the tests do
not run as root there is no such disk; `tests/engines/test_state_on_disk.py` has what can be tried without."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from stage import Commands, Ran, Stage, assert_same

from soundstage.engines.embedded.store import STATE_FILE
from soundstage.simulator import process

FILE = "teaser.yaml"
PROJECT = "project: teaser\nworkstations:\n  edit-1: {for: editing}\n"
SIZE = "24m"


def mount(*arguments: str) -> bool:
    return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode == 0


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="only root can make a small disk"),
]


@pytest.fixture(scope="module")
def small_disk() -> Iterator[Path]:
    """A disk of its own, mounted outside of what pytest tidies up."""
    folder = Path(tempfile.mkdtemp(prefix="soundstage-full-"))
    if not mount("-t", "tmpfs", "-o", f"size={SIZE},mode=700", "soundstage", str(folder)):
        folder.rmdir()
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
    folder.rmdir()


@pytest.fixture(scope="module")
def stage(small_disk: Path, tmp_path_factory: pytest.TempPathFactory, commands: Commands) -> Iterator[Stage]:
    """A project that is up, with all state on the small disk."""
    folder = tmp_path_factory.mktemp("full")
    (folder / FILE).write_text(PROJECT)
    stage = Stage(folder, small_disk / "home", commands)
    stage.must("up", FILE, "--yes")
    yield stage
    process.stop(stage.home)


@pytest.fixture
def ballast(stage: Stage) -> Iterator[Path]:
    """What fills the disk, and is gone after the test."""
    path = stage.home.parent / "ballast"
    yield path
    path.unlink(missing_ok=True)


def run_and_fill(stage: Stage, ballast: Path, at: int, *command: str) -> Ran:
    """Run a command whose disk is filled up while it stands at its `at`-th point."""
    pause = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(stage.run, *command, at=at, signals=[signal.SIGSTOP])
        while not running.done():
            for child in stopped_children(stage):
                fill(ballast)
                os.kill(child, signal.SIGCONT)
            pause.wait(0.02)
        return running.result()


def stopped_children(stage: Stage) -> list[int]:
    """The commands of this stage that stand still."""
    process_id = stage.commands._process.pid
    children = Path(f"/proc/{process_id}/task/{process_id}/children").read_text().split()
    found = []
    for child in children:
        with contextlib.suppress(OSError):  # it has ended meanwhile
            if ") T " in Path(f"/proc/{child}/stat").read_text():
                found.append(int(child))
    return found


def fill(ballast: Path) -> None:
    """Let this file take what is left of its disk."""
    with ballast.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"\0" * size)


def said(ran: Ran) -> str:
    """What a command that met the full disk said: in words, with a code."""
    assert ran.code == 1, f"{ran.code}: {ran.err}"
    assert "Traceback" not in ran.err
    assert "inside Soundstage" not in ran.err
    return ran.err


CHANGES = {
    "up": (("down", FILE, "--yes", "--delete-media"), ("up", FILE, "--yes")),
    "down": (("up", FILE, "--yes"), ("down", FILE, "--yes", "--delete-media")),
}


@pytest.mark.parametrize("verb", CHANGES)
def test_a_disk_that_fills_at_any_moment_loses_nothing(
    verb: str, stage: Stage, ballast: Path, soak: bool, record_property: Callable[..., None]
) -> None:
    before, command = CHANGES[verb]
    stage.must(*before)
    all_points = stage.must(*command)
    undisturbed, count = stage.picture(), len(all_points.points)
    places = range(1, count, count // 24) if soak else [count // 3]
    for at in places:
        stage.must(*before)
        ran = run_and_fill(stage, ballast, at, *command)
        if ran.code != 0:  # 0: at the last points nothing is left to write
            text = said(ran)
            assert "No space left on device" in text or "cannot save what it is told" in text, text
            stage.must("status", FILE)
        ballast.unlink()
        stage.verify()
        stage.must(*command)
        assert_same(stage.picture(), undisturbed, f"disk full at moment {at} of {verb}")
    record_property("count", ("moments at which the disk was full", len(places)))


def test_a_repair_on_a_full_disk_touches_nothing_and_works_once_there_is_room(stage: Stage, ballast: Path) -> None:
    stage.must("up", FILE, "--yes")
    before = stage.picture()
    for text in (PROJECT.replace("teaser\n", "teaser\nbudget: {monthly_usd: 250}\n"), PROJECT):
        (stage.folder / FILE).write_text(text)
        stage.must("up", FILE, "--yes")  # so that there is a backup that knows all
    state = stage.stack_folder("teaser", "home") / STATE_FILE
    good = state.read_bytes()
    state.write_bytes(good[: len(good) // 2])
    fill(ballast)
    assert "No space left on device" in said(stage.run("state", "repair", FILE))
    assert state.read_bytes() == good[: len(good) // 2]
    ballast.unlink()
    assert "was put back" in stage.must("state", "repair", FILE).out
    stage.must("up", FILE, "--yes")
    assert_same(stage.picture(), before, "repaired")


def test_a_full_disk_lets_no_simulated_cloud_start_and_says_why(stage: Stage, ballast: Path) -> None:
    stage.must("up", FILE, "--yes")
    process.stop(stage.home)
    (stage.home / "simulator" / "server.log").write_text("")  # a start empties it, and would have that much room
    fill(ballast)
    assert "there is no space left on the disk" in said(stage.run("up", FILE, "--yes"))
    ballast.unlink()
    assert "nothing to change" in stage.must("up", FILE, "--yes").err


READ_ONLY = [("up", FILE, "--yes"), ("down", FILE, "--yes"), ("status", FILE), ("preview", FILE), ("stop", FILE),
             ("state", "verify", FILE), ("state", "repair", FILE), ("simulator", "start")]  # fmt: skip


def test_a_read_only_disk_is_said_by_every_command_that_needs_it(stage: Stage) -> None:
    stage.must("up", FILE, "--yes")
    process.stop(stage.home)
    deadline, pause = time.monotonic() + 60, threading.Event()
    while not mount("-o", "remount,ro", str(stage.home.parent)):  # the server's last breath holds its log open
        assert time.monotonic() < deadline
        pause.wait(0.05)
    try:
        for command in READ_ONLY:
            text = said(stage.run(*command))
            assert "read-only" in text.lower(), f"{command}: {text}"
            assert "SOUNDSTAGE_HOME" in text
        stage.must("validate", FILE)
    finally:
        assert mount("-o", "remount,rw", str(stage.home.parent))
    assert "nothing to change" in stage.must("up", FILE, "--yes").err
