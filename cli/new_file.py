"""Writes a file that a person will edit, and never over one that is there unless told to."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from soundstage.core import files
from soundstage.core.errors import SpecError, UsageError


def write_new(path: Path, text: str, *, force: bool) -> None:
    """Make `path` (and its folder) with this text, all of it or nothing. `UsageError` when it exists or cannot be made."""
    if os.path.lexists(path) and not force:
        raise UsageError(
            f"{path} exists already. Nothing was changed.", "Choose another name, or add `--force` to write over it."
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write(path, text)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}.", "Choose another folder, or free it."
        ) from error


@contextlib.contextmanager
def as_typed(arguments: Mapping[str, str]) -> Iterator[None]:
    """Say what is wrong with a file that is not written yet by the arguments that it is made of.

    `arguments` maps the first key of a place in the file to the argument: `{"region": "--region"}`.
    """
    try:
        yield
    except SpecError as error:
        said = {}
        for fault in error.faults:
            first = fault.key.partition(".")[0].partition("[")[0]
            argument = arguments.get(first, first)
            said[argument] = replace(fault, file=argument, line=0, key="")
        raise SpecError(list(said.values())) from error
