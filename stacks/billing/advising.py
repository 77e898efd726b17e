"""What would save money for a project: its plan and its file, and what the cloud has of it that nothing uses."""

from dataclasses import replace
from typing import Final

from soundstage.plan.plan import Plan
from soundstage.pricing.advised import Unused, View
from soundstage.pricing.clock_hours import clock_hours
from soundstage.pricing.site import Site
from soundstage.projectfile.catalogues import catalogue_of
from soundstage.projectfile.residency import regions_within
from soundstage.stacks.billing.used import uses
from soundstage.stacks.costs import Costs
from soundstage.stacks.deployment import Deployment

_SNAPSHOT: Final = {"aws": "ebs.snapshot", "gcp": "snapshot"}
UNATTENDED_ROLES = ("ml",)
"""Roles at whose machines nobody sits."""


def view_of(deployment: Deployment, plan: Plan, costs: Costs) -> View:
    """What is advised about: the plan of what `up` would make. Asks the cloud only where something is up."""
    project = deployment.project
    hours = {**costs.usage.hours, **clock_hours(plan)}
    site = Site(plan, replace(costs.usage, hours=hours), project.region)
    here = catalogue_of(project.region).regions
    regions = (
        tuple(one for one in regions_within(project.residency) if one in here)
        if project.residency
        else tuple(sorted(here))
    )
    unattended = frozenset(name for name, one in project.workstations.items() if one.for_ in UNATTENDED_ROLES)
    used = uses(deployment) if len(deployment.engine.resources()) else {}
    return View(site, costs.project, regions, unattended, tuple(_unused(deployment)), used)


def _unused(deployment: Deployment) -> list[Unused]:
    """Disks, addresses and snapshots of machines that are no longer in the file."""
    cloud, project = deployment.cloud, deployment.project
    if not len(deployment.engine.resources()):
        return []
    names = {name for one, machine in project.workstations.items() for name in (one, machine.was) if name}
    old = [
        Unused(
            _SNAPSHOT[cloud.name.family],
            f"snapshot of {one.machine}, which is not in the file,",
            one.id,
            one.stored_gib,
            project.region,
            cloud.name.family,
        )
        for one in deployment.snapshots()
        if one.machine not in names
    ]
    return [*cloud.unused(deployment.studio.studio, project.project), *old]
