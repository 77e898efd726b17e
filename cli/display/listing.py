"""What this machine has on record, as a table."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from soundstage.cli.display.screen import Screen
from soundstage.cli.display.table import table
from soundstage.stacks.state.on_record import OnRecord


def elsewhere(cloud: str) -> str:
    """What is not on record here, because a colleague made it from another computer, and where it shows."""
    return (
        f"`workstation orphans --cloud {cloud}` finds what a colleague has up, parked or kept from another computer. With `state` in the "
        "studio file, a bucket for the states of all, `list` and `status` know it too."
    )


def listing_text(found: Sequence[OnRecord], screen: Screen) -> str:
    """One row for each project; what is to be said of some of them follows."""
    projects = [one for one in found if one.project]
    if not projects:
        return screen.lines(
            "No project is on record on this machine. Bring one up with `workstation up`.\n" + elsewhere("CLOUD")
        )
    rows = [
        (one.title, one.studio, one.cloud, one.region or "-", str(one.standing), _file(one.file)) for one in projects
    ]
    lines = [table(("project", "studio", "cloud", "region", "state", "file"), rows, screen)]
    lines += [screen.paint(words, "yellow") for words in map(_advice, projects) if words]
    return "\n".join(lines)


def listing_document(found: Sequence[OnRecord]) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "projects": [{"project": one.project, "called": one.title, **_document(one)} for one in found if one.project],
        "studios": [_document(one) for one in found if not one.project],
    }


def _document(one: OnRecord) -> dict[str, Any]:
    return {
        "studio": one.studio,
        "cloud": one.cloud,
        "region": one.region,
        "state": str(one.standing),
        "file": str(one.file) if one.file else None,
        "file_exists": bool(one.file and one.file.exists()),
        "backend": one.backend or None,
    }


def _advice(one: OnRecord) -> str:
    """What to do about a project that no file of this machine leads to any more."""
    if not one.is_there or (one.file and one.file.exists()):
        return ""
    gone = f"{one.file} is gone" if one.file else "its file is not on record"
    return (
        f"{one.title} of studio {one.studio} is {one.standing}, and {gone}. Put the file back, then `workstation down`."
    )


def _file(file: Path | None) -> str:
    if file is None:
        return "-"
    near = os.path.relpath(file)
    shown = str(file) if near.startswith("../../") else near
    return shown if file.exists() else f"{shown} (gone)"
