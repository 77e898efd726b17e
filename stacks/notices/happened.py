"""What happened in a project that its people have to know. Only asks; pure but for the ports."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from soundstage.components.naming import budget_name
from soundstage.stacks.clouds.notices import Notices
from soundstage.stacks.deployment import Deployment
from soundstage.stacks.notices.notice import Kind, Notice
from soundstage.stacks.why import why_each

TAKEN_BACK: Final = ("Server.Spot", "compute.instances.preempted")
"""How the word begins by which each cloud says that it took a spot machine back."""
SOON_DAYS: Final = 3
"""Days before a project's last day on which it is told for the first time."""


def happened(deployment: Deployment, port: Notices, now: datetime) -> list[Notice]:
    """What there is to tell of one project, whether it was told before or not."""
    name, project = deployment.project.project, deployment.project
    found = [*_machines(deployment, now), *_snapshots(deployment)]
    if project.expires:
        found += expiry(name, project.expires, now.date())
    spent = port.spent(budget_name(deployment.studio.studio, name))
    if spent:
        found += limits(name, *spent, project.budget.alert_at_percent, now)
    # Their keys stay: what was told under an earlier name is not told again.
    return [replace(one, text=f"{project.title}{one.text.removeprefix(name)}") for one in found]


def _machines(deployment: Deployment, now: datetime) -> Iterator[Notice]:
    project, machines = deployment.project.project, deployment.machines()
    simulated = not deployment.cloud.name.is_real
    for name, why in why_each(deployment.cloud.machines, machines, now, simulated=simulated).items():
        machine = next(one for one in machines if one.name == name)
        since = machine.launched.isoformat() if machine.launched else ""
        kind: Kind
        if machine.state == "stopped":
            kind = "preemption" if machine.stopped_by.startswith(TAKEN_BACK) else "stop"
        elif why.guard_is_silent:
            kind = "guard"
        else:
            continue
        yield Notice(kind, f"{kind}:{project}:{name}:{since}", f"{project}: {why.sentence}")


def _snapshots(deployment: Deployment) -> Iterator[Notice]:
    project = deployment.project.project
    for one in deployment.snapshots():
        if one.state == "error":
            text = (
                f"{project}: the snapshot {one.id} of the work disk of {one.machine}, of {one.taken:%Y-%m-%d %H:%M} UTC, failed. "
                f"`workstation snapshots {deployment.typed}` shows what there is instead."
            )
            yield Notice("snapshot", f"snapshot:{project}:{one.id}", text)


def expiry(project: str, expires: date, today: date) -> list[Notice]:
    """That a project's last day is near, or past."""
    days = (expires - today).days
    if days < 0:
        text = f"{project}: its last day was {expires}. It still costs money: `workstation down` ends it, or another `expires` keeps it."
        return [Notice("expiry", f"expiry:{project}:{expires}:past", text)]
    if days <= SOON_DAYS:
        return [Notice("expiry", f"expiry:{project}:{expires}:soon", f"{project}: its last day is {expires}.")]
    return []


def limits(project: str, usd: float, limit: float, percents: tuple[int, ...], now: datetime) -> list[Notice]:
    """The highest share of its budget that a project has passed in this month."""
    passed = max((each for each in percents if usd >= limit * each / 100), default=None)
    if passed is None:
        return []
    text = f"{project}: {usd:,.2f} USD of {limit:,.2f} are spent this month, {passed} % of the budget."
    return [Notice("limit", f"limit:{project}:{now:%Y-%m}:{passed}", text)]
