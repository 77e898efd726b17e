"""What calls to S3 need: on buckets and objects, and of the keys that encrypt them.

Source: Service Authorization Reference, "Amazon S3"; Amazon S3 user guide, "Required permissions for Amazon S3 API
operations" (2026-11).
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import unquote

from soundstage.simulator.aws.authorize import Situation
from soundstage.simulator.aws.iam import needs_kms, s3_names
from soundstage.simulator.aws.iam.need import Need, action_of
from soundstage.simulator.aws.iam.world import World
from soundstage.simulator.aws.request import AwsRequest

_WITH_HEADERS: Final = {
    "x-amz-tagging": "s3:PutObjectTagging",
    "x-amz-object-lock-mode": "s3:PutObjectRetention",
    "x-amz-object-lock-legal-hold": "s3:PutObjectLegalHold",
    "x-amz-bypass-governance-retention": "s3:BypassGovernanceRetention",
    "x-amz-acl": "s3:PutObjectAcl",
}
"""Headers of a call on an object that need a permission of their own."""

_LOOSE_ACLS: Final = ("private", "bucket-owner-full-control")
"""ACLs that give nobody else anything; S3 lets them pass with `s3:PutObject` alone where bucket owner enforces ownership."""

_DECRYPTS: Final = frozenset({"GetObject", "UploadPart", "UploadPartCopy", "CompleteMultipartUpload"})
_ENCRYPTS: Final = frozenset({"PutObject", "CopyObject", "CreateMultipartUpload"})
_KEY: Final = "x-amz-server-side-encryption-aws-kms-key-id"
_ALGORITHM: Final = "x-amz-server-side-encryption"
_LISTED: Final = re.compile(rb"<Object>(.*?)</Object>", re.DOTALL)


def needs(request: AwsRequest, world: World, situation: Situation) -> list[Need]:
    """The permissions for a call to S3."""
    name = request.labels.get("Bucket")
    if not name:
        return [Need(action_of(request))]
    policy = world.bucket_policy(name)
    facts = s3_names.context(request, situation)
    if request.operation == "DeleteObjects":
        found = [Need(action, resource, facts, policy) for action, resource in _deleted(request, name)]
    else:
        found = [Need(s3_names.permission(request), s3_names.resource(request), facts, policy)]
    if request.labels.get("Key") or request.operation == "DeleteObjects":
        found += [
            replace(found[0], action=action)
            for header, action in _WITH_HEADERS.items()
            if header in request.headers and request.headers[header].lower() not in ("false", *_LOOSE_ACLS)
        ]
    if source := request.headers.get("x-amz-copy-source"):
        found += _source(source, world, facts)
    return found + _key_needs(request, world, name)


def _deleted(request: AwsRequest, bucket: str) -> list[tuple[str, str]]:
    found = []
    for each in _LISTED.findall(request.body):
        key = re.search(rb"<Key>(.*?)</Key>", each, re.DOTALL)
        action = "s3:DeleteObjectVersion" if b"<VersionId>" in each else "s3:DeleteObject"
        found.append((action, f"arn:aws:s3:::{bucket}/{_plain(key[1]) if key else ''}"))
    return found or [("s3:DeleteObject", f"arn:aws:s3:::{bucket}/*")]


def _plain(text: bytes) -> str:
    from xml.sax.saxutils import unescape

    return unescape(text.decode("utf-8", "replace"), {"&quot;": '"', "&apos;": "'"})


def _source(named: str, world: World, facts: Mapping[str, str]) -> list[Need]:
    """A copy reads its source."""
    path, _, version = named.partition("?versionId=")
    bucket, _, key = unquote(path).lstrip("/").partition("/")
    action = "s3:GetObjectVersion" if version else "s3:GetObject"
    found = [Need(action, f"arn:aws:s3:::{bucket}/{key}", dict(facts), world.bucket_policy(bucket))]
    return found + _opening(world, bucket, key, version)


def _key_needs(request: AwsRequest, world: World, bucket: str) -> list[Need]:
    key = request.labels.get("Key", "")
    if request.operation in ("GetObject",):
        return _opening(world, bucket, key, dict(_asked(request)).get("versionId", ""))
    if request.operation in _ENCRYPTS:
        return _sealing(request, world, bucket, key, ("kms:GenerateDataKey",))
    if request.operation in _DECRYPTS:
        return _sealing(request, world, bucket, key, ("kms:Decrypt",))
    return []


def _asked(request: AwsRequest) -> list[tuple[str, str]]:
    from urllib.parse import parse_qsl

    return parse_qsl(request.query, keep_blank_values=True)


def _opening(world: World, bucket: str, key: str, version: str) -> list[Need]:
    """Reading an object that a key of KMS encrypts takes `kms:Decrypt` on that key."""
    found = world.bucket(bucket)
    item: Any = None
    if found is not None:
        versions = [each for each in found.keys.getlist(key, []) if not version or each.version_id == version]
        item = versions[-1] if versions else None
    named = getattr(item, "kms_key_id", None)
    if item is None or getattr(item, "encryption", None) != "aws:kms" or not named:
        return []
    return needs_kms.through(world, "s3", ("kms:Decrypt",), named, _told(found, bucket, key))


def _sealing(request: AwsRequest, world: World, bucket: str, key: str, actions: tuple[str, ...]) -> list[Need]:
    """Writing under a key, the one that the call names or the bucket's own."""
    found = world.bucket(bucket)
    rule = ((found.encryption or {}).get("Rule") or {}) if found is not None else {}
    default = rule.get("ApplyServerSideEncryptionByDefault") or {}
    asked = request.headers.get(_ALGORITHM)
    algorithm = asked or default.get("SSEAlgorithm")
    # Asked for KMS without a key, S3 takes AWS's own, which is open to everybody in the account.
    named = request.headers.get(_KEY) or (None if asked else default.get("KMSMasterKeyID"))
    if algorithm != "aws:kms" or not named:
        return []
    return needs_kms.through(world, "s3", actions, named, _told(found, bucket, key))


def _told(bucket: Any, name: str, key: str) -> dict[str, str]:
    """The encryption context: the object's ARN, or the bucket's where the bucket has a key of its own."""
    rule = (bucket.encryption or {}).get("Rule") or {} if bucket is not None else {}
    own = str(rule.get("BucketKeyEnabled", "")).lower() == "true"
    return {"aws:s3:arn": f"arn:aws:s3:::{name}" if own else f"arn:aws:s3:::{name}/{key}"}
