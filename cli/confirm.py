"""Asking before something is changed. Questions go to stderr, so that stdout stays a result."""

import sys

from soundstage.cli.display.screen import stderr
from soundstage.core.errors import Interrupted, UsageError


def confirm(question: str, *, yes: bool, hint: str = "Add `--yes` to do it without being asked.") -> None:
    """Go on after a `y`. Anything else raises `Interrupted`; nobody there to ask raises `UsageError`."""
    if not yes and not agreed(question, hint=hint):
        raise Interrupted("Nothing was changed.")


def agreed(question: str, *, hint: str) -> bool:
    """Whether somebody answers with a `y`. Ctrl-C and Ctrl-D are no answer and raise `Interrupted`."""
    return _ask(f"{question} [y/N] ", hint).lower() in ("y", "yes")


def confirm_by_name(question: str, name: str, *, yes: bool, hint: str) -> None:
    """Go on after `name` was typed in full: for what cannot be undone."""
    if yes:
        return
    typed = _ask(f"{question}\nType {name} to continue: ", hint)
    if typed != name:
        raise Interrupted("That is not the name. Nothing was changed.")


def confirm_down(name: str, *, yes: bool, delete_media: bool) -> None:
    """The question before a teardown. Deleting media is agreed to by typing the project's name."""
    if delete_media:
        hint = "Add `--yes` to `--delete-media` to delete it without being asked."
        confirm_by_name("This deletes the media too. They cannot be recovered.", name, yes=yes, hint=hint)
    else:
        confirm(f"Take {name} down?", yes=yes)


def _ask(prompt: str, hint: str) -> str:
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError("This needs your confirmation, and there is no terminal to ask on. Nothing was changed.", hint)
    print(stderr().lines(prompt), end="", file=sys.stderr, flush=True)
    try:
        answer = sys.stdin.readline()
    except KeyboardInterrupt:
        answer = ""
    if not answer:
        print(file=sys.stderr)
        raise Interrupted("Nothing was changed.")
    return answer.strip()
