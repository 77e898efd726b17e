"""The bucket that keeps a studio's state, as the cloud has it: whose it is, and what lies in it."""

from typing import Any, Protocol

from soundstage.components.tags import MANAGED_BY, STUDIO
from soundstage.core.errors import CloudError, PreflightRefused
from soundstage.engines.base import StackName
from soundstage.projectfile.bucket_address import Bucket
from soundstage.stacks.clouds.aws.calls import Clients, call
from soundstage.stacks.state.folder_backend import holds_anything, state_key


class Account(Clients, Protocol):
    """What tells whose a bucket is."""

    @property
    def account_id(self) -> str: ...


class AwsBuckets:
    """See `Buckets`."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def is_there(self, bucket: Bucket, studio: str) -> bool:
        return is_there(self._of(bucket), bucket, studio, self._account.account_id)

    def exists(self, bucket: Bucket) -> bool:
        return bucket_exists(self._of(bucket), bucket)

    def holds(self, bucket: Bucket, stack: StackName) -> bool:
        return bucket_holds(self._of(bucket), bucket, stack)

    def keys(self, bucket: Bucket, folder: str, since: str, store: Any = None) -> list[str]:
        arguments: dict[str, Any] = {"Bucket": bucket.name, "Prefix": folder, "StartAfter": f"{folder}{since}"}
        found: list[str] = []
        while True:
            answer = call(store or self._of(bucket), "ListObjectsV2", bucket.name, **arguments)
            found += [str(one["Key"]) for one in answer.get("Contents") or ()]
            if not answer.get("IsTruncated"):
                return sorted(found)
            arguments["ContinuationToken"] = answer["NextContinuationToken"]

    def read(self, bucket: Bucket, key: str, most: int, store: Any = None) -> bytes:
        answer = call(store or self._of(bucket), "GetObject", bucket.name, Bucket=bucket.name, Key=key)
        return bytes(answer["Body"].read(most))

    def add(self, bucket: Bucket, key: str, text: str, store: Any = None) -> None:
        s3 = store or self._of(bucket)
        call(s3, "PutObject", bucket.name, Bucket=bucket.name, Key=key, Body=text.encode())

    def client(self, service: str) -> Any:
        return self._account.client(service)

    def _of(self, bucket: Bucket) -> Any:
        return self._account.client("s3", bucket.region or None)


def is_there(s3: Any, bucket: Bucket, studio: str, account: str) -> bool:
    """Whether the studio's bucket exists. `s3` is a client for the bucket's region.

    Raises `PreflightRefused` when a bucket of that name is somebody else's, is another of this account's, or lies in
    another region.
    """
    other = "Bucket names are shared by all of AWS: choose another with `--state s3://NAME`."
    try:
        # Unlike HeadBucket it says in words why not, and answers from every region.
        found = call(s3, "GetBucketLocation", bucket.name, Bucket=bucket.name, ExpectedBucketOwner=account)
    except CloudError as error:
        if error.code == "NoSuchBucket":
            return False
        if error.code in ("AccessDenied", "AllAccessDisabled"):
            raise PreflightRefused(
                f"The bucket {bucket.name} is another account's, or these credentials may not look at it.",
                f"{other} If it is yours, allow s3:GetBucketLocation on it.",
            ) from error
        raise
    # The oldest regions have names of their own here (Amazon S3 API reference, GetBucketLocation, read 2026-11).
    said = found.get("LocationConstraint") or "us-east-1"
    where = "eu-west-1" if said == "EU" else said
    if where != bucket.region:
        raise PreflightRefused(
            f"The bucket {bucket.name} is in {where}, and the studio's home is {bucket.region}.",
            "Choose another name with `--state s3://NAME`, or make that region the studio's `home_region`.",
        )
    if not _is_ours(s3, bucket, studio):
        raise PreflightRefused(
            f"The account has a bucket {bucket.name} that the studio {studio} did not make.",
            f"Choose another name with `--state s3://NAME`, or use that one as it is: `backend: {bucket.url}` "
            "under `state` in studio.yaml.",
        )
    return True


def bucket_exists(s3: Any, bucket: Bucket) -> bool:
    """Whether there is a bucket of this name that the credentials may look at."""
    try:
        call(s3, "GetBucketLocation", bucket.name, Bucket=bucket.name)
    except CloudError as error:
        if error.code == "NoSuchBucket":
            return False
        raise
    return True


def bucket_holds(s3: Any, bucket: Bucket, stack: StackName) -> bool:
    """Whether the bucket has any resource of `stack` on record; False too when there is no bucket."""
    key = f"{bucket.folder}/{state_key(stack)}" if bucket.folder else state_key(stack)
    try:
        found = call(s3, "GetObject", bucket.name, Bucket=bucket.name, Key=key)
    except CloudError as error:
        if error.code in ("NoSuchBucket", "NoSuchKey"):
            return False
        raise
    return holds_anything(found["Body"].read(), f"s3://{bucket.name}/{key}")


def _is_ours(s3: Any, bucket: Bucket, studio: str) -> bool:
    try:
        found = call(s3, "GetBucketTagging", bucket.name, Bucket=bucket.name)["TagSet"]
    except CloudError as error:
        if error.code == "NoSuchTagSet":
            return False
        raise
    tags = {tag["Key"]: tag["Value"] for tag in found}
    return (tags.get(STUDIO), tags.get(MANAGED_BY)) == (studio, "soundstage")
