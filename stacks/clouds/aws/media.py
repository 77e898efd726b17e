"""What AWS keeps media with: keys, and the snapshots of disks."""

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any, Final

from soundstage.components.tags import MANAGED_BY, OS, PROJECT, STUDIO, SYSTEM_DISK, TAKEN, WORKSTATION
from soundstage.core.errors import CloudError
from soundstage.stacks.clouds.aws.calls import Clients, call, read
from soundstage.stacks.clouds.base import Deletion, Snapshot

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

    def of_project(self, studio: str, project: str) -> list[Snapshot]:
        tags = {STUDIO: studio, PROJECT: project, MANAGED_BY: "soundstage"}
        filters = [{"Name": f"tag:{key}", "Values": [value]} for key, value in tags.items()]
        # Without MaxResults EC2 gives everything in one answer.
        answer = read(self._clients, "ec2", "DescribeSnapshots", project, OwnerIds=["self"], Filters=filters)
        of_work = [one for one in answer["Snapshots"] if not _is_of_system(one)]
        return sorted(map(_snapshot, of_work), key=lambda one: (one.taken, one.id))

    def delete(self, id: str) -> None:
        try:
            call(self._clients.client("ec2"), "DeleteSnapshot", id, SnapshotId=id)
        except CloudError as error:
            if error.code != "InvalidSnapshot.NotFound":
                raise

    def rename(self, ids: Sequence[str], machine: str) -> None:
        if ids:
            tags = [{"Key": WORKSTATION, "Value": machine}]
            call(self._clients.client("ec2"), "CreateTags", machine, Resources=list(ids), Tags=tags)


def _is_of_system(found: Mapping[str, Any]) -> bool:
    """Whether it belongs to the image that keeps the system disk of a parked machine."""
    return any(tag["Key"] == SYSTEM_DISK for tag in found.get("Tags") or ())


def _snapshot(found: Mapping[str, Any]) -> Snapshot:
    tags = {tag["Key"]: tag["Value"] for tag in found.get("Tags") or ()}
    return Snapshot(
        id=found["SnapshotId"],
        machine=tags.get(WORKSTATION) or found["SnapshotId"],
        taken=found["StartTime"].astimezone(UTC),
        state=found["State"],
        progress=found.get("Progress") or "",
        gib=int(found["VolumeSize"]),
        stored_bytes=found.get("FullSnapshotSizeInBytes"),
        daily=tags.get(TAKEN) == "daily",
        os=tags.get(OS, ""),
        disk=str(found.get("VolumeId") or ""),
    )
