"""A machine with Windows is entered as every other: its display with a password of a minute, a shell and files with a key of a minute."""

import base64
import http.client
import shutil
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from soundstage.stacks.clouds.doors import Door
from soundstage.stacks.deployment import Deployment, open_project
from soundstage.stacks.entry.both_ends import Place
from soundstage.stacks.entry.copying import copy
from soundstage.stacks.entry.display import shown
from soundstage.stacks.entry.door import door, the_machine
from soundstage.stacks.entry.machine_words import LINUX, WINDOWS
from soundstage.stacks.entry.shell import run_ssh
from soundstage.stacks.entry.ssh_config import ssh_config

PROJECT = """
project: teaser
access: {via: session}
workstations:
  win-1: {for: audio, user: bea, os: windows}
"""


@pytest.fixture
def project(tmp_path: Path, studio_that_is_up: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "teaser.yaml").write_text(PROJECT)
    opened = open_project("teaser.yaml")
    opened.up()
    return opened


@pytest.fixture
def way(project: Deployment) -> Iterator[Door]:
    with door(project, the_machine(project, None), lambda _: None) as opened:
        yield opened


def page(port: int, person: str = "") -> tuple[int, bytes]:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=context)
    headers = {"Authorization": "Basic " + base64.b64encode(person.encode()).decode()} if person else {}
    try:
        connection.request("GET", "/", headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.mark.skipif(
    not (shutil.which("ssh") and shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin")),
    reason="OpenSSH's client and server are not installed on this machine",
)
def test_a_machine_with_windows_was_refused_by_every_way_in(project: Deployment, way: Door, tmp_path: Path) -> None:
    """One test: what takes time is the machine."""
    assert "Host win-1.teaser" in ssh_config(project)
    with shown(way) as display:
        assert display.measure().rate > 0
        assert not display.way.token
        signed = f"{display.way.user}:{display.way.password}"
        assert page(display.tunnel.port, signed + "x")[0] == 401
        status, body = page(display.tunnel.port, signed)
        assert status == 200
        assert b"signed in as" in body
        assert page(display.tunnel.port, signed)[0] == 401  # it opens the display once
    assert run_ssh(way, ["true"]) == 0
    (tmp_path / "film.mov").write_bytes(b"film" * 1000)
    done = copy(way, Place("", str(tmp_path / "film.mov")), Place("win-1", "film.mov"), lambda _done, _total: None)
    assert done.bytes == 4000


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        (r"D:\shots\film.mov", "/D:/shots/film.mov"),
        ("D:/shots/film.mov", "/D:/shots/film.mov"),
        ("/D:/film.mov", "/D:/film.mov"),
        (r"shots\film.mov", "shots/film.mov"),
        ("D:", "/D:"),
        ("~/film.mov", "film.mov"),
        ("", "."),
    ],
)
def test_a_path_with_a_drive_is_what_sftp_on_windows_takes(typed: str, sent: str) -> None:
    assert WINDOWS.path(typed) == sent


def test_a_backslash_is_a_letter_of_a_name_on_linux() -> None:
    assert LINUX.path(r"a\b") == r"a\b"


def test_the_question_for_a_digest_survives_every_shell_and_every_name() -> None:
    """It is read by the shell of the person's account before PowerShell reads it, and PowerShell ends a text at typographic quotes."""
    question = WINDOWS.digest("/D:/it\u2019s $(whoami)'.mov")
    *words, encoded = question.split(" ")
    assert words == ["powershell.exe", "-NoProfile", "-NonInteractive", "-EncodedCommand"]
    text = base64.b64decode(encoded).decode("utf-16-le")
    assert "Get-FileHash" in text
    assert "-LiteralPath ('D:/it'+[char]8217+'s $(whoami)''.mov')" in text
    assert text.isascii()


def test_a_hint_makes_a_folder_in_the_words_of_the_machine() -> None:
    assert WINDOWS.folder("/D:/shots/day 1") == r"mkdir 'D:\shots\day 1'"
    assert LINUX.folder("/data/day 1") == "mkdir -p '/data/day 1'"
