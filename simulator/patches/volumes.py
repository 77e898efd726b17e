"""Encryption by default is a flag that moto keeps and does not act on; gp3 volumes have a throughput that it forgets."""

from typing import Any, Final

from moto.ec2.models.elastic_block_store import EBSBackend

_create = EBSBackend.create_volume
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


def apply() -> None:
    """Encrypt new volumes where the account asks for it."""
    backend: Any = EBSBackend
    backend.create_volume = _create_volume
