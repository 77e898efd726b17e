"""Another user of the machine: what they can see, say to the server, and put in our way. For real, where the tests run as
root and can become somebody else; `tests/core/test_state_home.py` has what can be tried without."""

import http.client
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from stage import Commands, Stage

from soundstage.core.errors import SimulatorError
from soundstage.simulator import process

NOBODY = 65534
FILE = "teaser.yaml"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user"),
]


def as_another_user(what: Callable[[], object]) -> object:
    """The result of `what` in a child that is another user: JSON, or the name of the `OSError` that it met."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            try:
                told = what()
            except OSError as error:
                told = type(error).__name__
            os.write(theirs, json.dumps(told).encode())
        finally:
            os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        told = json.loads(pipe.read())
    os.waitpid(child, 0)
    return told


@pytest.fixture(scope="module")
def open_folder() -> Iterator[Path]:
    """A folder that everybody may pass through: what is closed in it is closed by us."""
    folder = Path(tempfile.mkdtemp(prefix="soundstage-others-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def stage(open_folder: Path, commands: Commands) -> Iterator[Stage]:
    """A project that is up."""
    (open_folder / FILE).write_text("project: teaser\nworkstations:\n  edit-1: {for: editing}\n")
    stage = Stage(open_folder, open_folder / "home", commands)
    stage.must("up", FILE, "--yes")
    yield stage
    process.stop(stage.home)


def test_nothing_of_ours_can_be_read_listed_or_written(stage: Stage) -> None:
    kept = [stage.home, *stage.home.rglob("*")]
    assert {"state.db", "claim.json", "operator.json", "journal"} <= {path.name for path in kept}

    def reached() -> list[str]:
        ways = os.R_OK, os.W_OK, os.X_OK
        return [str(path) for path in kept if any(os.access(path, way) for way in ways)]

    assert as_another_user(reached) == []


def test_every_file_is_closed_by_itself_too(stage: Stage) -> None:
    """So that one `chmod` of the outer folder opens nothing."""
    open_ones = {
        str(path.relative_to(stage.home)): oct(stat.S_IMODE(path.stat().st_mode))
        for path in stage.home.rglob("*")
        if path.stat().st_mode & 0o077
    }
    assert open_ones == {}


def test_the_server_tells_another_user_nothing(stage: Stage) -> None:
    cloud = process.ensure(stage.home)

    def asked() -> list[int]:
        statuses = []
        for target in ("/", "/_soundstage/status", "/_soundstage/reset", "/_soundstage/stop", "/bucket"):
            connection = http.client.HTTPConnection(urlsplit(cloud.url).netloc, timeout=60)
            connection.request("POST", target, b"Action=DescribeInstances&Version=2016-11-15")
            statuses.append(connection.getresponse().status)
            connection.close()
        return statuses

    assert as_another_user(asked) == [403] * 5
    assert process.running(stage.home) == cloud


@pytest.mark.usefixtures("a_process_of_its_own")
def test_no_secret_stands_where_everybody_looks(stage: Stage) -> None:
    process.stop(stage.home)
    cloud = process.ensure(stage.home)
    about = Path("/proc") / str(cloud.pid)
    if not about.exists():
        pytest.skip("there is no /proc here")
    told = json.loads((stage.home / "simulator" / "operator.json").read_text())
    seen = as_another_user((about / "cmdline").read_text)
    assert not [key for key in told if told[key] in str(seen)]
    assert as_another_user((about / "environ").read_text) == "PermissionError"


def test_a_state_folder_that_somebody_else_made_is_refused(stage: Stage, open_folder: Path) -> None:
    theirs = open_folder / "theirs"
    theirs.mkdir()
    os.chown(theirs, NOBODY, NOBODY)
    ran = Stage(open_folder, theirs, stage.commands).run("up", FILE, "--yes")
    assert ran.code == 1
    assert f"{theirs} belongs to nobody" in ran.err
    assert list(theirs.iterdir()) == []


def test_a_link_that_somebody_else_laid_is_not_followed(stage: Stage, open_folder: Path) -> None:
    precious = open_folder / "precious"
    precious.mkdir()
    link = open_folder / "link"
    link.symlink_to(precious)
    os.lchown(link, NOBODY, NOBODY)
    ran = Stage(open_folder, link, stage.commands).run("up", FILE, "--yes")
    assert ran.code == 1
    assert "belongs to nobody" in ran.err
    assert list(precious.iterdir()) == []


def test_credentials_that_somebody_else_left_in_an_open_folder_are_not_taken_over(
    stage: Stage, open_folder: Path
) -> None:
    home = open_folder / "open"
    home.mkdir()
    home.chmod(0o777)

    def plant() -> None:
        (home / "simulator").mkdir()
        known = {"access_key": "AKIAKNOWNTOME", "secret_key": "known", "token": "known"}
        (home / "simulator" / "operator.json").write_text(json.dumps(known))

    as_another_user(plant)
    for _ in range(2):
        ran = Stage(open_folder, home, stage.commands).run("up", FILE, "--yes")
        assert ran.code == 1
        assert "is open to others" in ran.err
    with pytest.raises(SimulatorError, match="belongs to another user"):
        process.ensure(home)
    assert not (home / "simulator" / "server.json").exists()
