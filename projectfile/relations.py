"""What fields of a project or studio file must be true of each other. Pure: values in, problems out.

What one field can know by itself is checked by its type (`field_types.py`).
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from soundstage.components import cidr
from soundstage.components.arguments import is_email
from soundstage.components.disks import LEAST_INITIALIZATION, MOST_INITIALIZATION
from soundstage.components.naming import bucket_faults, bucket_name, media_bucket_stem
from soundstage.core.clouds import CLOUDS
from soundstage.core.errors import ArgumentError
from soundstage.core.filefaults import Problem
from soundstage.core.words import nearest, shown
from soundstage.core.yamlfile import Place
from soundstage.images.index import Index
from soundstage.pricing.facts import machine_price
from soundstage.projectfile.bucket_address import bucket_of
from soundstage.projectfile.catalogues import CATALOGUES, Kind, catalogue_of, kinds
from soundstage.projectfile.cloud_limits import has_key, key_problems
from soundstage.projectfile.field_types import AN_EMAIL
from soundstage.projectfile.image_problems import image_problems
from soundstage.projectfile.places import many_zones, region_problems, residency_problems, zone_problems
from soundstage.projectfile.project_file import Project, Workstation
from soundstage.projectfile.studio_file import Studio


def project_problems(project: Project, today: date, known: Index) -> Iterator[Problem]:
    """Everything wrong between the fields of a project. `today` decides whether it has expired; `known` are the recipes."""
    if project.expired(today):
        yield Problem(
            ("expires",), f"{project.expires} is in the past", project.expires, f"{today.isoformat()} or a later day"
        )
    if project.storage.backup_region == project.region:
        place: Place = ("storage", "backup_region")
        yield Problem(place, "is the project's own region", project.region, "another one", concerns=(("region",),))
    if project.owner and "@" in project.owner and not is_email(project.owner):
        yield Problem(
            ("owner",), f"is {shown(project.owner)}, with an @", project.owner, f"{AN_EMAIL}; or a name without @"
        )
    yield from region_problems(project)
    yield from key_problems(project)
    yield from _whose(project)
    yield from residency_problems(project)
    yield from _access(project)
    yield from _network(project)
    yield from _allow_spot(project)
    for name, workstation in project.workstations.items():
        yield from _machine(project, name, workstation, known)
        # What is only looked at or taken down may be past its last day (`date.min`), and past its last open one.
        if today > date.min and workstation.hours and workstation.hours.never_opens(today):
            yield Problem(
                ("workstations", name, "hours"),
                "never opens: every day on which it would start the machine is closed, for a year from today",
                allowed="other days, or fewer `except` and `holidays`; without `hours` people start the machine themselves",
            )
    yield from zone_problems(project, (), project.availability_zone)
    yield from many_zones(project)
    yield from _renamed(project)
    rate = project.snapshots.restore_mib_per_second
    if 0 < rate < LEAST_INITIALIZATION:
        place = ("snapshots", "restore_mib_per_second")
        yield Problem(place, f"is {rate}", rate, f"0, or {LEAST_INITIALIZATION} to {MOST_INITIALIZATION}")
    if project.patching.monthly and not project.network.nat and has_key(project.cloud, "patching.monthly"):
        yield Problem(
            ("patching", "monthly"),
            "is true in a network without a way to the servers of packages, so that nothing could be fetched",
            True,
            "false, and a fresh image once a month (`workstation image bake`); or network.nat: true in zone io",
            concerns=(("network", "nat"),),
        )
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
    if studio.state.managed:
        yield from _managed(studio)


def _managed(studio: Studio) -> Iterator[Problem]:
    """A bucket that the studio makes is one on AWS itself, in the home region, with a name that S3 takes."""
    bucket = bucket_of(studio.state)
    if bucket is None or bucket.endpoint or bucket.folder or bucket.region != studio.home_region:
        wanted = f"s3://{bucket.name if bucket else 'NAME'}?region={studio.home_region}"
        problem = "is not a bucket that the studio can make in its home region"
        yield Problem(("state", "backend"), problem, studio.state.backend, wanted, concerns=(("state", "managed"),))
    else:
        for fault in bucket_faults("its bucket", bucket.name):
            yield Problem(("state", "backend"), fault)


def joint_problems(project: Project, studio: Studio) -> Iterator[Problem]:
    """What a project asks for and its studio does not have. The places are the project's."""
    here = CATALOGUES[CLOUDS[project.cloud].family]
    if studio.home_region not in here.regions:
        yield Problem(
            ("cloud",),
            f"is {project.cloud}, and `home_region` in the studio file is {studio.home_region}, no region of {here.title}",
            project.cloud,
            f"a studio file of its own for {here.title}, with a home_region such as {here.default_region}",
        )
    if studio.account and not here.is_account(studio.account):
        problem = f"is {project.cloud}, and `account` in the studio file is {studio.account}"
        yield Problem(("cloud",), problem, project.cloud, f"{here.account} in the studio file")
    for key, shows in here.named.items() if CLOUDS[project.cloud].is_real else ():
        if getattr(studio, key) is None:
            problem = f"is {project.cloud}, and the studio file has no `{key}`, which nothing else tells"
            yield Problem(("cloud",), problem, project.cloud, f"`{key}` in the studio file (`{shows}` shows it)")
    places: tuple[tuple[Place, str | None], ...] = (
        (("region",), project.region),
        (("storage", "backup_region"), project.storage.backup_region),
    )
    for place, region in places:
        if region is not None and studio.regions and region not in studio.regions:
            yield Problem(place, f"{region} is none of the studio's regions", region, ", ".join(studio.regions))
    told = dict.fromkeys((*project.alert_emails, *studio.alert_emails))
    if len(told) > here.most_emails:
        own = len(told) - len(set(studio.alert_emails))
        yield Problem(
            ("budget", "emails") if project.budget.emails else ("owner",),
            f"{len(told)} addresses would be told about the bill: {own} of this file and {len(set(studio.alert_emails))} "
            "under `alert_emails` in the studio file",
            allowed=f"at most {here.most_emails} different ones altogether; a mailing list counts as one",
        )
    if CLOUDS[project.cloud].is_real and not (project.alert_emails or studio.alert_emails):
        yield Problem(
            ("budget", "emails"),
            "nobody would be told about the bill",
            allowed="an address here, as `owner`, or as `alert_emails` in the studio file",
        )


def _access(project: Project) -> Iterator[Problem]:
    via, ranges = project.access.via, project.access.from_
    place: Place = ("access", "from")
    because: tuple[Place, ...] = (("access", "via"),)
    if via == "session":
        if ranges:
            yield Problem(place, "has addresses, but via: session opens no port", ranges, "via: allowlist", "", because)
        return
    if not ranges:
        yield Problem(place, f"is missing; via: {via} needs it", None, "a list of ranges", "", because)
        return
    faults_of = cidr.public_source_faults if via == "allowlist" else cidr.vpn_source_faults
    alone = [(position, fault) for position, one in enumerate(ranges) for fault in faults_of("it", [one])]
    for position, fault in alone:
        yield Problem((*place, position), fault.removeprefix("it "), ranges[position], concerns=because)
    if not alone:
        for fault in faults_of("it", ranges):
            yield Problem(place, fault.removeprefix("it "), ranges, concerns=because)


def _network(project: Project) -> Iterator[Problem]:
    zone = project.network.zone
    if project.network.nat and zone == "content":
        problem, because = "is true, but nothing goes out of zone content", ("network", "zone")
        yield Problem(("network", "nat"), problem, True, "false, or zone: io", concerns=(because,))
    if project.profile == "content" and zone != "content":
        problem = f'is "{zone}", but profile content works in zone content only'
        yield Problem(("network", "zone"), problem, zone, "content", concerns=(("profile",),))
    if project.network.dns_domains and not project.dns_firewall:
        problem, because = (
            "is given without the DNS firewall, so that every name is resolved",
            ("network", "dns_firewall"),
        )
        yield Problem(
            ("network", "dns_domains"), problem, None, "no such list, or dns_firewall: true", concerns=(because,)
        )
    if project.dns_firewall and project.network.nat and not project.network.dns_domains:
        said = "is true" if project.network.dns_firewall else "is left out, which is true with profile content,"
        problem = f"{said} with nat and no dns_domains, so that nothing on the internet has a name"
        because = ("network", "nat")
        allowed = "false, or a list dns_domains"
        yield Problem(("network", "dns_firewall"), problem, True, allowed, concerns=(because,))
    if project.network.cidr is not None:
        for fault in cidr.network_faults("it", project.network.cidr):
            yield Problem(("network", "cidr"), fault.removeprefix("it "), project.network.cidr)


def _renamed(project: Project) -> Iterator[Problem]:
    """A name that a machine had belongs to that machine alone."""
    of: dict[str, str] = {}
    for name, workstation in project.workstations.items():
        was = workstation.was
        if was is None:
            continue
        place: Place = ("workstations", name, "was")
        if was in project.workstations:
            problem = (
                f"is {shown(was)}, the name of a machine of this project"
                if was != name
                else "is the machine's own name"
            )
            hint = "no `was`: it is needed until `workstation up` has run once under the new name"
            yield Problem(place, problem, was, hint, concerns=(("workstations", was),))
        elif was in of:
            problem = f"is {shown(was)}, and {of[was]} says so too; one machine had that name"
            yield Problem(place, problem, was, concerns=(("workstations", of[was], "was"),))
        of.setdefault(was, name)


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


def _whose(project: Project) -> Iterator[Problem]:
    """What everything is tagged with must fit into a tag of the cloud."""
    here = catalogue_of(project.region)
    for key in ("client", "owner", "cost_centre"):
        text = getattr(project, key) or ""
        if (takes := here.tag_length(text)) > here.longest_tag:
            problem = f"takes {takes} characters as a label of {here.title}, where each character but a-z, 0-9 and - takes three"
            yield Problem(
                (key,), problem, text, f"what takes {here.longest_tag} at the most", concerns=(("region",), ("cloud",))
            )


def _machine(project: Project, name: str, workstation: Workstation, known: Index) -> Iterator[Problem]:
    place: Place = ("workstations", name)
    if workstation.purchase == "spot" and name not in project.allow_spot:
        yield Problem(
            (*place, "purchase"),
            'is "spot", and a spot machine may be taken away while a person works on it',
            "spot",
            f"on-demand; or say `allow_spot: [{name}]` at the top",
            concerns=(("allow_spot",),),
        )
    yield from zone_problems(project, place, workstation.availability_zone)
    idle = workstation.idle
    if idle.warn_minutes > idle.stop_after_minutes:
        allowed = f"at most {idle.stop_after_minutes}, which is `stop_after_minutes`"
        yield Problem((*place, "idle", "warn_minutes"), f"is {idle.warn_minutes}", idle.warn_minutes, allowed)
    yield from image_problems(project, place, workstation, _type_of(project, workstation), known)
    exact = workstation.instance_type
    if exact is not None and "size" in workstation.model_fields_set:
        yield Problem((*place, "size"), "is given together with `instance_type`", workstation.size, "one of the two")
    here = catalogue_of(project.region)
    if exact is not None and not here.offered(exact, project.region):
        others = [_priced(exact, region) for region in _regions_like(project, exact)]
        yield Problem(
            (*place, "instance_type"),
            f"{project.region} does not offer {exact}",
            exact,
            f"in {', '.join(others)}" if others else f"a type of {here.title}",
            concerns=(("region",),),
        )
    elif exact is None:
        yield from _size(project, place, workstation)
    yield from _disks(project, place, workstation)
    yield from _fallback(project, place, workstation)


def _disks(project: Project, place: Place, workstation: Workstation) -> Iterator[Problem]:
    """A disk is one that the cloud makes, and where caches lie on the machine's own disks alone, they have room there."""
    least = catalogue_of(project.region).least_disk_gib
    for key, size, none in (("disk_gib", workstation.disk_gib, ""), ("data_gib", workstation.data_gib, "; 0 for none")):
        if size < least and (size or not none):
            yield Problem((*place, key), f"is {size}", size, f"{least} or more{none}", concerns=(("region",),))
    try:
        type = workstation.machine_type(project.region)
    except ArgumentError:
        return
    most = catalogue_of(project.region).most_scratch_gib(type)
    if most is not None and workstation.scratch_gib > most:
        yield Problem(
            (*place, "scratch_gib"),
            f"{type} has {most} GiB of local disks",
            workstation.scratch_gib,
            f"at most {most}; or a larger `size`" if most else "0, or another `size`",
            concerns=((*place, "size"), (*place, "instance_type"), ("region",)),
        )


def _fallback(project: Project, place: Place, workstation: Workstation) -> Iterator[Problem]:
    """A machine that stands in for another must be there to be had, and take the same image."""
    machine, types = _type_of(project, workstation), workstation.fallback.types
    for position, type in enumerate(types):
        at: Place = (*place, "fallback", "types", position)
        if not catalogue_of(project.region).offered(type, project.region):
            yield Problem(
                at, f"{project.region} does not offer {type}", type, "a type of the region", concerns=(("region",),)
            )
        elif machine and (kinds()[type].gpu is None) != (machine.gpu is None):
            has = "no GPU" if kinds()[type].gpu is None else "a GPU"
            yield Problem(
                at, f"{type} has {has}, and {machine.name} differs in that, so that it takes another image", type,
                f"types {'with' if machine.gpu else 'without'} a GPU",
            )  # fmt: skip
        elif type in types[:position]:
            yield Problem(at, f"{type} is named twice", type, "each type once")
    if workstation.fallback.max_hourly_usd is not None and not types:
        problem = "is given without `types`, so that no other type is taken"
        limit = workstation.fallback.max_hourly_usd
        yield Problem((*place, "fallback", "max_hourly_usd"), problem, limit, "a list `types`, or no limit")


def _type_of(project: Project, workstation: Workstation) -> Kind | None:
    try:
        return kinds()[workstation.machine_type(project.region)]
    except ArgumentError:
        return None


def _size(project: Project, place: Place, workstation: Workstation) -> Iterator[Problem]:
    if _has(project.region, workstation):
        return
    said = "size" if "size" in workstation.model_fields_set else "for"
    value = workstation.size if said == "size" else workstation.for_
    problem = f"{project.region} has no machine for {workstation.for_}, size {workstation.size}"
    others = [
        _priced(workstation.machine_type(region), region)
        for region in sorted(catalogue_of(project.region).regions)
        if _has(region, workstation)
    ]
    concerns: tuple[Place, ...] = tuple((*place, key) for key in ("for", "size", "instance_type"))
    yield Problem((*place, said), problem, value, f"in {', '.join(others)}", concerns=(("region",), *concerns))


def _regions_like(project: Project, type: str) -> list[str]:
    """The regions of the project's cloud that offer a machine type."""
    here = catalogue_of(project.region)
    return [region for region in sorted(here.regions) if here.offered(type, region)]


def _has(region: str, workstation: Workstation) -> bool:
    try:
        return bool(workstation.machine_type(region))
    except ArgumentError:
        return False


def _priced(type: str, region: str) -> str:
    """`eu-central-1 (5.64 USD an hour, 2026-02)`, with the month that the price is of; the region alone where no price is known."""
    found = machine_price(catalogue_of(region).family, type, region)
    if found is None or found.linux is None:
        return region
    return f"{region} ({found.linux:.2f} USD an hour, {found.source.day:%Y-%m})"


def _rising(place: Place, percents: tuple[Any, ...]) -> Iterator[Problem]:
    if list(percents) != sorted(set(percents)):
        yield Problem(place, f"is {', '.join(map(str, percents))}", allowed="rising numbers, each once")
