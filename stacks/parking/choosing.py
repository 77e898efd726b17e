"""Which machine of a project a person means, and what to do where that one is parked."""

from collections.abc import Sequence

from soundstage.core.errors import UsageError
from soundstage.stacks.clouds.base import Machine
from soundstage.stacks.deployment import Deployment
from soundstage.stacks.machines import choose
from soundstage.stacks.parking.record import Parked
from soundstage.stacks.parking.waking import parked_now


def choose_of(deployment: Deployment, names: Sequence[str]) -> list[Machine]:
    """The machines of a project with these names, or all. `UsageError` for a name that none has, and for one that is parked."""
    return chosen_of(deployment, deployment.machines(), names)


def chosen_of(deployment: Deployment, found: Sequence[Machine], names: Sequence[str]) -> list[Machine]:
    """The same of the machines that were `found` in the cloud."""
    there = {one.name for one in found}
    missing = [name for name in names if name not in there]
    parked = parked_now(deployment) if missing else {}
    for name in missing:
        if name in parked:
            raise is_parked(deployment, name, parked[name])
    if missing and not there and not parked:
        raise has_none(deployment)
    return choose(found, names, parked)


def has_none(deployment: Deployment) -> UsageError:
    """What is said where a machine would have to be there, and the project is not up."""
    return UsageError(
        f"{deployment.project.title} has no machines.", f"Bring it up first: `{deployment.command('up')}`."
    )


def is_parked(deployment: Deployment, name: str, one: Parked) -> UsageError:
    """What is said where a machine would have to be there, and is parked."""
    return UsageError(
        f"{name} is parked since {one.since[:10]}.", f"`{deployment.command('start')} {name}` brings it back."
    )
