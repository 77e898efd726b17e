"""What there is of the genuine engine on this machine, and what is missing."""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from soundstage.core.errors import EngineError
from soundstage.engines.pulumi import command
from soundstage.engines.pulumi.command import OLDEST, PINNED
from soundstage.engines.pulumi.install import plugin_runs
from soundstage.engines.pulumi.plugin_home import engine_home, plugin_file
from soundstage.providers.aws import PACKAGE
from soundstage.providers.base import Package


@dataclass(frozen=True)
class Part:
    """One part of the engine. `fault` says in words what is wrong with it; empty when nothing is."""

    name: str
    wanted: str
    found: str
    place: str
    fault: str = ""


def parts(home: Path, package: Package = PACKAGE) -> tuple[Part, ...]:
    """The command, a provider's plugin and the Python packages that must fit together."""
    return (
        _command(home), _plugin(home, package), _package("pulumi", PINNED.major),
        _package(f"pulumi-{package.name}", package.version),
    )  # fmt: skip


def _command(home: Path) -> Part:
    path = command.find(home)
    if path is None:
        return Part("pulumi", str(PINNED), "", "", "missing")
    try:
        found = command.version_of(path)
    except EngineError as error:
        return Part("pulumi", str(PINNED), "", str(path), error.message)
    fault = f"too old; {OLDEST} is the oldest that works" if found < OLDEST else ""
    return Part("pulumi", str(PINNED), str(found), str(path), fault)


def _plugin(home: Path, package: Package) -> Part:
    file = plugin_file(engine_home(home, package.name), package)
    name, wanted = f"{package.name.upper()} provider plugin", package.version
    if not file.is_file():
        return Part(name, wanted, "", "", "missing; the engine downloads it when it first needs it")
    fault = "" if plugin_runs(file) else "does not run; it may be made for another kind of processor"
    return Part(name, wanted, wanted, str(file), fault)


def _package(name: str, wanted: object) -> Part:
    found = version(name)
    fits = found == wanted or found.split(".")[0] == str(wanted)
    return Part(f"{name} (Python)", str(wanted), found, "", "" if fits else "another version than the plugin's")
