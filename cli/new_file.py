"""Writes a file that a person will edit, and never over one that is there unless told to."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from soundstage.core import files
from soundstage.core.errors import SpecError, UsageError
from soundstage.projectfile.catalogues import Catalogue, catalogue_of


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


def refuse_another_cloud(here: Catalogue, region: str, account: str | None) -> None:
    """Raise `UsageError` for a region or an account of another cloud than that of `here`."""
    if catalogue_of(region) is not here:
        raise UsageError(
            f"--region: {region} is no region of {here.title}.",
            f"Leave it out for {here.default_region}, or name another region of {here.title}; `--cloud` says which cloud.",
        )
    if account and not here.is_account(account):
        raise UsageError(f'--account: "{account}" is no account of {here.title}.', f"Type {here.account}.")
