"""Finds the projects that are past their day and the machines that were stopped for too long, and does what is due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal, TypeAlias

from soundstage.core.errors import CloudError, SoundstageError
from soundstage.engines.base import OnEvent, ignore
from soundstage.plan.plan import Operation
from soundstage.projectfile.cloud_limits import refuse_command
from soundstage.providers.cloud_codes import DENIED
from soundstage.stacks.clouds.base import LastSession, Machine
from soundstage.stacks.deployment import Deployment, open_project
from soundstage.stacks.expiring.use import in_use
from soundstage.stacks.journal.keeping import Say, journaled
from soundstage.stacks.parking.due import due_now
from soundstage.stacks.parking.parking import park, plan_park
from soundstage.stacks.why import Told
from soundstage.stacks.why import read as read_guard

What: TypeAlias = Literal["down", "park"]
_ON: Final = ("running", "pending")


@dataclass(frozen=True)
class Due:
    """What is due of one project."""

    deployment: Deployment
    what: What
    machines: tuple[str, ...]
    """Those that are parked; empty for a whole project that goes down."""
    reason: str
    in_use: tuple[str, ...]
    """Why it is left, in sentences; empty where nobody uses it."""

    @property
    def project(self) -> str:
        return self.deployment.project.project

    @property
    def title(self) -> str:
        """What people call it."""
        return self.deployment.project.title


@dataclass(frozen=True)
class Looked:
    """What is due, and why some files could not be looked at, by file."""

    due: tuple[Due, ...]
    faults: dict[str, str]


def look(paths: Sequence[Path], past: What) -> Looked:
    """Look at each project, by the clock of its cloud. `past` is what is done with one whose day is over. One that cannot be looked at hides
    no other."""
    found, faults = list[Due](), dict[str, str]()
    for path in paths:
        try:
            one = _due(open_project(str(path), allow_expired=True), past)
        except SoundstageError as error:
            faults[str(path)] = error.message.splitlines()[0]
        else:
            found += [one] if one else []
    return Looked(tuple(found), faults)


def carry_out(due: Due, say: Say, on_event: OnEvent = ignore) -> None:
    """Do what is due: `down`, which keeps media and a last snapshot of each work disk, or a park. Raises as these do."""
    with journaled(due.deployment, f"expire: {due.what}", due.machines, say=say) as note:
        note.detail = due.reason
        if due.what == "down":
            due.deployment.down(on_event=on_event)
        else:
            wanted = plan_park(due.deployment, due.machines)
            if wanted.parked:
                park(due.deployment, wanted, on_event=on_event)


def _due(deployment: Deployment, past: What) -> Due | None:
    project = deployment.project
    if not (project.expires or project.park_after_days) or not deployment.engine.exists():
        return None
    now = deployment.cloud.now()
    if project.expired(now.date()):
        if not _is_up(deployment):
            return None
        machines = deployment.machines()
        reason = f"its day was {project.expires}"
        if past == "down":
            return Due(deployment, "down", (), reason, _users(deployment, machines, now))
        refuse_command(project.cloud, "park")
        there = tuple(one.name for one in machines)
        return Due(deployment, "park", there, reason, _users(deployment, machines, now)) if there else None
    stopped = due_now(deployment, now)
    if not stopped:
        return None
    days = max(one.days for one in stopped)
    return Due(deployment, "park", tuple(one.machine for one in stopped), f"stopped for {days} days", ())


def _is_up(deployment: Deployment) -> bool:
    """Whether there is anything that `down` would delete."""
    return any(one.operation is not Operation.SAME for one in deployment.preview_down())


def _users(deployment: Deployment, machines: Sequence[Machine], now: datetime) -> tuple[str, ...]:
    """Why machines count as in use. What these credentials may not read is not known."""
    if not any(one.state in _ON for one in machines):
        return ()
    cloud = deployment.cloud
    sessions: dict[str, LastSession] = {}
    try:
        sessions = cloud.machines.last_sessions() or {}
    except CloudError as error:
        if error.code not in DENIED:
            raise
    told = {one.name: _told(deployment, one) for one in machines if one.state in _ON}
    simulated = not cloud.name.is_real
    reasons = [
        in_use(one, told.get(one.name), sessions.get(one.instance_id), now, simulated=simulated) for one in machines
    ]
    return tuple(filter(None, reasons))


def _told(deployment: Deployment, machine: Machine) -> Told | None:
    try:
        text = deployment.cloud.machines.guard(machine)
    except CloudError as error:
        if error.code not in DENIED:
            raise
        return None
    return read_guard(text) if text else None
