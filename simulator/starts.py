"""How a simulated machine starts, as data: at once unless told otherwise. Kept as a parameter of the simulated account, so that it is
remembered like everything else there."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

from soundstage.components.boot.linux import STEPS
from soundstage.components.boot.report import CHECKS, Check, Occasion, Phase, Report, Result
from soundstage.core.errors import UsageError

LONGEST_START: Final = 3600.0
_PHASES: Final = ("system", *STEPS, "probe")
_SEEN: Final = "simulated: nothing was looked at"


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


def metadata_key(studio: str, project: str, machine: str) -> str:
    """The key of the metadata of a simulated project of Google Cloud that says the same; names hold no `_`."""
    return f"simulated-start_{studio}_{project}_{machine}"


def start_of(text: str) -> Start:
    """What a parameter says."""
    return Start(**json.loads(text))


def text_of(start: Start) -> str:
    """What a parameter says, to keep."""
    return json.dumps(asdict(start))


def report_of(start: Start, machine: str, project: str, began: datetime, elapsed: float) -> Report:
    """What the probe of a machine has told so many seconds after its start."""
    each = round(start.seconds / len(_PHASES), 2)
    over = elapsed >= start.seconds
    done = len(_PHASES) if over else int(elapsed / each)
    phases = tuple(Phase(name, each, Result.OK) for name in _PHASES[:done])
    return Report(
        Occasion.BOOT,
        machine,
        project,
        began,
        began + timedelta(seconds=start.seconds) if over else None,
        phases,
        tuple(_checks(start.failing)) if over else (),
        "" if over else _PHASES[done],
    )


def _checks(failing: str) -> Iterator[Check]:
    for name, about in CHECKS.items():
        if name == failing:
            wrong = f"Not so, as was asked for: {about}."
            yield Check(name, Result.FAILED, _SEEN, wrong, "a simulated machine has no log of its own")
        else:
            yield Check(name, Result.OK, _SEEN)
