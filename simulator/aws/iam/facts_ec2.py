"""EC2's own condition keys: what policies can ask about a resource that a call names, and about what it makes.

Source: Service Authorization Reference, "Condition keys for Amazon EC2", for the actions and resource types that are used
here; Amazon EC2 User Guide, "Example policies to control access" (2026-11). What a launch does not say has no key, as on
AWS: a denial unless `ec2:MetadataHttpTokens` is `required` meets every launch that leaves it to the account's default.
"""

from collections.abc import Iterator, Mapping
from itertools import count, takewhile
from operator import attrgetter
from typing import Any, Final

from soundstage.simulator.aws.iam.world import World
from soundstage.simulator.aws.request import AwsRequest
from soundstage.simulator.aws.tables import table

Facts = dict[str, str]

_EC2: Final = table("ec2_permissions")
_METADATA: Final[Mapping[str, str]] = _EC2["metadata"]
_ID_KEYS: Final[Mapping[str, str]] = _EC2["id_keys"]
"""Resource type → the key that holds the id."""
_ATTRIBUTE_CALLS: Final = ("ModifyInstanceAttribute", "ModifyVpcAttribute", "ModifySubnetAttribute")
_NOT_ATTRIBUTES: Final = frozenset(
    {"Action", "Version", "Attribute", "Value", "DryRun", "InstanceId", "VpcId", "SubnetId"}
)


def of_call(request: AwsRequest, world: World) -> Facts:
    """What is known whatever the call is about."""
    facts = {"ec2:region": world.region}
    if request.operation in _ATTRIBUTE_CALLS:
        named = {name.partition(".")[0] for name in request.params} - _NOT_ATTRIBUTES
        attribute = request.params.get("Attribute") or next(iter(sorted(named)), "")
        if attribute:
            facts["ec2:attribute"] = attribute[0].upper() + attribute[1:]
    return facts


def of_existing(request: AwsRequest, world: World, kind: str, identity: str) -> Facts:
    """What is known of a resource that a call names by its id."""
    facts = {_ID_KEYS[kind]: identity} if kind in _ID_KEYS else {}
    if request.operation == "RunInstances":
        facts |= _of_template(request, world)
    return facts | {key: value for key, value in _known(world, kind, identity).items() if value}


def of_made(request: AwsRequest, world: World, kind: str) -> list[Facts]:
    """What is known of each resource of a type that a call makes: one for each disk and each network interface."""
    params = request.params
    if request.operation == "RunInstances":
        common = _of_template(request, world) | _present(("ec2:availabilityzone", _zone(request, world)))
        if kind == "volume":
            return [common | facts for facts in _disks(world, request.params)] or [common]
        if kind == "network-interface":
            return [common | facts for facts in _interfaces(request, world)]
        return [common | _launch(request, world)]
    if kind == "volume":
        return [_disk(world, params) | _present(("ec2:availabilityzone", params.get("AvailabilityZone")))]
    if kind == "snapshot":
        return [dict(_volume_of_snapshot(world, params.get("VolumeId", "")))]
    facts: Facts = {}
    if kind == "vpc-endpoint" and params.get("ServiceName"):
        owner = "amazon" if params["ServiceName"].startswith(("com.amazonaws.", "aws.")) else ""
        facts = _present(("ec2:vpceservicename", params["ServiceName"]), ("ec2:vpceserviceowner", owner))
    if params.get("VpcId"):
        facts["ec2:vpc"] = world.arn("ec2", f"vpc/{params['VpcId']}")
    if params.get("SubnetId"):
        facts |= dict(_place(world, params["SubnetId"]))
    return [facts]


def _launch(request: AwsRequest, world: World) -> Facts:
    params = request.params
    profile = params.get("IamInstanceProfile.Arn") or params.get("IamInstanceProfile.Name")
    if profile and not profile.startswith("arn:"):
        profile = f"arn:aws:iam::{world.account}:instance-profile/{profile}"
    return _present(
        ("ec2:instancetype", params.get("InstanceType", "m1.small")),
        ("ec2:tenancy", params.get("Placement.Tenancy", "default")),
        ("ec2:ebsoptimized", params.get("EbsOptimized", "false")),
        ("ec2:rootdevicetype", "ebs"),
        ("ec2:instancemarkettype", params.get("InstanceMarketOptions.MarketType", "on-demand")),
        ("ec2:instanceprofile", profile),
        *((key, params.get(f"MetadataOptions.{name}")) for name, key in _METADATA.items()),
    )


def _of_template(request: AwsRequest, world: World) -> Facts:
    """What a launch says itself is not the launch template's (the value of `ec2:IsLaunchTemplateResource`)."""
    template = request.params.get("LaunchTemplate.LaunchTemplateId")
    facts = {"ec2:islaunchtemplateresource": "false"}
    return facts | ({"ec2:launchtemplate": world.arn("ec2", f"launch-template/{template}")} if template else {})


def _disks(world: World, params: Any) -> Iterator[Facts]:
    for number in takewhile(lambda n: f"BlockDeviceMapping.{n}.DeviceName" in params, count(1)):
        prefix = f"BlockDeviceMapping.{number}.Ebs."
        told = {name.removeprefix(prefix): value for name, value in params.items() if name.startswith(prefix)}
        if told:
            yield _disk(world, told)


def _disk(world: World, told: Any) -> Facts:
    snapshot, ec2 = told.get("SnapshotId"), world.moto("ec2")
    source = ec2.snapshots.get(snapshot) if snapshot else None
    sealed = told.get("Encrypted") == "true" or bool(ec2.ebs_encryption_by_default or (source and source.encrypted))
    key = told.get("KmsKeyId")
    known = world.key(key) if key else None
    return _present(
        ("ec2:encrypted", "true" if sealed else "false"),
        ("ec2:volumetype", told.get("VolumeType") or "gp2"),
        ("ec2:volumesize", told.get("Size") or told.get("VolumeSize")),
        ("ec2:volumeiops", told.get("Iops")),
        ("ec2:volumethroughput", told.get("Throughput")),
        ("ec2:kmskeyid", known.arn if known else key),
        ("ec2:parentsnapshot", snapshot and f"arn:aws:ec2:{world.region}::snapshot/{snapshot}"),
    )  # fmt: skip


def _interfaces(request: AwsRequest, world: World) -> Iterator[Facts]:
    params = request.params
    first = "NetworkInterface.1."
    if not any(name.startswith(first) for name in params):
        yield dict(_place(world, params.get("SubnetId", "")))
        return
    for number in count(1):
        prefix = f"NetworkInterface.{number}."
        told = {name.removeprefix(prefix): value for name, value in params.items() if name.startswith(prefix)}
        if not told:
            return
        yield dict(_place(world, told.get("SubnetId", ""))) | _present(
            ("ec2:associatepublicipaddress", told.get("AssociatePublicIpAddress")),
            ("ec2:networkinterfaceid", told.get("NetworkInterfaceId")),
        )


def _zone(request: AwsRequest, world: World) -> str:
    params = request.params
    subnet = params.get("SubnetId") or params.get("NetworkInterface.1.SubnetId") or ""
    placed = dict(_place(world, subnet)).get("ec2:availabilityzone", "")
    return str(params.get("Placement.AvailabilityZone") or placed)


def _place(world: World, subnet: str) -> Iterator[tuple[str, str]]:
    """Where something in a subnet lies."""
    for of_zone in world.moto("ec2").subnets.values():
        if subnet and subnet in of_zone:
            yield "ec2:subnet", world.arn("ec2", f"subnet/{subnet}")
            yield "ec2:vpc", world.arn("ec2", f"vpc/{of_zone[subnet].vpc_id}")
            yield "ec2:availabilityzone", of_zone[subnet].availability_zone


_ATTRIBUTES: Final[Mapping[str, Mapping[str, str]]] = _EC2["attributes"]
"""Resource type → EC2's key → the attribute of moto's object that it tells."""
_ALWAYS: Final[Mapping[str, Facts]] = {
    "image": {"ec2:imagetype": "machine", "ec2:rootdevicetype": "ebs"},
    "instance": {"ec2:tenancy": "default"},
}
_HELD: Final[Mapping[str, str]] = _EC2["held"]
"""Resource type → where moto holds them by id."""


def _known(world: World, kind: str, identity: str) -> Facts:
    """What is known of one beyond its tags and its id."""
    if kind == "subnet":
        return {key: value for key, value in _place(world, identity) if key != "ec2:subnet"}
    found = _find(world.moto("ec2"), kind, identity)
    if found is None:
        return {}
    told = {f"ec2:{key}": _text(attrgetter(path)(found)) for key, path in _ATTRIBUTES.get(kind, {}).items()}
    return {**told, **_ALWAYS.get(kind, {}), **dict(_related(world, kind, found))}


def _find(ec2: Any, kind: str, identity: str) -> Any:
    if kind == "instance":
        return ec2.get_instance_by_id(identity)
    if kind == "security-group":
        return ec2.get_security_group_by_name_or_id(identity)
    return getattr(ec2, _HELD[kind]).get(identity) if kind in _HELD else None


def _related(world: World, kind: str, found: Any) -> Iterator[tuple[str, str]]:
    """What lies in something else that it belongs to."""
    if kind == "instance":
        yield "ec2:instanceprofile", (found.iam_instance_profile or {}).get("Arn", "")
    elif kind in ("security-group", "route-table") and found.vpc_id:
        yield "ec2:vpc", world.arn("ec2", f"vpc/{found.vpc_id}")
    elif kind == "network-interface":
        yield from _place(world, found.subnet.id)
    elif kind == "volume" and found.snapshot_id:
        yield "ec2:parentsnapshot", f"arn:aws:ec2:{world.region}::snapshot/{found.snapshot_id}"
    elif kind == "snapshot":
        yield from _volume_of_snapshot(world, found.volume.id)
        yield "ec2:owner", found.owner_id


def _volume_of_snapshot(world: World, identity: str) -> Iterator[tuple[str, str]]:
    volume = world.moto("ec2").volumes.get(identity)
    yield "ec2:parentvolume", world.arn("ec2", f"volume/{identity}")
    yield "ec2:owner", world.account
    if volume is not None:
        yield "ec2:volumesize", str(volume.size)
        yield "ec2:encrypted", _text(bool(volume.encrypted))


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value or "")


def _present(*pairs: tuple[str, str | None]) -> Facts:
    return {key: value for key, value in pairs if value}
