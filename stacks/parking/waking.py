"""Bring parked machines back: `up` for them, with the system disk and the work disk that they had."""

from collections.abc import Mapping, Sequence
from typing import Any

from soundstage.stacks.deployment import Deployment
from soundstage.stacks.parking.record import Parked, parked_of, said_of
from soundstage.stacks.parking.system_disks import drop_unused
from soundstage.stacks.programs.disk_sources import under_new_names
from soundstage.stacks.results import UpResult


def parked_now(deployment: Deployment) -> Mapping[str, Parked]:
    """Which machines of the project are parked. Asks the engine's record alone."""
    return parked_of(deployment.project, under_new_names(deployment.project, deployment.engine.resources()))


def to_wake(deployment: Deployment, names: Sequence[str] = ()) -> tuple[str, ...]:
    """Which of these machines, or of all, are parked, or were until a start that was cut off."""
    said = said_of(deployment.project, under_new_names(deployment.project, deployment.engine.resources()))
    return tuple(name for name in (names or sorted(said)) if name in said)


def waking(deployment: Deployment, names: Sequence[str]) -> Deployment:
    """The project as if these machines were parked no longer."""
    left = {name: one for name, one in parked_now(deployment).items() if name not in names}
    asked = deployment.asking_for(deployment.project, parking=left)
    asked.verb = "start"
    return asked


def wake(asked: Deployment, **arguments: Any) -> UpResult:
    """`up` of what `waking` returned. What keeps system disks and is of no more use is deleted."""
    result = asked.up(**arguments)
    drop_unused(asked, asked.engine.resources())
    return result
