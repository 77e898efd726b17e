"""Writes docs/commands.md from every command's own `--help`, or with `--check` says whether it is out of date."""

import sys
from collections.abc import Iterator

from pages import ROOT, deliver
from typer.core import TyperCommand

from soundstage.cli.folder import FolderGroup

PAGE = ROOT / "docs" / "commands.md"
WIDTH = 100
HEAD = """# Commands
Written by `make docs` from `workstation … --help`.

What holds for all of them:

- stdout carries the result and nothing else; progress, questions, warnings and errors go to stderr. With `--json` stdout gets
  exactly one JSON document: the result, or `{"error": {"kind", "message", "hint", "exit_code", …}}` when the command failed;
  [their keys](json.md) are held by a test.
  (`--help` prints help, with or without `--json`.)
- Exit codes: 0 done · 1 the operation failed · 2 the command line or a file is wrong · 3 a policy refused · 4 credentials, quota,
  capacity or budget do not allow it · 5 the cloud differs from the state · 130 stopped by you: what was finished is saved, and
  the same command goes on.
- What changes something asks first. Where there is no terminal to ask at, `--yes` is needed, and without it nothing is changed.
- Colour and redrawing only on a terminal, and not with `NO_COLOR` or `TERM=dumb`.
- `--debug` adds the traceback of a failure, with secrets masked. `--json` and `--debug` may stand anywhere on the line.
"""


def commands(group: FolderGroup, words: str) -> Iterator[tuple[str, TyperCommand | FolderGroup]]:
    """Every command with the words that call it, groups before what is in them."""
    yield words, group
    for name in group.commands:
        command = group.load(name)
        if isinstance(command, FolderGroup):
            yield from commands(command, f"{words} {name}")
        else:
            yield f"{words} {name}", command


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for words, command in commands(FolderGroup(), "workstation"):
        context = command.make_context(words, [], resilient_parsing=True, max_content_width=WIDTH, terminal_width=WIDTH)
        parts.append(f"## {words}\n```text\n{command.get_help(context).rstrip()}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(deliver({PAGE: page()}, "--help prints"))
