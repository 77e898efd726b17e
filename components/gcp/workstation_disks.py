"""The disks of a workstation, and the snapshots that are taken of the work on them."""

from typing import Final

import pulumi
import pulumi_gcp as gcp

from soundstage.components.gcp.labelled import labels
from soundstage.components.gcp.workstation_checks import Machine
from soundstage.components.naming import last_snapshot_name
from soundstage.components.tags import OS, TAKEN, WORK_DISKS

WORK_DEVICE: Final = "work"
"""What the machine calls the disk: `/dev/disk/by-id/google-work`."""
SNAPSHOT_AT: Final = "03:00"
"""UTC. Schedules begin at a whole hour (Compute Engine, `resourcePolicies`, read 2026-11)."""


def data_disk(component: pulumi.Resource, name: str, machine: Machine) -> gcp.compute.Disk:
    """The disk for work in progress, under the studio's key. It grows in place and never shrinks."""
    return gcp.compute.Disk(
        f"{name}-data",
        description=f"Work in progress of {machine.workstation}",
        zone=machine.zone,
        type=machine.type.disk,
        size=machine.data_gib,
        snapshot=machine.data_snapshot_id,
        disk_encryption_key={"kms_key_self_link": machine.key_id},
        create_snapshot_before_destroy=machine.keep,
        create_snapshot_before_destroy_prefix=last_snapshot_name(machine.studio, machine.project, machine.workstation)
        if machine.keep
        else None,
        labels=labels({**machine.tags, OS: machine.os, WORK_DISKS: f"{machine.studio}.{machine.project}"}),
        project=machine.project_id,
        # The last snapshot of a large disk takes longer than the provider waits by itself. A description cannot be changed: with that of
        # another machine's name the disk would be made anew, and empty.
        opts=pulumi.ResourceOptions(
            parent=component,
            ignore_changes=["description"],
            custom_timeouts=pulumi.CustomTimeouts(delete="6h") if machine.keep else None,
        ),
    )


def keep_snapshots(component: pulumi.Resource, name: str, disk: gcp.compute.Disk, machine: Machine) -> None:
    """A snapshot every day, in the disk's own region: Google's default is a place as large as a continent."""
    policy = gcp.compute.ResourcePolicy(
        f"{name}-snapshots",
        description=f"Daily snapshots of the work of {machine.workstation}",
        region=machine.region,
        snapshot_schedule_policy={
            "schedule": {"daily_schedule": {"days_in_cycle": 1, "start_time": SNAPSHOT_AT}},
            "retention_policy": {
                "max_retention_days": machine.snapshot_days,
                "on_source_disk_delete": "KEEP_AUTO_SNAPSHOTS",
            },
            "snapshot_properties": {
                "storage_locations": machine.region,
                "labels": labels({**machine.tags, TAKEN: "daily"}),
            },
        },
        project=machine.project_id,
        opts=pulumi.ResourceOptions(parent=component),
    )
    gcp.compute.DiskResourcePolicyAttachment(
        f"{name}-snapshots",
        name=policy.name,
        disk=disk.name,
        zone=machine.zone,
        project=machine.project_id,
        # A disk takes one schedule of snapshots at a time.
        opts=pulumi.ResourceOptions(parent=component, delete_before_replace=True),
    )
