"""Where a project may be: regions and zones of its cloud, and of its residency. Pure: values in, problems out."""

from collections.abc import Iterator

from soundstage.components import cidr
from soundstage.core.clouds import CLOUDS
from soundstage.core.filefaults import Problem
from soundstage.core.words import shown
from soundstage.core.yamlfile import Place
from soundstage.projectfile.catalogues import CATALOGUES, catalogue_of
from soundstage.projectfile.project_file import Project
from soundstage.projectfile.residency import regions_within


def region_problems(project: Project) -> Iterator[Problem]:
    """A region is one of the project's cloud."""
    here = CATALOGUES[CLOUDS[project.cloud].family]
    places: tuple[tuple[Place, str | None], ...] = (
        (("region",), project.region),
        (("storage", "backup_region"), project.storage.backup_region),
    )
    for place, region in places:
        if region is not None and region not in here.regions:
            problem = f"{region} is no region of {here.title}"
            yield Problem(place, problem, region, ", ".join(sorted(here.regions)), concerns=(("cloud",),))


def residency_problems(project: Project) -> Iterator[Problem]:
    if project.residency is None:
        return
    here = CATALOGUES[CLOUDS[project.cloud].family]
    inside = [region for region in regions_within(project.residency) if region in here.regions]
    places: tuple[tuple[Place, str | None], ...] = (
        (("region",), project.region),
        (("storage", "backup_region"), project.storage.backup_region),
    )
    for place, region in places:
        if region is not None and region not in inside:
            problem = f"{region} lies outside the residency {shown(project.residency)}"
            yield Problem(place, problem, region, ", ".join(inside), concerns=(("residency",),))


def many_zones(project: Project) -> Iterator[Problem]:
    named: dict[str, str] = {}
    for name in project.workstations:
        if zone := project.zone_of(name):
            named.setdefault(zone, name)
    for zone, name in list(named.items())[cidr.MOST_ZONES :]:
        problem = f"{zone} is one zone more than a project may use: its machines name {', '.join(named)}"
        yield Problem(
            ("workstations", name, "availability_zone"), problem, zone, f"{cidr.MOST_ZONES} different ones at the most"
        )


def zone_problems(project: Project, place: Place, zone: str | None) -> Iterator[Problem]:
    here = catalogue_of(project.region)
    if zone is not None and not here.holds_zone(zone, project.region):
        problem = f"{zone} is not an availability zone of {project.region}"
        allowed = here.zones_such_as(project.region)
        yield Problem((*place, "availability_zone"), problem, zone, allowed, concerns=(("region",),))
