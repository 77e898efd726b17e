"""Asks for the address of a chat's webhook, in ways that leave it in no history and no list of processes."""

import sys
from pathlib import Path

from soundstage.core import files
from soundstage.core.errors import Interrupted, UsageError

_LARGEST = 4096


def webhook_address(file: Path | None) -> str:
    """What is in `file` (`-` is stdin), or what somebody types at a terminal."""
    if file == Path("-"):
        return sys.stdin.readline(_LARGEST) if sys.stdin else ""
    if file is not None:
        try:
            return files.read(file, _LARGEST).decode("ascii", "replace")
        except OSError as error:
            raise UsageError(f"{file} cannot be read: {error.strerror}.", "Name a file with one line.") from error
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError(
            "There is no terminal to type the address at.", "Give it with `--from-file FILE`, or `--from-file -`."
        )
    from getpass import getpass

    try:
        return getpass("Address of the webhook (it is not shown): ")
    except (EOFError, KeyboardInterrupt) as error:
        raise Interrupted("Nothing was changed.") from error
