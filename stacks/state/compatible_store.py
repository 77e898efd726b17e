"""Makes the bucket for a state on a store that speaks S3 and is not AWS: as private and as safe as that store can make it.

Such stores know different parts of S3. What one does not know is said, and left to its own handbook.
"""

import json
import os
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import parse_qs, urlparse

from soundstage.core.errors import OperationError, PreflightRefused
from soundstage.projectfile.bucket_address import Bucket
from soundstage.stacks.state.hosts import refuse_unknown_host

_OLD_DAYS: Final = 90
_ABSENT: Final = ("NoSuchBucket", "404", "NotFound")


def store_client(bucket: Bucket, url: str) -> Any:
    """A boto3 client for the store that `url` names, with the credentials that the engine would take for it."""
    refuse_unknown_host(url)
    import boto3
    from botocore.config import Config
    from botocore.exceptions import ProfileNotFound

    query = parse_qs(urlparse(url).query)
    scheme = "http" if bucket.plain else "https"
    endpoint = bucket.endpoint if "://" in bucket.endpoint else f"{scheme}://{bucket.endpoint}"
    profile = query.get("profile", [os.environ.get("AWS_PROFILE", "")])[0]
    try:
        session = boto3.Session(profile_name=profile or None)
    except ProfileNotFound as error:
        raise PreflightRefused(
            f"There is no profile {profile}.", "Name one of `aws configure list-profiles`."
        ) from error
    return session.client(
        "s3",
        endpoint_url=endpoint,
        region_name=bucket.region or "us-east-1",
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 3}, connect_timeout=10),
    )


def is_usable(s3: Any, bucket: Bucket) -> bool:
    """Whether the bucket is there. Raises `PreflightRefused` when the store does not answer or refuses."""
    return _first_key(s3, bucket) is not None


def make_bucket(s3: Any, bucket: Bucket) -> list[str]:
    """Make the bucket where there is none, and an empty one private, versioned and encrypted. Returns what the store does not
    offer of that. A bucket with anything in it is left as it is. May be repeated."""
    from botocore.exceptions import BotoCoreError, ClientError

    found = _first_key(s3, bucket)
    if found:
        return []
    try:
        if found is None:
            s3.create_bucket(Bucket=bucket.name, **_place(bucket))
    except (ClientError, BotoCoreError) as error:
        raise OperationError(
            f"The store at {bucket.endpoint} does not make the bucket {bucket.name}: {error}",
            "Make it there by hand, private and with versions; then run this again.",
        ) from error
    missing = []
    for what, operation, arguments in _settings(bucket):
        try:
            getattr(s3, operation)(Bucket=bucket.name, **arguments)
        except (ClientError, BotoCoreError):
            missing.append(what)
    return missing


def _place(bucket: Bucket) -> dict[str, Any]:
    # The one region that must not be named (Amazon S3 API reference, CreateBucket, read 2026-11).
    if bucket.region in ("", "us-east-1"):
        return {}
    return {"CreateBucketConfiguration": {"LocationConstraint": bucket.region}}


def _settings(bucket: Bucket) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """What the bucket is to be, the call that makes it so, and its arguments."""
    yield "versions", "put_bucket_versioning", {"VersioningConfiguration": {"Status": "Enabled"}}
    switches = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    closed = {"PublicAccessBlockConfiguration": dict.fromkeys(switches, True)}
    yield "a block of public access", "put_public_access_block", closed
    rule: dict[str, Any] = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    encrypted = {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}
    yield "encryption at rest", "put_bucket_encryption", encrypted
    expiry = {
        "ID": "expire-old-states", "Status": "Enabled", "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": _OLD_DAYS},
    }  # fmt: skip
    yield (
        "an expiry of old versions",
        "put_bucket_lifecycle_configuration",
        {"LifecycleConfiguration": {"Rules": [expiry]}},
    )
    arn = f"arn:aws:s3:::{bucket.name}"
    clear = {
        "Sid": "DenyClearText", "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"], "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }  # fmt: skip
    document = {"Version": "2012-10-17", "Statement": [clear]}
    if not bucket.plain:
        yield "a refusal of unencrypted requests", "put_bucket_policy", {"Policy": json.dumps(document)}


def _first_key(s3: Any, bucket: Bucket) -> str | None:
    """A key in the bucket; empty when it holds none, None when there is no bucket."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        found = s3.list_objects_v2(Bucket=bucket.name, MaxKeys=1).get("Contents") or ({"Key": ""},)
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in _ABSENT:
            return None
        raise PreflightRefused(
            f"The store at {bucket.endpoint} refuses to show the bucket {bucket.name} ({code}).",
            "Check the credentials (AWS_PROFILE, or `profile=` in the address), or choose another name.",
        ) from error
    except BotoCoreError as error:
        raise PreflightRefused(
            f"The store at {bucket.endpoint} cannot be used: {error}",
            "Check its address, the network and the credentials.",
        ) from error
    return str(found[0]["Key"])
