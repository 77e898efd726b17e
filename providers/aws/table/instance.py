"""Machines."""

import base64
from typing import Any, Final

from soundstage.core.values import Value
from soundstage.providers.aws.table.ec2 import TAGGING, attribute, filters, resource, retagged
from soundstage.providers.entry import Call, Pause, Update, passed, sets, switched
from soundstage.providers.mapping import WORDS, Block, Field, Form, Tags

_SELF = {"InstanceIds": ["{id}"]}
_RUNNING = "{seen.State[Name=running]}"
_ROOT = "{seen.-Root.VolumeId}"


class _LastPart(Form):
    """The name at the end of an ARN."""

    def decode(self, found: Any) -> Value:
        return str(found).rpartition("/")[2]


class _Base64(Form):
    """Text that EC2 answers in base64; what it takes, boto3 encodes."""

    def decode(self, found: Any) -> Value:
        return base64.b64decode(found).decode("utf-8", "replace")


class _Encoded(Form):
    """Bytes that the program gives in base64."""

    def encode(self, value: Value) -> Any:
        return base64.b64decode(value)


class _Monitoring(Form):
    """Whether a machine is measured every minute and not every five."""

    def decode(self, found: Any) -> Value:
        return found in ("enabled", "pending")


_METADATA_OPTIONS = Block(
    Field("httpEndpoint", default="enabled"),
    Field("httpTokens", computed=True),
    Field("httpPutResponseHopLimit", computed=True),
    Field("httpProtocolIpv6", default="disabled"),
    Field("instanceMetadataTags", computed=True),
)
_SIZES = ("volumeSize", "volumeType", "iops", "throughput")
_ROOT_DEVICE = Block(
    Field("volumeId", computed=True),
    Field("volumeSize", read="Size", computed=True),
    Field("volumeType", computed=True),
    Field("iops", computed=True),
    Field("throughput", computed=True),
    Field("encrypted", computed=True, replaces=True),
    Field("kmsKeyId", computed=True, replaces=True),
    Field("deleteOnTermination", read="Attachments.0.DeleteOnTermination", default=True),
    # Computed: with `volumeTags` given, nothing is said here of the tags that the disk then has.
    Field("tags", form=Tags(keyed=True), computed=True),
)
_MARKET = Block(
    Field("marketType", computed=True),
    Field(
        "spotOptions",
        form=Block(
            Field("instanceInterruptionBehavior", computed=True),
            Field("maxPrice", computed=True),
            Field("spotInstanceType", computed=True),
            Field("validUntil", computed=True),
        ),
    ),
)


def _seen(field: str) -> Call:
    """How an attribute is read."""
    asked = {"InstanceId": "{id}", "Attribute": field}
    shown = f"{field[0].upper()}{field[1:]}.Value"
    return Call("DescribeInstanceAttribute", asked, shown, into=f"-{field}", drift=True)


def _set(field: str, *, on_create: bool = False) -> Update:
    return attribute("ModifyInstanceAttribute", "InstanceId", field, on_create=on_create)


_ATTRIBUTES: Final = ("disableApiTermination", "disableApiStop", "instanceInitiatedShutdownBehavior")


_STOPPED: Final = "soundstage:stopped-for-change"
"""The tag of a machine that ran before it was stopped for a change. Whoever finds it starts the machine; one that somebody
stopped for another reason has no such tag and stays stopped."""
_MARK: Final = f"Tags[Key={_STOPPED}].Key"
_WAS_RUNNING: Final = "{seen." + _MARK + "}"
_MARKED: Final = {"Resources": ["{id}"], "Tags": [{"Key": _STOPPED, "Value": "start again"}]}
_PAUSE: Final = Pause(
    rests=("State.Name", ("running", "stopped", "terminated")),
    mark=_MARK,
    begin=(
        Call("CreateTags", _MARKED, when=_RUNNING),
        Call("StopInstances", _SELF, when=_RUNNING, until=("State.Name", ("stopped",))),
    ),
    end=(
        Call("StartInstances", _SELF, when=_WAS_RUNNING, until=("State.Name", ("running",))),
        Call("DeleteTags", _MARKED, when=_WAS_RUNNING),
    ),
)


def _while_stopped(field: str, params: dict[str, Any]) -> Update:
    """What EC2 changes only on a stopped machine (API Reference, "ModifyInstanceAttribute", 2026-11)."""
    return sets(field, Call("ModifyInstanceAttribute", {"InstanceId": "{id}", **params}), paused=True)


_INSTANCE = resource(
    "aws:ec2/instance:Instance",
    "instance",
    fields=(
        Field("ami", "ImageId", replaces=True),
        Field("instanceType"),
        Field("availabilityZone", "Placement.AvailabilityZone", computed=True, replaces=True),
        Field("tenancy", "Placement.Tenancy", computed=True, replaces=True),
        Field("placementGroup", "Placement.GroupName", computed=True, replaces=True),
        Field("subnetId", computed=True, replaces=True),
        Field("vpcSecurityGroupIds", read="NetworkInterfaces.0.Groups[].GroupId", form=WORDS, computed=True),
        # What a machine's first interface has says nothing about what was asked for: a stopped one has no address.
        Field("associatePublicIpAddress", read=None, computed=True, replaces=True),
        Field("privateIp", "PrivateIpAddress", computed=True, replaces=True),
        Field("keyName", computed=True, replaces=True),
        Field("iamInstanceProfile", "IamInstanceProfile.Name", "IamInstanceProfile.Arn", form=_LastPart()),
        Field(
            "userData",
            read="-userData",
            form=_Base64(),
            computed=True,
            replaces_if="userDataReplaceOnChange",
            instead_of="userDataBase64",
        ),
        Field(
            "userDataBase64",
            "UserData",
            "-userData",
            form=_Encoded(),
            computed=True,
            replaces_if="userDataReplaceOnChange",
            instead_of="userData",
        ),
        Field("userDataReplaceOnChange", read=None, default=False),
        Field("metadataOptions", form=_METADATA_OPTIONS, computed=True),
        Field("rootBlockDevice", read="-Root", form=_ROOT_DEVICE, computed=True),
        Field("instanceMarketOptions", read=None, form=_MARKET, computed=True, replaces=True),
        Field("instanceInitiatedShutdownBehavior", read="-instanceInitiatedShutdownBehavior", computed=True),
        Field("disableApiTermination", read="-disableApiTermination", computed=True),
        Field("disableApiStop", read="-disableApiStop", computed=True),
        Field("monitoring", "Monitoring.Enabled", "Monitoring.State", form=_Monitoring(), computed=True),
        Field("ebsOptimized", default=False),
        Field("hibernation", "HibernationOptions.Configured", replaces=True),
        Field("sourceDestCheck", default=True),
        Field("getPasswordData", read=None, default=False),
        Field("forceDestroy", read=None, default=False),
        Field("volumeTags", read=None, form=Tags(keyed=True), computed=True),
    ),
    unsent=(
        "subnetId",
        "vpcSecurityGroupIds",
        "associatePublicIpAddress",
        "privateIp",
        "userDataReplaceOnChange",
        "rootBlockDevice",
        "getPasswordData",
        "forceDestroy",
        "volumeTags",
    ),
    before_create=(
        # A root device is set up by its name, and that is the image's to say.
        Call("DescribeImages", {"ImageIds": ["{in.ami}"]}, "Images.0", when="{in.rootBlockDevice}", into="Image"),
    ),
    create=Call(
        "RunInstances",
        {
            "MinCount": 1,
            "MaxCount": 1,
            "ClientToken": "{token}",
            "BlockDeviceMappings": [
                {
                    "?": "{in.rootBlockDevice}",
                    "DeviceName": "{seen.Image.RootDeviceName}",
                    "Ebs": passed("in.rootBlockDevice", *_SIZES, "encrypted", "kmsKeyId", "deleteOnTermination"),
                }
            ],
            "NetworkInterfaces": [
                {
                    "DeviceIndex": 0,
                    "SubnetId": "{in.subnetId}",
                    "Groups": "{in.vpcSecurityGroupIds}",
                    "AssociatePublicIpAddress": "{in.associatePublicIpAddress}",
                    "PrivateIpAddress": "{in.privateIp}",
                }
            ],
        },
        "Instances.0",
        needs=(*TAGGING, "iam:PassRole"),
    ),
    read=Call("DescribeInstances", _SELF, "Reservations.0.Instances.0"),
    more=(
        Call(
            "DescribeVolumes",
            filters(**{"attachment.instance-id": "{id}", "attachment.device": "{seen.RootDeviceName}"}),
            "Volumes.0",
            into="-Root",
        ),
        *map(_seen, (*_ATTRIBUTES, "userData")),
    ),
    updates=(
        *map(_set, _ATTRIBUTES),
        _set("sourceDestCheck", on_create=True),
        _while_stopped("instanceType", {"InstanceType": {"Value": "{in.instanceType}"}}),
        _while_stopped("ebsOptimized", {"EbsOptimized": {"Value": "{in.ebsOptimized}"}}),
        _while_stopped("userData", {"UserData": {"Value": "{in.userData}"}}),
        _while_stopped("userDataBase64", {"UserData": {"Value": "{api.userDataBase64}"}}),
        sets(
            "vpcSecurityGroupIds",
            Call("ModifyInstanceAttribute", {"InstanceId": "{id}", "Groups": "{in.vpcSecurityGroupIds}"}),
        ),
        switched("monitoring", "MonitorInstances", "UnmonitorInstances", _SELF),
        sets(
            "metadataOptions",
            Call(
                "ModifyInstanceMetadataOptions",
                {"InstanceId": "{id}", **passed("in.metadataOptions", *_METADATA_OPTIONS.by_name)},
            ),
        ),
        sets(
            "iamInstanceProfile",
            Call(
                "DescribeIamInstanceProfileAssociations",
                filters(instance_id="{id}"),
                "IamInstanceProfileAssociations.0",
                into="Association",
            ),
            Call(
                "DisassociateIamInstanceProfile",
                {"AssociationId": "{seen.Association.AssociationId}"},
                when="{seen.Association.AssociationId}",
            ),
            Call(
                "AssociateIamInstanceProfile",
                {"InstanceId": "{id}", "IamInstanceProfile": {"Name": "{in.iamInstanceProfile}"}},
                when="{in.iamInstanceProfile}",
                absent=("IncorrectState",),
                needs=("iam:PassRole",),
            ),
        ),
        sets(
            tuple(f"rootBlockDevice.{name}" for name in _SIZES),
            Call(
                "ModifyVolume",
                {
                    "VolumeId": _ROOT,
                    "Size": "{in.rootBlockDevice.volumeSize}",
                    "VolumeType": "{in.rootBlockDevice.volumeType}",
                    "Iops": "{in.rootBlockDevice.iops}",
                    "Throughput": "{in.rootBlockDevice.throughput}",
                },
            ),
        ),
        sets(
            "rootBlockDevice.deleteOnTermination",
            Call(
                "ModifyInstanceAttribute",
                {
                    "InstanceId": "{id}",
                    "BlockDeviceMappings": [
                        {
                            "DeviceName": "{seen.RootDeviceName}",
                            "Ebs": {"DeleteOnTermination": "{in.rootBlockDevice.deleteOnTermination}"},
                        }
                    ],
                },
            ),
        ),
        retagged(_ROOT, "rootBlockDevice.tags"),
        retagged(_ROOT, "volumeTags"),
    ),
    pause=_PAUSE,
    looks=True,
    before_delete=(
        Call(
            "ModifyInstanceAttribute",
            {"InstanceId": "{id}", "DisableApiTermination": {"Value": False}},
            when="{in.forceDestroy}",
        ),
    ),
    delete=Call("TerminateInstances", _SELF),
    outputs={
        "instanceState": "@State.Name",
        "publicIp": "@PublicIpAddress",
        "publicDns": "@PublicDnsName",
        "privateDns": "@PrivateDnsName",
        "primaryNetworkInterfaceId": "@NetworkInterfaces.0.NetworkInterfaceId",
        "instanceLifecycle": "@InstanceLifecycle",
    },
    tagged_too={"volume": ("volumeTags", "rootBlockDevice.tags")},
    settle=True,
    pending=("State.Name", ("pending",)),
    gone=("State.Name", ("terminated",)),
    lingers=True,
    finder=Call(
        "DescribeInstances",
        {
            "Filters": [
                {"Name": "tag:soundstage:creation", "Values": ["{token}"]},
                {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]},
            ]
        },
        "Reservations.0.Instances.0.InstanceId",
    ),
    passes_to="ec2.amazonaws.com",
    sealed=("rootBlockDevice", "ebsBlockDevices"),
    along=("ec2:DescribeImages",),
)

TYPES: Final = (_INSTANCE,)
