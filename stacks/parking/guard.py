"""Two people at once: nobody parks what somebody else has just started, and nobody starts what has just been parked."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from soundstage.core.errors import ChangedMeanwhile
from soundstage.core.values import Properties
from soundstage.engines.base import Look
from soundstage.plan.plan import Plan
from soundstage.stacks.parking.record import OUTPUT

if TYPE_CHECKING:
    from soundstage.stacks.deployment import Deployment


def still_parked(deployment: "Deployment", recorded: Plan) -> Look:
    """Refuses where other machines are parked by then than in `recorded`, which a program was made for."""
    expected = _said(recorded.outputs)

    def look(outputs: Properties) -> None:
        if _said(outputs) != expected:
            raise ChangedMeanwhile(
                f"Somebody else has parked or started machines of {deployment.project.title} meanwhile. Nothing was changed.",
                f"See `{deployment.command('status')}`, then run this again.",
            )

    return look


def _said(outputs: Properties) -> Any:
    said = outputs.get(OUTPUT)
    return said if isinstance(said, Mapping) else {}
