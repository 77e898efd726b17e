"""Which file a stack's state belongs to, so that two projects or studios of one name never share a state by accident."""

import contextlib
import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from soundstage.core.errors import StateError, UsageError
from soundstage.core.home import make_private

_NAME = "claim.json"


def check(folder: Path, file: Path | None, what: str) -> None:
    """Refuse when `folder` holds the state of another file that still exists. `what` is `project "teaser"`.

    A file that was moved takes its state along: its old path no longer exists, so the claim is free.
    """
    other = claimed(folder)
    if other is None or not other.exists() or same(other, file):
        return
    here = file or "the built-in defaults (no studio.yaml)"
    raise UsageError(
        f"The name of the {what} of {here} is already used by {other}.",
        f"Give one of them another name, or delete {other} if this file replaces it.",
    )


def take(folder: Path, file: Path | None, what: str) -> Path | None:
    """Record that the state in `folder` belongs to `file`. Refuses like `check`, also when another command was faster.

    Returns the file that it belonged to before, when that was moved here.
    """
    check(folder, file, what)
    before = claimed(folder)
    if (folder / _NAME).exists() and same(before, file):
        return None
    try:
        make_private(folder)
        with _alone(folder):
            check(folder, file, what)
            opened, path = tempfile.mkstemp(prefix=f".{_NAME}.", dir=folder)
            try:
                with os.fdopen(opened, "w") as note:
                    note.write(json.dumps({"file": str(file) if file else None}) + "\n")
                Path(path).replace(folder / _NAME)
            finally:
                Path(path).unlink(missing_ok=True)
    except OSError as error:
        raise StateError(
            f"The state folder {folder} cannot be written: {error.strerror}.",
            "Free some space or check its permissions, or set SOUNDSTAGE_HOME to another folder.",
        ) from error
    return before


def is_of(folder: Path, file: Path) -> bool:
    """Whether the state in `folder` belongs to `file`. A claim that cannot be read is nobody's."""
    with contextlib.suppress(StateError):
        other = claimed(folder)
        return other is not None and same(other, file)
    return False


def files(folder: Path) -> list[Path]:
    """The files whose states lie side by side in `folder`: those that still exist and whose claim can be read."""
    found = []
    for claim in sorted(folder.glob(f"*/{_NAME}")):
        with contextlib.suppress(StateError):
            found.append(claimed(claim.parent))
    return [file for file in found if file and file.exists()]


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other commands from claiming `folder` meanwhile: of two files of one name, only one gets the state."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


def same(one: Path | None, other: Path | None) -> bool:
    """Whether both are one file, however its path is written: over a link, or with `..` in it."""
    if one is None or other is None or not one.exists():
        return one == other
    return other.exists() and one.samefile(other)


def claimed(folder: Path) -> Path | None:
    """The file that the state in `folder` belongs to, whether it still exists or not. `StateError` when that cannot be read."""
    try:
        file = json.loads((folder / _NAME).read_text())["file"]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StateError(
            f"{folder / _NAME} cannot be read ({type(error).__name__}), so it is unknown whose state this is.",
            "Delete that file if the state is yours; it is written anew.",
        ) from error
    return Path(file) if file else None
