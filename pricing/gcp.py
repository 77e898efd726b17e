"""What machines on Google Cloud cost, with their GPUs, disks and addresses, and the rest that is known."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from soundstage.plan.plan import PlannedResource
from soundstage.pricing.facts import HOURS_A_MONTH, Price, machine_facts, machine_price
from soundstage.pricing.gcp_buckets import BUCKET, bucket
from soundstage.pricing.lines import Line
from soundstage.pricing.site import NoPrice, Site, known, mapping, mappings, number, text
from soundstage.pricing.usage import Range

INSTANCE: Final = "gcp:compute/instance:Instance"
DEFAULT_BOOT_GIB: Final = 10
"""What the system disk of a machine has when the plan does not say it: that of most public images. Said with the estimate."""
_GPUS: Final = {"nvidia-tesla-t4": "gpu.t4", "nvidia-tesla-t4-vws": "gpu.t4"}


def _price(site: Site, resource: PlannedResource, item: str) -> Price:
    return site.price(resource, item, "gcp")


def instance(site: Site, resource: PlannedResource) -> Iterator[Line]:
    """A machine while it runs, without the discount that Google gives for a whole month, with its GPUs and its system disk."""
    region, type = site.region_of(resource), text(resource, "machineType")
    if type is None:
        raise NoPrice("its machine type is not in the plan")
    type = type.rpartition("/")[2]
    scheduling = mapping(known(resource, "scheduling"))
    spot = scheduling.get("preemptible") is True or scheduling.get("provisioningModel") == "SPOT"
    found = machine_price("gcp", type, region)
    os = "windows" if "windows" in str(boot(resource).get("image")).lower() else "linux"
    per_hour = found.hour(os, "spot" if spot else "on-demand") if found else None
    if found is None or per_hour is None:
        raise NoPrice(f"no price is known of {type} in {region}")
    rate, hours = Range(per_hour[0], sum(per_hour) / 2, per_hour[1]), site.usage.hours_a_month(None)
    yield Line(
        resource.name, resource.type, "machine", f"{type}, {os.capitalize()}, {'spot' if spot else 'on demand'}",
        (found.spot_source if spot else found.source) or found.source, (hours.times(rate),), rate,
        region=region, assumes=_hours(site),
    )  # fmt: skip
    for gpu in mappings(known(resource, "guestAccelerators")):
        has = machine_facts().get(("gcp", type))
        if has is not None and has.gpu:
            continue  # its price is within that of the machine
        item = _GPUS.get(str(gpu.get("type")).rpartition("/")[2])
        if item is None:
            raise NoPrice(f"no price is known of the GPU {gpu.get('type')}")
        count = number(gpu.get("count")) or 1
        card = _price(site, resource, f"{item}.spot" if spot else item)
        yield site.line(resource, "machine", card, hours.times(count), stopped=0, hour=count, assumes=_hours(site))
    disk = boot(resource)
    yield from _disk(
        site, resource, str(disk.get("type") or "pd-standard"), number(disk.get("size")) or DEFAULT_BOOT_GIB
    )
    if lacking := list(_lacking(resource)):
        raise NoPrice(f"no price is known of {' and '.join(lacking)}")


def boot(resource: PlannedResource) -> Mapping[str, Any]:
    """What the plan says of a machine's system disk."""
    return mapping(mapping(known(resource, "bootDisk")).get("initializeParams"))


def _lacking(resource: PlannedResource) -> Iterator[str]:
    """What comes on top of a machine and has no price."""
    if any(str(gpu.get("type")).endswith("-vws") for gpu in mappings(known(resource, "guestAccelerators"))):
        yield "its licence for virtual workstations"
    if mappings(known(resource, "scratchDisks")):
        yield "its local disks"


def _hours(site: Site) -> tuple[str, ...]:
    return ("hours_per_week",) if "hours_per_week" in site.usage.said else ()


def disk(site: Site, resource: PlannedResource) -> Iterator[Line]:
    size = number(known(resource, "size"))
    if size is None:
        raise NoPrice("its size is not in the plan")
    yield from _disk(site, resource, text(resource, "type") or "pd-standard", size)


def _disk(site: Site, resource: PlannedResource, kind: str, gib: float) -> Iterator[Line]:
    kind = kind.rpartition("/")[2]
    if kind not in ("pd-standard", "pd-balanced", "pd-ssd"):
        raise NoPrice(f"no price is known of disks of type {kind}")
    yield site.line(resource, "disk", _price(site, resource, f"disk.{kind}"), gib, what=f"disk {kind}, {gib:g} GiB")


def address(site: Site, resource: PlannedResource) -> Iterator[Line]:
    yield site.line(resource, "network", _price(site, resource, "ipv4"), HOURS_A_MONTH)


def snapshot(site: Site, resource: PlannedResource) -> Iterator[Line]:
    size = number(known(resource, "diskSizeGb"))
    if size is None:
        raise NoPrice("the size of its disk is not in the plan")
    used = site.usage["disk_used_percent"].times(size / 100)
    yield site.line(
        resource, "snapshot", _price(site, resource, "snapshot"), used, parked=used, assumes=("disk_used_percent",)
    )


def nat(site: Site, resource: PlannedResource) -> Iterator[Line]:
    """By the hour of each machine behind it, 32 at the most, and by what goes through."""
    machines = min(32, max(1, len(site.by_type.get(INSTANCE, ()))))
    hours = site.usage.hours_a_month(None).times(machines)
    yield site.line(resource, "network", _price(site, resource, "nat.vm_hour"), hours, stopped=0, assumes=_hours(site))
    gib = site.usage["nat_gib_per_month"]
    yield site.line(
        resource, "network", _price(site, resource, "nat.data"), gib, stopped=0, assumes=("nat_gib_per_month",)
    )


def key(site: Site, resource: PlannedResource) -> Iterator[Line]:
    yield site.line(resource, "keys", _price(site, resource, "kms.key"), 1, parked=1)


PRICERS: Final[Mapping[str, Callable[[Site, PlannedResource], Iterator[Line]]]] = {
    INSTANCE: instance,
    "gcp:compute/disk:Disk": disk,
    "gcp:compute/address:Address": address,
    "gcp:compute/snapshot:Snapshot": snapshot,
    "gcp:compute/routerNat:RouterNat": nat,
    "gcp:kms/cryptoKey:CryptoKey": key,
    BUCKET: bucket,
}
