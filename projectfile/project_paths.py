"""Which file a person means who names a project: `film` is `projects/film.yaml` or `projects/film.yml`, or the file of the project that was
called so when it was made and has another name by now."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from soundstage.core.errors import UsageError
from soundstage.core.words import shown

_FOLDER: Final = Path("projects")
_SUFFIXES: Final = (".yaml", ".yml")


def project_path(target: str | None) -> Path:
    """The project's file: `target` itself when it is written as a file, else the file of that name in `projects/`, else that
    of a project with this earlier name; without a `target` the only one there is. A folder is never a project, whatever its name.

    Raises `UsageError` when there is none, or when there are two.
    """
    if target is None:
        return _the_only_one()
    if not target:
        raise UsageError("The name of the project is empty.", "Name one, or leave it out where there is only one.")
    if not target.isprintable():
        raise UsageError(f"The file {shown(target)} has characters in its name that cannot be shown.", "Rename it.")
    path = Path(target)
    if target.endswith(_SUFFIXES) or "/" in target:
        return path
    named = [_FOLDER / f"{target}{suffix}" for suffix in _SUFFIXES]
    found = [one for one in named if one.exists()]
    if len(found) > 1:
        raise UsageError(
            f'"{target}" could be {found[0]} or {found[1]}.', f"Delete one of them, or say which: `{found[0]}`."
        )
    if found:
        return found[0]
    if path.is_file():
        return path
    if other := renamed(target):
        return other
    known = sorted({one.stem for one in project_files()})
    if whose := [one.stem for one in project_files() if target in _machines(one)]:
        raise UsageError(
            f'There is no project "{target}" here; it is a workstation of {" and of ".join(whose)}.',
            f"Name the project first: `{whose[0]} {target}`.",
        )
    raise UsageError(
        f'There is no project "{target}" here (looked for {named[0]} and {named[1].name}).',
        f"Known: {', '.join(known)}." if known else f"Make it with `workstation init {target}`.",
    )


def renamed(name: str) -> Path | None:
    """The file in `projects/` of a renamed project that is called `name`, or was when it was made; None where there is none."""
    return next((one for one in project_files() if name in _names(one)), None)


def typed(file: Path) -> str:
    """What a person types, in this folder, to mean the project in `file`: its name, or else its path."""
    named = [(_FOLDER / f"{file.stem}{suffix}").absolute() for suffix in _SUFFIXES]
    if file in named and sum(one.exists() for one in named) < 2:
        return file.stem
    return shlex.quote(os.path.relpath(file))


def same_name(file: Path) -> list[Path]:
    """`film.yaml` and `film.yml` beside each other: who types `film` could mean either."""
    return [file.with_suffix(suffix) for suffix in _SUFFIXES]


def project_files() -> list[Path]:
    """The projects of this folder. `teaser.policy.yaml` beside them is no project, nor is what a terminal cannot show."""
    found = (path for suffix in _SUFFIXES for path in _FOLDER.glob(f"*{suffix}"))
    return sorted(path for path in found if not path.stem.endswith(".policy") and path.name.isprintable())


def _names(file: Path) -> tuple[object, object]:
    """What a project is called, and what it was called when it was made: by that name too it is found."""
    said = _said(file)
    return said.get("called"), said.get("project") if said.get("called") else None


def _machines(file: Path) -> Mapping[str, Any]:
    found = _said(file).get("workstations")
    return found if isinstance(found, Mapping) else {}


def _said(file: Path) -> Mapping[str, Any]:
    """What a file says, whether or not that makes a project; nothing where it cannot be read."""
    from soundstage.core import yamlfile
    from soundstage.core.errors import SpecError

    try:
        return yamlfile.read(file).value
    except SpecError:
        return {}


def _the_only_one() -> Path:
    found = project_files()
    if len(found) == 1:
        return found[0]
    if found:
        stems = [path.stem for path in found]
        names = [path.stem if stems.count(path.stem) == 1 else str(path) for path in found]
        raise UsageError(f"There are several projects here: {', '.join(names)}.", f"Say which, for example: {names[0]}")
    raise UsageError("There is no project here.", "Make one with `workstation init NAME`.")
