"""What `keep-awake` did."""

from collections.abc import Mapping, Sequence
from typing import Any

from soundstage.cli.display.screen import Screen
from soundstage.stacks.clouds.base import Machine
from soundstage.stacks.keep_awake import KeptAwake


def kept_text(kept: Mapping[str, KeptAwake], slept: Sequence[Machine], screen: Screen) -> str:
    lines = [
        f"{name} stays on until {one.until:%Y-%m-%d %H:%M} UTC. `workstation keep-awake --off {name}` ends that."
        for name, one in kept.items()
    ]
    lines += [f"{machine.name} is kept awake no longer: it stops when it is idle." for machine in slept]
    return screen.lines("\n".join(lines) or "No machine was kept awake.")


def kept_document(kept: Mapping[str, KeptAwake], slept: Sequence[Machine]) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "kept_awake": {name: {"until": one.until.isoformat(), "who": one.who} for name, one in kept.items()},
        "let_sleep": [machine.name for machine in slept],
    }
