"""Which file a stack's state belongs to, so that two projects or studios of one name never share a state by accident."""

import contextlib
import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from soundstage.components.errors import StateError, UsageError
from soundstage.stacks.home import make_private

_NAME = "claim.json"


def check(folder: Path, file: Path | None, what: str) -> None:
    """Refuse when `folder` holds the state of another file that still exists. `what` is `project "teaser"`.

    A file that was moved takes its state along: its old path no longer exists, so the claim is free.
    """
    claimed = _claimed(folder)
    if claimed is None or not claimed.exists() or _same(claimed, file):
        return
    here = file or "the built-in defaults (no studio.yaml)"
    raise UsageError(
        f"The {what} of {here} has the name of another one: {claimed} goes by it already.",
        f"Give one of them another name, or delete {claimed} if this file replaces it.",
    )


def take(folder: Path, file: Path | None, what: str) -> None:
    """Record that the state in `folder` belongs to `file`. Refuses like `check`, also when another command was faster."""
    check(folder, file, what)
    if (folder / _NAME).exists() and _same(_claimed(folder), file):
        return
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


def files(folder: Path) -> list[Path]:
    """The files whose states lie side by side in `folder`: those that still exist and whose claim can be read."""
    found = []
    for claim in sorted(folder.glob(f"*/{_NAME}")):
        with contextlib.suppress(StateError):
            found.append(_claimed(claim.parent))
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


def _same(claimed: Path | None, file: Path | None) -> bool:
    """Whether both are one file, however its path is written: over a link, or with `..` in it."""
    if claimed is None or file is None or not claimed.exists():
        return claimed == file
    return file.exists() and claimed.samefile(file)


def _claimed(folder: Path) -> Path | None:
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
