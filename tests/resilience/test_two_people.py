"""Two commands at once, on one project and on two; and the real command stopped from a terminal."""

import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest
from stage import Commands, Stage

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("two-people")]

FILE = "teaser.yaml"
_IN_TERMINAL = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # the terminal on stdin is the one that Ctrl-C comes from
from soundstage.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def stage(new_stage: Callable[..., Stage]) -> Stage:
    return new_stage(FILE)


def test_the_second_of_two_commands_is_told_who_works_where_and_since_when(stage: Stage) -> None:
    """Of two commands that race, one wins; the other names it or, coming late, has nothing left to do."""
    stage.must("up", FILE, "--yes")
    from soundstage.stacks.engines import lock

    with lock.held(stage.stack_folder("teaser", "home"), "soundstage/teaser", "up"):
        ran = stage.run("down", FILE, "--yes")
    assert ran.code == 1
    assert "soundstage/teaser is in use by `up` of " in ran.err
    assert f"process {os.getpid()}" in ran.err
    assert ", since 20" in ran.err
    assert "Wait until it has finished" in ran.err
    stage.must("status", FILE)


def test_different_projects_come_up_side_by_side(stage: Stage) -> None:
    stage.must("up", FILE, "--yes")
    for name in ("first", "second"):
        (stage.folder / f"{name}.yaml").write_text(f"project: {name}\nworkstations:\n  edit-1: {{for: editing}}\n")
    others = [Stage(stage.folder, stage.home, Commands()) for _ in range(2)]
    codes: dict[str, int] = {}

    def up(other: Stage, name: str) -> None:
        folder = stage.folder / f"of-{name}"
        folder.mkdir()
        (stage.folder / f"{name}.yaml").rename(folder / f"{name}.yaml")
        other.folder = folder
        codes[name] = other.run("up", f"{name}.yaml", "--yes").code

    threads = [
        threading.Thread(target=up, args=(other, name)) for other, name in zip(others, ("first", "second"), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for other in others:
        other.commands.close()
    assert codes == {"first": 0, "second": 0}
    assert {"first", "second", "teaser"} <= {file.parent.name for file in stage.home.rglob("state.json")}


def test_two_files_of_one_name_never_share_a_state(stage: Stage) -> None:
    stage.must("up", FILE, "--yes")
    twin = stage.folder / "elsewhere"
    twin.mkdir()
    (twin / FILE).write_text((stage.folder / FILE).read_text())
    ran = stage.run("up", str(twin / FILE), "--yes")
    assert ran.code == 2
    assert "has the name of another one" in " ".join(ran.err.split())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_signal_stops_in_good_order_and_the_same_command_goes_on(number: signal.Signals, stage: Stage) -> None:
    ran = stage.run("up", FILE, "--yes", at=30, signals=[number])
    assert ran.code == 130, ran.err
    assert "same command" in ran.err
    stage.verify()
    stage.must("up", FILE, "--yes")
    stage.picture()


def test_a_second_signal_leaves_at_once_and_is_still_safe(stage: Stage) -> None:
    ran = stage.run("up", FILE, "--yes", at=30, signals=[signal.SIGINT, signal.SIGINT])
    assert ran.code == -signal.SIGINT
    stage.verify()
    stage.must("up", FILE, "--yes")
    stage.picture()


def test_ctrl_c_in_a_terminal_stops_the_real_command(stage: Stage) -> None:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "SOUNDSTAGE_HOME": str(stage.home), "TERM": "xterm"}
    running = subprocess.Popen(
        [sys.executable, "-c", _IN_TERMINAL, "up", FILE, "--yes"],
        stdin=theirs, stdout=theirs, stderr=theirs, cwd=stage.folder, env=environment, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    said, deadline = b"", time.monotonic() + 90
    struck = False
    while time.monotonic() < deadline:
        try:
            said += os.read(ours, 65536)
        except OSError:
            break
        if not struck and b"created" in said:
            os.write(ours, b"\x03")
            struck = True
    assert running.wait(30) == 130, said.decode(errors="replace")
    os.close(ours)
    assert b"same command" in said
    stage.must("up", FILE, "--yes")
    stage.picture()
