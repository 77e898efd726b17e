"""What goes wrong on the way into a machine, and that it goes on or says so: the display, a shell, files both ways."""

import contextlib
import hashlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.studios import up_in

from soundstage.core.errors import OperationError, SessionError, SoundstageError, UsageError
from soundstage.simulator import process
from soundstage.simulator.faultrules import FaultRule
from soundstage.stacks.clouds.doors import Door
from soundstage.stacks.deployment import Deployment, open_project
from soundstage.stacks.entry.both_ends import Place
from soundstage.stacks.entry.copying import copy, ends, read_place
from soundstage.stacks.entry.display import Speed, shown
from soundstage.stacks.entry.door import door, the_machine
from soundstage.stacks.entry.shell import log_in, run_ssh
from soundstage.stacks.entry.ssh_config import ssh_config

BOUND = 60.0
PROJECT = """
project: teaser
access: {via: session}
workstations:
  edit-1: {for: audio, user: ana}
  edit-2: {for: audio, user: bea}
"""
MESSAGE = "ssmmessages:Message"

pytestmark = pytest.mark.skipif(
    not (shutil.which("ssh") and shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin")),
    reason="OpenSSH's client and server are not installed on this machine",
)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project that is up, once for all tests here."""
    # A simulated machine has its own zone: nobody in another got in.
    with up_in(tmp_path_factory.mktemp("studio"), PROJECT, TZ="Asia/Kolkata") as folder:
        yield folder


@pytest.fixture
def project(studio: Path, soundstage_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    monkeypatch.chdir(studio)
    monkeypatch.setenv("SOUNDSTAGE_HOME", str(studio / "state"))
    opened = open_project(None)
    opened.start(opened.machines())
    process.clear_faults(studio / "state")
    yield opened
    process.clear_faults(studio / "state")
    assert open_sessions(opened) == []


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def way(project: Deployment, said: list[str]) -> Iterator[Door]:
    with door(project, the_machine(project, "edit-1"), said.append) as opened:
        yield opened


def open_sessions(project: Deployment) -> list[str]:
    found = project.cloud.sessions._clients.client("ssm").describe_sessions(State="Active")  # type: ignore[attr-defined]
    return [one["SessionId"] for one in found["Sessions"]]


def end_all_sessions(project: Deployment) -> None:
    """As the service does after a time, or an administrator."""
    for session in open_sessions(project):
        project.cloud.sessions.terminate(session)


def machine_folder(studio: Path, way: Door) -> Path:
    return studio / "state" / "simulator" / "machines" / way.machine.instance_id


def until(is_so: Callable[[], object]) -> Any:
    """Poll until something is so, with a bound."""
    deadline = time.monotonic() + BOUND
    while not (found := is_so()):
        assert time.monotonic() < deadline, "it did not become so"
        time.sleep(0.05)
    return found


def page(port: int, path: str = "/") -> bytes:
    import http.client
    import ssl

    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=BOUND, context=context)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    finally:
        connection.close()


def page_or_nothing(port: int) -> bytes:
    with contextlib.suppress(OSError):
        return page(port)
    return b""


def big_file(tmp_path: Path, size: int = 600_000) -> tuple[Path, str]:
    path = tmp_path / "film.mov"
    path.write_bytes(os.urandom(size))
    return path, hashlib.sha256(path.read_bytes()).hexdigest()


def quiet(_done: int, _total: int) -> None:
    """No progress."""


def test_a_person_gets_to_the_display_without_a_password(way: Door) -> None:
    with shown(way) as display:
        assert display.measure().rate > 0
        assert b"signed in as" in page(display.tunnel.port, f"/?authToken={display.way.token}")
        assert b"not signed in" in page(display.tunnel.port, f"/?authToken={display.way.token}")


@pytest.mark.parametrize("lost", [1, 9], ids=["the-first-answer", "every-answer"])
def test_a_session_whose_answer_was_lost_stayed_open(studio: Path, project: Deployment, way: Door, lost: int) -> None:
    """It was opened, and asked for again: of the first nobody knew the id."""
    process.set_faults(studio / "state", [FaultRule("ssm:StartSession", "lost-answer", lost)])
    if lost == 1:
        assert way.let_in_to_display().token
    else:
        with pytest.raises(SoundstageError, match="does not answer"):
            way.let_in_to_display()
    process.clear_faults(studio / "state")
    assert open_sessions(project) == []
    history = project.cloud.sessions._clients.client("ssm").describe_sessions(State="History")["Sessions"]  # type: ignore[attr-defined]
    reasons = [session["Reason"] for session in history if session["Target"] == way.machine.instance_id]
    assert len(reasons) > len(set(reasons)), "one call was answered by several sessions"


def test_a_display_that_is_not_the_machines_is_not_signed_in_to(way: Door) -> None:
    with shown(way) as display:
        object.__setattr__(display.way, "certificate", "00" * 32)
        with pytest.raises(SessionError, match="shows another certificate"):
            display.measure()


def test_what_the_way_is_good_for_is_said() -> None:
    assert "too little" in Speed(0.05, 100_000).advice
    assert "1080p at 25" in Speed(0.05, 800_000).advice
    assert "VPN" in Speed(0.05, 800_000).advice
    assert "4K" in Speed(0.05, 50_000_000).advice


def test_a_file_goes_up_and_comes_down_the_same_while_the_line_is_cut(way: Door, studio: Path, tmp_path: Path) -> None:
    path, digest = big_file(tmp_path)
    rules = [FaultRule(MESSAGE, kind, 1, 150 * each) for each in range(1, 12) for kind in ("connection-lost",)]
    process.set_faults(studio / "state", rules)
    up = copy(way, Place("", str(path)), Place("edit-1", "film.mov"), quiet)
    assert (up.sha256, up.connections) == (digest, 1)
    down = copy(way, Place("edit-1", "film.mov"), Place("", str(tmp_path / "back.mov")), quiet)
    assert hashlib.sha256((tmp_path / "back.mov").read_bytes()).hexdigest() == digest == down.sha256


@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_session_that_ends_at_ninety_percent_is_replaced_and_the_copy_goes_on(
    way: Door, project: Deployment, tmp_path: Path, direction: str
) -> None:
    path, digest = big_file(tmp_path)
    here, there = Place("", str(path)), Place("edit-1", f"ninety-{direction}.mov")
    if direction == "down":
        copy(way, here, there, quiet)
        here = Place("", str(tmp_path / "back.mov"))
    ended: list[int] = []

    def cut(done: int, total: int) -> None:
        if done >= total * 9 // 10 and not ended:
            ended.append(done)
            end_all_sessions(project)

    done = copy(way, *((here, there) if direction == "up" else (there, here)), cut)
    assert ended
    assert (done.sha256, done.connections) == (digest, 2)
    assert list(tmp_path.glob(".*.part-*")) == []


def test_a_copy_that_was_interrupted_goes_on_where_it_stopped(way: Door, tmp_path: Path) -> None:
    path, digest = big_file(tmp_path)

    def stop(done: int, total: int) -> None:
        if done >= total * 9 // 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy(way, Place("", str(path)), Place("edit-1", "stopped.mov"), stop)
    done = copy(way, Place("", str(path)), Place("edit-1", "stopped.mov"), quiet)
    assert done.went_on_at > 0
    assert done.sha256 == digest


def test_a_file_that_changed_meanwhile_is_not_mixed_with_what_was_copied_of_the_old_one(
    way: Door, tmp_path: Path
) -> None:
    path, _ = big_file(tmp_path)

    def stop(done: int, total: int) -> None:
        if done >= total // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy(way, Place("", str(path)), Place("edit-1", "changed.mov"), stop)
    path, digest = big_file(tmp_path)
    done = copy(way, Place("", str(path)), Place("edit-1", "changed.mov"), quiet)
    assert (done.went_on_at, done.sha256) == (0, digest)


@pytest.mark.parametrize("size", [600_000, 6_000_000])
def test_a_full_disk_of_the_machine_was_taken_for_a_lost_line_or_an_altered_file(
    way: Door, studio: Path, tmp_path: Path, said: list[str], size: int
) -> None:
    """A machine tells of a piece that it could not write some pieces later, and of the last ones not at all."""
    path, digest = big_file(tmp_path, size)
    here, there = Place("", str(path)), Place("edit-1", f"full-{size}.mov")
    log_in(way, tmp_path / "key")  # makes the machine's files
    entry = machine_folder(studio, way) / "entry"
    before = entry.read_text()
    entry.write_text(before.replace("sftp) exec", "sftp) trap '' XFSZ; ulimit -f 200; exec"))
    try:
        with pytest.raises(OperationError, match=f"does not take all of edit-1:full-{size}.mov") as found:
            copy(way, here, there, quiet)
    finally:
        entry.write_text(before)
    assert "Is its disk full?" in found.value.hint
    assert not any("lost" in one for one in said), said
    done = copy(way, here, there, quiet)
    assert done.sha256 == digest
    assert done.went_on_at > 0


def test_a_full_disk_of_this_computer_was_taken_for_a_lost_line(way: Door, tmp_path: Path, said: list[str]) -> None:
    path, digest = big_file(tmp_path)
    copy(way, Place("", str(path)), Place("edit-1", "large.mov"), quiet)
    back = Place("", str(tmp_path / "back.mov"))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, limits[1]))
    try:
        with pytest.raises(OperationError, match=r"back.mov on this computer: File too large"):
            copy(way, Place("edit-1", "large.mov"), back, quiet)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not any("lost" in one for one in said), said
    done = copy(way, Place("edit-1", "large.mov"), back, quiet)
    assert done.sha256 == digest
    assert done.went_on_at > 0


def test_what_is_not_there_was_said_of_the_other_end_or_after_the_copy(way: Door, tmp_path: Path) -> None:
    path, digest = big_file(tmp_path, 10)
    here = Place("", str(path))
    for source, target, said in (
        (Place("edit-1", "nope.mov"), Place("", "."), r"There is no file edit-1:nope\.mov\."),
        (Place("edit-1", ""), Place("", "."), r"edit-1: is no file\."),
        (Place("", "nope.mov"), Place("edit-1", ""), r"There is no file nope\.mov here\."),
        (here, Place("edit-1", "new folder/a.mov"), r"There is no folder for edit-1:new folder/a\.mov\."),
        (here, Place("edit-1", "new/"), r"There is no folder for edit-1:new/\."),
    ):
        with pytest.raises(SoundstageError, match=said):
            copy(way, source, target, quiet)
    copy(way, here, Place("edit-1", "~/known.mov"), quiet)
    with pytest.raises(UsageError, match=r"There is no folder .*new here"):
        copy(way, Place("edit-1", "known.mov"), Place("", f"{tmp_path}/new/"), quiet)
    assert copy(way, Place("edit-1", "~/known.mov"), Place("", str(tmp_path / "b.mov")), quiet).sha256 == digest
    long = "あ" * 84
    assert copy(way, here, Place("edit-1", long), quiet).target == long


def test_a_machine_with_another_host_key_than_its_program_named_gets_nothing(
    way: Door, studio: Path, tmp_path: Path
) -> None:
    path, _ = big_file(tmp_path, 10)
    copy(way, Place("", str(path)), Place("edit-1", "first.mov"), quiet)
    public = machine_folder(studio, way) / "etc" / "ssh" / "ssh_host_ed25519_key.pub"
    right = public.read_text()
    other = tmp_path / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(other)], check=True)
    public.write_text(other.with_suffix(".pub").read_text())
    try:
        with pytest.raises(SessionError, match="another host key"):
            copy(way, Place("", str(path)), Place("edit-1", "second.mov"), quiet)
        assert run_ssh(way, ["true"]) == 255
    finally:
        public.write_text(right)


def test_credentials_that_expire_in_the_middle_are_said_and_it_goes_on_with_new_ones(
    way: Door, studio: Path, said: list[str]
) -> None:
    with shown(way) as display:
        rules = [FaultRule(MESSAGE, "connection-lost", 1), FaultRule("ssm:ResumeSession", "expired-credential", 2)]
        process.set_faults(studio / "state", rules)
        assert b"simulated machine" in page(display.tunnel.port)
    assert any("Sign in again" in one for one in said), said
    assert any("is back" in one for one in said), said


def test_a_machine_that_is_stopped_while_connected_ends_the_connection_and_says_so(
    way: Door, project: Deployment, said: list[str]
) -> None:
    with shown(way) as display:
        project.stop([way.machine])
        with pytest.raises(SessionError, match="not running any more"):
            display.running.wait()


def test_two_people_enter_one_machine_at_the_same_time(way: Door, project: Deployment, tmp_path: Path) -> None:
    with door(project, way.machine, lambda _: None) as other, shown(way) as mine, shown(other) as hers:
        assert mine.tunnel.port != hers.tunnel.port
        first, second = log_in(way, tmp_path / "a"), log_in(other, tmp_path / "b")
        assert first.host_keys == second.host_keys
        for display in (hers, mine):
            assert b"signed in as" in page(display.tunnel.port, f"/?authToken={display.way.token}")
        path, digest = big_file(tmp_path, 1000)
        assert copy(way, Place("", str(path)), Place("edit-1", "a.mov"), quiet).sha256 == digest
        assert copy(other, Place("", str(path)), Place("edit-1", "b.mov"), quiet).sha256 == digest


@pytest.fixture
def connected(studio: Path, project: Deployment, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """`workstation connect` in a process of its own, and the local port."""
    log = (tmp_path / "connect.log").open("wb")
    words = [sys.executable, "-m", "soundstage.cli.main", "connect", "edit-2", "--no-open"]
    running = subprocess.Popen(words, stdout=log, stderr=log, cwd=studio)
    try:

        def port() -> int:
            assert running.poll() is None, (tmp_path / "connect.log").read_text()
            _, found, rest = (tmp_path / "connect.log").read_text().partition("https://localhost:")
            return int(rest.partition("/")[0]) if found and "/" in rest else 0

        yield running, until(port)
    finally:
        with contextlib.suppress(ProcessLookupError):
            running.send_signal(signal.SIGCONT)
            running.kill()
        running.wait()
        log.close()


def test_a_laptop_that_slept_for_an_hour_finds_its_display_at_the_same_address(
    connected: tuple[subprocess.Popen[bytes], int], project: Deployment
) -> None:
    running, port = connected
    running.send_signal(signal.SIGSTOP)
    end_all_sessions(project)  # by then the service has ended the session and closed the line
    running.send_signal(signal.SIGCONT)
    assert b"simulated machine" in until(lambda: page_or_nothing(port))
    running.send_signal(signal.SIGINT)
    assert running.wait(BOUND) == 0
    assert open_sessions(project) == []


def test_a_connection_that_was_killed_leaves_a_session_that_the_next_command_ends(
    connected: tuple[subprocess.Popen[bytes], int], project: Deployment
) -> None:
    running, _ = connected
    running.kill()
    running.wait()
    left = open_sessions(project)
    assert len(left) == 1
    with door(project, the_machine(project, "edit-1"), lambda _: None):
        assert open_sessions(project) == []


def test_a_session_of_a_command_that_still_runs_is_left_alone(
    connected: tuple[subprocess.Popen[bytes], int], project: Deployment
) -> None:
    running, port = connected
    with door(project, the_machine(project, "edit-1"), lambda _: None):
        assert len(open_sessions(project)) == 1
    assert b"simulated machine" in page(port)
    running.send_signal(signal.SIGTERM)
    assert running.wait(BOUND) == 0


def test_a_command_on_a_machine_could_not_be_ended_by_ctrl_c(project: Deployment, studio: Path) -> None:
    """Without a terminal there, what is to end is the computer's own ssh."""
    words = [sys.executable, "-m", "soundstage.cli.main", "ssh", "edit-1", "--", "echo there; cat"]
    running = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=studio, start_new_session=True)
    try:
        assert running.stdout is not None
        assert running.stdout.readline() == b"there\n"
        os.killpg(running.pid, signal.SIGINT)
        assert running.wait(BOUND) == 255  # ssh's own
    finally:
        running.kill()
        running.communicate()


def test_a_port_of_this_computer_that_is_taken_is_said_before_anything_is_opened(
    way: Door, project: Deployment
) -> None:
    with shown(way) as display:
        taken = display.tunnel.port
        with pytest.raises(UsageError, match=f"Port {taken} of this computer is taken"), shown(way, taken):
            pass
        assert len(open_sessions(project)) == 1


def test_which_machine_is_asked_for_where_there_are_two(project: Deployment) -> None:
    with pytest.raises(UsageError, match="has 2 machines"):
        the_machine(project, None)
    with pytest.raises(UsageError) as found:
        the_machine(project, "edit1")
    assert "edit-" in found.value.hint


def test_lines_for_ssh_of_a_machine_that_is_not_there_were_no_lines_and_no_error(project: Deployment) -> None:
    with pytest.raises(UsageError, match='There is no machine "edit-3"') as found:
        ssh_config(project, ["edit-3"])
    assert "edit-" in found.value.hint


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("edit-1:/data/a.mov", Place("edit-1", "/data/a.mov")),
        ("edit-1:", Place("edit-1", "")),
        ("a.mov", Place("", "a.mov")),
        ("./odd:name.mov", Place("", "./odd:name.mov")),
        ("/mnt/odd:name.mov", Place("", "/mnt/odd:name.mov")),
    ],
)
def test_a_place_on_a_machine_is_told_from_a_path_here(text: str, place: Place) -> None:
    assert read_place(text) == place


def test_a_copy_between_two_places_here_or_two_machines_is_refused() -> None:
    for pair in (("a.mov", "b.mov"), ("edit-1:a.mov", "edit-2:b.mov")):
        with pytest.raises(UsageError, match="One of the two"):
            ends(*pair)
