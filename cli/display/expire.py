"""What is past its day, as a table."""

from collections.abc import Mapping
from typing import Any

from soundstage.cli.display.screen import Screen
from soundstage.cli.display.table import table
from soundstage.stacks.expiring.expire import Due, Looked


def expire_text(found: Looked, outcomes: Mapping[str, str], screen: Screen) -> str:
    """One row for each project of which something is due; then the files that could not be looked at."""
    lines = []
    if found.due:
        rows = [
            (one.project, one.what, ", ".join(one.machines) or "all of it", one.reason, _outcome(one, outcomes))
            for one in found.due
        ]
        lines.append(table(("project", "what", "of", "why", ""), rows, screen))
    elif not found.faults:
        lines.append(screen.lines("Nothing is past its day."))
    if any(outcomes.get(one.project) == "in use" for one in found.due):
        lines.append(screen.lines("What is in use is left. The same command does it later; `--force` does it now."))
    lines += [screen.paint(f"{file} could not be looked at: {why}", "yellow") for file, why in found.faults.items()]
    return "\n".join(lines)


def expire_document(found: Looked, outcomes: Mapping[str, str]) -> dict[str, Any]:
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
                "outcome": outcomes[one.project],
            }
            for one in found.due
        ],
        "faults": [{"file": file, "message": why} for file, why in found.faults.items()],
    }


def _outcome(one: Due, outcomes: Mapping[str, str]) -> str:
    outcome = outcomes.get(one.project, "due")
    return f"left: {'; '.join(one.in_use)}" if outcome == "in use" else outcome
