"""moto takes every Deny with a condition for a Deny without one, so a policy that asks for TLS locks its bucket. Bucket
policies are judged by `simulator.aws.iam` before a call reaches moto; moto's own judgement is switched off."""

from typing import Any

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket


def _undecided(_bucket: FakeBucket, action: str, resource: str) -> PermissionResult:  # noqa: ARG001
    return PermissionResult.NEUTRAL


def apply() -> None:
    """Keep moto from judging bucket policies."""
    bucket: Any = FakeBucket
    bucket.get_permission = _undecided
