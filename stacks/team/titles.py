"""What people call the projects that are listed, where that is another name than the one that they have in the cloud."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from soundstage.core import yamlfile
from soundstage.core.errors import SpecError
from soundstage.projectfile.project_paths import project_files
from soundstage.stacks.state.on_record import OnRecord
from soundstage.stacks.team.overview import Overview


def titles(found: Iterable[OnRecord]) -> dict[str, str]:
    """Name in the cloud → name that people use, by the files on record and those of this folder."""
    paths = [one.file for one in found if one.project and one.file and one.file.exists()]
    return {name: called for path in [*paths, *project_files()] for name, called in _said(path)}


def with_titles(
    found: Iterable[OnRecord], seen: Overview, called: Mapping[str, str]
) -> tuple[list[OnRecord], Overview]:
    """Both with these names."""
    rows = tuple(replace(row, called=called.get(row.machine.project, "")) for row in seen.rows)
    return [replace(one, called=called.get(one.project, "")) for one in found], replace(seen, rows=rows)


def _said(path: Path) -> list[tuple[str, str]]:
    try:
        said = yamlfile.read(path).value
    except SpecError:
        return []
    name, called = said.get("project"), said.get("called")
    return [(name, called)] if isinstance(name, str) and isinstance(called, str) and name != called else []
