"""Writes a file that a person will edit, and never over one that is there unless told to."""

import os
from pathlib import Path

from soundstage.components.errors import UsageError


def write_new(path: Path, text: str, *, force: bool) -> None:
    """Make `path` (and its folder) with this text, all of it or nothing. `UsageError` when it exists or cannot be made."""
    if os.path.lexists(path) and not force:
        raise UsageError(
            f"{path} exists already. Nothing was changed.", "Choose another name, or add `--force` to write over it."
        )
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            scratch.write_text(text, encoding="utf-8")
            scratch.replace(path)
        finally:
            scratch.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}.", "Choose another folder, or free it."
        ) from error
