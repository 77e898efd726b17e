"""Asks for a new passphrase, in ways that leave it in no history and no list of processes."""

import os
import sys
from pathlib import Path
from typing import Final

from soundstage.cli.notice import notice
from soundstage.core import files
from soundstage.core.errors import Interrupted, UsageError

VARIABLE: Final = "SOUNDSTAGE_NEW_PASSPHRASE"
_SHORT: Final = 12
"""Characters below which a passphrase is called short; what `openssl rand -base64 24` prints has 32."""
_FEW: Final = 5
"""Different characters below which it is called simple."""
_LARGEST: Final = 4096


def new_passphrase(file: Path | None) -> str:
    """The passphrase in `file`, or in the environment, or typed twice at a terminal; empty when there is none of these.

    Raises `UsageError` for one that is empty. Warns of one that is easily guessed.
    """
    if file is not None:
        words, where = _from_file(file), str(file)
    elif VARIABLE in os.environ:
        words, where = os.environ[VARIABLE].strip(), VARIABLE
    elif sys.stdin is not None and sys.stdin.isatty():
        words, where = _typed(), "What was typed"
        if not words:
            return ""
    else:
        return ""
    if not words:
        raise UsageError(f"{where} is empty. An empty passphrase is not allowed.", "Nothing was changed.")
    if "\n" in words or "\r" in words:
        raise UsageError(f"{where} has more than one line.", "A passphrase is one line. Nothing was changed.")
    if len(words) < _SHORT or len(set(words)) < _FEW:
        notice("warning: this passphrase is easy to guess. `openssl rand -base64 24` makes a better one.", "yellow")
    return words


def _from_file(file: Path) -> str:
    try:
        return files.read(file, _LARGEST).decode().strip()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.", "Name a file with one line.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not a text file.", "Name a file with one line of text.") from error


def _typed() -> str:
    from getpass import getpass

    try:
        words = getpass("New passphrase (nothing for a random one, where it is kept in a file): ").strip()
        if words and getpass("Once more: ").strip() != words:
            raise UsageError("The two are not the same.", "Nothing was changed; run it again.")
    except (EOFError, KeyboardInterrupt) as error:
        raise Interrupted("Nothing was changed.") from error
    return words
