"""An artist who has never seen a cloud types what is printed and nothing else, from the first word to the picture, to a stopped machine
and back. Each command is taken out of what an earlier one printed."""

import contextlib
import os
import re
import shlex
import signal
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.cli.conftest import Ran

from soundstage.cli.display.results import moved_text
from soundstage.cli.display.screen import Screen
from soundstage.projectfile.spec import load_project
from soundstage.simulator import process

BOUND = 120.0
CLOUDS = ("simulated", "simulated-gcp")
_ADDRESS = re.compile(r"(https://localhost:\d+/\?[^\s#]+)\S*\n")
Type = Callable[[str], str]


def printed(text: str, verb: str) -> str:
    """The command of this verb that the text prints, as it stands there: in backquotes, or first on its line."""
    quoted = re.findall(rf"`(workstation {verb}\b[^`]*)`", " ".join(text.split()))
    alone = re.findall(rf"^ *(workstation {verb} .*?)(?:  .*)?$", text, re.MULTILINE)
    assert quoted or alone, f"no `workstation {verb}` is printed:\n{text}"
    return str((quoted or alone)[0])


@pytest.fixture
def typed(
    tmp_path: Path, soundstage_home: Path, monkeypatch: pytest.MonkeyPatch, workstation: Callable[..., Ran]
) -> Iterator[Type]:
    """Type a line in an empty folder, and read what it prints. What is asked is answered as its refusal without a terminal says."""
    monkeypatch.chdir(tmp_path)

    def type_it(line: str) -> str:
        words = shlex.split(line)[1:]
        ran = workstation(*words)
        if ran.code and "Add `--yes`" in ran.err:
            ran = workstation(*words, "--yes")
        assert ran.code == 0, f"{line}\n{ran.err}"
        return ran.err + ran.out

    yield type_it
    process.stop(soundstage_home, save=False)


@contextlib.contextmanager
def connected(line: str) -> Iterator[str]:
    """What is printed while a connection is open, in a process of its own that knows of no browser."""
    without = {key: value for key, value in os.environ.items() if key not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    words = [sys.executable, "-m", "soundstage.cli.main", *shlex.split(line)[1:]]
    log = Path("connect.log")
    with log.open("wb") as out:
        running = subprocess.Popen(words, stdout=out, stderr=out, env=without)
    try:
        end = time.monotonic() + BOUND
        while not _ADDRESS.search(log.read_text()):
            assert running.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.05)
        yield log.read_text()
        running.send_signal(signal.SIGINT)
        assert running.wait(BOUND) == 0, log.read_text()
    finally:
        running.kill()
        running.wait()


def picture(address: str) -> str:
    """What a browser shows there. It does not know the machine's certificate, and is told to go on."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    with urllib.request.urlopen(address, timeout=BOUND, context=trusting) as answer:
        return str(answer.read().decode())


def first_line(typed: Type, cloud: str) -> str:
    """What the first page says to type; another cloud is named as the help of that command names it."""
    first = re.search(r"Start with: (workstation init \w+)\.", typed("workstation"))
    assert first
    if cloud == CLOUDS[0]:
        return first[1]
    offered = typed(f"{first[1]} --help")
    assert "--cloud" in offered
    assert cloud in offered
    return f"{first[1]} --cloud {cloud}"


@pytest.mark.parametrize("cloud", CLOUDS)
def test_an_artist_follows_only_what_is_printed(cloud: str, typed: Type) -> None:
    text = typed(first_line(typed, cloud))
    text = typed(printed(text, "preview"))
    text = typed(printed(text, "up"))
    with connected(printed(text, "connect")) as text:
        address = _ADDRESS.search(text)
        assert address
        assert "signed in as" in picture(address[1])
    text = typed(printed(Path("connect.log").read_text(), "stop"))
    text = typed(printed(text, "start"))
    with connected(printed(text, "connect")):
        pass
    assert "`workstation up teaser`" in typed("workstation down teaser") + typed("workstation status teaser")


def test_a_command_on_the_only_machine_needs_no_name_of_it(typed: Type) -> None:
    """`workstation ssh -- hostname` looked for a machine called hostname."""
    from soundstage.cli.folder import FolderGroup

    command = FolderGroup().load("ssh")
    context = command.make_context("ssh", ["--project", "teaser", "--", "df", "-h"], resilient_parsing=True)
    assert (context.params["machine"], context.params["words"]) == (None, ["df", "-h"])
    context = command.make_context("ssh", ["edit-1", "--", "df", "--", "-h"], resilient_parsing=True)
    assert (context.params["machine"], context.params["words"]) == ("edit-1", ["df", "--", "-h"])


def test_a_machine_that_was_started_alone_was_followed_by_the_display_of_another(tmp_path: Path) -> None:
    """Of two machines the second was started; the command that was printed leads to the first, which is off."""
    file = tmp_path / "teaser.yaml"
    file.write_text("project: teaser\nworkstations: {edit-1: {for: editing}, mix: {for: audio}}\n")
    deployment: Any = SimpleNamespace(project=load_project(file), typed="teaser")
    machine: Any = SimpleNamespace(name="mix")
    text = moved_text([machine], [machine], "started", deployment, Screen(80))
    assert text == "mix started.\n`workstation connect mix --project teaser` opens the display of mix."
