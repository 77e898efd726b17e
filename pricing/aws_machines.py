"""What machines on AWS cost, their disks, snapshots, images, and the pictures that leave them."""

from collections.abc import Iterator
from dataclasses import replace
from math import inf

from soundstage.components.disks import LEAST_IOPS, LEAST_MIB_PER_SECOND
from soundstage.plan.plan import PlannedResource
from soundstage.pricing.facts import HOURS_A_MONTH, machine_price
from soundstage.pricing.lines import Line
from soundstage.pricing.site import NoPrice, Site, known, mapping, mappings, number, tags, text, workstation
from soundstage.pricing.storage_year import DAYS_A_MONTH
from soundstage.pricing.usage import GIB_A_MBIT_HOUR, Range

INSTANCE = "aws:ec2/instance:Instance"
MACHINES = (INSTANCE, "aws:ec2/spotInstanceRequest:SpotInstanceRequest")
VOLUME = "aws:ebs/volume:Volume"
_ADDRESSES = ("aws:ec2/eip:Eip", "aws:ec2/eipAssociation:EipAssociation")
METRICS = 7
"""What a machine with detailed monitoring sends, while it runs (Amazon CloudWatch pricing, read 2026-11)."""
DEFAULT_ROOT_GIB = 8
"""What the root disk of a machine has when the plan does not say it: that of most images of AWS. Said with the estimate."""


def instance(site: Site, resource: PlannedResource) -> Iterator[Line]:
    """A machine while it runs, its own disks, its address if it has one by itself, and its picture."""
    region, name = site.region_of(resource), workstation(resource)
    type, os = text(resource, "instanceType"), system(site, resource)
    if type is None:
        raise NoPrice("its machine type is not in the plan")
    options = mappings(known(resource, "instanceMarketOptions"))
    spot = any(one.get("marketType") == "spot" for one in options) or "spot" in resource.type.lower()
    found = machine_price("aws", type, region)
    per_hour = found.hour(os, "spot" if spot else "on-demand") if found else None
    purchase, tenancy = "spot" if spot else "on demand", text(resource, "tenancy") or "default"
    if tenancy != "default":
        raise NoPrice(f"no price is known of machines of tenancy {tenancy}")
    if found is None or per_hour is None:
        raise NoPrice(f"no price is known of {type} with {os.capitalize()}, {purchase}, in {region}")
    low, high = per_hour
    rate = Range(low, (low + high) / 2, high)
    hours = site.usage.hours_a_month(name)
    fixed = name in site.usage.hours or (name is None and "hours_per_week" not in site.usage.said)
    yield Line(
        resource.name, resource.type, "machine", f"{type}, {os.capitalize()}, {purchase}",
        (found.spot_source if spot else found.source) or found.source, (hours.times(rate),), rate,
        region=region, assumes=() if fixed else ("hours_per_week",), machine=name or "",
    )  # fmt: skip
    if known(resource, "associatePublicIpAddress") is True:
        yield site.line(resource, "network", site.price(resource, "ipv4"), hours, stopped=0, hour=1)
    if known(resource, "monitoring") is True:
        share = METRICS / HOURS_A_MONTH
        yield site.line(resource, "guard", site.price(resource, "metric"), hours.times(share), stopped=0, hour=share)
    if name:
        yield from _stream(site, resource, hours)
    yield from _own_disks(site, resource)


def _stream(site: Site, resource: PlannedResource, hours: Range) -> Iterator[Line]:
    """The picture. From a machine with an address it leaves through the internet. Without one it leaves through Session Manager: AWS
    bills what goes through the endpoint, and whether it bills the way to the person as well no page says: that is in `high`."""
    rate = site.usage["stream_mbit_per_second"].times(GIB_A_MBIT_HOUR)
    gib = hours.times(rate)
    assumes = ("hours_per_week", "stream_mbit_per_second")
    out = site.price(resource, "egress.internet")
    if _has_address(site, resource):
        yield site.line(
            resource, "stream", out, gib, what="picture, out to the internet", stopped=0, hour=rate, assumes=assumes
        )
        return
    inside = site.price(resource, "endpoint.interface.data")
    through = site.line(
        resource, "stream", inside, gib, what="picture, through Session Manager", stopped=0, hour=rate, assumes=assumes
    )
    beyond, beyond_hour = Range(0, 0, out.amount(gib.high)), Range(0, 0, out.amount(rate.high))
    yield replace(through, months=(through.months[0].plus(beyond),), hour=through.hour.plus(beyond_hour))


def volume(site: Site, resource: PlannedResource) -> Iterator[Line]:
    """A disk, which costs the same whether its machine runs or not, and the snapshot that stays of it."""
    size = number(known(resource, "size"))
    if size is None:
        raise NoPrice("its size is not in the plan")
    kind = text(resource, "type") or "gp2"
    yield from _disk(site, resource, kind, size, known(resource, "iops"), known(resource, "throughput"))
    if known(resource, "finalSnapshot") is True:
        used = site.usage["disk_used_percent"].times(size / 100)
        last = site.price(resource, "ebs.snapshot")
        yield site.line(
            resource, "snapshot", last, 0, what="last snapshot, after `down`", stopped=0, parked=used, assumes=("disk_used_percent",)
        )  # fmt: skip


def snapshots(site: Site, resource: PlannedResource) -> Iterator[Line]:
    """Daily snapshots of the disks that carry the policy's tags: what is written of them once, and what changes as long as it is kept."""
    details = mapping(known(resource, "policyDetails"))
    wanted = mapping(details.get("targetTags"))
    kept = 0.0
    for schedule in mappings(details.get("schedules")):
        rule = mapping(schedule.get("retainRule"))
        interval = number(rule.get("interval")) or number(rule.get("count")) or 0
        days = {"DAYS": 1, "WEEKS": 7, "MONTHS": DAYS_A_MONTH, "YEARS": 365}.get(
            str(rule.get("intervalUnit", "DAYS")), 1
        )
        kept += interval * days
    disks = [
        disk for disk in site.by_type.get(VOLUME, ()) if wanted and wanted.items() <= dict(tags(disk)).items()
    ]  # fmt: skip
    gib = sum(number(known(disk, "size")) or 0.0 for disk in disks)
    written = site.usage["disk_used_percent"].times(gib / 100)
    changed = site.usage["daily_change_percent"].times(gib / 100 * kept)
    found = site.price(resource, "ebs.snapshot")
    if disks:
        yield site.line(
            resource, "snapshot", found, written.plus(changed), what="daily snapshots", stopped=written,
            assumes=("disk_used_percent", "daily_change_percent"),
        )  # fmt: skip


def snapshot(site: Site, resource: PlannedResource) -> Iterator[Line]:
    """One snapshot, at the most as large as its disk."""
    size = number(known(resource, "volumeSize"))
    if size is None:
        sources = site.referred(resource, "volumeId", VOLUME)
        size = number(known(sources[0], "size")) if sources else None
    if size is None:
        raise NoPrice("the size of its disk is not in the plan")
    used = site.usage["disk_used_percent"].times(size / 100)
    yield site.line(
        resource, "snapshot", site.price(resource, "ebs.snapshot"), used, parked=used, assumes=("disk_used_percent",)
    )


def image(site: Site, resource: PlannedResource) -> Iterator[Line]:
    """A machine image: the snapshots of its disks."""
    sizes = [number(one.get("volumeSize")) for one in mappings(known(resource, "ebsBlockDevices"))]
    if not sizes or None in sizes:
        raise NoPrice("the size of its disks is not in the plan")
    total = sum(size for size in sizes if size is not None)
    used = site.usage["disk_used_percent"].times(total / 100)
    yield site.line(
        resource, "snapshot", site.price(resource, "ebs.snapshot"), used, parked=used, assumes=("disk_used_percent",)
    )


def address(site: Site, resource: PlannedResource) -> Iterator[Line]:
    """An address, which costs the same whether something uses it or not."""
    yield from site.all_month(resource, "network", "ipv4")


def system(site: Site, resource: PlannedResource) -> str:
    """`windows` or `linux`, by what the plan says of the machine: its tags, those of its work disk, the name of its image."""
    said = tags(resource).get("soundstage:os") or site.systems.get(workstation(resource) or "")
    if not said:
        words = (tags(resource).get("soundstage:image"), known(resource, "ami"), known(resource, "platform"))
        said = "windows" if any("windows" in str(word).lower() for word in words) else "linux"
    return "windows" if said == "windows" else "linux"


def _own_disks(site: Site, resource: PlannedResource) -> Iterator[Line]:
    root = mapping(known(resource, "rootBlockDevice"))
    size = number(root.get("volumeSize")) or DEFAULT_ROOT_GIB
    yield from _disk(
        site, resource, str(root.get("volumeType") or "gp2"), size, root.get("iops"), root.get("throughput"), "system "
    )
    for disk in mappings(known(resource, "ebsBlockDevices")):
        gib = number(disk.get("volumeSize"))
        if gib is None:
            raise NoPrice("the size of one of its disks is not in the plan")
        yield from _disk(
            site, resource, str(disk.get("volumeType") or "gp2"), gib, disk.get("iops"), disk.get("throughput")
        )


def _disk(
    site: Site, resource: PlannedResource, kind: str, gib: float, iops: object, throughput: object, which: str = ""
) -> Iterator[Line]:
    if kind not in ("gp3", "gp2", "io1", "io2", "st1", "sc1", "standard"):
        raise NoPrice(f"no price is known of disks of type {kind}")
    found = site.price(resource, f"ebs.{kind}.storage")
    yield site.line(resource, "disk", found, gib, what=f"{which}disk {kind}, {gib:g} GiB")
    operations, speed = number(iops) or 0.0, number(throughput) or 0.0
    free = {"gp3": LEAST_IOPS, "io1": 0, "io2": 0}.get(kind, inf)
    if operations > free:
        more = operations - free
        yield site.line(
            resource, "disk", site.price(resource, f"ebs.{kind}.iops"), more, what=f"{more:g} operations a second"
        )
    if kind == "gp3" and speed > LEAST_MIB_PER_SECOND:
        more = speed - LEAST_MIB_PER_SECOND
        yield site.line(resource, "disk", site.price(resource, "ebs.gp3.throughput"), more, what=f"{more:g} MiB/s more")


def _has_address(site: Site, resource: PlannedResource) -> bool:
    """Whether a machine reaches its person directly."""
    if known(resource, "associatePublicIpAddress") is True:
        return True
    return any(resource.urn in site.referring(key, *_ADDRESSES) for key in ("instance", "instanceId"))
