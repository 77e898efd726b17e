"""Which machine of a project is meant, and the way to it."""

from collections.abc import Sequence
from contextlib import AbstractContextManager

from soundstage.core.errors import UsageError
from soundstage.sessions.session import Tell
from soundstage.stacks.clouds.base import Machine
from soundstage.stacks.clouds.doors import Door
from soundstage.stacks.deployment import Deployment
from soundstage.stacks.parking.choosing import chosen_of, has_none
from soundstage.stacks.parking.waking import parked_now


def door(deployment: Deployment, machine: Machine, tell: Tell) -> AbstractContextManager[Door]:
    """The way to a machine that runs (`Doors.open`)."""
    return deployment.cloud.doors.open(machine, deployment.studio.studio, deployment.project.project, tell)


def the_machine(deployment: Deployment, name: str | None) -> Machine:
    """The machine of that name, or the only one. `UsageError` when a name is needed, and as `enterable` raises it."""
    found = deployment.machines()
    if name is None and len(found) > 1:
        known = ", ".join(machine.name for machine in found)
        raise UsageError(f"{deployment.project.title} has {len(found)} machines.", f"Say which: {known}.")
    if name is None and not found:
        name = next(iter(parked_now(deployment)), None)
    return enterable(deployment, found, [name] if name is not None else [])[0]


def enterable(deployment: Deployment, found: Sequence[Machine], names: Sequence[str]) -> list[Machine]:
    """Those of the machines with these names; without a name, all. At least one: `UsageError` when there is none,
    and for a name that none has."""
    if not found and not parked_now(deployment):
        raise has_none(deployment)
    return chosen_of(deployment, found, names)
