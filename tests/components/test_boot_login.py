"""The program that lets a machine's person in, run as it is sent to machines, with stand-ins for what changes a system."""

import os
import subprocess
from pathlib import Path

import pytest

from soundstage.components.boot.login import KEY, SSHD_CONFIG, read_display, read_shell
from soundstage.components.boot.tools_document import tools
from soundstage.core.errors import SessionError

BLOB = "AAAAC3NzaC1lZDI1NTE5AAAAI" + "x" * 43
STAND_IN = (
    '#!/bin/bash\necho "$(basename "$0") $*" >>"$SOUNDSTAGE_ROOT/calls"\n[ -t 0 ] || cat >>"$SOUNDSTAGE_ROOT/told"\n'
)


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    for name in ("etc/soundstage", "etc/ssh", "bin"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "etc/soundstage/person").write_text("ana")
    for name in ("chpasswd", "systemctl", "systemd-run", "dcvsimpleextauth"):
        (tmp_path / "bin" / name).write_text(STAND_IN)
        (tmp_path / "bin" / name).chmod(0o700)
    (tmp_path / "login").write_text(tools(windows=False)["soundstage-login"])
    return tmp_path


def run(machine: Path, *words: str) -> bytes:
    environment = {"SOUNDSTAGE_ROOT": str(machine), "PATH": f"{machine / 'bin'}:{os.environ['PATH']}"}
    command = ["/bin/bash", str(machine / "login"), *words]
    return subprocess.run(command, capture_output=True, env=environment, stdin=subprocess.DEVNULL, check=False).stdout


def test_a_token_is_new_each_time_and_stands_in_no_list_of_processes(machine: Path) -> None:
    first, second = (read_display(run(machine, "display")) for _ in range(2))
    assert first.user == "ana"
    assert len({first.token, second.token, ""}) == 3
    assert first.token in (machine / "told").read_text()
    assert first.token not in (machine / "calls").read_text()
    assert "remove-auth" in (machine / "calls").read_text()
    assert first.token not in repr(first)


def test_without_a_program_for_tokens_a_password_is_good_for_a_minute(machine: Path) -> None:
    (machine / "bin" / "dcvsimpleextauth").unlink()
    way = read_display(run(machine, "display"))
    assert len(way.password) == 24
    assert not way.token
    assert (machine / "told").read_text() == f"ana:{way.password}"
    calls = (machine / "calls").read_text()
    assert "--on-active=60s passwd --lock ana" in calls
    assert way.password not in calls


@pytest.mark.parametrize("tokens", [True, False])
def test_what_no_timer_would_end_is_not_given(machine: Path, tokens: bool) -> None:
    """Otherwise a password that was meant for a minute would be good until the next time."""
    if not tokens:
        (machine / "bin" / "dcvsimpleextauth").unlink()
    (machine / "bin" / "systemd-run").write_text(STAND_IN + "exit 1\n")
    with pytest.raises(SessionError, match="cannot set the timer"):
        read_display(run(machine, "display"))
    calls = (machine / "calls").read_text()
    assert "chpasswd" not in calls
    assert "dcvsimpleextauth add-user" not in calls


def test_a_key_is_let_in_for_a_minute_and_the_host_keys_are_named(machine: Path) -> None:
    (machine / "etc/ssh/ssh_host_ed25519_key.pub").write_text("ssh-ed25519 AAAAhost root@machine\n")
    way = read_shell(run(machine, "ssh", BLOB))
    assert way.host_keys == ("ssh-ed25519 AAAAhost",)
    lines = (machine / "etc/soundstage/ssh/ana").read_text().splitlines()
    assert [line.split()[1:] for line in lines] == [["ssh-ed25519", BLOB]]
    assert lines[0].startswith('expiry-time="2')
    for _ in range(30):
        run(machine, "ssh", BLOB)
    assert len((machine / "etc/soundstage/ssh/ana").read_text().splitlines()) == 21


@pytest.mark.parametrize(
    "words", [(), ("root",), ("ssh",), ("ssh", "-"), ("ssh", f"{BLOB} command"), ("ssh", f"{BLOB}\nssh-rsa x")]
)
def test_anything_else_is_refused_and_changes_nothing(machine: Path, words: tuple[str, ...]) -> None:
    with pytest.raises(SessionError, match="could not let you in"):
        read_shell(run(machine, *words))
    assert not (machine / "etc/soundstage/ssh").exists()
    assert not (machine / "calls").exists()


def test_an_answer_of_a_machine_without_the_program_says_what_to_run() -> None:
    with pytest.raises(SessionError) as found:
        read_display(b"bash: /usr/local/sbin/soundstage-login: No such file or directory\r\n")
    assert "No such file" in found.value.message
    assert "workstation up" in found.value.hint


def test_no_key_that_lies_about_counts(machine: Path) -> None:
    """Only the folder that root writes: a key in somebody's home would be good for ever."""
    assert "AuthorizedKeysFile /etc/soundstage/ssh/%u\n" in SSHD_CONFIG
    assert "AuthenticationMethods publickey\n" in SSHD_CONFIG
    assert len(KEY) > 40
