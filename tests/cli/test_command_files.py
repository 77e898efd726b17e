"""Every command is one file with help, and keeps the habits of all."""

import ast
import inspect
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.core import TyperCommand

from soundstage.cli.folder import COMMANDS, FolderGroup, command_files, summary

# What a command line's width leaves beside the longest name.
LONGEST_SUMMARY = 62


def _files(folder: Path = COMMANDS) -> Iterator[Path]:
    for path in command_files(folder).values():
        if path.is_dir():
            yield path / "__init__.py"
            yield from _files(path)
        else:
            yield path


FILES = sorted(_files())
COMMAND_FILES = [path for path in FILES if path.name != "__init__.py"]


def _name(path: Path) -> str:
    return str(path.relative_to(COMMANDS))


def _load(path: Path) -> TyperCommand:
    group = FolderGroup()
    *folders, last = path.relative_to(COMMANDS).with_suffix("").parts
    for folder in folders:
        inner = group.load(folder)
        assert isinstance(inner, FolderGroup)
        group = inner
    name = next(name for name, found in command_files(path.parent).items() if found.stem == last)
    command = group.load(name)
    assert isinstance(command, TyperCommand)
    return command


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_the_first_line_of_a_file_is_a_short_sentence(path: Path) -> None:
    first = summary(path)
    assert first.endswith(".")
    assert len(first) <= LONGEST_SUMMARY


# Their choices are a command's choices, so a command's signature needs them; each is measured below.
LIGHT_MODULES_OF_OTHER_ROOMS = ("soundstage.plan.diagram",)


@pytest.mark.parametrize("path", COMMAND_FILES, ids=_name)
def test_what_is_listed_is_what_the_command_says(path: Path) -> None:
    assert summary(path) == (_load(path).help or "").splitlines()[0]


@pytest.mark.parametrize("path", COMMAND_FILES, ids=_name)
def test_every_command_offers_json_and_debug_and_explains_its_arguments(path: Path) -> None:
    command = _load(path)
    assert {"json", "debug"} <= {parameter.name for parameter in command.params}
    assert [parameter.name for parameter in command.params if not getattr(parameter, "help", None)] == []


@pytest.mark.parametrize("path", COMMAND_FILES, ids=_name)
def test_a_body_is_short_and_prints_nothing(path: Path) -> None:
    tree = ast.parse(path.read_text())
    function = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "command")
    body = [node for node in function.body if not isinstance(node, ast.ImportFrom | ast.Import)]
    lines = sum((node.end_lineno or node.lineno) - node.lineno + 1 for node in body)
    assert lines < 20
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "print"]


@pytest.mark.parametrize("path", COMMAND_FILES, ids=_name)
def test_nothing_heavy_is_imported_above_a_body(path: Path) -> None:
    light = ("soundstage.cli", "typing", "enum", "typer", "collections", "pathlib", *LIGHT_MODULES_OF_OTHER_ROOMS)
    tops = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ImportFrom | ast.Import)]
    names = [node.module if isinstance(node, ast.ImportFrom) else node.names[0].name for node in tops]
    assert [name for name in names if not str(name).startswith(light)] == []
    assert [name for name in names if str(name).startswith("soundstage.cli.display")] == []


@pytest.mark.parametrize("module", LIGHT_MODULES_OF_OTHER_ROOMS)
def test_what_commands_import_from_other_rooms_above_a_body_loads_nothing_heavy(module: str) -> None:
    code = f"""
import sys
import {module}
own = [name for name in sys.modules if name.startswith("soundstage.") and not "{module}".startswith(name)]
foreign = [name for name in ("pulumi", "pydantic", "yaml", "boto3", "rich", "jinja2") if name in sys.modules]
print(own + foreign)
"""
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


def test_a_new_file_is_a_new_command(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").write_text('"""A folder."""\n')
    (tmp_path / "move_state.py").write_text('"""Move it."""\n')
    (tmp_path / "import_.py").write_text('"""Import it."""\n')
    (tmp_path / "_private.py").write_text("")
    (tmp_path / "group").mkdir()
    (tmp_path / "group" / "__init__.py").write_text('"""More."""\n')
    assert list(command_files(tmp_path)) == ["group", "import", "move-state"]
    assert inspect.cleandoc(FolderGroup(folder=tmp_path, package="x", name="x").help or "") == "A folder."


def test_help_imports_no_command(repository: Path) -> None:
    program = (
        "import sys; from soundstage.cli.main import main; main(['--help']);"
        "print(sorted(m for m in sys.modules if m.startswith(('soundstage.cli.commands', 'rich', 'pulumi', 'yaml'))))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_help_answers_at_once() -> None:
    """0.15 s is the promise (docs/design.md section 8), measured by `make bench`; here a generous multiple of a bare
    interpreter's start is allowed, in seconds of the processor, so that a busy machine does not fail it."""

    def used() -> float:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return children.ru_utime + children.ru_stime

    def seconds(*arguments: str) -> float:
        before = used()
        subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
        return used() - before

    bare = min(seconds("-c", "pass") for _ in range(5))
    ours = min(seconds("-m", "soundstage.cli.main", "--help") for _ in range(5))
    assert ours < max(0.15, 8 * bare)
