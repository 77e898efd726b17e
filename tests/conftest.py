"""Every test keeps its state in a temporary folder and sees no credential or setting of the person who runs it."""

import contextlib
import functools
import gc
import itertools
import os
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from tests import exploring, forked_clouds, loopback_alone, no_power_cut
from tests.made_once import MadeOnce

from soundstage.core.asked import COMMAND
from soundstage.core.errors import SoundstageError
from soundstage.simulator import process
from soundstage.simulator.process import Endpoint
from soundstage.simulator.testing import simulated_cloud

exploring.begin()
no_power_cut.expected()

# Under `nohup`, or as a background job of a script, signals are ignored, and so would they be by every command that a test starts:
# a signal that its caller ignores stays ignored.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGTERM, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)

_PREFIXES = ("AWS_", "PULUMI_", "SOUNDSTAGE_", "GOOGLE_", "CLOUDSDK_", "XDG_", "GITHUB_", "GITLAB_")
# What tells a pipeline, a desktop or a kind of terminal: what a command says depends on it, and a test says which one it means.
_OF_THE_PLACE = (
    "CI", "DISPLAY", "WAYLAND_DISPLAY", "COLUMNS", "LINES", "FORCE_COLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "EDITOR",
    "VISUAL", "PAGER", "BROWSER",
)  # fmt: skip

for _name in _OF_THE_PLACE:
    os.environ.pop(_name, None)

# The hundreds of commands that tests start find compiled modules, as a person's do; each would compile some 200 first.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture(scope="session", autouse=True)
def nobody_outside(pytestconfig: pytest.Config) -> Iterator[None]:
    """No test reaches another machine; `make live` does, by its mark."""
    with contextlib.nullcontext() if pytestconfig.getoption("markexpr") == "live" else loopback_alone.sealed():
        yield


@pytest.fixture(scope="session", autouse=True)
def address_of_forks() -> Iterator[Callable[[], str]]:
    """Where the process is that forks simulated clouds; it begins when it is first asked for."""
    with contextlib.ExitStack() as held:
        address = functools.cache(lambda: held.enter_context(forked_clouds.forking()))
        forked_clouds.by_fork(address)
        yield address


@pytest.fixture
def a_process_of_its_own() -> Iterator[None]:
    """The simulated clouds of this test begin as they do for a person, with an interpreter of their own."""
    with forked_clouds.a_process_of_its_own():
        yield


@pytest.fixture(scope="session", autouse=True)
def state_of_what_tests_share(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The state folder of fixtures that live longer than a test. They used that of whoever ran the tests."""
    home = tmp_path_factory.mktemp("shared") / "state"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOUNDSTAGE_HOME", str(home))
        yield home
    if (home / "simulator" / "server.json").exists():
        with contextlib.suppress(SoundstageError, OSError):
            process.stop(home, save=False)


@pytest.fixture(scope="session")
def _persons(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Folders that nobody used before, one for each test. `mktemp` reads all that there are for each, so of ten thousand the last
    ones take longer than their tests."""
    folder = tmp_path_factory.mktemp("persons")
    return (folder / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def soundstage_home(_persons: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The state folder of this test (`$SOUNDSTAGE_HOME`), also the HOME of whatever it starts.

    A simulated cloud that a command started there ends with the test; it would go on for hours.
    """
    for name in tuple(os.environ):
        if name.startswith(_PREFIXES):
            monkeypatch.delenv(name)
    COMMAND.set("")  # tests that load commands leave the name of the last one
    person = next(_persons)
    person.mkdir(mode=0o700)
    home = person / "state"
    monkeypatch.setenv("HOME", str(person))
    monkeypatch.setenv("SOUNDSTAGE_HOME", str(home))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_GCE_CHECK", "true")  # whether this is a machine of Google's, whose account would be used
    monkeypatch.setenv("NO_COLOR", "1")
    yield home
    if (home / "simulator" / "server.json").exists():
        with contextlib.suppress(SoundstageError, OSError):  # what the test did to the folder is its own affair
            process.stop(home, save=False)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> MadeOnce:
    """What is made once and copied for every test that begins with it."""
    return MadeOnce(tmp_path_factory.mktemp("made-once"))


@pytest.fixture
def studio_that_is_up(soundstage_home: Path, made_once: MadeOnce) -> Path:
    """The state folder of this test. In its simulated cloud the studio of whoever has no studio file is up."""
    made_once.put_studio()
    return soundstage_home


@pytest.fixture(scope="session")
def _projects(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("projects")


@pytest.fixture
def project_folder(_projects: Path) -> Path:
    """A folder for project files, empty. It is the same one for all tests, so that what is made once knows its file."""
    for found in _projects.iterdir():
        shutil.rmtree(found) if found.is_dir() and not found.is_symlink() else found.unlink()
    return _projects


@pytest.fixture
def repository() -> Path:
    """The root of the checkout."""
    return Path(__file__).resolve().parent.parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, then those with the most slow tests: of two processes that take a file each, neither is left with a long
    one at the end."""
    here, rows = Path(__file__).parent, (Path(__file__).with_name("longest_files.txt")).read_text().splitlines()[1:]
    seconds = {here / file: int(number) for number, file in map(str.split, rows)}
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: (-seconds.get(item.path, 0), -slow[item.path]))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is loaded stays: looking for garbage in it again and again took a sixth of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish() -> None:
    """What all tests have in common stays until the end: the collector of garbage need not go through it at each of its rounds."""
    _keep()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, object, object]:
    """So does what a file has loaded: every `up` collects once, and would go through all that the files before it have left. What the
    file's fixtures held is gone by then: whatever refers to itself would stay until the end."""
    done = yield
    if nextitem is not None and nextitem.path != item.path:
        _keep()
    return done


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """pytest collects five times at the end, so that nothing that went wrong in a destructor stays unsaid: the first round finds it."""
    _keep()


def _keep() -> None:
    gc.collect()
    gc.freeze()


def pytest_report_header() -> str:
    """Say the seed at the start, so that a night that ends badly can be repeated."""
    return (
        f"seed {exploring.SEED}; the same again: SOUNDSTAGE_SEED={exploring.SEED} make soak" if exploring.SOAK else ""
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what the matrices did: every `record_property("count", (what, number))`, summed up by what."""
    counts: dict[str, int] = {}
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "count":
                what, number = value  # type: ignore[misc]
                counts[str(what)] = counts.get(str(what), 0) + int(number)
    if counts:
        terminalreporter.section("counts, all with nothing lost")
        for what, number in sorted(counts.items()):
            terminalreporter.line(f"{number:>7,} {what}")


@pytest.fixture(scope="session")
def cloud_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state folder of the one simulated cloud that all tests of it and of its provider share."""
    return tmp_path_factory.mktemp("cloud")


@pytest.fixture(scope="session")
def _shared_cloud(cloud_home: Path) -> Iterator[Endpoint]:
    with simulated_cloud(cloud_home) as endpoint:
        yield endpoint


@pytest.fixture
def cloud(cloud_home: Path, _shared_cloud: Endpoint) -> Endpoint:
    """An empty simulated cloud."""
    process.reset(cloud_home)
    return _shared_cloud
