"""Deleting a bucket with everything in it: past a governance lock, and never past a compliance lock or a legal hold."""

import base64
import hashlib
import zlib
from typing import Any

import pytest

from soundstage.core.errors import CloudError
from soundstage.providers.aws.provider import AwsProvider
from soundstage.simulator.process import Endpoint

BUCKET = "soundstage-locked-media"
TYPE = "aws:s3/bucket:Bucket"
URN = "urn:pulumi:teaser::soundstage::aws:s3/bucket:Bucket::media"
UNTIL = "2096-05-01T12:30:00Z"


@pytest.fixture
def s3(cloud: Endpoint) -> Any:
    """A client, and a bucket with object lock that holds two versions under a delete marker."""
    s3 = cloud.client("s3", "us-east-1")
    s3.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
    for _ in range(2):
        s3.put_object(Bucket=BUCKET, Key="masters/a.mov", Body=b"picture")
    s3.delete_object(Bucket=BUCKET, Key="masters/a.mov")
    return s3


def delete(cloud: Endpoint, **inputs: Any) -> None:
    known = {"bucket": BUCKET, "objectLockEnabled": True, **inputs}
    AwsProvider(cloud, "us-east-1").delete(TYPE, URN, BUCKET, known, known)


def lock(s3: Any, mode: str) -> None:
    s3.put_object(
        Bucket=BUCKET, Key="masters/b.mov", Body=b"picture", ChecksumAlgorithm="SHA256",
        ObjectLockMode=mode, ObjectLockRetainUntilDate=UNTIL,
    )  # fmt: skip


def test_a_bucket_with_versions_is_refused_unless_the_program_forces_it(cloud: Endpoint, s3: Any) -> None:
    with pytest.raises(CloudError, match=r"cannot be deleted while it holds .*masters/a\.mov"):
        delete(cloud)
    assert len(s3.list_object_versions(Bucket=BUCKET)["Versions"]) == 2


def test_force_deletes_versions_and_markers_in_any_order(cloud: Endpoint, s3: Any) -> None:
    delete(cloud, forceDestroy=True)
    assert s3.list_buckets()["Buckets"] == []


def test_force_goes_past_a_governance_lock(cloud: Endpoint, s3: Any) -> None:
    lock(s3, "GOVERNANCE")
    delete(cloud, forceDestroy=True)
    assert s3.list_buckets()["Buckets"] == []


def test_a_compliance_lock_is_never_passed_and_the_error_says_until_when(cloud: Endpoint, s3: Any) -> None:
    lock(s3, "COMPLIANCE")
    with pytest.raises(CloudError, match=r"masters/b\.mov is kept by a compliance lock until 2096-05-01 12:30 UTC"):
        delete(cloud, forceDestroy=True)
    assert [kept["Key"] for kept in s3.list_object_versions(Bucket=BUCKET)["Versions"]] == ["masters/b.mov"]


def test_a_legal_hold_is_never_passed(cloud: Endpoint, s3: Any) -> None:
    lock(s3, "GOVERNANCE")
    s3.put_object_legal_hold(Bucket=BUCKET, Key="masters/b.mov", LegalHold={"Status": "ON"}, ChecksumAlgorithm="SHA256")
    with pytest.raises(CloudError, match=r"masters/b\.mov is kept under a legal hold"):
        delete(cloud, forceDestroy=True)


@pytest.mark.parametrize("retention", [{"Mode": "GOVERNANCE"}, {"Mode": "GOVERNANCE", "Days": 1, "Years": 1}])
def test_half_or_double_a_default_retention_is_refused(s3: Any, retention: dict[str, Any]) -> None:
    wanted = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": retention}}
    with pytest.raises(s3.exceptions.ClientError, match="MalformedXML"):
        s3.put_object_lock_configuration(Bucket=BUCKET, ObjectLockConfiguration=wanted)


def test_a_bucket_that_holds_objects_can_be_given_a_lock(s3: Any) -> None:
    wanted = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 3}}}
    s3.put_object_lock_configuration(Bucket=BUCKET, ObjectLockConfiguration=wanted)
    found = s3.get_object_lock_configuration(Bucket=BUCKET)["ObjectLockConfiguration"]
    assert found["Rule"]["DefaultRetention"]["Days"] == 3


@pytest.mark.parametrize("how", ["ChecksumCRC32", "ContentMD5"])
def test_a_locked_object_is_taken_with_any_checksum(cloud: Endpoint, s3: Any, how: str) -> None:
    text = b"picture"
    found = {
        "ChecksumCRC32": base64.b64encode(zlib.crc32(text).to_bytes(4, "big")).decode(),
        "ContentMD5": base64.b64encode(hashlib.md5(text, usedforsecurity=False).digest()).decode(),
    }
    s3.put_object(
        Bucket=BUCKET, Key="masters/c.mov", Body=text, ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=UNTIL,
        **{how: found[how]},
    )  # fmt: skip
    assert s3.get_object(Bucket=BUCKET, Key="masters/c.mov")["Body"].read() == text
