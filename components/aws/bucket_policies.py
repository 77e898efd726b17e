"""What the policies of our buckets say. Plain values in, statements out.

Bucket policies bind everyone, administrators and the root user included, so each statement here is one that no honest
client ever meets.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from soundstage.components.aws.bucket_statements import own_statements
from soundstage.components.aws.place import Place
from soundstage.components.layout import MASTERS
from soundstage.components.policydoc import ANYONE, Statement, allow, deny


def transport_statements(bucket_arn: str) -> list[Statement]:
    """Refuse requests in clear and with TLS older than 1.2."""
    everything = [bucket_arn, f"{bucket_arn}/*"]
    return [
        deny(
            "DenyClearText",
            ["s3:*"],
            everything,
            principals=ANYONE,
            conditions={"Bool": {"aws:SecureTransport": "false"}},
        ),
        deny(
            "DenyOldTls",
            ["s3:*"],
            everything,
            principals=ANYONE,
            conditions={"NumericLessThan": {"s3:TlsVersion": "1.2"}},
        ),
    ]


def account_statements(bucket_arn: str, place: Place) -> list[Statement]:
    """Refuse everyone outside the account, whatever anything else permits. Services acting for themselves may pass."""
    return [
        deny(
            "DenyOtherAccounts",
            ["s3:*"],
            [bucket_arn, f"{bucket_arn}/*"],
            principals=ANYONE,
            conditions={
                "StringNotEquals": {"aws:PrincipalAccount": place.account},
                "Bool": {"aws:PrincipalIsAWSService": "false"},
            },
        )
    ]


def encryption_statements(bucket_arn: str, key_arn: str) -> list[Statement]:
    """Refuse objects under any key but the bucket's own.

    A client that says nothing about encryption gets the bucket's default, which is that key, so each statement looks
    only at requests that do name something: a negated condition alone would also match, and refuse, the silent ones.
    A key brought by the client (SSE-C) is how media are held to ransom.
    """
    algorithm = "s3:x-amz-server-side-encryption"
    key = f"{algorithm}-aws-kms-key-id"
    objects = [f"{bucket_arn}/*"]
    return [
        deny(
            "DenyOtherEncryption",
            ["s3:PutObject"],
            objects,
            principals=ANYONE,
            conditions={"Null": {algorithm: "false"}, "StringNotEquals": {algorithm: "aws:kms"}},
        ),
        deny(
            "DenyOtherKeys",
            ["s3:PutObject"],
            objects,
            principals=ANYONE,
            conditions={"Null": {key: "false"}, "StringNotEquals": {key: key_arn}},
        ),
        # `aws:kms` without a key means AWS's own key, which the bucket's default does not replace.
        deny(
            "DenyUnnamedKeys",
            ["s3:PutObject"],
            objects,
            principals=ANYONE,
            conditions={"StringEquals": {algorithm: "aws:kms"}, "Null": {key: "true"}},
        ),
        deny(
            "DenyClientKeys",
            ["s3:PutObject"],
            objects,
            principals=ANYONE,
            conditions={"Null": {f"{algorithm}-customer-algorithm": "false"}},
        ),
    ]


def media_statements(
    place: Place,
    bucket: str,
    key_arn: str,
    keep: bool,
    longest_link_minutes: int | None = None,
    own: Sequence[Mapping[str, Any]] = (),
) -> list[Statement]:
    """The policy of a media bucket, with a program's `own` statements (`BucketStatementArgs`) after ours. While it is kept, nobody
    deletes the bucket or a version of an original. A request that was signed longer than `longest_link_minutes` ago is refused,
    which ends links that were made to be passed on."""
    bucket_arn = place.bucket_arn(bucket)
    statements = [
        *transport_statements(bucket_arn),
        *account_statements(bucket_arn, place),
        *encryption_statements(bucket_arn, key_arn),
    ]
    if longest_link_minutes is not None:
        statements.append(
            deny(
                "DenyOldLinks",
                ["s3:*"],
                [f"{bucket_arn}/*"],
                principals=ANYONE,
                # In milliseconds (Amazon S3 API Reference, "AWS Signature Version 4 policy keys", read 2026-11).
                conditions={"NumericGreaterThan": {"s3:signatureAge": str(longest_link_minutes * 60_000)}},
            )
        )
    if keep:
        statements += [
            deny("KeepBucket", ["s3:DeleteBucket"], [bucket_arn], principals=ANYONE),
            deny("KeepOriginals", ["s3:DeleteObjectVersion"], [f"{bucket_arn}/{MASTERS}*"], principals=ANYONE),
        ]
    return [*statements, *own_statements(place, bucket, own, statements)]


def state_statements(place: Place, bucket: str, key_arn: str, keep: bool) -> list[Statement]:
    """The policy of a bucket of states. While it is kept, nobody deletes the bucket or an earlier version of a state;
    expiry by the bucket's own rules is S3's doing and asks no policy."""
    bucket_arn = place.bucket_arn(bucket)
    statements = [
        *transport_statements(bucket_arn),
        *account_statements(bucket_arn, place),
        *encryption_statements(bucket_arn, key_arn),
    ]
    if keep:
        statements += [
            deny("KeepBucket", ["s3:DeleteBucket"], [bucket_arn], principals=ANYONE),
            deny("KeepEarlierStates", ["s3:DeleteObjectVersion"], [f"{bucket_arn}/*"], principals=ANYONE),
        ]
    return statements


def access_log_statements(place: Place, bucket: str) -> list[Statement]:
    """The policy of a bucket that S3 writes access logs to, for buckets of this account and region only."""
    bucket_arn = place.bucket_arn(bucket)
    return [
        *transport_statements(bucket_arn),
        *account_statements(bucket_arn, place),
        allow(
            "AccessLogsArrive",
            ["s3:PutObject"],
            [f"{bucket_arn}/*"],
            principals={"Service": ("logging.s3.amazonaws.com",)},
            conditions={"StringEquals": {"aws:SourceAccount": place.account}},
        ),
    ]


def trail_statements(place: Place, bucket: str, trail: str) -> list[Statement]:
    """The policy of a bucket that one trail, and nothing else, writes to."""
    bucket_arn = place.bucket_arn(bucket)
    trail_arn = place.arn("cloudtrail", f"trail/{trail}")
    service = {"Service": ("cloudtrail.amazonaws.com",)}
    return [
        *transport_statements(bucket_arn),
        *account_statements(bucket_arn, place),
        allow(
            "TrailChecksBucket",
            ["s3:GetBucketAcl"],
            [bucket_arn],
            principals=service,
            conditions={"StringEquals": {"aws:SourceArn": trail_arn}},
        ),
        allow(
            "TrailArrives",
            ["s3:PutObject"],
            [f"{bucket_arn}/AWSLogs/{place.account}/*"],
            principals=service,
            conditions={
                "StringEquals": {"aws:SourceArn": trail_arn, "s3:x-amz-acl": "bucket-owner-full-control"},
            },
        ),
    ]


def replication_statements(
    place: Place, source: str, target: str, source_key_arn: str, target_key_arn: str, target_region: str
) -> list[Statement]:
    """What S3 may do to copy one bucket into another, and only that. It may not carry deletions over.

    Amazon S3 user guide, "Setting up permissions for live replication" and "Replicating encrypted objects", read
    2026-11.
    """
    source_arn, target_arn = place.bucket_arn(source), place.bucket_arn(target)
    return [
        allow("ReadsConfiguration", ["s3:GetReplicationConfiguration", "s3:ListBucket"], [source_arn]),
        allow(
            "ReadsVersions",
            [
                "s3:GetObjectLegalHold",
                "s3:GetObjectRetention",
                "s3:GetObjectVersionAcl",
                "s3:GetObjectVersionForReplication",
                "s3:GetObjectVersionTagging",
            ],
            [f"{source_arn}/*"],
        ),
        allow("WritesCopies", ["s3:ReplicateObject", "s3:ReplicateTags"], [f"{target_arn}/*"]),
        allow(
            "OpensOriginals",
            ["kms:Decrypt"],
            [source_key_arn],
            conditions={
                "StringEquals": {"kms:ViaService": f"s3.{place.region}.amazonaws.com"},
                "StringLike": {"kms:EncryptionContext:aws:s3:arn": [source_arn, f"{source_arn}/*"]},
            },
        ),
        allow(
            "SealsCopies",
            ["kms:Encrypt", "kms:GenerateDataKey"],
            [target_key_arn],
            conditions={
                "StringEquals": {"kms:ViaService": f"s3.{target_region}.amazonaws.com"},
                "StringLike": {"kms:EncryptionContext:aws:s3:arn": [target_arn, f"{target_arn}/*"]},
            },
        ),
    ]
