"""What fields of a project or studio file must be true of each other. Pure: values in, problems out.

What one field can know by itself is checked by its type (`spec_types.py`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from soundstage.components import sizes
from soundstage.components.errors import ArgumentError
from soundstage.components.naming import bucket_name, media_bucket_stem
from soundstage.stacks.project_file import Project, Workstation
from soundstage.stacks.ranges import PRIVATE, is_private, is_routed, parse_range, too_wide
from soundstage.stacks.residency import regions_within
from soundstage.stacks.studio_file import Studio
from soundstage.stacks.words import nearest, shown
from soundstage.stacks.yamlfile import Place

NETWORK_PREFIXES: Final = range(16, 23)
"""Prefix lengths of a project's network: Amazon's largest, down to one that still has room for every subnet."""


@dataclass(frozen=True)
class Problem:
    """Something wrong at a place. `concerns` are the other places that it was concluded from."""

    place: Place
    problem: str
    value: object = None
    allowed: str = ""
    nearest: str = ""
    concerns: tuple[Place, ...] = ()


def project_problems(project: Project, today: date) -> Iterator[Problem]:
    """Everything wrong between the fields of a project. `today` decides whether it has expired."""
    if project.expired(today):
        yield Problem(
            ("expires",), f"{project.expires} is in the past", project.expires, f"{today.isoformat()} or a later day"
        )
    yield from _residency(project)
    yield from _access(project)
    yield from _network(project)
    yield from _allow_spot(project)
    for name, workstation in project.workstations.items():
        yield from _machine(project, name, workstation)
    yield from _rising(("budget", "alert_at_percent"), project.budget.alert_at_percent)


def studio_problems(studio: Studio) -> Iterator[Problem]:
    """Everything wrong between the fields of a studio."""
    if studio.regions and studio.home_region not in studio.regions:
        yield Problem(
            ("home_region",),
            f"{studio.home_region} is not among the studio's regions",
            studio.home_region,
            ", ".join(studio.regions),
            concerns=(("regions",),),
        )
    try:
        bucket_name(media_bucket_stem(studio.studio, "a"), "0" * 12, studio.home_region)
    except ArgumentError:
        yield Problem(("studio",), f"is {shown(studio.studio)}, and S3 reserves names that start so", studio.studio)
    yield from _rising(("budget", "alert_at_percent"), studio.budget.alert_at_percent)


def joint_problems(project: Project, studio: Studio) -> Iterator[Problem]:
    """What a project asks for and its studio does not have. The places are the project's."""
    places: tuple[tuple[Place, str | None], ...] = (
        (("region",), project.region),
        (("storage", "backup_region"), project.storage.backup_region),
    )
    for place, region in places:
        if region is not None and studio.regions and region not in studio.regions:
            yield Problem(place, f"{region} is none of the studio's regions", region, ", ".join(studio.regions))
    if project.cloud == "aws" and not (project.alert_emails or studio.alert_emails):
        yield Problem(
            ("budget", "emails"),
            "nobody would be told about the bill",
            allowed="an address here, as `owner`, or as `alert_emails` in the studio file",
        )


def neighbour_problems(project: Project, neighbours: Mapping[str, tuple[str, str | None]]) -> Iterator[Problem]:
    """What a project has in common with another of its studio and must not.

    `neighbours` maps each other file to its project's name and network range (None where the range is derived, which
    keeps out of the way by itself).
    """
    mine = parse_range(project.network.cidr) if project.network.cidr else None
    for file, (name, cidr) in neighbours.items():
        if name == project.project:
            yield Problem(("project",), f"is {shown(name)}, as in {file} too; every project has its own name", name)
        elif mine is not None and cidr is not None and parse_range(cidr).overlaps(mine):
            yield Problem(
                ("network", "cidr"), f"{mine} overlaps {cidr} of project {shown(name)} in {file}", project.network.cidr
            )


def _residency(project: Project) -> Iterator[Problem]:
    if project.residency is None:
        return
    inside = regions_within(project.residency)
    places: tuple[tuple[Place, str | None], ...] = (
        (("region",), project.region),
        (("storage", "backup_region"), project.storage.backup_region),
    )
    for place, region in places:
        if region is not None and region not in inside:
            problem = f"{region} lies outside the residency {shown(project.residency)}"
            yield Problem(place, problem, region, ", ".join(inside), concerns=(("residency",),))


def _access(project: Project) -> Iterator[Problem]:
    via, place = project.access.via, ("access", "from")
    because: tuple[Place, ...] = (("access", "via"),)
    ranges = [parse_range(text) for text in project.access.from_]
    if via == "session":
        if ranges:
            yield Problem(
                place, "has addresses, but `via: session` opens no port", allowed="via: allowlist", concerns=because
            )
        return
    if not ranges:
        yield Problem(place, f"is missing; `via: {via}` needs it", allowed="a list of CIDRs", concerns=because)
    for position, addresses in enumerate(ranges):
        if via == "allowlist" and not is_routed(addresses):
            yield Problem(
                (*place, position),
                f"{addresses} is private or reserved; nobody comes from there over the internet",
                str(addresses),
                "public addresses, or via: vpn",
                concerns=because,
            )
    public = [one for one in ranges if not is_private(one)]
    if problem := too_wide(public):
        yield Problem(place, problem, allowed="an IPv4 /16 and an IPv6 /40 in sum; best single addresses (/32)")


def _network(project: Project) -> Iterator[Problem]:
    if project.network.nat and project.network.zone == "content":
        yield Problem(
            ("network", "nat"),
            "is true, but nothing goes out of zone `content`",
            True,
            "false, or zone: io",
            concerns=(("network", "zone"),),
        )
    if project.profile == "content" and project.network.zone != "content":
        yield Problem(
            ("network", "zone"),
            f'is "{project.network.zone}", but profile `content` works in zone `content` only',
            project.network.zone,
            "content",
            concerns=(("profile",),),
        )
    if project.network.cidr is None:
        return
    network = parse_range(project.network.cidr)
    if not is_private(network):
        problem, allowed = "is not private", ", ".join(str(block) for block in PRIVATE)
    elif network.prefixlen not in NETWORK_PREFIXES:
        problem, allowed = "has the wrong size", f"/{NETWORK_PREFIXES[0]} to /{NETWORK_PREFIXES[-1]}"
    else:
        return
    yield Problem(("network", "cidr"), f"{network} {problem}", project.network.cidr, allowed)


def _allow_spot(project: Project) -> Iterator[Problem]:
    for position, name in enumerate(project.allow_spot):
        if name not in project.workstations:
            yield Problem(
                ("allow_spot", position),
                f"there is no workstation {shown(name)}",
                name,
                ", ".join(project.workstations),
                nearest(name, project.workstations),
                concerns=(("workstations", name),),
            )


def _machine(project: Project, name: str, workstation: Workstation) -> Iterator[Problem]:
    place: Place = ("workstations", name)
    if workstation.purchase == "spot" and name not in project.allow_spot:
        yield Problem(
            (*place, "purchase"),
            'is "spot", and a spot machine may be taken away while a person works on it',
            "spot",
            f"on-demand; or say `allow_spot: [{name}]` at the top",
            concerns=(("allow_spot",),),
        )
    exact = workstation.instance_type
    if exact is not None and "size" in workstation.model_fields_set:
        yield Problem((*place, "size"), "is there beside `instance_type`", workstation.size, "one of the two")
    if exact is not None and not sizes.offered(exact, project.region):
        others = [region for region in sorted(sizes.regions()) if sizes.offered(exact, region)]
        yield Problem(
            (*place, "instance_type"),
            f"{project.region} does not offer {exact}",
            exact,
            f"in {', '.join(others)}",
            concerns=(("region",),),
        )
    elif exact is None:
        yield from _size(project, place, workstation)


def _size(project: Project, place: Place, workstation: Workstation) -> Iterator[Problem]:
    try:
        workstation.machine_type(project.region)
    except ArgumentError as error:
        said = "size" if "size" in workstation.model_fields_set else "for"
        concerns: tuple[Place, ...] = (("region",), (*place, "for"), (*place, "size"), (*place, "instance_type"))
        yield Problem((*place, said), error.message, workstation.size, error.hint, concerns=concerns)


def _rising(place: Place, percents: tuple[Any, ...]) -> Iterator[Problem]:
    if list(percents) != sorted(set(percents)):
        yield Problem(place, f"is {', '.join(map(str, percents))}", allowed="rising numbers, each once")
