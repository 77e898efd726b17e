"""The last snapshots that deleted data disks left behind. No stack has them on record, so they are found by their tags."""

from collections.abc import Mapping
from typing import Any

from soundstage.components.tags import MANAGED_BY, PROJECT, STUDIO, WORKSTATION
from soundstage.stacks.account.cloud_calls import call
from soundstage.stacks.machines import Clients


def last_snapshots(cloud: Clients, studio: str, project: str) -> dict[str, str]:
    """Every snapshot of a project in its region: its id, and the machine whose disk it was. Raises `OperationError`."""
    tags = {STUDIO: studio, PROJECT: project, MANAGED_BY: "soundstage"}
    filters = [{"Name": f"tag:{key}", "Values": [value]} for key, value in tags.items()]
    # Without MaxResults EC2 gives everything in one answer.
    answer = call(cloud.client("ec2"), "DescribeSnapshots", project, OwnerIds=["self"], Filters=filters)
    return {snapshot["SnapshotId"]: _machine(snapshot) for snapshot in answer["Snapshots"]}


def delete_last_snapshots(cloud: Clients, studio: str, project: str) -> None:
    """Delete every snapshot of a project in its region. Raises `OperationError`."""
    ec2 = cloud.client("ec2")
    for snapshot in last_snapshots(cloud, studio, project):
        call(ec2, "DeleteSnapshot", snapshot, SnapshotId=snapshot)


def _machine(snapshot: Mapping[str, Any]) -> str:
    """The machine that a snapshot's tags name, or the snapshot's own id where somebody took that tag away."""
    tags = {tag["Key"]: tag["Value"] for tag in snapshot.get("Tags") or ()}
    return str(tags.get(WORKSTATION) or snapshot["SnapshotId"])
