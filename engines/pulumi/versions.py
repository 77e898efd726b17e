"""What there is of the genuine engine on this machine, and what is missing."""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from soundstage.core.errors import EngineError
from soundstage.engines.pulumi import command
from soundstage.engines.pulumi.command import AWS_PLUGIN, OLDEST, PINNED
from soundstage.engines.pulumi.install import plugin_runs
from soundstage.engines.pulumi.plugin_home import engine_home, plugin_file


@dataclass(frozen=True)
class Part:
    """One part of the engine. `fault` says in words what is wrong with it; empty when nothing is."""

    name: str
    wanted: str
    found: str
    place: str
    fault: str = ""


def parts(home: Path) -> tuple[Part, ...]:
    """The command, the AWS plugin and the Python packages that must fit together."""
    return (_command(home), _plugin(home), _package("pulumi", PINNED.major), _package("pulumi-aws", AWS_PLUGIN))


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


def _plugin(home: Path) -> Part:
    file = plugin_file(engine_home(home, "aws"))
    name = "AWS provider plugin"
    if not file.is_file():
        return Part(name, AWS_PLUGIN, "", "", "missing; the engine downloads it when it first needs it")
    fault = "" if plugin_runs(home) else "does not run; it may be made for another kind of processor"
    return Part(name, AWS_PLUGIN, AWS_PLUGIN, str(file), fault)


def _package(name: str, wanted: object) -> Part:
    found = version(name)
    fits = found == wanted or found.split(".")[0] == str(wanted)
    return Part(f"{name} (Python)", str(wanted), found, "", "" if fits else "another version than the plugin's")
