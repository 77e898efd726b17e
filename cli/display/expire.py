"""What is past its day, as a table."""

from collections.abc import Sequence
from typing import Any

from soundstage.cli.display.screen import Screen
from soundstage.cli.display.table import table
from soundstage.stacks.expiring.expire import Due, Looked


def expire_text(found: Looked, outcomes: Sequence[str], screen: Screen) -> str:
    """One row for each project of which something is due; then the files that could not be looked at."""
    lines = []
    if found.due:
        rows = [
            (one.title, one.what, ", ".join(one.machines) or "all of it", one.reason, _said(one, outcome))
            for one, outcome in zip(found.due, outcomes, strict=True)
        ]
        lines.append(table(("project", "what", "of", "why", ""), rows, screen))
    elif not found.faults:
        lines.append(screen.lines("Nothing is past its day."))
    if "in use" in outcomes:
        lines.append(screen.lines("What is in use is left. The same command does it later; `--force` does it now."))
    lines += [screen.paint(f"{file} could not be looked at: {why}", "yellow") for file, why in found.faults.items()]
    return "\n".join(lines)


def expire_document(found: Looked, outcomes: Sequence[str]) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "due": [
            {
                "project": one.project,
                "what": one.what,
                "machines": list(one.machines),
                "reason": one.reason,
                "expires": one.deployment.project.expires.isoformat() if one.deployment.project.expires else None,
                "in_use": list(one.in_use),
                "outcome": outcome,
            }
            for one, outcome in zip(found.due, outcomes, strict=True)
        ],
        "faults": [{"file": file, "message": why} for file, why in found.faults.items()],
    }


def _said(one: Due, outcome: str) -> str:
    return f"left: {'; '.join(one.in_use)}" if outcome == "in use" else outcome
