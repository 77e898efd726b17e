"""What people call the projects that are listed, where that is another name than the one that they have in the cloud."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from soundstage.core import yamlfile
from soundstage.core.errors import SpecError
from soundstage.projectfile.project_paths import project_files
from soundstage.projectfile.spec import default_studio, find_studio, load_studio
from soundstage.stacks.state.on_record import OnRecord
from soundstage.stacks.team.overview import Overview

Called: TypeAlias = Mapping[tuple[str, str], str]
"""Studio, and the project's name in the cloud → the name that people use. Two studios may have a project of one name."""


def titles(found: Iterable[OnRecord]) -> Called:
    """By the files on record and those of this folder."""
    there = [(one.studio, one.file) for one in found if one.project and one.file and one.file.exists()]
    return {(studio, name): called for studio, path in [*there, *_here()] for name, called in _said(path)}


def with_titles(found: Iterable[OnRecord], seen: Overview, called: Called) -> tuple[list[OnRecord], Overview]:
    """Both with these names."""
    rows = tuple(replace(row, called=called.get((row.studio, row.machine.project), "")) for row in seen.rows)
    named = [replace(one, called=called.get((one.studio, one.project), "")) for one in found]
    return named, replace(seen, rows=rows)


def _here() -> Iterator[tuple[str, Path]]:
    for path in project_files():
        with suppress(SpecError):
            file = find_studio(path)
            yield (load_studio(file) if file else default_studio()).studio, path


def _said(path: Path) -> list[tuple[str, str]]:
    try:
        said = yamlfile.read(path).value
    except SpecError:
        return []
    name, called = said.get("project"), said.get("called")
    return [(name, called)] if isinstance(name, str) and isinstance(called, str) and name != called else []
