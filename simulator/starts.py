"""How a simulated machine starts, as data: at once unless told otherwise. Kept as a parameter of the simulated account, so that it is
remembered like everything else there."""

import json
from dataclasses import asdict, dataclass
from typing import Final

from soundstage.components.boot.report import CHECKS
from soundstage.core.errors import UsageError

LONGEST_START: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Start:
    """How the starts of one machine go."""

    seconds: float = 0.0
    """From the start to the report."""
    failing: str = ""
    """The check that fails; empty for none."""

    def __post_init__(self) -> None:
        if not 0 <= self.seconds <= LONGEST_START:
            raise UsageError(f"A start cannot take {self.seconds:g} seconds.", f"Allowed: 0 to {LONGEST_START:g}.")
        if self.failing and self.failing not in CHECKS:
            raise UsageError(f'There is no check "{self.failing}".', f"Checks: {', '.join(CHECKS)}.")


def parameter_name(studio: str, project: str, machine: str) -> str:
    """The parameter that says how a machine starts."""
    return f"/soundstage/simulated-start/{studio}/{project}/{machine}"


def start_of(text: str) -> Start:
    """What a parameter says."""
    return Start(**json.loads(text))


def text_of(start: Start) -> str:
    """What a parameter says, to keep."""
    return json.dumps(asdict(start))
