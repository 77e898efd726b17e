"""Buckets, their settings and objects, and the account's public access block."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from soundstage.components.errors import CloudError
from soundstage.components.values import Properties
from soundstage.simulator.mapping import DOCUMENT, Block, Blocks, Field, Form, Tags
from soundstage.simulator.table.entry import AutoName, Call, Cloud, Entry, Update

_BUCKET = {"Bucket": "{id}"}
_BY_NAME = {"Bucket": "{in.bucket}"}
_NO_TAGS = ("NoSuchTagSet",)
_LISTED = 1000
"""S3 lists and deletes this many keys at a time."""


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
    objects = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in found]
    params = {"Bucket": bucket, "Delete": {"Objects": objects, "Quiet": True}}
    answer = cloud.call("s3", "DeleteObjects", {**params, "BypassGovernanceRetention": True} if bypass else params)
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


def _setting(
    name: str,
    verb: str,
    fields: tuple[Field, ...],
    *,
    gives: str,
    action: str = "",
    delete: Call | None = None,
    params: dict[str, Any] | None = None,
    proof: str = "",
    sends: tuple[str, ...] = (),
    settle: bool = False,
) -> Entry:
    """One of the settings that pulumi-aws splits from the bucket; the bucket's name is its id."""
    permission = action or verb
    return Entry(
        f"aws:s3/{name[0].lower()}{name[1:]}:{name}",
        "s3",
        fields=(Field("bucket", read=None, required=True, replaces=True), *fields),
        sends=sends or ("bucket", *(() if params else (field.name for field in fields))),
        id="{in.bucket}",
        create=Call(f"Put{verb}", params or {}, action=f"s3:Put{permission}"),
        puts=True,
        read=Call(f"Get{verb}", _BY_NAME, gives, action=f"s3:Get{permission}"),
        proof=proof,
        settle=settle,
        delete=delete or Call(f"Delete{verb}", _BY_NAME, action=f"s3:Put{permission}"),
    )


_TRANSITION = (
    Field("days"),
    Field("date"),
    Field("storageClass", required=True),
)
_OLD_TRANSITION = (
    Field("noncurrentDays"),
    Field("newerNoncurrentVersions"),
    Field("storageClass", required=True),
)
_SIZES = (Field("objectSizeGreaterThan"), Field("objectSizeLessThan"))
_LIFECYCLE_RULE = (
    Field("id", "ID", required=True),
    Field("status", required=True),
    Field("prefix"),
    Field(
        "filter",
        form=Block(
            Field("prefix"),
            *_SIZES,
            Field("tag", form=Block(Field("key"), Field("value"))),
            Field("and", form=Block(Field("prefix"), *_SIZES, Field("tags", form=Tags()))),
        ),
    ),
    Field("transitions", form=Blocks(*_TRANSITION)),
    Field("expiration", form=Block(Field("days"), Field("date"), Field("expiredObjectDeleteMarker", quiet=(False,)))),
    Field("noncurrentVersionTransitions", form=Blocks(*_OLD_TRANSITION)),
    Field(
        "noncurrentVersionExpiration",
        form=Block(Field("noncurrentDays"), Field("newerNoncurrentVersions")),
    ),
    Field("abortIncompleteMultipartUpload", form=Block(Field("daysAfterInitiation"))),
)
_REPLICATION_RULE = (
    Field("id", "ID", computed=True),
    Field("status", required=True),
    Field("priority"),
    Field("prefix"),
    Field("filter", form=Block(Field("prefix"))),
    Field("deleteMarkerReplication", form=Block(Field("status"))),
    Field("existingObjectReplication", form=Block(Field("status"))),
    Field(
        "sourceSelectionCriteria",
        form=Block(
            Field("sseKmsEncryptedObjects", form=Block(Field("status"))),
            Field("replicaModifications", form=Block(Field("status"))),
        ),
    ),
    Field(
        "destination",
        required=True,
        form=Block(
            Field("bucket", required=True),
            Field("account"),
            Field("storageClass"),
            Field("accessControlTranslation", form=Block(Field("owner"))),
            Field("encryptionConfiguration", form=Block(Field("replicaKmsKeyId", "ReplicaKmsKeyID"))),
            Field("metrics", form=Block(Field("status"), Field("eventThreshold", form=Block(Field("minutes"))))),
            Field("replicationTime", form=Block(Field("status"), Field("time", form=Block(Field("minutes"))))),
        ),
    ),
)
_BLOCK_PUBLIC = tuple(
    Field(name, default=False)
    for name in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
)

_BUCKET_ENTRY = Entry(
    "aws:s3/bucket:Bucket",
    "s3",
    fields=(
        Field("bucket", read=None, replaces=True),
        Field("forceDestroy", read=None, default=False),
        Field("objectLockEnabled", read="Lock", form=_Enabled(), computed=True, replaces=True),
        Field("tags", form=Tags()),
    ),
    sends=("bucket",),
    id="{in.bucket}",
    create=Call(
        "CreateBucket",
        {
            "ObjectLockEnabledForBucket": "{in.objectLockEnabled}",
            "CreateBucketConfiguration": {"?": "{elsewhere}", "LocationConstraint": "{elsewhere}"},
        },
    ),
    read=Call("HeadBucket", _BUCKET, action="s3:ListBucket"),
    more=(
        Call("GetBucketTagging", _BUCKET, "TagSet", into="Tags", absent=_NO_TAGS),
        Call(
            "GetObjectLockConfiguration",
            _BUCKET,
            "ObjectLockConfiguration.ObjectLockEnabled",
            into="Lock",
            action="s3:GetBucketObjectLockConfiguration",
        ),
    ),
    updates=(
        Update(
            ("tags",),
            (
                Call("PutBucketTagging", {**_BUCKET, "Tagging": {"TagSet": "{api.tags}"}}, when="{api.tags}"),
                Call("DeleteBucketTagging", _BUCKET, when="{off.tags}", action="s3:PutBucketTagging"),
            ),
            on_create=True,
        ),
    ),
    last_wish=empty,
    delete=Call(
        "DeleteBucket",
        _BUCKET,
        needs=(
            "s3:BypassGovernanceRetention",
            "s3:DeleteObject",
            "s3:DeleteObjectVersion",
            "s3:ListBucketVersions",
        ),
    ),
    outputs={
        "bucketDomainName": "{id}.s3.amazonaws.com",
        "bucketRegionalDomainName": "{id}.s3.{region}.amazonaws.com",
        "bucketRegion": "{region}",
    },
    arn="arn:{partition}:s3:::{id}",
    name=AutoName("bucket", "bucketPrefix", longest=63, lower=True),
    blockers=(Call("ListObjectVersions", {**_BUCKET, "MaxKeys": 5}, "Versions[].Key", action="s3:ListBucketVersions"),),
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


def _object(name: str) -> Entry:
    where = {"Bucket": "{in.bucket}", "Key": "{in.key}"}
    return Entry(
        f"aws:s3/{name[0].lower()}{name[1:]}:{name}",
        "s3",
        fields=_OBJECT_FIELDS,
        sends=(
            *("bucket", "key", "content", "contentType", "kmsKeyId", "serverSideEncryption", "storageClass"),
            "bucketKeyEnabled",
        ),
        id="{in.bucket}/{in.key}",
        # Object lock asks for a checksum; the AWS SDKs send one of their own accord since 2025.
        create=Call("PutObject", {"ChecksumAlgorithm": "SHA256"}, needs=("s3:PutObjectTagging",)),
        puts=True,
        read=Call("HeadObject", where, action="s3:GetObject"),
        more=(Call("GetObjectTagging", where, "TagSet", into="Tags"),),
        updates=(
            Update(
                ("tags",),
                (
                    Call("PutObjectTagging", {**where, "Tagging": {"TagSet": "{api.tags}"}}, when="{api.tags}"),
                    Call("DeleteObjectTagging", where, when="{off.tags}"),
                ),
                on_create=True,
            ),
        ),
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
    )


TYPES: Final = (
    _BUCKET_ENTRY,
    _object("BucketObject"),
    _object("BucketObjectv2"),
    _setting(
        "BucketVersioning",
        "BucketVersioning",
        (
            Field(
                "versioningConfiguration",
                "VersioningConfiguration",
                ".",
                required=True,
                form=Block(Field("status", required=True), Field("mfaDelete", "MFADelete", quiet=("Disabled",))),
            ),
        ),
        action="BucketVersioning",
        gives="",
        delete=Call(
            "PutBucketVersioning",
            {**_BY_NAME, "VersioningConfiguration": {"Status": "Suspended"}},
            # Object lock needs versioning for ever; S3 refuses to suspend it.
            absent=("InvalidBucketState",),
        ),
    ),
    _setting(
        "BucketServerSideEncryptionConfiguration",
        "BucketEncryption",
        (
            Field(
                "rules",
                "ServerSideEncryptionConfiguration.Rules",
                "Rules",
                required=True,
                form=Blocks(
                    Field(
                        "applyServerSideEncryptionByDefault",
                        "ApplyServerSideEncryptionByDefault",
                        form=Block(
                            Field("sseAlgorithm", "SSEAlgorithm", required=True),
                            Field("kmsMasterKeyId", "KMSMasterKeyID"),
                        ),
                    ),
                    Field("bucketKeyEnabled", quiet=(False,)),
                ),
            ),
        ),
        gives="ServerSideEncryptionConfiguration",
        action="EncryptionConfiguration",
    ),
    _setting(
        "BucketPublicAccessBlock",
        "PublicAccessBlock",
        _BLOCK_PUBLIC,
        gives="PublicAccessBlockConfiguration",
        action="BucketPublicAccessBlock",
        params={
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": "{in.blockPublicAcls}",
                "BlockPublicPolicy": "{in.blockPublicPolicy}",
                "IgnorePublicAcls": "{in.ignorePublicAcls}",
                "RestrictPublicBuckets": "{in.restrictPublicBuckets}",
            }
        },
    ),
    _setting(
        "BucketOwnershipControls",
        "BucketOwnershipControls",
        (
            Field(
                "rule",
                "OwnershipControls.Rules",
                "Rules.0",
                required=True,
                form=Block(Field("objectOwnership", required=True)),
            ),
        ),
        params={"OwnershipControls": {"Rules": ["{api.rule}"]}},
        gives="OwnershipControls",
        action="BucketOwnershipControls",
    ),
    _setting(
        "BucketPolicy",
        "BucketPolicy",
        (Field("policy", form=DOCUMENT, required=True),),
        gives="",
        delete=Call("DeleteBucketPolicy", _BY_NAME),
    ),
    _setting(
        "BucketLogging",
        "BucketLogging",
        (
            Field("targetBucket", "BucketLoggingStatus.LoggingEnabled.TargetBucket", "TargetBucket", required=True),
            Field("targetPrefix", "BucketLoggingStatus.LoggingEnabled.TargetPrefix", "TargetPrefix", required=True),
        ),
        gives="LoggingEnabled",
        delete=Call("PutBucketLogging", {**_BY_NAME, "BucketLoggingStatus": {}}),
    ),
    _setting(
        "BucketLifecycleConfiguration",
        "BucketLifecycleConfiguration",
        (
            Field("rules", "LifecycleConfiguration.Rules", "Rules", form=Blocks(*_LIFECYCLE_RULE)),
            Field(
                "transitionDefaultMinimumObjectSize",
                computed=True,
            ),
        ),
        gives="",
        action="LifecycleConfiguration",
        settle=True,
        delete=Call("DeleteBucketLifecycle", _BY_NAME, action="s3:PutLifecycleConfiguration"),
    ),
    _setting(
        "BucketObjectLockConfiguration",
        "ObjectLockConfiguration",
        (
            Field(
                "objectLockEnabled",
                "ObjectLockConfiguration.ObjectLockEnabled",
                "ObjectLockEnabled",
                default="Enabled",
                replaces=True,
            ),
            Field(
                "rule",
                "ObjectLockConfiguration.Rule",
                "Rule",
                form=Block(
                    Field(
                        "defaultRetention",
                        form=Block(Field("mode"), Field("days", quiet=(0,)), Field("years", quiet=(0,))),
                    )
                ),
            ),
        ),
        gives="ObjectLockConfiguration",
        action="BucketObjectLockConfiguration",
        # The lock itself can never be taken off a bucket; only its default retention can.
        delete=Call(
            "PutObjectLockConfiguration",
            {**_BY_NAME, "ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}},
            action="s3:PutBucketObjectLockConfiguration",
        ),
    ),
    _setting(
        "BucketReplicationConfig",
        "BucketReplication",
        (
            Field("role", "ReplicationConfiguration.Role", "Role", required=True),
            Field("rules", "ReplicationConfiguration.Rules", "Rules", required=True, form=Blocks(*_REPLICATION_RULE)),
        ),
        gives="ReplicationConfiguration",
        action="ReplicationConfiguration",
        delete=Call("DeleteBucketReplication", _BY_NAME, action="s3:PutReplicationConfiguration"),
    ),
    Entry(
        "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock",
        "s3control",
        fields=(Field("accountId", read=None, computed=True, replaces=True), *_BLOCK_PUBLIC),
        sends=(),
        id="{account}",
        create=Call(
            "PutPublicAccessBlock",
            {
                "AccountId": "{account}",
                "PublicAccessBlockConfiguration": {
                    "BlockPublicAcls": "{in.blockPublicAcls}",
                    "BlockPublicPolicy": "{in.blockPublicPolicy}",
                    "IgnorePublicAcls": "{in.ignorePublicAcls}",
                    "RestrictPublicBuckets": "{in.restrictPublicBuckets}",
                },
            },
            action="s3:PutAccountPublicAccessBlock",
        ),
        puts=True,
        read=Call(
            "GetPublicAccessBlock",
            {"AccountId": "{account}"},
            "PublicAccessBlockConfiguration",
            action="s3:GetAccountPublicAccessBlock",
        ),
        delete=Call("DeletePublicAccessBlock", {"AccountId": "{account}"}, action="s3:PutAccountPublicAccessBlock"),
        regional=False,
    ),
)
