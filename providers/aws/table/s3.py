"""Buckets, their settings and objects, and the account's public access block."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from soundstage.core.errors import CloudError
from soundstage.core.values import Properties
from soundstage.providers.aws.table.tagging import put_tags
from soundstage.providers.entry import AutoName, Call, Cloud, Entry
from soundstage.providers.mapping import Field, Form, Tags

_BUCKET = {"Bucket": "{id}"}
_BY_NAME = {"Bucket": "{in.bucket}"}
_NO_TAGS = ("NoSuchTagSet",)
_LISTED = 1000
"""S3 lists and deletes this many keys at a time."""
_NOT_IN_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that XML 1.0 cannot hold (its production `Char`)."""


def empty(cloud: Cloud, bucket: str, inputs: Properties) -> None:
    """Delete every object, version and delete marker, but only where the program asked for it (`forceDestroy`).

    A governance lock is bypassed, as pulumi-aws does; a compliance lock or a legal hold is an error that says what keeps
    which object.
    """
    if not inputs.get("forceDestroy"):
        return
    while True:
        listed = cloud.call("s3", "ListObjectVersions", {"Bucket": bucket, "MaxKeys": _LISTED}, missing_ok=True)
        found = [*(listed or {}).get("Versions", ()), *(listed or {}).get("DeleteMarkers", ())]
        if not found:
            return
        _delete_versions(cloud, bucket, found, bypass=bool(inputs.get("objectLockEnabled")))


def _delete_object(cloud: Cloud, id: str, inputs: Properties) -> None:  # noqa: ARG001
    """Delete every version of one object. Like pulumi-aws, past a governance lock only with `forceDestroy`."""
    bucket, key = str(inputs["bucket"]), str(inputs["key"])
    listed = cloud.call("s3", "ListObjectVersions", {"Bucket": bucket, "Prefix": key}, missing_ok=True) or {}
    every = [*listed.get("Versions", ()), *listed.get("DeleteMarkers", ())]
    found = [item for item in every if item["Key"] == key]
    if found:
        _delete_versions(cloud, bucket, found, bypass=bool(inputs.get("forceDestroy")))


def _delete_versions(cloud: Cloud, bucket: str, found: Sequence[Mapping[str, Any]], *, bypass: bool) -> None:
    """DeleteObjects names keys in XML, which holds no control characters: S3 refuses such a list (MalformedXML). Objects with
    such keys are deleted one by one, where the key stands in the address."""
    skip = {"BypassGovernanceRetention": True} if bypass else {}
    for item in found:
        if _NOT_IN_XML.search(item["Key"]):
            cloud.call(
                "s3", "DeleteObject", {"Bucket": bucket, "Key": item["Key"], "VersionId": item["VersionId"], **skip}
            )
    objects = [
        {"Key": item["Key"], "VersionId": item["VersionId"]} for item in found if not _NOT_IN_XML.search(item["Key"])
    ]
    if not objects:
        return
    params = {"Bucket": bucket, "Delete": {"Objects": objects, "Quiet": True}}
    answer = cloud.call("s3", "DeleteObjects", {**params, **skip})
    if not answer.get("Errors"):
        return
    refused = answer["Errors"][0]
    key, code = str(refused["Key"]), str(refused["Code"])
    raise CloudError(
        f"{bucket} cannot be emptied: {key} is kept{_lock(cloud, bucket, key, found)} ({code}: {refused['Message']}).",
        "Run the same command again when it may go; what is gone already does not matter.",
        action="s3:DeleteObjectVersion",
        code=code,
    )


def _lock(cloud: Cloud, bucket: str, key: str, found: Sequence[Mapping[str, Any]]) -> str:
    """What locks the versions of an object, and until when, for a sentence about it; empty when nothing does."""
    until, hold = [], False
    for item in found:
        # A delete marker cannot be locked, and has no size.
        if item["Key"] == key and "Size" in item:
            version = {"Bucket": bucket, "Key": key, "VersionId": item["VersionId"]}
            about = cloud.call("s3", "HeadObject", version, missing_ok=True) or {}
            hold = hold or about.get("ObjectLockLegalHoldStatus") == "ON"
            if about.get("ObjectLockRetainUntilDate"):
                until.append((about["ObjectLockRetainUntilDate"], str(about["ObjectLockMode"]).lower()))
    if hold:
        return " under a legal hold"
    if not until:
        return ""
    date, mode = max(until)
    return f" by a {mode} lock until {date:%Y-%m-%d %H:%M} UTC"


class _Enabled(Form):
    """A switch that S3 writes as a word."""

    def decode(self, found: Any) -> bool:
        return bool(found == "Enabled")


_BUCKET_ENTRY = Entry(
    "aws:s3/bucket:Bucket",
    "s3",
    fields=(
        Field("bucket", read=None, replaces=True),
        Field("forceDestroy", read=None, default=False),
        Field("objectLockEnabled", read="Lock", form=_Enabled(), computed=True, replaces=True),
        Field("tags", form=Tags()),
    ),
    unsent=("forceDestroy", "objectLockEnabled"),
    id="{in.bucket}",
    create=Call(
        "CreateBucket",
        {
            "ObjectLockEnabledForBucket": "{in.objectLockEnabled}",
            "CreateBucketConfiguration": {"?": "{elsewhere}", "LocationConstraint": "{elsewhere}"},
        },
    ),
    # A bucket of this name in somebody else's account is none.
    read=Call("HeadBucket", {**_BUCKET, "ExpectedBucketOwner": "{account}"}),
    more=(
        Call("GetBucketTagging", _BUCKET, "TagSet", into="Tags", absent=_NO_TAGS),
        Call("GetObjectLockConfiguration", _BUCKET, "ObjectLockConfiguration.ObjectLockEnabled", into="Lock"),
    ),
    updates=(put_tags("Bucket", _BUCKET),),
    last_wish=empty,
    delete=Call(
        "DeleteBucket",
        _BUCKET,
        needs=("s3:BypassGovernanceRetention", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:ListBucketVersions"),
    ),
    outputs={
        "bucketDomainName": "{id}.s3.amazonaws.com",
        "bucketRegionalDomainName": "{id}.s3.{region}.amazonaws.com",
        "bucketRegion": "{region}",
    },
    arn="arn:{partition}:s3:::{id}",
    name=AutoName("bucket", "bucketPrefix", longest=63, lower=True),
    blockers=(Call("ListObjectVersions", {**_BUCKET, "MaxKeys": 5}, "Versions[].Key"),),
    every=Call("ListBuckets", gives="Buckets[].Name"),
)

_OBJECT_FIELDS = (
    Field("bucket", read=None, required=True, replaces=True),
    Field("key", read=None, replaces=True),
    Field("content", "Body", read=None),
    Field("contentType", default="application/octet-stream"),
    Field("kmsKeyId", "SSEKMSKeyId", computed=True),
    Field("serverSideEncryption", computed=True),
    Field("storageClass", computed=True),
    Field("bucketKeyEnabled", computed=True),
    Field("forceDestroy", read=None, default=False),
    Field("tags", form=Tags()),
)


def _object(name: str, along: tuple[str, ...] = ()) -> Entry:
    where = {"Bucket": "{in.bucket}", "Key": "{in.key}"}
    return Entry(
        f"aws:s3/{name[0].lower()}{name[1:]}:{name}",
        "s3",
        fields=_OBJECT_FIELDS,
        unsent=("forceDestroy",),
        id="{in.bucket}/{in.key}",
        # Object lock asks for a checksum; the AWS SDKs send one of their own accord since 2025.
        create=Call("PutObject", {"ChecksumAlgorithm": "SHA256"}, needs=("s3:PutObjectTagging",)),
        puts=True,
        read=Call("HeadObject", where),
        more=(Call("GetObjectTagging", where, "TagSet", into="Tags"),),
        updates=(put_tags("Object", where),),
        last_wish=_delete_object,
        # What is left for it is an object of a bucket that keeps no versions.
        delete=Call(
            "DeleteObject",
            {**where, "VersionId": "{out.versionId}"},
            needs=("s3:BypassGovernanceRetention", "s3:DeleteObjectVersion", "s3:ListBucketVersions"),
        ),
        outputs={"etag": "@ETag", "versionId": "@VersionId"},
        arn="arn:{partition}:s3:::{in.bucket}/{in.key}",
        settle=True,
        along=along,
    )


TYPES: Final = (_BUCKET_ENTRY, _object("BucketObject"), _object("BucketObjectv2", along=("kms:GenerateDataKey",)))
