"""Whether a bucket's policy lets S3 deliver access logs to it. moto reads policies of one shape only, and breaks on a
statement for everybody."""

import json
from typing import Any, Final

from moto.s3.models import FakeBucket

from soundstage.simulator.aws.conditions import matches

_DELIVERY: Final = "logging.s3.amazonaws.com"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _admits(statement: dict[str, Any], log: str) -> bool:
    principal = statement.get("Principal")
    services = _listed(principal.get("Service")) if isinstance(principal, dict) else []
    return (
        statement.get("Effect") == "Allow"
        and _DELIVERY in services
        and any(matches(str(action).lower(), "s3:putobject") for action in _listed(statement.get("Action")))
        and any(matches(str(resource), log) for resource in _listed(statement.get("Resource")))
    )


def _may_deliver(target_bucket: Any, target_prefix: str | None) -> bool:
    if not target_bucket.policy:
        return False
    log = f"arn:{target_bucket.partition}:s3:::{target_bucket.name}/{target_prefix or ''}log"
    return any(_admits(statement, log) for statement in _listed(json.loads(target_bucket.policy)["Statement"]))


def apply() -> None:
    """Read a log bucket's policy as S3 does."""
    bucket: Any = FakeBucket
    bucket._log_permissions_enabled_policy = staticmethod(_may_deliver)
