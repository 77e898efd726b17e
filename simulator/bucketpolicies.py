"""Bucket policies while IAM enforcement is off: an explicit Deny binds everybody, the account's owner included.

What a policy allows is not asked, since every known caller may do everything.
"""

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from soundstage.simulator.authorize import Decision, Situation
from soundstage.simulator.conditions import holds, matches
from soundstage.simulator.memory import GLOBAL, Memory
from soundstage.simulator.request import AwsRequest

_ACTIONS: Final = {
    "HeadObject": "GetObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "HeadBucket": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListParts": "ListMultipartUploadParts",
    "DeleteObjects": "DeleteObject",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketReplication": "PutReplicationConfiguration",
    "GetBucketReplication": "GetReplicationConfiguration",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
}
"""Operations whose permission has another name (Service Authorization Reference, Amazon S3, 2026-11)."""

_TLS_VERSION: Final = "1.3"
_ALWAYS_FOR_OWNER: Final = frozenset({"GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"})
"""The account's owner can always take back a policy that locks everybody out."""


def permission(request: AwsRequest) -> str:
    """The S3 permission that a call needs, such as `s3:GetObject`."""
    action = _ACTIONS.get(request.operation, request.operation)
    versioned = "versionId" in dict(parse_qsl(request.query, keep_blank_values=True))
    if versioned and action in ("GetObject", "DeleteObject", "GetObjectAcl", "PutObjectAcl", "GetObjectTagging"):
        action = action.replace("Object", "ObjectVersion", 1)
    return f"s3:{action}"


def resource(request: AwsRequest) -> str:
    """The ARN of the bucket or object that a call concerns."""
    key = request.labels.get("Key")
    return f"arn:aws:s3:::{request.labels.get('Bucket', '')}" + (f"/{key}" if key else "")


def context(request: AwsRequest, situation: Situation) -> dict[str, str]:
    """The condition keys of an S3 call, in lower case."""
    asked = dict(parse_qsl(request.query, keep_blank_values=True))
    known = {
        "aws:securetransport": "true" if situation.secure_transport else "false",
        "s3:tlsversion": _TLS_VERSION,
        "aws:sourceip": situation.source_ip,
        "aws:principalarn": situation.caller.principal_arn,
        "aws:principalaccount": situation.account_id,
        "aws:requestedregion": request.region,
        "aws:multifactorauthpresent": "true" if situation.caller.mfa else "false",
        "aws:principalisawsservice": "false",
        "s3:signatureversion": "AWS4-HMAC-SHA256",
        "s3:resourceaccount": situation.account_id,
        "aws:resourceaccount": situation.account_id,
    }
    known.update({f"s3:{name}": value for name, value in request.headers.items() if name.startswith("x-amz-")})
    known.update({f"s3:{name.lower()}": asked[name] for name in ("prefix", "delimiter", "max-keys") if name in asked})
    if "versionId" in asked:
        known["s3:versionid"] = asked["versionId"]
    return known


class BucketPoliciesOnly:
    """Every known caller may do everything that no bucket policy denies."""

    def authorize(self, request: AwsRequest, situation: Situation, memory: Memory) -> Decision:  # noqa: ARG002
        """`Decision(False)` when the bucket's policy denies the call explicitly."""
        name = request.labels.get("Bucket")
        if request.service != "s3" or not name or request.operation in _ALWAYS_FOR_OWNER:
            return Decision(allowed=True)
        from moto.s3.models import s3_backends

        bucket: Any = s3_backends[situation.account_id][GLOBAL].buckets.get(name)
        if bucket is None or not bucket.policy:
            return Decision(allowed=True)
        statements = json.loads(bucket.policy)["Statement"]
        facts = context(request, situation)
        for statement in statements if isinstance(statements, list) else [statements]:
            if _denies(statement, request, situation, facts):
                return Decision(False, "with an explicit deny in a resource-based policy")
        return Decision(allowed=True)


def _denies(statement: Mapping[str, Any], request: AwsRequest, situation: Situation, facts: Mapping[str, str]) -> bool:
    return (
        statement["Effect"] == "Deny"
        and _is_named(statement, situation)
        and _covers(statement, "Action", permission(request).lower(), str.lower)
        and _covers(statement, "Resource", resource(request), str)
        and holds(statement.get("Condition") or {}, facts)
    )


def _is_named(statement: Mapping[str, Any], situation: Situation) -> bool:
    principal = statement.get("Principal", statement.get("NotPrincipal"))
    return _is_principal(principal, situation) == ("Principal" in statement)


def _is_principal(principal: Any, situation: Situation) -> bool:
    if principal == "*":
        return True
    accounts = principal.get("AWS", []) if isinstance(principal, dict) else []
    account = situation.account_id
    everybody = {"*", account, f"arn:aws:iam::{account}:root"}
    return any(
        name in everybody or name in (situation.caller.principal_arn, situation.caller.arn)
        for name in (accounts if isinstance(accounts, list) else [accounts])
    )


def _covers(statement: Mapping[str, Any], element: str, asked: str, fold: Any) -> bool:
    listed = statement.get(element, statement.get(f"Not{element}"))
    patterns = listed if isinstance(listed, list) else [listed]
    return any(matches(fold(pattern), asked) for pattern in patterns) == (element in statement)
