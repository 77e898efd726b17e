"""What machines printed while they started."""

from collections.abc import Mapping, Sequence
from typing import Any

from soundstage.cli.display.screen import Screen


def logs_text(found: Mapping[str, Sequence[str]], up: str, screen: Screen) -> str:
    """The lines as they came, under the name of their machine where there are several. What a machine wrote moves no cursor. `up` is the
    command that brings the project up."""
    if not found:
        return screen.plain(f"This project has no machines. Bring it up first: `{up}`.")
    parts = []
    for name, lines in found.items():
        head = [screen.paint(f"{name}:", "bold")] if len(found) > 1 else []
        shown = [screen.plain(line) for line in lines] or [screen.plain(f"{name} has sent no log yet.")]
        parts.append("\n".join([*head, *shown]))
    return "\n\n".join(parts)


def logs_document(found: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """What `--json` prints."""
    return {"logs": {name: list(lines) for name, lines in found.items()}}
