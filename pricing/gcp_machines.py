"""What machines on Google Cloud cost, with their GPUs and licences, their disks, snapshots, addresses and the pictures that leave them."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from soundstage.components.google_sizes import LOCAL_SSD_GIB
from soundstage.plan.plan import PlannedResource
from soundstage.pricing.facts import HOURS_A_MONTH, Price, items, machine_facts, machine_price, price
from soundstage.pricing.lines import Line
from soundstage.pricing.site import NoPrice, Site, known, mapping, mappings, number, tags, text, workstation
from soundstage.pricing.usage import GIB_A_MBIT_HOUR, ZERO, Range

INSTANCE: Final = "gcp:compute/instance:Instance"
DISK: Final = "gcp:compute/disk:Disk"
POLICY: Final = "gcp:compute/resourcePolicy:ResourcePolicy"
ROUTER_NAT: Final = "gcp:compute/routerNat:RouterNat"
_ATTACHMENT: Final = "gcp:compute/diskResourcePolicyAttachment:DiskResourcePolicyAttachment"
_FORWARDING: Final = "gcp:compute/forwardingRule:ForwardingRule"
DEFAULT_BOOT_GIB: Final = 10
"""What the system disk of a machine has when the plan does not say it: that of most public images. Said with the estimate."""
_VWS: Final = "-vws"
"""How the name of a GPU ends that comes with the licence of a virtual workstation."""
_CARDS: Final = {"nvidia-tesla-t4": "t4", "nvidia-l4": "l4", "nvidia-rtx-pro-6000": "rtx-pro-6000"}


def google_price(site: Site, resource: PlannedResource, item: str) -> Price:
    """Raises `NoPrice`."""
    return site.price(resource, item, "gcp")


def instance(site: Site, resource: PlannedResource) -> Iterator[Line]:
    """A machine while it runs, without the discount that Google gives for a whole month, with its GPUs, their licence, its disks and its
    picture. The licence of Windows and of a virtual workstation costs the same on a spot machine."""
    region, name, type = site.region_of(resource), workstation(resource), text(resource, "machineType")
    if type is None:
        raise NoPrice("its machine type is not in the plan")
    type, spot, os = type.rpartition("/")[2], is_spot(resource), system(resource)
    purchase = "spot" if spot else "on demand"
    found = machine_price("gcp", type, region)
    per_hour = found.hour(os, "spot" if spot else "on-demand") if found else None
    if found is None or per_hour is None:
        raise NoPrice(f"no price is known of {type} with {os.capitalize()}, {purchase}, in {region}")
    rate, hours, assumes = Range(per_hour[0], sum(per_hour) / 2, per_hour[1]), _hours(site, resource), _by(site, name)
    yield Line(
        resource.name, resource.type, "machine", f"{type}, {os.capitalize()}, {purchase}",
        (found.spot_source if spot else found.source) or found.source, (hours.times(rate),), rate,
        region=region, assumes=assumes, machine=name or "",
    )  # fmt: skip
    lacking: list[str] = []
    for item, count in _extras(resource, type, spot=spot):
        extra = price("gcp", item, region)
        if extra is None:
            lacking.append(items()["gcp", item].what)
        elif extra.item.unit == "GiB-month":
            share = hours.times(count / HOURS_A_MONTH)
            yield site.line(resource, "disk", extra, share, stopped=0, hour=count / HOURS_A_MONTH, assumes=assumes)
        else:
            yield site.line(resource, "machine", extra, hours.times(count), stopped=0, hour=count, assumes=assumes)
    if _has_address(resource):
        item = "ipv4.spot" if spot else "ipv4"
        yield site.line(
            resource, "network", google_price(site, resource, item), hours, stopped=0, hour=1, assumes=assumes
        )
    if name:
        yield _stream(site, resource, hours)
    disk = boot(resource)
    try:
        yield from _disk(
            site, resource, str(disk.get("type") or "pd-standard"), number(disk.get("size")) or DEFAULT_BOOT_GIB, disk, "system "
        )  # fmt: skip
    except NoPrice as why:
        lacking.append(str(why).removeprefix("no price is known of "))
    if lacking:
        raise NoPrice(f"no price is known of {' and '.join(lacking)}")


def system(resource: PlannedResource) -> str:
    """`windows` or `linux`, by its labels and the name of its image."""
    words = (tags(resource).get("soundstage:os"), tags(resource).get("soundstage:image"), boot(resource).get("image"))
    return "windows" if any("windows" in str(word).lower() for word in words) else "linux"


def boot(resource: PlannedResource) -> Mapping[str, Any]:
    """What the plan says of a machine's system disk."""
    return mapping(mapping(known(resource, "bootDisk")).get("initializeParams"))


def _extras(resource: PlannedResource, type: str, *, spot: bool) -> Iterator[tuple[str, float]]:
    """The items that come on top of a machine for each hour, and how many of them. Raises `NoPrice` for a GPU that is not known."""
    has = machine_facts().get(("gcp", type))
    for gpu in mappings(known(resource, "guestAccelerators")):
        full, count = str(gpu.get("type")).rpartition("/")[2], number(gpu.get("count")) or 1
        card = _CARDS.get(full.removesuffix(_VWS))
        if card is None or (card != "t4" and not (has and has.gpu)):
            raise NoPrice(f"no price is known of the GPU {full}")
        if not (has and has.gpu):  # else its price is within that of the machine
            yield f"gpu.{card}{'.spot' if spot else ''}", count
        if full.endswith(_VWS):
            yield f"vws.{card}", count
    if ssds := len(mappings(known(resource, "scratchDisks"))):
        yield f"disk.local{'.spot' if spot else ''}", ssds * LOCAL_SSD_GIB


def is_spot(resource: PlannedResource) -> bool:
    """Whether Google may take it back."""
    scheduling = mapping(known(resource, "scheduling"))
    return scheduling.get("preemptible") is True or scheduling.get("provisioningModel") == "SPOT"


def _hours(site: Site, resource: PlannedResource) -> Range:
    return site.usage.hours_a_month(workstation(resource))


def _by(site: Site, name: str | None) -> tuple[str, ...]:
    fixed = name in site.usage.hours or (name is None and "hours_per_week" not in site.usage.said)
    return () if fixed else ("hours_per_week",)


def _has_address(resource: PlannedResource) -> bool:
    """Whether it has a public address of its own, which goes when it stops."""
    return any(one.get("accessConfigs") for one in mappings(known(resource, "networkInterfaces")))


def _stream(site: Site, resource: PlannedResource, hours: Range) -> Line:
    """The picture. From a machine with an address it leaves through the internet. Whether Google bills the way to a person through
    Identity-Aware Proxy no page says: that is in `high`."""
    gib = site.usage["stream_mbit_per_second"].times(GIB_A_MBIT_HOUR)
    month, what = hours.times(gib), "picture, out to the internet"
    if not _has_address(resource):
        gib, month = Range(0, 0, gib.high), Range(0, 0, month.high)
        what = "picture, through Identity-Aware Proxy"
    out = google_price(site, resource, "egress.internet")
    return site.line(
        resource, "stream", out, month, what=what, stopped=0, hour=gib, assumes=("hours_per_week", "stream_mbit_per_second")
    )  # fmt: skip


def disk(site: Site, resource: PlannedResource) -> Iterator[Line]:
    """A disk, which costs the same whether its machine runs or not, and the snapshot that stays of it."""
    size = number(known(resource, "size"))
    if size is None:
        raise NoPrice("its size is not in the plan")
    if known(resource, "createSnapshotBeforeDestroy") is True:
        last = google_price(site, resource, "snapshot")
        used = site.usage["disk_used_percent"].times(size / 100)
        yield site.line(
            resource, "snapshot", last, 0, what="last snapshot, after `down`", stopped=0, parked=used, assumes=("disk_used_percent",)
        )  # fmt: skip
    yield from _disk(site, resource, text(resource, "type") or "pd-standard", size, {})


def _disk(
    site: Site, resource: PlannedResource, kind: str, gib: float, said: Mapping[str, Any], which: str = ""
) -> Iterator[Line]:
    kind = kind.rpartition("/")[2]
    item = f"disk.{kind}"
    if ("gcp", item) not in items() or kind.startswith("local"):
        raise NoPrice(f"no price is known of disks of type {kind}")
    yield site.line(resource, "disk", google_price(site, resource, item), gib, what=f"{which}disk {kind}, {gib:g} GiB")
    if known(resource, "provisionedIops") or said.get("provisionedIops"):
        raise NoPrice(f"no price is known of operations a second that are asked of a disk {kind}")


def snapshots(site: Site, resource: PlannedResource) -> Iterator[Line]:
    """Daily snapshots of the disks that a schedule is attached to: what is written of them once, and what changes as long as it is kept.
    A schedule that starts and stops machines costs nothing."""
    schedule = mapping(known(resource, "snapshotSchedulePolicy"))
    days = number(mapping(schedule.get("retentionPolicy")).get("maxRetentionDays")) or 0
    attached = site.once(_scheduled).get(resource.urn, ())
    gib = sum(number(known(one, "size")) or 0.0 for one in attached)
    if schedule and gib:
        written = site.usage["disk_used_percent"].times(gib / 100)
        changed = site.usage["daily_change_percent"].times(gib / 100 * days)
        yield site.line(
            resource, "snapshot", google_price(site, resource, "snapshot"), written.plus(changed), what="daily snapshots",
            stopped=written, assumes=("disk_used_percent", "daily_change_percent"),
        )  # fmt: skip


def _scheduled(site: Site) -> Mapping[str, list[PlannedResource]]:
    """URN of a schedule → the disks that it is attached to."""
    found: dict[str, list[PlannedResource]] = {}
    for one in site.by_type.get(_ATTACHMENT, ()):
        for schedule in one.property_dependencies.get("name", ()):
            found.setdefault(schedule, []).extend(site.referred(one, "disk", DISK))
    return found


def _using(site: Site) -> Mapping[str, list[PlannedResource]]:
    """URN of an address → the machines that use it."""
    found: dict[str, list[PlannedResource]] = {}
    for machine in site.by_type.get(INSTANCE, ()):
        for urn in machine.property_dependencies.get("networkInterfaces", ()):
            found.setdefault(urn, []).append(machine)
    return found


def snapshot(site: Site, resource: PlannedResource) -> Iterator[Line]:
    """One snapshot, at the most as large as its disk."""
    size = number(known(resource, "diskSizeGb"))
    if size is None:
        sources = site.referred(resource, "sourceDisk", DISK)
        size = number(known(sources[0], "size")) if sources else None
    if size is None:
        raise NoPrice("the size of its disk is not in the plan")
    used = site.usage["disk_used_percent"].times(size / 100)
    found = google_price(site, resource, "snapshot")
    yield site.line(resource, "snapshot", found, used, parked=used, assumes=("disk_used_percent",))


def image(site: Site, resource: PlannedResource) -> Iterator[Line]:
    """An image, by the size of its disk."""
    size = number(known(resource, "diskSizeGb"))
    if size is None:
        raise NoPrice("the size of its disk is not in the plan")
    yield site.line(resource, "snapshot", google_price(site, resource, "image"), size, parked=size)


def address(site: Site, resource: PlannedResource) -> Iterator[Line]:
    """An address. While nothing that runs uses it, it costs more; one within a network costs nothing (Virtual Private Cloud pricing,
    "External IP address pricing", read 2026-11)."""
    if text(resource, "addressType") == "INTERNAL":
        return
    all_month = Range.of(HOURS_A_MONTH)
    used, counted = ZERO, False
    always = any(resource.urn in site.referring(key, ROUTER_NAT, _FORWARDING) for key in ("natIps", "ipAddress"))
    if always:
        used = all_month
    else:
        for machine in site.once(_using).get(resource.urn, ()):
            used, counted = _hours(site, machine), _has_address(machine)
    free = Range(*(HOURS_A_MONTH - hours for hours in used))
    if used.high and not counted:  # else its machine counts it
        yield site.line(
            resource, "network", google_price(site, resource, "ipv4"), used, stopped=all_month if always else 0,
            assumes=() if used.exact else ("hours_per_week",),
        )  # fmt: skip
    if not always:
        idle = google_price(site, resource, "ipv4.unused")
        yield site.line(
            resource, "network", idle, free, stopped=all_month, assumes=() if free.exact else ("hours_per_week",)
        )
