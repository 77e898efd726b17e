"""The last snapshots that deleted data disks left behind. No stack has them on record, so they are found by their tags."""

from soundstage.components.tags import MANAGED_BY, PROJECT, STUDIO
from soundstage.stacks.cloud_calls import call
from soundstage.stacks.machines import Clients


def last_snapshots(cloud: Clients, studio: str, project: str) -> list[str]:
    """The ids of every snapshot of a project in its region. Raises `OperationError`."""
    tags = {STUDIO: studio, PROJECT: project, MANAGED_BY: "soundstage"}
    filters = [{"Name": f"tag:{key}", "Values": [value]} for key, value in tags.items()]
    # Without MaxResults EC2 gives everything in one answer.
    answer = call(cloud.client("ec2"), "DescribeSnapshots", project, OwnerIds=["self"], Filters=filters)
    return [snapshot["SnapshotId"] for snapshot in answer["Snapshots"]]


def delete_last_snapshots(cloud: Clients, studio: str, project: str) -> None:
    """Delete every snapshot of a project in its region. Raises `OperationError`."""
    ec2 = cloud.client("ec2")
    for snapshot in last_snapshots(cloud, studio, project):
        call(ec2, "DeleteSnapshot", snapshot, SnapshotId=snapshot)
