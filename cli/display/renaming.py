"""What a rename changes and what keeps its name."""

import os
from pathlib import Path
from typing import Any, Final

from soundstage.cli.display.screen import Screen, filled
from soundstage.cli.display.table import table
from soundstage.stacks.renaming.renaming import Renaming

_MOST: Final = 3
"""Names of one kind that are shown."""


def rename_preview(wanted: Renaming, screen: Screen) -> str:
    """What has the new name afterwards, and what the old one."""
    rows = [(_near(old), _near(new)) for old, new in wanted.moves]
    rows.append((f"`workstation … {wanted.old}`", f"`workstation … {wanted.after}`"))
    rows.append((f"{wanted.old} in lists and messages", wanted.after))
    lines = [screen.paint("Gets the new name", "bold"), table(("now", "then"), rows, screen)]
    if wanted.key == "called":
        kept = [(words, _some(ids)) for words, ids in wanted.kept]
        kept.append(("tag, state, history, JSON", wanted.stack))
        lines += [
            "",
            screen.paint("Keeps the name that it has, in the cloud", "bold"),
            table(("what", "name"), kept, screen),
        ]
        lines.append(
            filled(
                screen,
                "Nothing in the cloud is changed, and no machine stops. A bucket, a role or a log group cannot be renamed, and the "
                f"budget counts by the tag. `project: {wanted.stack}` stays in the file and says so.",
            )
        )
    return "\n".join(lines)


def rename_text(wanted: Renaming, screen: Screen) -> str:
    """How it is called now, and what colleagues need."""
    already = "already " if wanted.is_done else ""
    lines = [screen.paint(f"{wanted.old} is {already}called {wanted.after}.", "bold", "green")]
    if wanted.moves:
        lines.append(
            filled(
                screen,
                f"Colleagues need {_near(wanted.new_file)} and no longer {_near(wanted.file)}. Until then the old name works for them, "
                "and means the same."
                if wanted.key == "called"
                else f"Nothing of it was ever made: {_near(wanted.new_file)} is all there is.",
            )
        )
    return "\n".join(lines)


def rename_document(wanted: Renaming) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "project": wanted.stack if wanted.key == "called" else wanted.after,
        "before": wanted.before,
        "called": wanted.after,
        "file": str(wanted.new_file),
        "keeps_its_name": {words: list(ids) for words, ids in wanted.kept},
    }


def _some(ids: tuple[str, ...]) -> str:
    more = len(ids) - _MOST
    return ", ".join(ids[:_MOST]) + (f" and {more} more" if more > 0 else "")


def _near(path: Path) -> str:
    return os.path.relpath(path)
