"""Commands as files: `cli/commands/up.py` is `workstation up`, `cli/commands/studio/up.py` is `workstation studio up`.

A command's file holds one function named `command` that carries the arguments and returns an `Answer`; the file's docstring
is the help. Listing them reads the first line of each file and imports none, so `--help` stays fast as commands are added.
"""

import ast
import importlib
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_install_completion_arguments

from soundstage.core.asked import COMMAND

COMMANDS: Final = Path(__file__).with_name("commands")
PACKAGE: Final = "soundstage.cli.commands"
_SETTINGS: Final = {"help_option_names": ["-h", "--help"]}


class FolderGroup(TyperGroup):
    """A folder of command files. What is listed are stand-ins; the file is imported when its command is called."""

    def __init__(self, *, folder: Path = COMMANDS, package: str = PACKAGE, name: str = "workstation") -> None:
        super().__init__(
            name=name,
            commands={found: TyperCommand(found, help=summary(path)) for found, path in command_files(folder).items()},
            help=docstring(folder / "__init__.py"),
            context_settings=_SETTINGS,
            params=[*get_install_completion_arguments()] if folder == COMMANDS else [],
            rich_markup_mode=None,
        )
        self.folder = folder
        self.package = package

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """No command at all asks for help; so does `help up`, and `--version` for what other tools call so."""
        if not ctx.resilient_parsing:
            if not args or args[0] == "help":
                args = [*args[1:], "--help"]
            elif args == ["--version"]:
                args = ["version"]
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, stand_in, rest = super().resolve_command(ctx, args)
        return name, self.load(name) if name and stand_in else None, rest

    def load(self, name: str) -> "TyperCommand | FolderGroup":
        """Import one command's file, or open a folder of more."""
        path = command_files(self.folder)[name]
        package = f"{self.package}.{path.stem}"
        if path.is_dir():
            return FolderGroup(folder=path, package=package, name=name)
        COMMAND.set(
            " ".join(one.replace("_", "-") for one in package.removeprefix(f"{PACKAGE}.").rstrip("_").split("."))
        )
        module = importlib.import_module(package)
        command = _from_function(name, module.command, module.__doc__)
        command.params += _from_function(name, _everywhere, "").params
        return command


class _OneCommand(TyperCommand):
    """A command whose words after `--` are those of another command, also where what may stand before it was left out:
    `workstation ssh -- df -h` names no machine."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        words = next((one.name for one in self.params if one.metavar == "COMMAND"), None)
        if words is None or "--" not in args:
            return super().parse_args(ctx, args)
        end = args.index("--")
        rest = super().parse_args(ctx, args[:end])
        ctx.params[words] = [*(ctx.params[words] or ()), *args[end + 1 :]]
        return rest


def _everywhere(
    json: Annotated[
        bool, typer.Option("--json", expose_value=False, help="Print the result as one JSON document.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", expose_value=False, help="Show the full traceback of a failure.")
    ] = False,
) -> None:
    """Options that every command shows. `main` takes them off the line before it is parsed, wherever they stand."""


def _from_function(name: str, function: Any, text: str | None) -> TyperCommand:
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(name, cls=_OneCommand, help=text, context_settings=_SETTINGS)(function)
    command = get_command(app)
    assert isinstance(command, TyperCommand)  # noqa: S101 - an app with one function is a command, never a group
    return command


def command_files(folder: Path) -> dict[str, Path]:
    """What a folder offers: `{"move-state": …/move_state.py, "studio": …/studio}`, sorted by name."""
    entries = {
        path.stem.rstrip("_").replace("_", "-"): path
        for path in folder.iterdir()
        if not path.name.startswith((".", "_")) and (path.suffix == ".py" or (path / "__init__.py").is_file())
    }
    return dict(sorted(entries.items()))


def summary(path: Path) -> str:
    """The first line of a command's docstring, read without importing or parsing the rest."""
    file = path / "__init__.py" if path.is_dir() else path
    with file.open(encoding="utf-8") as lines:
        return lines.readline().strip().strip('"')


def docstring(file: Path) -> str:
    """The whole docstring of a file, without importing it."""
    return ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
