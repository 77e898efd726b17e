"""What a machine of Google Cloud runs at its start: the shared idle guard, told by metadata, and scripts that shells can read."""

import ast
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Self

import pytest

from soundstage.components.boot import idle_google, spot_google
from soundstage.components.boot.facts import BootFacts
from soundstage.components.boot.google import idle_metadata, idle_program, startup_script
from soundstage.core.errors import ArgumentError

FACTS = BootFacts(
    project="teaser",
    workstation="edit-1",
    user="ana",
    profile="content",
    access="session",
    bucket="home-media-teaser-1",
    prefix="footage/",
    commands=("echo 'it is ready'",),
)


class Answer:
    """A page of the metadata service."""

    headers = {"Date": "Thu, 26 Nov 2026 20:00:00 GMT"}

    def __init__(self, told: dict[str, str]) -> None:
        self.told = told

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def read(self) -> bytes:
        return json.dumps(self.told).encode()


def guard() -> dict[str, Any]:
    """The program that machines run, as a module."""
    names: dict[str, Any] = {"__name__": "guard"}
    exec(compile(idle_program(), "soundstage-idle", "exec"), names)
    return names


def test_the_guard_of_a_google_machine_reads_its_settings_from_metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    metadata = {"enable-oslogin": "TRUE", **idle_metadata(20, ["render", "nuke"], 3)}
    asked: list[Any] = []

    class Opener:
        def open(self, request: Any, timeout: float) -> Answer:
            asked.append((request.full_url, dict(request.header_items())))
            return Answer(metadata)

    monkeypatch.setattr(idle_google.urllib.request, "build_opener", lambda *_: Opener())
    program = guard()
    found, now = program["tags"]()
    assert program["told"](found) == {"minutes": 20, "warn": 3, "words": ["render", "nuke"], "awake": "", "over": ""}
    assert now == 1795723200
    assert asked[0][1] == {"Metadata-flavor": "Google"}
    assert asked[0][0].startswith("http://169.254.169.254/computeMetadata/v1/")


def told(monkeypatch: pytest.MonkeyPatch, module: Any, pages: list[str]) -> list[str]:
    """Let the metadata service give these answers, one after the other; returns what was asked."""
    asked: list[str] = []

    class Page(Answer):
        def __init__(self) -> None:
            super().__init__({})
            self.headers = {**Answer.headers, "ETag": f"mark-{sum('?' not in one for one in asked[1:])}"}

        def read(self) -> bytes:
            return pages.pop(0).encode()

    class Opener:
        def open(self, request: Any, timeout: float) -> Answer:
            asked.append(request.full_url)
            assert dict(request.header_items()) == {"Metadata-flavor": "Google"}
            return Page()

    monkeypatch.setattr(module.urllib.request, "build_opener", lambda *_: Opener())
    return asked


def test_nobody_was_told_when_google_took_a_spot_machine_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard asked as on AWS, where nobody answers."""
    asked = told(monkeypatch, idle_google, ["FALSE", "TRUE"])
    program = guard()
    assert [program["spot_notice"](), program["spot_notice"](), program["spot_risk"]()] == [
        "",
        "2026-11-26T20:00:30Z",
        "",
    ]
    assert set(asked) == {"http://169.254.169.254/computeMetadata/v1/instance/preempted"}
    assert "Google takes this workstation back at" in idle_program()
    assert "AWS takes" not in idle_program()
    assert "starts again later" not in idle_program()


def test_a_spot_machine_has_its_guard_look_as_soon_as_google_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = told(monkeypatch, spot_google, ["TRUE", "FALSE", "FALSE", "FALSE", "TRUE"])
    ran: list[list[str]] = []
    monkeypatch.setattr(spot_google.subprocess, "run", lambda command, **_: ran.append(command))
    assert spot_google.main() == 0
    assert ran == [["/usr/bin/systemctl", "start", "soundstage-idle.service"]] * 2
    assert [one.rpartition("/instance/")[2].partition("?")[2] for one in asked] == [
        "",
        "",
        *["wait_for_change=true&timeout_sec=300&last_etag=mark-1", ""],
        "wait_for_change=true&timeout_sec=300&last_etag=mark-2",
    ]


def test_a_machine_that_is_no_spot_machine_waits_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = told(monkeypatch, spot_google, ["FALSE"])
    assert spot_google.main() == 0
    assert len(asked) == 1


def test_somebody_is_connected_when_a_display_port_has_a_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        "  sl  local_address rem_address   st",
        "   0: 0100007F:20FB 00000000:0000 0A",
        "   1: 0100007F:20FB 0100007F:D431 01",
        "   2: 0100007F:0016 0100007F:D432 01",
    ]
    table = tmp_path / "tcp"
    table.write_text("\n".join(rows))
    assert idle_google.listed(tmp_path / "none") == []
    monkeypatch.setattr(idle_google, "listed", lambda path: rows[1:] if path.name == "tcp" else [])
    assert idle_google.people() == 1


def test_the_guard_of_google_is_that_of_aws_but_for_where_it_reads() -> None:
    program = idle_program()
    assert program.isascii()
    tree = ast.parse(program)
    twice = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert {name for name in twice if twice.count(name) > 1} == {"tags", "people", "spot_notice", "spot_risk"}
    assert "import decide" not in program


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_bash_can_read_the_script_and_every_fact_in_it() -> None:
    script = startup_script("linux", FACTS)
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)
    facts = script.partition("set -u")[0]
    shown = subprocess.run(
        ["bash", "-c", f'{facts}\nprintf "%s|%s|%s" "$BUCKET" "$PREFIX" "$OWN_COMMANDS"'],
        text=True,
        check=True,
        capture_output=True,
    )
    assert shown.stdout == "home-media-teaser-1|footage/|echo 'it is ready'"


STUBS = """
for each in idle_watch spot_watch login scratch_disk media_drive desktop display own_commands; do eval "$each() { :; }"; done
data_disk() { mount_disk /dev/null soundstage-data to; }
mountpoint() { return 1; }
blank() { return 1; }
blkid() { echo ext4; }
mount() { return 32; }
"""


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_a_disk_that_cannot_be_mounted_fails_its_step(tmp_path: Path) -> None:
    """The folder of the boot disk was opened to everybody in its place, and the start counted as good."""
    functions, run, steps = startup_script("linux", FACTS).replace("/run/soundstage", "run").partition("for step in")
    done = subprocess.run(
        ["bash", "-c", functions + STUBS + run + steps], cwd=tmp_path, text=True, capture_output=True, check=False
    )
    assert done.stderr == "soundstage: data_disk failed with 32\n"
    assert json.loads((tmp_path / "run/started").read_text()) == {"failed": "data_disk"}
    assert done.returncode == 1


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="there is no shellcheck here")
def test_shellcheck_finds_nothing_in_the_script() -> None:
    checked = subprocess.run(
        ["shellcheck", "-s", "bash", "-S", "warning", "-"],
        input=startup_script("linux", FACTS),
        text=True,
        capture_output=True,
        check=False,
    )
    assert checked.stdout == ""


def test_on_windows_commands_stand_in_quotation_marks() -> None:
    script = startup_script("windows", FACTS)
    assert "$OwnCommands = 'echo ''it is ready'''" in script
    assert "$DataDisk = $true" in script


def test_what_google_would_refuse_for_its_length_is_refused_before() -> None:
    long = BootFacts("teaser", "edit-1", "ana", "studio", "session", commands=("x" * 256 * 1024,))
    with pytest.raises(ArgumentError, match="longer than Google Cloud accepts"):
        startup_script("linux", long)
