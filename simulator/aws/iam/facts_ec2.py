"""EC2's own condition keys: what policies can ask about a resource that a call names, and about what it makes.

Source: Service Authorization Reference, "Condition keys for Amazon EC2", for the actions and resource types that are used
here; Amazon EC2 User Guide, "Example policies to control access" (2026-11). What a launch does not say has no key, as on
AWS: a denial unless `ec2:MetadataHttpTokens` is `required` meets every launch that leaves it to the account's default.
"""

from collections.abc import Iterator
from itertools import count, takewhile
from typing import Any, Final

from soundstage.simulator.aws.iam.world import World
from soundstage.simulator.aws.request import AwsRequest

Facts = dict[str, str]

_METADATA: Final = {
    "HttpTokens": "ec2:metadatahttptokens",
    "HttpEndpoint": "ec2:metadatahttpendpoint",
    "HttpPutResponseHopLimit": "ec2:metadatahttpputresponsehoplimit",
    "InstanceMetadataTags": "ec2:instancemetadatatags",
}
_ID_KEYS: Final = {
    "image": "ec2:imageid",
    "instance": "ec2:instanceid",
    "internet-gateway": "ec2:internetgatewayid",
    "network-acl": "ec2:networkaclid",
    "network-interface": "ec2:networkinterfaceid",
    "route-table": "ec2:routetableid",
    "security-group": "ec2:securitygroupid",
    "snapshot": "ec2:snapshotid",
    "subnet": "ec2:subnetid",
    "volume": "ec2:volumeid",
    "vpc": "ec2:vpcid",
}
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
    describe = _DESCRIBED.get(kind)
    return facts | {key: value for key, value in (describe(world, identity) if describe else ()) if value}


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


def _instance(world: World, identity: str) -> Iterator[tuple[str, str]]:
    machine = world.moto("ec2").get_instance_by_id(identity)
    if machine is None:
        return
    options = machine.metadata_options
    yield "ec2:instancetype", machine.instance_type
    yield "ec2:availabilityzone", machine.availability_zone
    yield "ec2:tenancy", "default"
    yield "ec2:rootdevicetype", machine.root_device_type
    yield "ec2:ebsoptimized", str(machine.ebs_optimized).lower()
    yield "ec2:metadatahttptokens", options.http_tokens
    yield "ec2:metadatahttpendpoint", options.http_endpoint
    yield "ec2:metadatahttpputresponsehoplimit", str(options.http_put_response_hop_limit)
    yield "ec2:instancemetadatatags", options.instance_metadata_tags
    yield "ec2:instanceprofile", (machine.iam_instance_profile or {}).get("Arn", "")


def _volume(world: World, identity: str) -> Iterator[tuple[str, str]]:
    volume = world.moto("ec2").volumes.get(identity)
    if volume is None:
        return
    yield "ec2:availabilityzone", volume.availability_zone
    yield "ec2:encrypted", str(bool(volume.encrypted)).lower()
    yield "ec2:volumetype", volume.volume_type
    yield "ec2:volumesize", str(volume.size)
    yield "ec2:volumeiops", str(volume.iops or "")
    yield "ec2:volumethroughput", str(volume.throughput or "")
    if volume.snapshot_id:
        yield "ec2:parentsnapshot", f"arn:aws:ec2:{world.region}::snapshot/{volume.snapshot_id}"


def _volume_of_snapshot(world: World, identity: str) -> Iterator[tuple[str, str]]:
    volume = world.moto("ec2").volumes.get(identity)
    yield "ec2:parentvolume", world.arn("ec2", f"volume/{identity}")
    yield "ec2:owner", world.account
    if volume is not None:
        yield "ec2:volumesize", str(volume.size)
        yield "ec2:encrypted", str(bool(volume.encrypted)).lower()


def _snapshot(world: World, identity: str) -> Iterator[tuple[str, str]]:
    snapshot = world.moto("ec2").snapshots.get(identity)
    if snapshot is not None:
        yield from _volume_of_snapshot(world, snapshot.volume.id)
        yield "ec2:owner", snapshot.owner_id


def _image(world: World, identity: str) -> Iterator[tuple[str, str]]:
    image = world.moto("ec2").amis.get(identity)
    if image is not None:
        yield "ec2:owner", str(image.owner_id)
        yield "ec2:public", str(bool(image.is_public)).lower()
        yield "ec2:imagetype", "machine"
        yield "ec2:rootdevicetype", "ebs"


def _group(world: World, identity: str) -> Iterator[tuple[str, str]]:
    group = world.moto("ec2").get_security_group_by_name_or_id(identity)
    if group is not None and group.vpc_id:
        yield "ec2:vpc", world.arn("ec2", f"vpc/{group.vpc_id}")


def _route_table(world: World, identity: str) -> Iterator[tuple[str, str]]:
    table = world.moto("ec2").route_tables.get(identity)
    if table is not None:
        yield "ec2:vpc", world.arn("ec2", f"vpc/{table.vpc_id}")


def _interface(world: World, identity: str) -> Iterator[tuple[str, str]]:
    interface = world.moto("ec2").enis.get(identity)
    if interface is not None:
        yield from _place(world, interface.subnet.id)


def _subnet(world: World, identity: str) -> Iterator[tuple[str, str]]:
    yield from ((key, value) for key, value in _place(world, identity) if key != "ec2:subnet")


def _endpoint(world: World, identity: str) -> Iterator[tuple[str, str]]:
    endpoint = world.moto("ec2").vpc_end_points.get(identity)
    if endpoint is not None:
        yield "ec2:vpceservicename", endpoint.service_name


def _vpc(world: World, identity: str) -> Iterator[tuple[str, str]]:
    vpc = world.moto("ec2").vpcs.get(identity)
    if vpc is not None:
        yield "ec2:tenancy", str(vpc.instance_tenancy)


_DESCRIBED: Final = {
    "image": _image,
    "instance": _instance,
    "network-interface": _interface,
    "route-table": _route_table,
    "security-group": _group,
    "snapshot": _snapshot,
    "subnet": _subnet,
    "volume": _volume,
    "vpc": _vpc,
    "vpc-endpoint": _endpoint,
}
"""Resource type → what is known of one beyond its tags and its id."""


def _present(*pairs: tuple[str, str | None]) -> Facts:
    return {key: value for key, value in pairs if value}
