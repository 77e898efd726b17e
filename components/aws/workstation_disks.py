"""The disks of a workstation besides its root disk, and how they hang on the machine."""

from collections.abc import Mapping
from typing import Final

import pulumi
import pulumi_aws as aws

from soundstage.components.aws.workstation_checks import Machine
from soundstage.components.boot.facts import DATA_VOLUME_TAG, OWN_DISK_TAG, SCRATCH_VOLUME_TAG
from soundstage.components.disks import Disk
from soundstage.components.tags import OS, WORK_DISKS, named

DATA_DEVICE: Final = "/dev/sdf"
SCRATCH_DEVICE: Final = "/dev/sdg"


def volume(
    component: pulumi.Resource, label: str, disk: Disk, machine: Machine, more: Mapping[str, str] | None = None
) -> aws.ebs.Volume:
    """An encrypted volume in the machine's zone. Its size and speed change in place (Amazon EBS User Guide, "Modify a volume")."""
    return aws.ebs.Volume(
        label,
        availability_zone=machine.availability_zone,
        size=disk.size_gib,
        type="gp3",
        iops=disk.iops,
        throughput=disk.mib_per_second,
        encrypted=True,
        kms_key_id=machine.key_arn,
        snapshot_id=disk.snapshot_id,
        volume_initialization_rate=disk.initialization,
        final_snapshot=disk.keep,
        region=machine.region,
        tags=named({**machine.tags, **(more or {})}, label),
        # The last snapshot of a large disk takes longer than the provider waits by itself (ten minutes).
        opts=pulumi.ResourceOptions(
            parent=component, custom_timeouts=pulumi.CustomTimeouts(delete="6h") if disk.keep else None
        ),
    )


def work_disk_tags(machine: Machine) -> dict[str, str]:
    """The tags of the data volume alone, which its snapshots carry too: who wrote it, and whose it is."""
    return {OS: machine.os, WORK_DISKS: f"{machine.studio}.{machine.project}"}


def volume_tags(
    data: aws.ebs.Volume | None, scratch: aws.ebs.Volume | None, own: Mapping[str, aws.ebs.Volume]
) -> dict[str, pulumi.Input[str]]:
    """The tags in which the machine finds the ids of its volumes."""
    tags: dict[str, pulumi.Input[str]] = {}
    if data:
        tags[DATA_VOLUME_TAG] = data.id
    if scratch:
        tags[SCRATCH_VOLUME_TAG] = scratch.id
    return {**tags, **{f"{OWN_DISK_TAG}{label}": each.id for label, each in own.items()}}


def attach(
    component: pulumi.Resource,
    label: str,
    device: str,
    volume: aws.ebs.Volume,
    instance: aws.ec2.Instance,
    region: str | None,
) -> None:
    """Hang a volume on the machine."""
    aws.ec2.VolumeAttachment(
        f"{label}-attachment",
        device_name=device,
        volume_id=volume.id,
        instance_id=instance.id,
        # A volume taken from a running machine is a torn one.
        stop_instance_before_detaching=True,
        region=region,
        # A disk is on one machine at a time: when the machine is replaced, the old one lets go first.
        opts=pulumi.ResourceOptions(parent=component, delete_before_replace=True),
    )
