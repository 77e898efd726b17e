"""Why machines are on, or why they stopped."""

from collections.abc import Mapping
from typing import Any

from soundstage.cli.display.screen import Screen
from soundstage.stacks.why import Why


def why_lines(reasons: Mapping[str, Why], screen: Screen) -> list[str]:
    """A sentence or two for each machine."""
    lines = [
        screen.paint(one.sentence, *(("yellow",) if one.guard_is_silent or one.backstop in ("off", "missing") else ()))
        for one in reasons.values()
    ]
    return [*lines, ""] if lines else []


def why_document(reasons: Mapping[str, Why]) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        name: {
            "why": one.sentence,
            "guard": {
                "at": one.told.at.isoformat(),
                "verdict": one.told.verdict,
                "reason": one.told.reason or None,
                "idle_minutes": one.told.idle_minutes,
                "stops_after_minutes": one.told.stops_after,
            }
            if one.told
            else None,
            "guard_is_silent": one.guard_is_silent,
            "backstop": one.backstop,
        }
        for name, one in reasons.items()
    }
