"""Encryption by default is a flag that moto keeps and does not act on; gp3 volumes have a throughput that it forgets; and
whoever asks for their own snapshots is shown those of every image, too."""

from typing import Any, Final

from moto.ec2.models.elastic_block_store import EBSBackend
from moto.ec2.responses.elastic_block_store import ElasticBlockStore

_create = EBSBackend.create_volume
_described = ElasticBlockStore.describe_snapshots
_GP3_THROUGHPUT: Final = 125
"""MiB/s (Amazon EBS User Guide, "General Purpose SSD volumes", 2026-11)."""


def _create_volume(self: Any, *args: Any, **kwargs: Any) -> Any:
    # The images, which bring volumes, are made before the rest of the backend.
    if getattr(self, "ebs_encryption_by_default", False):
        kwargs["encrypted"] = True
    volume = _create(self, *args, **kwargs)
    if volume.volume_type == "gp3" and not volume.throughput:
        volume.throughput = _GP3_THROUGHPUT
    return volume


def _describe_snapshots(self: Any) -> Any:
    answer = _described(self)
    owners = {self.current_account if owner == "self" else owner for owner in self._get_param("OwnerIds", [])}
    if owners:
        found: Any = answer.result
        found["Snapshots"] = [snapshot for snapshot in found["Snapshots"] if snapshot.owner_id in owners]
    return answer


def apply() -> None:
    """Encrypt new volumes where the account asks for it, and tell whose a snapshot is."""
    backend: Any = EBSBackend
    backend.create_volume = _create_volume
    responses: Any = ElasticBlockStore
    responses.describe_snapshots = _describe_snapshots
