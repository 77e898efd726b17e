"""The connection to the machine that is baked on, against a genuine OpenSSH server."""

import contextlib
import stat
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.images.sshd import Server, key, needs_sshd, server

from soundstage.images import ssh
from soundstage.images.host import Unreachable
from soundstage.images.ssh import TOO_LONG, SshHost, WrongHostKey
from soundstage.images.steps.command import Command

pytestmark = needs_sshd


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with server(tmp_path_factory.mktemp("sshd")) as running:
        yield running


@pytest.fixture
def host(sshd: Server) -> Iterator[SshHost]:
    one = SshHost(lambda: sshd.address)
    yield one
    one.close()


def test_a_command_tells_every_line_and_its_end(host: SshHost) -> None:
    lines: list[str] = []
    done = host.do(Command("echo one\necho two >&2\nexit 7", "x"), lines.append)
    assert (done.status, lines) == (7, ["one", "two"])
    assert done.printed == "one\ntwo\n"


def test_what_a_command_reads_from_its_input_is_not_the_rest_of_the_command(host: SshHost) -> None:
    lines: list[str] = []
    assert host.do(Command("cat\necho after", "x"), lines.append).status == 0
    assert lines == ["after"]


def test_what_a_recipe_made_could_be_read_by_root_alone(host: SshHost, tmp_path: Path) -> None:
    """Programs in folders of a recipe's own did not start for the person of the machine."""
    assert host.do(Command(f"mkdir {tmp_path}/made; touch {tmp_path}/made/file", "x"), lambda _line: None).status == 0
    assert [stat.S_IMODE(one.stat().st_mode) for one in (tmp_path / "made", tmp_path / "made/file")] == [0o755, 0o644]


def test_nothing_of_a_command_is_left_on_the_machine(host: SshHost, sshd: Server) -> None:
    host.do(Command("echo https://example.com/?signature=x", "x"), lambda _line: None)
    assert list(Path(sshd.address.folder).iterdir()) == []


def test_a_connection_lost_at_ninety_percent_ran_the_command_a_second_time(sshd: Server, tmp_path: Path) -> None:
    lost: list[str] = []
    lines: list[str] = []
    once = SshHost(lambda: sshd.address, lost.append)
    go = tmp_path / "go"
    text = f"echo begun >>{tmp_path}/runs\nfor n in $(seq 9); do echo $n; done\nwhile [ ! -e {go} ]; do sleep 0.05; done\necho 10"

    def cut() -> None:
        deadline = time.monotonic() + 60
        while "9" not in lines and time.monotonic() < deadline:
            time.sleep(0.02)
        assert sshd.cut()
        go.touch()

    cutter = threading.Thread(target=cut)
    cutter.start()
    done = once.do(Command(text, "x"), lines.append)
    cutter.join()
    once.close()
    assert done.status == 0
    assert lines == [str(number) for number in range(1, 11)]
    assert (tmp_path / "runs").read_text() == "begun\n"
    assert lost


def test_a_command_that_never_ends_is_given_up_with_all_that_it_started(
    host: SshHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"sleep 1000 &\necho $! >{tmp_path}/child\necho begun\nwait"
    lines: list[str] = []
    # Its time is over as soon as it has started all.
    monkeypatch.setattr(ssh, "time", SimpleNamespace(monotonic=lambda: 3600.0 if lines else 0.0, sleep=time.sleep))
    assert host.do(Command(text, "x", seconds=3600), lines.append).status == TOO_LONG
    child = Path("/proc") / (tmp_path / "child").read_text().strip() / "stat"
    deadline = time.monotonic() + 60
    with contextlib.suppress(OSError):  # nobody has that number any more
        while ") Z " not in child.read_text():
            assert time.monotonic() < deadline, "it still runs"


def test_a_command_ended_from_outside_is_no_success(host: SshHost) -> None:
    assert host.do(Command("kill -9 $PPID; kill -9 $$", "x"), lambda _line: None).status == 137


def test_another_machine_that_answers_gets_nothing(sshd: Server, tmp_path: Path) -> None:
    key(tmp_path / "other")
    wrong = replace(sshd.address, host_keys=((tmp_path / "other.pub").read_text(),))
    with pytest.raises(WrongHostKey, match="another host key"):
        SshHost(lambda: wrong).ask("echo hello")


def test_a_machine_whose_key_nobody_told_gets_nothing(sshd: Server) -> None:
    with pytest.raises(WrongHostKey):
        SshHost(lambda: replace(sshd.address, host_keys=())).ask("echo hello")


def test_a_machine_that_lets_nobody_in_says_so(sshd: Server, tmp_path: Path) -> None:
    key(tmp_path / "mine")
    stranger = replace(sshd.address, private_key=(tmp_path / "mine").read_text())
    with pytest.raises(Unreachable, match="was not let in"):
        SshHost(lambda: stranger, return_seconds=0).ask("echo hello")


def test_a_machine_that_is_gone_is_given_up_with_words(sshd: Server) -> None:
    gone = replace(sshd.address, port=1)
    with pytest.raises(Unreachable, match="does not answer any more") as refused:
        SshHost(lambda: gone, return_seconds=0).ask("echo hello")
    assert "Run the same command again" in refused.value.hint


def test_a_machine_that_never_came_back_from_its_restart(sshd: Server) -> None:
    host = SshHost(lambda: sshd.address, pause=lambda _seconds: None)
    with pytest.raises(Unreachable, match="did not come back from a restart"):
        host.do(Command("true", "restart", seconds=1, reboot=True), lambda _line: None)


def test_what_an_earlier_bake_left_running_ends_first(sshd: Server, host: SshHost, tmp_path: Path) -> None:
    cut_off = SshHost(lambda: sshd.address)
    cut_off._begin(f"{sshd.address.folder}/earlier", Command(f"sleep 0.5; echo earlier >>{tmp_path}/order", "x"))
    cut_off.close()
    host.do(Command(f"echo later >>{tmp_path}/order", "x"), lambda _line: None)
    assert (tmp_path / "order").read_text() == "earlier\nlater\n"
