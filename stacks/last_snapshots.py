"""The last snapshots that deleted data disks left behind. No stack has them on record, so they are found by their tags."""

from soundstage.components.tags import MANAGED_BY, PROJECT, STUDIO
from soundstage.stacks.cloud_calls import call
from soundstage.stacks.machines import Clients


def delete_last_snapshots(cloud: Clients, studio: str, project: str) -> int:
    """Delete every snapshot of a project in its region, and return how many there were. Raises `OperationError`."""
    ec2 = cloud.client("ec2")
    tags = {STUDIO: studio, PROJECT: project, MANAGED_BY: "soundstage"}
    filters = [{"Name": f"tag:{key}", "Values": [value]} for key, value in tags.items()]
    # Without MaxResults EC2 gives everything in one answer.
    answer = call(ec2, "DescribeSnapshots", project, OwnerIds=["self"], Filters=filters)
    found = [snapshot["SnapshotId"] for snapshot in answer["Snapshots"]]
    for snapshot in found:
        call(ec2, "DeleteSnapshot", snapshot, SnapshotId=snapshot)
    return len(found)
