"""Reads what is billed at a moment off the simulated cloud: moto's own objects."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from soundstage.pricing.facts import machine_price, price
from soundstage.pricing.usage_types import named, written
from soundstage.simulator.aws.billing.bill import Bill, Used, day_of, month_of
from soundstage.simulator.aws.moto_state import machines, used

_VOLUME_ITEMS: Final = ("gp2", "gp3", "io1", "io2", "st1", "sc1", "standard")
_FREE_IOPS: Final = {"gp3": 3000, "io1": 0, "io2": 0}
_FREE_MIB_PER_SECOND: Final = 125
_S3: Final = {
    "STANDARD": "s3.standard.storage", "STANDARD_IA": "s3.standard_ia.storage", "GLACIER_IR": "s3.glacier_ir.storage",
    "GLACIER": "s3.glacier.storage", "DEEP_ARCHIVE": "s3.deep_archive.storage",
}  # fmt: skip
_GIB: Final = 2**30
_HOURLY: Final = ("Hrs",)


def count(bill: Bill, account: str, until: float) -> None:
    """Count what is there now for the time from the last count to `until`: since then nothing has changed."""
    now = tuple(_everything(account))
    bill.begun = bill.begun or (bill.until if now else 0.0)
    start = bill.until
    while start < until:
        midnight = datetime.fromtimestamp(start, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        end = min(until, (midnight + timedelta(days=1)).timestamp())
        seconds, day = end - start, day_of(start)
        for what, number in now:
            hours = seconds / 3600
            share = hours if what.unit in _HOURLY else seconds / _seconds_of_month(start)
            bill.add(day, what, number * share)
        start = end
    bill.until = until


def fetched(bill: Bill, account: str, at: float, bucket: str, size: int) -> None:
    """Count what left a bucket through the internet."""
    for _, s3 in used("s3", account):
        found = s3.buckets.get(bucket)
        if found is not None and size:
            tags = s3.tagger.get_tag_dict_for_resource(found.arn)
            for what, gib in _item(found.region_name, "egress.internet", size / _GIB, found.name, tags):
                bill.add(day_of(at), what, gib)
            return


def _seconds_of_month(at: float) -> float:
    first, after = (datetime.fromisoformat(day) for day in month_of(at))
    return (after - first).total_seconds()


def _everything(account: str) -> Iterator[tuple[Used, float]]:
    """What is billed, and how much of it at once."""
    for region, ec2 in used("ec2", account):
        yield from _machines(region, ec2)
        yield from _disks(region, ec2)
        yield from _network(region, ec2)
    for region, kms in used("kms", account):
        for key in kms.keys.values():
            if key.key_manager == "CUSTOMER" and key.key_state != "PendingDeletion":
                yield from _item(region, "kms.key", 1, key.id, kms.tagger.get_tag_dict_for_resource(key.id))
    for region, watch in used("cloudwatch", account):
        for alarm in watch.alarms.values():
            item = "alarm.high_resolution" if (alarm.period or 60) < 60 else "alarm"
            yield from _item(region, item, 1, alarm.alarm_arn, watch.tagger.get_tag_dict_for_resource(alarm.alarm_arn))
    for _, s3 in used("s3", account):
        for bucket in s3.buckets.values():
            yield from _stored(s3, bucket)


def _machines(region: str, ec2: Any) -> Iterator[tuple[Used, float]]:
    for machine in machines(ec2):
        if machine.state != "running":
            continue
        type = machine.instance_type
        spot = bool(getattr(machine, "spot_instance_request_id", None)) or machine.lifecycle == "spot"
        found = machine_price("aws", type, region) or machine_price("aws", type, "us-east-1")
        system = "windows" if str(machine.platform or "").lower() == "windows" else "linux"
        low, high = (found and found.hour(system, "spot" if spot else "on-demand")) or (0.0, 0.0)
        name = f"{'SpotUsage' if spot else 'BoxUsage'}:{type}"
        compute = "Amazon Elastic Compute Cloud - Compute"
        tags = _tags(ec2, machine.id)
        yield Used(region, compute, written(name, region), "Hrs", (low + high) / 2, machine.id, tags), 1


def _disks(region: str, ec2: Any) -> Iterator[tuple[Used, float]]:
    for disk in ec2.volumes.values():
        kind = disk.volume_type if disk.volume_type in _VOLUME_ITEMS else "gp2"
        tags = ec2.tags.get(disk.id, {})
        yield from _item(region, f"ebs.{kind}.storage", disk.size, disk.id, tags)
        operations = (disk.iops or 0) - _FREE_IOPS.get(kind, disk.iops or 0)
        if operations > 0:
            yield from _item(region, f"ebs.{kind}.iops", operations, disk.id, tags)
        if kind == "gp3" and (disk.throughput or 0) > _FREE_MIB_PER_SECOND:
            yield from _item(
                region, "ebs.gp3.throughput", disk.throughput - _FREE_MIB_PER_SECOND, disk.id, tags, scale=1024
            )
    for snapshot in ec2.snapshots.values():
        if snapshot.owner_id == ec2.account_id:
            yield from _item(region, "ebs.snapshot", snapshot.volume.size, snapshot.id, ec2.tags.get(snapshot.id, {}))


def _network(region: str, ec2: Any) -> Iterator[tuple[Used, float]]:
    for address in ec2.addresses:
        yield from _item(region, "ipv4", 1, address.id, ec2.tags.get(address.id, {}))
    taken = {address.public_ip for address in ec2.addresses}
    for machine in machines(ec2):
        if machine.state == "running" and machine.public_ip and machine.public_ip not in taken:
            yield from _item(region, "ipv4", 1, machine.id, ec2.tags.get(machine.id, {}))
    for gateway in ec2.nat_gateways.values():
        if gateway.state == "available":
            yield from _item(region, "nat.hour", 1, gateway.id, ec2.tags.get(gateway.id, {}))
    for endpoint in ec2.vpc_end_points.values():
        if endpoint.state == "available" and endpoint.vpc_endpoint_type == "Interface":
            zones = max(1, len(endpoint.subnet_ids or ()))
            yield from _item(region, "endpoint.interface.hour", zones, endpoint.id, ec2.tags.get(endpoint.id, {}))


def _stored(s3: Any, bucket: Any) -> Iterator[tuple[Used, float]]:
    sizes: dict[str, int] = {}
    for key in bucket.keys.values():  # replaced versions are not counted
        if not hasattr(key, "storage_class"):
            continue  # a delete marker, which stores nothing
        sizes[key.storage_class] = sizes.get(key.storage_class, 0) + (getattr(key, "size", 0) or 0)
    tags = s3.tagger.get_tag_dict_for_resource(bucket.arn)
    for storage_class, size in sizes.items():
        item = _S3.get(storage_class, "s3.standard.storage")
        yield from _item(bucket.region_name, item, size / _GIB, bucket.name, tags)


def _item(
    region: str, item: str, number: float, resource: str, tags: Mapping[str, Any], *, scale: float = 1
) -> Iterator[tuple[Used, float]]:
    """So many of an item. `scale` is how many of the item one of the bill's unit is."""
    found, name = price("aws", item, region), named(item)
    if found is None or name is None or not number:
        return
    of = tuple(sorted((str(key), str(value)) for key, value in tags.items()))
    rate = found.usd / found.item.per * scale
    yield Used(region, name.service, written(name.pattern, region), name.unit, rate, resource, of), number / scale


def _tags(ec2: Any, identity: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((str(key), str(value)) for key, value in ec2.tags.get(identity, {}).items()))
