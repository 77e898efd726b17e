"""How a machine stands after a resize."""

from typing import Any

from soundstage.cli.display.screen import Screen
from soundstage.stacks.clouds.base import Machine
from soundstage.stacks.resizing.resizing import Resizing


def resize_text(wanted: Resizing, now: Machine | None, screen: Screen) -> str:
    """What it is now, in one sentence."""
    name, typed = wanted.machine, wanted.asked.typed
    if now is None:
        how = f"`workstation start {typed} {name}` brings it back so"
        words = (
            f"The project file makes {name} a {wanted.after}. There is no such machine now: where it is parked, {how}."
        )
        return screen.lines(words)
    instead = "" if now.instance_type == wanted.after else f" instead of {wanted.after}, of which none was free"
    return screen.paint(f"{name} is a {now.instance_type}{instead}, and is {now.state}.", "bold", "green")


def resize_document(wanted: Resizing, now: Machine | None) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "machine": wanted.machine,
        "before": wanted.before,
        "after": wanted.after,
        "instance_id": now.instance_id if now else None,
        "instance_type": now.instance_type if now else None,
        "state": now.state if now else None,
    }
