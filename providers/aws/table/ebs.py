"""Volumes, their snapshots and attachments, and what the account sets for all of them."""

import time
from typing import Final

from soundstage.core.errors import CloudError
from soundstage.core.values import Properties
from soundstage.providers.aws.table.ec2 import TAGGING, filters, resource
from soundstage.providers.aws.table.kms import KEY_NAME
from soundstage.providers.entry import Call, Cloud, Entry, sets, switched
from soundstage.providers.mapping import Field

_WAIT_SECONDS = 600.0
_POLL_SECONDS = 0.1
_ATTACHED = {"Device": "{in.deviceName}", "VolumeId": "{in.volumeId}", "InstanceId": "{in.instanceId}"}


def keep_last_state(cloud: Cloud, volume: str, inputs: Properties) -> None:
    """Take a snapshot with the volume's tags where the program asked for one (`finalSnapshot`).

    A snapshot that an interrupted delete took already is recognised by its description.
    """
    if not inputs.get("finalSnapshot"):
        return
    description = f"Last state of {volume}"
    of_volume = {"Filters": [{"Name": "volume-id", "Values": [volume]}], "OwnerIds": ["self"]}
    if cloud.call("ec2", "DescribeVolumes", {"VolumeIds": [volume]}, missing_ok=True) is None:
        return
    found = cloud.call("ec2", "DescribeSnapshots", of_volume)["Snapshots"]
    taken = next((item for item in found if item.get("Description") == description), None)
    if taken is None:
        tags = [{"Key": key, "Value": value} for key, value in (inputs.get("tags") or {}).items()]
        given = {"TagSpecifications": [{"ResourceType": "snapshot", "Tags": tags}]} if tags else {}
        taken = cloud.call("ec2", "CreateSnapshot", {"VolumeId": volume, "Description": description, **given})
    deadline = time.monotonic() + _WAIT_SECONDS
    while taken["State"] == "pending" and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        taken = cloud.call("ec2", "DescribeSnapshots", {"SnapshotIds": [taken["SnapshotId"]]})["Snapshots"][0]
    if taken["State"] != "completed":
        raise CloudError(
            f"The last snapshot of {volume} is {taken['State']}; the volume was kept.",
            "Run the same command again; it continues.",
            action="ec2:CreateSnapshot",
        )


def stop_first(cloud: Cloud, _id: str, inputs: Properties) -> None:
    """Stop the machine where the program asked for it (`stopInstanceBeforeDetaching`)."""
    if not inputs.get("stopInstanceBeforeDetaching"):
        return
    machine = {"InstanceIds": [inputs["instanceId"]]}
    deadline = time.monotonic() + _WAIT_SECONDS
    asked = False
    while True:
        found = cloud.call("ec2", "DescribeInstances", machine, missing_ok=True)
        state = found["Reservations"][0]["Instances"][0]["State"]["Name"] if found and found["Reservations"] else ""
        if state in ("", "stopped", "terminated", "shutting-down"):
            return
        if not asked:
            cloud.call("ec2", "StopInstances", machine)
            asked = True
        elif time.monotonic() > deadline:
            raise CloudError(
                f"{inputs['instanceId']} does not stop; its volume {inputs['volumeId']} was left attached.",
                "Run the same command again; it continues.",
                action="ec2:StopInstances",
            )
        else:
            time.sleep(_POLL_SECONDS)


_VOLUME = resource(
    "aws:ebs/volume:Volume",
    "volume",
    fields=(
        Field("availabilityZone", required=True, replaces=True),
        Field("size", computed=True),
        Field("type", "VolumeType", computed=True),
        Field("iops", computed=True),
        Field("throughput", computed=True),
        Field("encrypted", computed=True, replaces=True),
        Field("kmsKeyId", computed=True, replaces=True, form=KEY_NAME),
        Field("snapshotId", computed=True, replaces=True),
        Field("volumeInitializationRate", read=None),
        Field("multiAttachEnabled", computed=True, replaces=True),
        Field("finalSnapshot", read=None, default=False),
    ),
    unsent=("finalSnapshot",),
    create=Call("CreateVolume", {"ClientToken": "{token}"}, needs=TAGGING),
    updates=(
        sets(
            ("size", "type", "iops", "throughput"),
            Call("ModifyVolume", {"VolumeId": "{id}", "Size": "{in.size}"}),
            sends=("type", "iops", "throughput"),
        ),
        # A disk is read from its snapshot once: another rate is recorded, and changes nothing.
        sets("volumeInitializationRate"),
    ),
    last_wish=keep_last_state,
    delete=Call("DeleteVolume", {"VolumeId": "{id}"}, needs=("ec2:CreateSnapshot", "ec2:DescribeSnapshots")),
    outputs={"createTime": "@CreateTime"},
    pending=("State", ("creating",)),
    gone=("State", ("deleted", "deleting")),
    blockers=(Call("DescribeVolumes", {"VolumeIds": ["{id}"]}, "Volumes.0.Attachments[].InstanceId"),),
    sealed=("kmsKeyId",),
)

_ATTACHMENT = Entry(
    "aws:ec2/volumeAttachment:VolumeAttachment",
    "ec2",
    fields=(
        Field("deviceName", "Device", required=True, replaces=True),
        Field("volumeId", required=True, replaces=True),
        Field("instanceId", required=True, replaces=True),
        Field("forceDetach", read=None, default=False),
        Field("skipDestroy", read=None, default=False),
        Field("stopInstanceBeforeDetaching", read=None, default=False),
    ),
    unsent=("forceDetach", "skipDestroy", "stopInstanceBeforeDetaching"),
    id="{in.deviceName}:{in.volumeId}:{in.instanceId}",
    create=Call("AttachVolume"),
    read=Call("DescribeVolumes", {"VolumeIds": ["{in.volumeId}"]}, "Volumes.0.Attachments[InstanceId={in.instanceId}]"),
    last_wish=stop_first,
    delete=Call(
        "DetachVolume",
        {**_ATTACHED, "Force": "{in.forceDetach}"},
        when="{off.skipDestroy}",
        absent=("IncorrectState", "InvalidAttachment.NotFound"),
        needs=("ec2:StopInstances", "ec2:DescribeInstances"),
    ),
    gone=("State", ("detached",)),
    pending=("State", ("attaching",)),
)

_SNAPSHOT = resource(
    "aws:ebs/snapshot:Snapshot",
    "snapshot",
    fields=(Field("volumeId", required=True, replaces=True), Field("description", replaces=True)),
    create=Call("CreateSnapshot", needs=TAGGING),
    outputs={"encrypted": "@Encrypted", "kmsKeyId": "@KmsKeyId", "ownerId": "@OwnerId", "volumeSize": "@VolumeSize"},
    arn="arn:{partition}:ec2:{region}::snapshot/{id}",
    pending=("State", ("pending",)),
    settle=True,
    finder=Call(
        "DescribeSnapshots",
        {"OwnerIds": ["self"], **filters(**{"tag:soundstage:creation": "{token}"})},
        "Snapshots[].SnapshotId",
    ),
)

TYPES: Final = (
    _VOLUME,
    _ATTACHMENT,
    _SNAPSHOT,
    Entry(
        "aws:ebs/encryptionByDefault:EncryptionByDefault",
        "ec2",
        fields=(Field("enabled", "EbsEncryptionByDefault", default=True),),
        id="{region}",
        create=Call("GetEbsEncryptionByDefault"),
        adopts=True,
        read=Call("GetEbsEncryptionByDefault"),
        updates=(switched("enabled", "EnableEbsEncryptionByDefault", "DisableEbsEncryptionByDefault", on_create=True),),
        delete=Call("DisableEbsEncryptionByDefault"),
    ),
    Entry(
        "aws:ebs/defaultKmsKey:DefaultKmsKey",
        "ec2",
        fields=(Field("keyArn", "KmsKeyId", required=True, replaces=True, form=KEY_NAME),),
        id="{region}",
        create=Call("ModifyEbsDefaultKmsKeyId"),
        puts=True,
        read=Call("GetEbsDefaultKmsKeyId"),
        delete=Call("ResetEbsDefaultKmsKeyId"),
    ),
    Entry(
        "aws:ebs/snapshotBlockPublicAccess:SnapshotBlockPublicAccess",
        "ec2",
        fields=(Field("state", required=True),),
        id="{region}",
        create=Call("EnableSnapshotBlockPublicAccess"),
        puts=True,
        read=Call("GetSnapshotBlockPublicAccessState"),
        gone=("State", ("unblocked",)),
        delete=Call("DisableSnapshotBlockPublicAccess"),
    ),
)
