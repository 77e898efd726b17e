"""What AWS keeps media with: keys, and the snapshots of disks."""

from collections.abc import Mapping
from typing import Any, Final

from soundstage.components.tags import MANAGED_BY, PROJECT, STUDIO, WORKSTATION
from soundstage.core.errors import CloudError
from soundstage.stacks.clouds.aws.calls import Clients, call
from soundstage.stacks.clouds.base import Deletion

_DYING: Final = ("PendingDeletion", "PendingReplicaDeletion")


class AwsKeys:
    """See `Keys`.

    Source: AWS KMS developer guide, "Deleting AWS KMS keys": the deletion can be cancelled until its waiting period of 7 to 30
    days ends; until then the key opens nothing (2026-11).
    """

    type = "aws:kms/key:Key"

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def deletion(self, id: str, name: str, region: str) -> Deletion | None:
        try:
            about = call(self._clients.client("kms", region), "DescribeKey", name, KeyId=id)["KeyMetadata"]
        except CloudError as error:
            if error.code == "NotFoundException":
                return None
            raise
        if about["KeyState"] not in _DYING:
            return None
        day = about["DeletionDate"].date() if "DeletionDate" in about else None
        return Deletion(day, f"aws kms cancel-key-deletion --key-id {id} --region {region}")


class AwsSnapshots:
    """See `Snapshots`. They are found by their tags."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def of_project(self, studio: str, project: str) -> dict[str, str]:
        tags = {STUDIO: studio, PROJECT: project, MANAGED_BY: "soundstage"}
        filters = [{"Name": f"tag:{key}", "Values": [value]} for key, value in tags.items()]
        # Without MaxResults EC2 gives everything in one answer.
        ec2 = self._clients.client("ec2")
        answer = call(ec2, "DescribeSnapshots", project, OwnerIds=["self"], Filters=filters)
        return {snapshot["SnapshotId"]: _machine(snapshot) for snapshot in answer["Snapshots"]}

    def delete(self, id: str) -> None:
        call(self._clients.client("ec2"), "DeleteSnapshot", id, SnapshotId=id)


def _machine(snapshot: Mapping[str, Any]) -> str:
    """The machine that a snapshot's tags name, or the snapshot's own id where somebody took that tag away."""
    tags = {tag["Key"]: tag["Value"] for tag in snapshot.get("Tags") or ()}
    return str(tags.get(WORKSTATION) or snapshot["SnapshotId"])
