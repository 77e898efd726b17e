"""How much of machines was used, by what their idle guards told."""

import json
import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from soundstage.core.errors import CloudError
from soundstage.pricing.advised import Use
from soundstage.providers.cloud_codes import DENIED
from soundstage.stacks.deployment import Deployment

_LINES: Final = 2000
"""A guard tells something every 15 minutes while its machine is on, and a few times besides: some weeks of work."""
_MOST: Final[Mapping[str, float]] = {"cores": 4096, "memory_gib": 65536, "vram_gib": 4096, "gpu": 100}
"""What is told, and the most that can be: who works on a machine can write into its log."""


def uses(deployment: Deployment) -> dict[str, Use]:
    """Workstation → its use, of those that are up and have told of it. Empty where these credentials may not read it."""
    found = {}
    try:
        for machine in deployment.cloud.machines.of_project(deployment.studio.studio, deployment.project.project):
            if machine.log_group and (use := use_in(deployment.cloud.machines.guard_log(machine, _LINES))):
                found[machine.name] = use
    except CloudError as error:
        if error.code not in DENIED:
            raise
    return found


def use_in(reports: Iterable[str]) -> Use | None:
    """The most in the reports of a guard; None where none of them tells it. A part that one report lacks was not seen then."""
    most: dict[str, float] = {}
    days = set()
    for text in reports:
        try:
            report: Any = json.loads(text)
            told, day = dict(report["most"]), datetime.fromisoformat(report["at"]).date()
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        seen = {name: float(told[name]) for name, limit in _MOST.items() if _is_amount(told.get(name), limit)}
        if seen:
            days.add(day)
            most |= {name: max(value, most.get(name, 0.0)) for name, value in seen.items()}
    if not days:
        return None
    return Use(len(days), most.get("cores"), most.get("memory_gib"), most.get("vram_gib"), most.get("gpu"))


def _is_amount(value: object, limit: float) -> bool:
    return (
        isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and 0 <= value <= limit
    )
