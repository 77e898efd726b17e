"""Which machines have been stopped for so long that their project file wants them parked (`park_after_days`).

For a job that runs every night: `due_now(deployment, now)` says which, then `plan_park(deployment, names)` and `park` of
`stacks.parking.parking` do it, where there is a name. `plan_park` refuses where the project file asks for changes that are not up yet.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from soundstage.projectfile.project_file import Project
from soundstage.stacks.clouds.base import Machine

if TYPE_CHECKING:
    from soundstage.stacks.deployment import Deployment


@dataclass(frozen=True)
class Due:
    """A machine that is to be parked."""

    machine: str
    since: datetime
    """When it was stopped, in UTC."""
    days: int
    """Whole days since then."""


def due(project: Project, machines: Iterable[Machine], now: datetime) -> list[Due]:
    """The machines of the file that have been stopped for as long as it says; none where it says nothing. Of a machine of which the cloud
    does not say since when it is stopped, nothing is known, and it is not due."""
    if project.park_after_days is None:
        return []
    longest = timedelta(days=project.park_after_days)
    return [
        Due(one.name, one.stopped, (now - one.stopped).days)
        for one in machines
        if one.name in project.workstations and one.state == "stopped" and one.stopped and now - one.stopped >= longest
    ]


def due_now(deployment: "Deployment", now: datetime | None = None) -> list[Due]:
    """The same for a project as its cloud has it, now by the clock of that cloud. Asks nobody where the file says nothing."""
    if not deployment.project.park_after_days:
        return []
    return due(deployment.project, deployment.machines(), now or deployment.cloud.now())


def due_of(deployment: "Deployment", names: Collection[str]) -> list[str]:
    """The machines that are due now, of those with these names, or of all."""
    found = [one.machine for one in due_now(deployment)]
    return [name for name in found if not names or name in names]
