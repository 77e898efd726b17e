"""How S3 calls are named in policies: the permission, the resource and the condition keys of each.

Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3" (2026-11).
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl

from soundstage.providers.aws.actions import action_of
from soundstage.simulator.aws.authorize import Situation
from soundstage.simulator.aws.request import AwsRequest

_TLS_VERSION: Final = "1.3"


def permission(request: AwsRequest) -> str:
    """The S3 permission that a call needs, such as `s3:GetObject`."""
    action = action_of("s3", request.operation).removeprefix("s3:")
    versioned = "versionId" in dict(parse_qsl(request.query, keep_blank_values=True))
    if versioned and action in ("GetObject", "DeleteObject", "GetObjectAcl", "PutObjectAcl", "GetObjectTagging"):
        action = action.replace("Object", "ObjectVersion", 1)
    return f"s3:{action}"


def resource(request: AwsRequest) -> str:
    """The ARN of the bucket or object that a call concerns."""
    key = request.labels.get("Key")
    return f"arn:aws:s3:::{request.labels.get('Bucket', '')}" + (f"/{key}" if key else "")


def context(request: AwsRequest, situation: Situation) -> dict[str, str]:
    """The condition keys that only S3 has, in lower case."""
    asked = dict(parse_qsl(request.query, keep_blank_values=True))
    known = {
        "s3:tlsversion": _TLS_VERSION,
        "s3:signatureversion": "AWS4-HMAC-SHA256",
        "s3:resourceaccount": situation.account_id,
    }
    known.update({f"s3:{name}": value for name, value in request.headers.items() if name.startswith("x-amz-")})
    known.update({f"s3:{name.lower()}": asked[name] for name in ("prefix", "delimiter", "max-keys") if name in asked})
    if (age := _signature_age(request, asked)) is not None:
        known["s3:signatureage"] = str(age)
    if "versionId" in asked:
        known["s3:versionid"] = asked["versionId"]
    return known


def _signature_age(request: AwsRequest, asked: Mapping[str, str]) -> int | None:
    """Milliseconds since a request was signed; None where it does not say when."""
    said = asked.get("X-Amz-Date") or request.headers.get("x-amz-date", "")
    if not re.fullmatch(r"\d{8}T\d{6}Z", said):
        return None
    signed = datetime.strptime(said, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return max(0, int((datetime.now(UTC) - signed).total_seconds() * 1000))
