"""Two commands at once, on one project and on two; and the real command stopped from a terminal."""

import contextlib
import os
import pty
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from stage import Commands, Ran, Stage

from soundstage.engines import lock

pytestmark = [pytest.mark.slow]

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
    with lock.held(stage.stack_folder("teaser", "home"), "soundstage/teaser", "up"):
        ran = stage.run("down", FILE, "--yes")
    assert ran.code == 1
    assert "soundstage/teaser is in use by `up` of " in ran.err
    assert f"process {os.getpid()}" in ran.err
    assert ", since 20" in ran.err
    assert "Wait until it has finished" in ran.err
    stage.must("status", FILE)


@pytest.fixture
def beside(stage: Stage) -> Iterator[Callable[[str], Stage]]:
    """`beside("a")`: another person at the same state, with a process of commands and a folder of their own."""
    made: list[Stage] = []

    def make(name: str) -> Stage:
        folder = stage.folder / name
        folder.mkdir()
        made.append(Stage(folder, stage.home, Commands()))
        return made[-1]

    yield make
    for other in made:
        other.commands.close()


def at_once(*commands: Callable[[], Ran]) -> list[Ran]:
    """Run these commands side by side, begun at the same instant."""
    start = threading.Barrier(len(commands))

    def begin(command: Callable[[], Ran]) -> Ran:
        start.wait()
        return command()

    with ThreadPoolExecutor(len(commands)) as pool:
        return list(pool.map(begin, commands))


def servers(home: Path) -> list[int]:
    """The processes that serve the simulated cloud of this state folder."""
    found = []
    for about in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"soundstage.simulator.server\0{home / 'simulator'}\0".encode() in (about / "cmdline").read_bytes():
                found.append(int(about.name))
    return found


def test_of_two_commands_that_race_one_works_and_the_other_says_who(
    stage: Stage, beside: Callable[[str], Stage], soak: bool, record_property: Callable[..., None]
) -> None:
    """From an empty machine on: the server, the studio and the project are all begun by both."""
    file = str(stage.folder / FILE)
    people, rounds = [beside("ana"), beside("ben")], 20 if soak else 1
    for _ in range(rounds):
        ran = at_once(*(lambda one=one: one.run("up", file, "--yes") for one in people))  # type: ignore[misc]
        winners, losers = [one for one in ran if one.code == 0], [one for one in ran if one.code != 0]
        assert winners, [one.err for one in ran]
        for one in losers:  # none, when the slower one came late and found nothing left to do
            assert one.code == 1, one.err
            assert re.search(r"soundstage/teaser is in use by `up` of \S+ on \S+ \(process \d+\), since 20", one.err)
            assert "Wait until it has finished, or stop it with Ctrl-C there." in one.err
        assert len(servers(stage.home)) == (1 if Path("/proc").exists() else 0)
        stage.verify()
        stage.picture()
        assert "nothing to change" in stage.must("up", FILE, "--yes").err
        downs = at_once(*(lambda one=one: one.run("down", file, "--yes", "--delete-media") for one in people))  # type: ignore[misc]
        assert {one.code for one in downs} <= {0, 1}
        assert 0 in {one.code for one in downs}, [one.err for one in downs]
        stage.must("down", FILE, "--yes", "--delete-media")
    record_property("count", ("races of two commands on one project", 2 * rounds))


def test_different_projects_come_up_side_by_side(stage: Stage, beside: Callable[[str], Stage]) -> None:
    """Also when neither finds the studio there: one brings it up, the others wait for it."""
    people = [beside(name) for name in ("first", "second")]
    for one in people:
        name = one.folder.name
        (one.folder / f"{name}.yaml").write_text(f"project: {name}\nworkstations:\n  edit-1: {{for: editing}}\n")
    ran = at_once(*(lambda one=one: one.run("up", f"{one.folder.name}.yaml", "--yes") for one in people))  # type: ignore[misc]
    assert [one.code for one in ran] == [0, 0], [one.err for one in ran]
    assert {"first", "second"} <= {file.parent.name for file in stage.home.rglob("state.db")}
    stage.picture()


def test_a_project_waits_for_its_studio_and_says_for_whom(stage: Stage, beside: Callable[[str], Stage]) -> None:
    ana, pause = beside("ana"), threading.Event()
    studio = stage.home / "studios" / "home" / "soundstage-studio" / "home"
    with ThreadPoolExecutor(1) as pool, lock.held(studio, "soundstage-studio/home", "up"):
        running = pool.submit(ana.run, "up", str(stage.folder / FILE), "--yes")
        deadline, said = time.monotonic() + 90, ana.folder / ".err"
        while time.monotonic() < deadline and not running.done():
            if said.exists() and "Waiting for it" in said.read_text():
                break
            pause.wait(0.05)
    ran = running.result()
    assert ran.code == 0, ran.err
    assert "soundstage-studio/home is in use by `up` of" in ran.err


def test_two_files_of_one_name_never_share_a_state(stage: Stage) -> None:
    stage.must("up", FILE, "--yes")
    twin = stage.folder / "elsewhere"
    twin.mkdir()
    (twin / FILE).write_text((stage.folder / FILE).read_text())
    ran = stage.run("up", str(twin / FILE), "--yes")
    assert ran.code == 2
    assert "is already used by" in " ".join(ran.err.split())


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
