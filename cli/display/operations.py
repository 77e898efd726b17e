"""How each operation looks and reads: its mark, its colour, its words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from soundstage.cli.display.screen import Screen
from soundstage.cli.display.text import count, spoken
from soundstage.plan.plan import Operation


@dataclass(frozen=True)
class Look:
    """`+`, `green`, `to create`, `creating`, `created`."""

    mark: str
    colour: str
    ahead: str
    doing: str
    done: str


LOOKS: Final[Mapping[Operation, Look]] = {
    Operation.CREATE: Look("+", "green", "to create", "creating", "created"),
    Operation.UPDATE: Look("~", "yellow", "to update", "updating", "updated"),
    Operation.REPLACE: Look("±", "magenta", "to replace", "replacing", "replaced"),
    Operation.DELETE: Look("-", "red", "to delete", "deleting", "deleted"),
    Operation.FORGET: Look("/", "cyan", "to keep in the cloud", "keeping", "kept in the cloud"),
    Operation.IMPORT: Look(">", "green", "to import", "importing", "imported"),
    Operation.READ: Look("?", "cyan", "to read", "reading", "read"),
    Operation.SAME: Look("=", "dim", "unchanged", "checking", "unchanged"),
}


def mark(operation: Operation, screen: Screen) -> str:
    """The one-column mark of an operation."""
    look = LOOKS[operation]
    return screen.paint(look.mark, look.colour)


def counts_ahead(counts: Mapping[Operation, int]) -> str:
    """`14 to create, 2 to replace, 30 unchanged`, in the order of `LOOKS`."""
    return ", ".join(f"{counts[op]} {look.ahead}" for op, look in LOOKS.items() if counts.get(op))


def counts_done(counts: Mapping[Operation, int]) -> str:
    """`14 created and 30 unchanged`; `nothing to do` when there was nothing."""
    return spoken([f"{counts[op]} {look.done}" for op, look in LOOKS.items() if counts.get(op)]) or "nothing to do"


def resources(number: int) -> str:
    return count(number, "resource")


def short_type(token: str) -> str:
    """`ec2 Instance` for `aws:ec2/instance:Instance`, `Workstation` for `soundstage:aws:Workstation`."""
    parts = token.split(":")
    if len(parts) != 3 or parts[0] == "soundstage":
        return parts[-1]
    return f"{parts[1].split('/')[0]} {parts[2]}"
