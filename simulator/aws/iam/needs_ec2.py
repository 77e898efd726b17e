"""What calls to EC2 need: on everything they name, on what they create, and of the keys of the disks.

Ids say what they are of (`vol-…`), so every parameter that holds an id is something that the call needs permission on.
Source: Service Authorization Reference, "Amazon EC2"; Amazon EC2 user guide, "Grant permission to tag resources during
creation" (2026-11).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from soundstage.simulator.aws.iam import facts_ec2, needs_kms
from soundstage.simulator.aws.iam.need import Need, action_of, tagged
from soundstage.simulator.aws.iam.needs_images import of_images
from soundstage.simulator.aws.iam.world import World
from soundstage.simulator.aws.request import AwsRequest
from soundstage.simulator.aws.tables import table

_EC2: Final = table("ec2_permissions")
_KINDS: Final[Mapping[str, str]] = _EC2["kinds"]
"""The beginning of an id → the resource type in its ARN."""

_ID: Final = re.compile(rf"({'|'.join(_KINDS)})-[0-9a-f]{{8,17}}")
_OF_ACCOUNT: Final = frozenset({"image", "snapshot"})
"""Types whose ARN names no account."""

_MADE: Final[Mapping[str, Sequence[str]]] = _EC2["made"]
"""What a call makes."""

_TAGGED: Final = re.compile(r"TagSpecification\.\d+\.ResourceType")
_SEALED: Final = re.compile(r"(?:BlockDeviceMapping\.\d+\.Ebs\.)?Encrypted")
_DISK_KEY: Final = re.compile(r"BlockDeviceMapping\.\d+\.Ebs\.KmsKeyId|KmsKeyId")


_ABOUT: Final = {
    "CopyImage": (),
    **{f"{verb}SecurityGroup{way}": ("GroupId",) for verb in ("Authorize", "Revoke") for way in ("Egress", "Ingress")},
    **{f"{verb}Route": ("RouteTableId",) for verb in ("Create", "Delete", "Replace")},
}
"""Calls that name more than they ask permission on, and the parameters with what they do ask for: a rule may mention a group
or prefix list of somebody else, a route any gateway, a copy an image of another region (`needs_images`)."""

_LOOKS_AT_ONE: Final = frozenset(
    {
        "DescribeImageAttribute", "DescribeInstanceAttribute", "DescribeSnapshotAttribute", "DescribeVolumeAttribute",
        "DescribeVpcAttribute", "GetConsoleOutput", "GetConsoleScreenshot", "GetLaunchTemplateData", "GetPasswordData",
    }
)  # fmt: skip
"""Calls that only look, and yet need permission on what they look at."""


def needs(request: AwsRequest, world: World) -> list[Need]:
    """The permissions for a call to EC2. Looking asks for `*` with few exceptions, as EC2 does."""
    action = action_of(request)
    common = facts_ec2.of_call(request, world)
    if request.read_only and request.operation not in _LOOKS_AT_ONE:
        return [Need(action, context=common)]
    retags = request.operation in ("CreateTags", "DeleteTags")
    named = list(_named(request, world))
    found = [Need(action, arn, common | facts) for arn, facts in named]
    found += [
        Need(action, _arn(world, kind, "*"), common | facts)
        for kind in _MADE.get(request.operation, ())
        for facts in facts_ec2.of_made(request, world, kind)
    ]
    if not retags:
        found += [
            Need("ec2:CreateTags", _arn(world, kind, "*"), common | {"ec2:createaction": request.operation})
            for name, kind in request.params.items()
            if _TAGGED.fullmatch(name)
        ]
    found += of_images(request, world)
    return [*(found or [Need(action, context=common)]), *_key_needs(request, world)]


def _named(request: AwsRequest, world: World) -> Iterator[tuple[str, dict[str, str]]]:
    about = _ABOUT.get(request.operation, request.params)
    given = [str(request.params[name]) for name in about if name in request.params]
    implied = [each for value in given for each in _associated(value, world)]
    if request.operation == "RunInstances":
        implied += _defaults(request, world)
    for value in dict.fromkeys([*given, *implied]):
        match = _ID.fullmatch(value)
        if match:
            kind = _KINDS[match[1]]
            facts = facts_ec2.of_existing(request, world, kind, value)
            yield _arn(world, kind, value), tagged(world.tags_of("ec2", value), "ec2") | facts


def _associated(value: str, world: World) -> list[str]:
    """What an association joins: EC2 asks for permission on that, since an association has neither ARN nor tags."""
    ec2 = world.moto("ec2")
    if value.startswith("rtbassoc-"):
        joined = [each for table in ec2.route_tables.values() for each in table.associations]
        told = [each for each in joined if each["RouteTableAssociationId"] == value]
        return [each[part] for each in told for part in ("RouteTableId", "SubnetId") if part in each]
    if value.startswith("eipassoc-"):
        return [str(each.allocation_id) for each in ec2.addresses if each.association_id == value]
    if value.startswith("iip-assoc-"):
        profiles = ec2.iam_instance_profile_associations.values()
        return [str(each.instance.id) for each in profiles if each.association_id == value]
    if value.startswith("vpc-cidr-assoc-"):
        ranges = ((vpc.id, each) for vpc in ec2.vpcs.values() for each in vpc.cidr_block_association_set)
        return [vpc for vpc, each in ranges if each["association_id"] == value]
    return []


def _defaults(request: AwsRequest, world: World) -> list[str]:
    """The subnet of the default network, and the default group of the network, that a machine gets where a call names none."""
    ec2 = world.moto("ec2")
    named = [str(value) for value in request.params.values()]
    subnets = [subnet for zone in ec2.subnets.values() for subnet in zone.values()]
    chosen = [subnet for subnet in subnets if subnet.id in named]
    if any(value.startswith("eni-") for value in named):
        return []
    if not chosen:
        chosen = [subnet for subnet in subnets if ec2.vpcs[subnet.vpc_id].is_default][:1]
    found = [subnet.id for subnet in chosen]
    if not any(value.startswith("sg-") for value in named):
        groups = [ec2.get_default_security_group(subnet.vpc_id) for subnet in chosen]
        found += [group.id for group in groups if group]
    return found


def _arn(world: World, kind: str, identity: str) -> str:
    account = "" if kind in _OF_ACCOUNT else world.account
    return f"arn:aws:ec2:{world.region}:{account}:{kind}/{identity}"


def _key_needs(request: AwsRequest, world: World) -> list[Need]:
    """Encrypting and opening disks is done in the caller's name."""
    named = {str(value) for name, value in request.params.items() if _DISK_KEY.fullmatch(name) and value}
    if _is_sealed_without_key(request):
        named |= {world.moto("ec2").default_kms_key_id or "alias/aws/ebs"}
    if request.operation in ("RunInstances", "CreateVolume", "CopySnapshot"):
        actions = ("kms:CreateGrant", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext")
        # A disk from an encrypted snapshot is under the snapshot's key where no other is named; opened it must be anyway.
        sources = {str(value) for value in request.params.values() if str(value).startswith("snap-")}
        known = world.moto("ec2").snapshots
        sealed = {known[each].kms_key_id for each in sources if each in known and known[each].encrypted}
        opened = [
            need
            for key in sorted(str(key) for key in sealed - named if key)
            for need in needs_kms.through(world, "ec2", (*actions, "kms:Decrypt", "kms:ReEncryptFrom"), key)
        ]
        return opened + [need for key in sorted(named) for need in needs_kms.through(world, "ec2", actions, key)]
    if request.operation == "StartInstances":
        disks = [disk for machine in _machines(request, world) for disk in _disks(machine)]
    elif request.operation == "AttachVolume":
        disks = [request.params.get("VolumeId", "")]
    else:
        return []
    volumes = world.moto("ec2").volumes
    keys = {volumes[disk].kms_key_id for disk in disks if disk in volumes and volumes[disk].kms_key_id}
    return [need for key in sorted(keys) for need in needs_kms.through(world, "ec2", ("kms:CreateGrant",), key)]


def _is_sealed_without_key(request: AwsRequest) -> bool:
    """Whether a disk is to be encrypted with the account's default key: nothing else is named."""
    if request.operation not in ("RunInstances", "CreateVolume"):
        return False
    disks = [
        name.removesuffix("Encrypted")
        for name, value in request.params.items()
        if _SEALED.fullmatch(name) and value == "true"
    ]
    return any(f"{disk}KmsKeyId" not in request.params for disk in disks)


def _machines(request: AwsRequest, world: World) -> Iterator[Any]:
    for identity in request.members("InstanceId"):
        machine = world.moto("ec2").get_instance_by_id(identity)
        if machine is not None:
            yield machine


def _disks(machine: Any) -> list[str]:
    return [disk.volume_id for disk in machine.block_device_mapping.values()]
