"""The settings that pulumi-aws splits from the bucket, each a type of its own, and the account's public access block."""

from typing import Any, Final

from soundstage.providers.entry import Call, Entry, passed
from soundstage.providers.mapping import DOCUMENT, Block, Blocks, Field, Tags, under

_BY_NAME = {"Bucket": "{in.bucket}"}


def _setting(
    name: str,
    verb: str,
    fields: tuple[Field, ...],
    *,
    gives: str,
    delete: Call | None = None,
    params: dict[str, Any] | None = None,
    proof: str = "",
    settle: bool = False,
    **more: Any,
) -> Entry:
    """One of the settings that pulumi-aws splits from the bucket; the bucket's name is its id."""
    return Entry(
        f"aws:s3/{name[0].lower()}{name[1:]}:{name}",
        "s3",
        fields=(Field("bucket", read=None, required=True, replaces=True), *fields),
        unsent=tuple(field.name for field in fields) if params else (),
        id="{in.bucket}",
        create=Call(f"Put{verb}", params or {}),
        puts=True,
        read=Call(f"Get{verb}", _BY_NAME, gives),
        proof=proof,
        settle=settle,
        delete=delete or Call(f"Delete{verb}", _BY_NAME),
        **more,
    )


_TRANSITION = (Field("days"), Field("date"), Field("storageClass", required=True))
_OLD_TRANSITION = (Field("noncurrentDays"), Field("newerNoncurrentVersions"), Field("storageClass", required=True))
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
    Field("noncurrentVersionExpiration", form=Block(Field("noncurrentDays"), Field("newerNoncurrentVersions"))),
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
_RETENTION = Block(Field("mode"), Field("days", quiet=(0,)), Field("years", quiet=(0,)))
_SEALED_BY = Field(
    "applyServerSideEncryptionByDefault",
    "ApplyServerSideEncryptionByDefault",
    form=Block(Field("sseAlgorithm", "SSEAlgorithm", required=True), Field("kmsMasterKeyId", "KMSMasterKeyID")),
)
_BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_BLOCK_PUBLIC = tuple(Field(name, default=False) for name in _BLOCKS)


TYPES: Final = (
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
            *under(
                "ServerSideEncryptionConfiguration",
                Field("rules", required=True, form=Blocks(_SEALED_BY, Field("bucketKeyEnabled", quiet=(False,)))),
            ),
        ),
        gives="ServerSideEncryptionConfiguration",
    ),
    _setting(
        "BucketPublicAccessBlock",
        "PublicAccessBlock",
        _BLOCK_PUBLIC,
        gives="PublicAccessBlockConfiguration",
        params={"PublicAccessBlockConfiguration": passed("in", *_BLOCKS)},
    ),
    _setting(
        "BucketOwnershipControls",
        "BucketOwnershipControls",
        (
            *under(
                "OwnershipControls",
                Field("rule", "Rules", "Rules.0", required=True, form=Block(Field("objectOwnership", required=True))),
            ),
        ),
        params={"OwnershipControls": {"Rules": ["{api.rule}"]}},
        gives="OwnershipControls",
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
        under(
            "BucketLoggingStatus.LoggingEnabled",
            Field("targetBucket", required=True),
            Field("targetPrefix", required=True),
        ),
        gives="LoggingEnabled",
        delete=Call("PutBucketLogging", {**_BY_NAME, "BucketLoggingStatus": {}}),
    ),
    _setting(
        "BucketLifecycleConfiguration",
        "BucketLifecycleConfiguration",
        (
            *under("LifecycleConfiguration", Field("rules", form=Blocks(*_LIFECYCLE_RULE))),
            Field("transitionDefaultMinimumObjectSize", computed=True),
        ),
        gives="",
        recorded="No object changes storage class or expires.",
        settle=True,
        delete=Call("DeleteBucketLifecycle", _BY_NAME),
    ),
    _setting(
        "BucketObjectLockConfiguration",
        "ObjectLockConfiguration",
        under(
            "ObjectLockConfiguration",
            Field("objectLockEnabled", default="Enabled", replaces=True),
            Field("rule", form=Block(Field("defaultRetention", form=_RETENTION))),
        ),
        gives="ObjectLockConfiguration",
        # The lock itself can never be taken off a bucket; only its default retention can.
        delete=Call(
            "PutObjectLockConfiguration", {**_BY_NAME, "ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}}
        ),
    ),
    _setting(
        "BucketReplicationConfig",
        "BucketReplication",
        under(
            "ReplicationConfiguration",
            Field("role", required=True),
            Field("rules", required=True, form=Blocks(*_REPLICATION_RULE)),
        ),
        gives="ReplicationConfiguration",
        recorded="No object is copied.",
        passes_to="s3.amazonaws.com",
        delete=Call("DeleteBucketReplication", _BY_NAME),
    ),
    Entry(
        "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock",
        "s3control",
        fields=(Field("accountId", read=None, computed=True, replaces=True), *_BLOCK_PUBLIC),
        unsent=("accountId", "blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"),
        id="{account}",
        create=Call(
            "PutPublicAccessBlock", {"AccountId": "{account}", "PublicAccessBlockConfiguration": passed("in", *_BLOCKS)}
        ),
        puts=True,
        read=Call("GetPublicAccessBlock", {"AccountId": "{account}"}, "PublicAccessBlockConfiguration"),
        delete=Call("DeletePublicAccessBlock", {"AccountId": "{account}"}),
        regional=False,
    ),
)
