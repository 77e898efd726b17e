"""What calls to EC2 need: on everything they name, on what they create, and of the keys of the disks.

Ids say what they are of (`vol-…`), so every parameter that holds an id is something that the call needs permission on.
Source: Service Authorization Reference, "Amazon EC2"; Amazon EC2 user guide, "Grant permission to tag resources during
creation" (2026-11).
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from soundstage.simulator.iam import needs_kms
from soundstage.simulator.iam.need import Need, action_of, tagged
from soundstage.simulator.iam.world import World
from soundstage.simulator.request import AwsRequest

_KINDS: Final = {
    "acl": "network-acl",
    "ami": "image",
    "dopt": "dhcp-options",
    "eigw": "egress-only-internet-gateway",
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "fl": "vpc-flow-log",
    "i": "instance",
    "igw": "internet-gateway",
    "key": "key-pair",
    "lt": "launch-template",
    "nat": "natgateway",
    "pl": "prefix-list",
    "rtb": "route-table",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "snap": "snapshot",
    "subnet": "subnet",
    "vol": "volume",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
}
"""The beginning of an id → the resource type in its ARN."""

_ID: Final = re.compile(rf"({'|'.join(_KINDS)})-[0-9a-f]{{8,17}}")
_OF_ACCOUNT: Final = frozenset({"image", "snapshot"})
"""Types whose ARN names no account."""

_MADE: Final = {
    "AllocateAddress": ("elastic-ip",),
    "AuthorizeSecurityGroupEgress": ("security-group-rule",),
    "AuthorizeSecurityGroupIngress": ("security-group-rule",),
    "CreateFlowLogs": ("vpc-flow-log",),
    "CreateImage": ("image",),
    "CreateInternetGateway": ("internet-gateway",),
    "CreateKeyPair": ("key-pair",),
    "CreateNatGateway": ("natgateway",),
    "CreateNetworkInterface": ("network-interface",),
    "CreateRouteTable": ("route-table",),
    "CreateSecurityGroup": ("security-group",),
    "CreateSnapshot": ("snapshot",),
    "CreateSubnet": ("subnet",),
    "CreateVolume": ("volume",),
    "CreateVpc": ("vpc",),
    "CreateVpcEndpoint": ("vpc-endpoint",),
    "ImportKeyPair": ("key-pair",),
    "RunInstances": ("instance", "network-interface", "volume"),
}
"""What a call makes."""

_TAGGED: Final = re.compile(r"TagSpecification\.\d+\.ResourceType")
_DISK_KEY: Final = re.compile(r"BlockDeviceMapping\.\d+\.Ebs\.KmsKeyId|KmsKeyId")


def needs(request: AwsRequest, world: World) -> list[Need]:
    """The permissions for a call to EC2. Looking asks for `*`, as EC2 does."""
    action = action_of(request)
    if request.read_only and not request.operation.startswith("GetPasswordData"):
        return [Need(action)]
    retags = request.operation in ("CreateTags", "DeleteTags")
    named = list(_named(request, world))
    made = [_arn(world, kind, "*") for kind in _MADE.get(request.operation, ())]
    found = [Need(action, arn, facts) for arn, facts in named]
    found += [Need(action, arn) for arn in made]
    if not retags:
        found += [
            Need("ec2:CreateTags", _arn(world, kind, "*"), {"ec2:createaction": request.operation})
            for name, kind in request.params.items()
            if _TAGGED.fullmatch(name)
        ]
    return [*(found or [Need(action)]), *_key_needs(request, world)]


def _named(request: AwsRequest, world: World) -> Iterator[tuple[str, dict[str, str]]]:
    for value in dict.fromkeys(request.params.values()):
        match = _ID.fullmatch(str(value))
        if match:
            kind = _KINDS[match[1]]
            yield _arn(world, kind, str(value)), tagged(world.tags_of("ec2", str(value)), "ec2")


def _arn(world: World, kind: str, identity: str) -> str:
    account = "" if kind in _OF_ACCOUNT else world.account
    return f"arn:aws:ec2:{world.region}:{account}:{kind}/{identity}"


def _key_needs(request: AwsRequest, world: World) -> list[Need]:
    """Encrypting and opening disks is done in the caller's name."""
    named = {str(value) for name, value in request.params.items() if _DISK_KEY.fullmatch(name) and value}
    if request.operation in ("RunInstances", "CreateVolume", "CopySnapshot"):
        actions = ("kms:CreateGrant", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext")
        return [need for key in sorted(named) for need in needs_kms.through(world, "ec2", actions, key)]
    if request.operation == "StartInstances":
        disks = [disk for machine in _machines(request, world) for disk in _disks(machine)]
    elif request.operation == "AttachVolume":
        disks = [request.params.get("VolumeId", "")]
    else:
        return []
    volumes = world.moto("ec2").volumes
    keys = {volumes[disk].kms_key_id for disk in disks if disk in volumes and volumes[disk].kms_key_id}
    return [need for key in sorted(keys) for need in needs_kms.through(world, "ec2", ("kms:CreateGrant",), key)]


def _machines(request: AwsRequest, world: World) -> Iterator[Any]:
    for identity in request.members("InstanceId"):
        machine = world.moto("ec2").get_instance_by_id(identity)
        if machine is not None:
            yield machine


def _disks(machine: Any) -> list[str]:
    return [disk.volume_id for disk in machine.block_device_mapping.values()]
