"""What the bucket policies refuse, and that honest clients never meet them."""

from collections.abc import Callable

import pytest

from soundstage.components.aws import bucket_policies
from soundstage.components.aws.place import Place
from soundstage.components.policydoc import Statement, allow

BUCKET = "home-media-teaser-0a1b2c3d"
ARN = f"arn:aws:s3:::{BUCKET}"
OBJECT = f"{ARN}/footage/A001.mov"
ORIGINAL = f"{ARN}/masters/final.mov"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1"
OTHER_KEY = "arn:aws:kms:eu-west-1:123456789012:key/2"
FOREIGN_KEY = "arn:aws:kms:eu-west-1:999999999999:key/1"

MODERN = {
    "aws:SecureTransport": "true",
    "s3:TlsVersion": "1.3",
    "aws:PrincipalAccount": "123456789012",
    "aws:PrincipalIsAWSService": "false",
}
ALGORITHM = "s3:x-amz-server-side-encryption"


def media(place: Place, keep: bool = True) -> list[Statement]:
    """The bucket's own policy beside an identity that may do everything."""
    return [allow("Identity", ["*"], ["*"]), *bucket_policies.media_statements(place, BUCKET, KEY, keep)]


@pytest.mark.parametrize(
    ("action", "resource", "context", "expected"),
    [
        pytest.param("s3:PutObject", OBJECT, {}, "Allow", id="a-client-that-says-nothing-of-encryption"),
        # Without a key this means AWS's own key, not the bucket's.
        pytest.param(
            "s3:PutObject", OBJECT, {ALGORITHM: "aws:kms"}, "Deny", id="a-client-that-asks-for-no-key-by-name"
        ),
        pytest.param(
            "s3:PutObject",
            OBJECT,
            {ALGORITHM: "aws:kms", f"{ALGORITHM}-aws-kms-key-id": KEY},
            "Allow",
            id="a-client-that-names-the-bucket-key",
        ),
        pytest.param("s3:GetObject", OBJECT, {"s3:TlsVersion": "1.2"}, "Allow", id="tls-1.2"),
        pytest.param("s3:GetObject", OBJECT, {"s3:TlsVersion": "1.1"}, "Deny", id="tls-1.1"),
        pytest.param("s3:GetObject", OBJECT, {"aws:SecureTransport": "false"}, "Deny", id="in-clear"),
        pytest.param("s3:PutObject", OBJECT, {ALGORITHM: "AES256"}, "Deny", id="keys-of-s3-itself"),
        pytest.param(
            "s3:PutObject",
            OBJECT,
            {ALGORITHM: "aws:kms", f"{ALGORITHM}-aws-kms-key-id": OTHER_KEY},
            "Deny",
            id="another-key-of-the-account",
        ),
        pytest.param(
            "s3:PutObject",
            OBJECT,
            {ALGORITHM: "aws:kms", f"{ALGORITHM}-aws-kms-key-id": FOREIGN_KEY},
            "Deny",
            id="a-key-of-another-account",
        ),
        pytest.param(
            "s3:PutObject", OBJECT, {f"{ALGORITHM}-customer-algorithm": "AES256"}, "Deny", id="a-key-held-to-ransom"
        ),
        pytest.param("s3:GetObject", OBJECT, {"aws:PrincipalAccount": "999999999999"}, "Deny", id="another-account"),
        pytest.param("s3:DeleteObject", ORIGINAL, {}, "Allow", id="hiding-an-original"),
        pytest.param("s3:DeleteObjectVersion", OBJECT, {}, "Allow", id="deleting-a-version-elsewhere"),
        pytest.param("s3:DeleteObjectVersion", ORIGINAL, {}, "Deny", id="deleting-a-version-of-an-original"),
        pytest.param("s3:DeleteBucket", ARN, {}, "Deny", id="deleting-the-bucket"),
    ],
)
def test_a_media_bucket_refuses_what_endangers_media_even_to_an_administrator(
    verdict: Callable[..., str], place: Place, action: str, resource: str, context: dict[str, str], expected: str
) -> None:
    assert verdict(media(place), action, resource, {**MODERN, **context}) == expected


def test_an_anonymous_reader_is_refused(verdict: Callable[..., str], place: Place) -> None:
    anonymous = {key: value for key, value in MODERN.items() if key != "aws:PrincipalAccount"}
    assert verdict(media(place), "s3:GetObject", OBJECT, anonymous) == "Deny"


@pytest.mark.parametrize(("action", "resource"), [("s3:DeleteObjectVersion", ORIGINAL), ("s3:DeleteBucket", ARN)])
def test_media_can_be_deleted_once_that_was_asked_for_by_name(
    verdict: Callable[..., str], place: Place, action: str, resource: str
) -> None:
    assert verdict(media(place, keep=False), action, resource, MODERN) == "Allow"


SERVICE = {"aws:SecureTransport": "true", "s3:TlsVersion": "1.2", "aws:PrincipalIsAWSService": "true"}


@pytest.mark.parametrize(("account", "expected"), [("123456789012", "Allow"), ("999999999999", "None")])
def test_access_logs_arrive_from_buckets_of_this_account_only(
    verdict: Callable[..., str], place: Place, account: str, expected: str
) -> None:
    statements = bucket_policies.access_log_statements(place, "home-access-logs-1")
    context = {**SERVICE, "aws:SourceAccount": account}
    assert verdict(statements, "s3:PutObject", "arn:aws:s3:::home-access-logs-1/teaser/x", context) == expected


TRAIL = "arn:aws:cloudtrail:eu-west-1:123456789012:trail/home-audit"
OWNER = {"s3:x-amz-acl": "bucket-owner-full-control"}
TRAIL_FILE = "arn:aws:s3:::home-audit-1/AWSLogs/123456789012/CloudTrail/x.json.gz"


@pytest.mark.parametrize(
    ("resource", "context", "expected"),
    [
        pytest.param(TRAIL_FILE, {"aws:SourceArn": TRAIL, **OWNER}, "Allow", id="the-trail"),
        pytest.param(TRAIL_FILE, {"aws:SourceArn": f"{TRAIL}-2", **OWNER}, "None", id="another-trail"),
        pytest.param(TRAIL_FILE, {"aws:SourceArn": TRAIL}, "None", id="a-file-owned-by-somebody-else"),
        pytest.param(
            TRAIL_FILE.replace("123456789012/", "999999999999/"),
            {"aws:SourceArn": TRAIL, **OWNER},
            "None",
            id="the-folder-of-another-account",
        ),
    ],
)
def test_one_trail_writes_to_its_bucket(
    verdict: Callable[..., str], place: Place, resource: str, context: dict[str, str], expected: str
) -> None:
    statements = bucket_policies.trail_statements(place, "home-audit-1", "home-audit")
    assert verdict(statements, "s3:PutObject", resource, {**SERVICE, **context}) == expected


COPY = "home-media-teaser-99999999"
SOURCE_USE = {
    "kms:ViaService": "s3.eu-west-1.amazonaws.com",
    "kms:EncryptionContext:aws:s3:arn": ARN,
}
TARGET_USE = {
    "kms:ViaService": "s3.eu-central-1.amazonaws.com",
    "kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{COPY}",
}


@pytest.mark.parametrize(
    ("action", "resource", "context", "expected"),
    [
        ("s3:GetObjectVersionForReplication", OBJECT, {}, "Allow"),
        ("s3:ReplicateObject", f"arn:aws:s3:::{COPY}/footage/A001.mov", {}, "Allow"),
        ("kms:Decrypt", KEY, SOURCE_USE, "Allow"),
        ("kms:GenerateDataKey", OTHER_KEY, TARGET_USE, "Allow"),
        ("s3:ReplicateDelete", f"arn:aws:s3:::{COPY}/footage/A001.mov", {}, "None"),
        ("s3:ReplicateObject", OBJECT, {}, "None"),
        ("s3:GetObject", OBJECT, {}, "None"),
        ("s3:DeleteObject", OBJECT, {}, "None"),
        ("kms:Decrypt", KEY, {}, "None"),
        ("kms:Decrypt", OTHER_KEY, TARGET_USE, "None"),
        ("kms:GenerateDataKey", OTHER_KEY, SOURCE_USE, "None"),
    ],
)
def test_replication_copies_and_never_deletes(
    verdict: Callable[..., str], place: Place, action: str, resource: str, context: dict[str, str], expected: str
) -> None:
    statements = bucket_policies.replication_statements(place, BUCKET, COPY, KEY, OTHER_KEY, "eu-central-1")
    assert verdict(statements, action, resource, context) == expected


def test_an_old_link_opens_nothing_where_links_are_short(verdict: Callable[..., str], place: Place) -> None:
    statements = [allow("Identity", ["*"], ["*"]), *bucket_policies.media_statements(place, BUCKET, KEY, True, 60)]
    for age, expected in (("3600000", "Allow"), ("3600001", "Deny"), ("604800000", "Deny")):
        assert verdict(statements, "s3:GetObject", OBJECT, {"s3:signatureAge": age}) == expected
