"""What a project costs on both clouds, side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from soundstage.core.clouds import CLOUDS
from soundstage.engines.base import OnEvent, ignore
from soundstage.pricing.estimate import estimate
from soundstage.projectfile.catalogues import CATALOGUES
from soundstage.projectfile.spec import Project
from soundstage.stacks.billing.counterpart import counterpart
from soundstage.stacks.costs import Costs
from soundstage.stacks.studio_deployment import StudioDeployment
from soundstage.stacks.target import studio_cloud

if TYPE_CHECKING:
    from soundstage.stacks.deployment import Deployment


@dataclass(frozen=True)
class Side:
    """A project on one cloud."""

    family: str
    """`aws` or `gcp`."""
    title: str
    region: str
    costs: Costs
    machines: Mapping[str, str]
    """Name → machine type."""


@dataclass(frozen=True)
class BothClouds:
    """A project where its file says that it is, and on the other cloud. `told` says what is not the same there."""

    here: Side
    there: Side
    told: tuple[str, ...]


def on_both_clouds(
    deployment: "Deployment", costs: Costs, region: str | None = None, on_event: OnEvent = ignore
) -> BothClouds:
    """`costs` is what the project costs where it is; of its own use, hours and all, the other side is estimated as well. `region` is one of the
    other cloud. Plans the project there on the simulated cloud, and changes nothing.

    Raises `UsageError` for a region that the other cloud does not have.
    """
    from soundstage.stacks.deployment import Deployment as Opened

    working = {name: one for name, one in deployment.project.workstations.items() if name not in costs.parked}
    project = deployment.project.model_copy(update={"workstations": working})
    twin = counterpart(project, deployment.studio, region)
    home = StudioDeployment(twin.studio, deployment.home.path, studio_cloud(twin.project.cloud, twin.studio))
    preview = Opened(twin.project, deployment.path, home).preview(on_event=on_event)
    shared = preview.studio_plan or home.engine.resources()
    found = Costs(
        estimate(preview.plan, costs.usage, twin.project.region),
        costs.usage,
        costs.budget_usd,
        studio=estimate(shared, costs.usage, twin.project.region),
        today=costs.today,
    )
    return BothClouds(_side(project, costs), _side(twin.project, found), twin.told)


def _side(project: Project, costs: Costs) -> Side:
    family = CLOUDS[project.cloud].family
    machines = {name: one.machine_type(project.region) for name, one in project.workstations.items()}
    return Side(family, CATALOGUES[family].title, project.region, costs, machines)
