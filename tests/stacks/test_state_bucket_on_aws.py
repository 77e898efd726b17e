"""Whose a bucket is, from what AWS answers, before anything is made."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from soundstage.core.errors import CloudError, PreflightRefused, StateError
from soundstage.engines.base import StackName
from soundstage.projectfile.bucket_address import Bucket
from soundstage.stacks.clouds.aws.buckets import bucket_exists, bucket_holds, is_there

BUCKET = Bucket("northlight-state-1a2b3c4d", "eu-west-1")
STACK = StackName("soundstage-studio", "northlight")
OURS = [{"Key": "soundstage:studio", "Value": "northlight"}, {"Key": "soundstage:managed-by", "Value": "soundstage"}]


class S3:
    """Answers, or refuses, as it is told; the answer to an operation is a value or an error code."""

    class meta:
        class service_model:
            signing_name = "s3"

    def __init__(self, **answers: Any) -> None:
        self._answers = answers

    def __getattr__(self, operation: str) -> Any:
        def answer(**_arguments: Any) -> Any:
            found = self._answers[operation]
            if isinstance(found, str):
                raise ClientError({"Error": {"Code": found, "Message": "no"}}, operation)  # type: ignore[arg-type]
            return found

        return answer


def found(location: str | None = "eu-west-1", tags: Any = OURS) -> bool:
    s3 = S3(get_bucket_location={"LocationConstraint": location}, get_bucket_tagging=tags if isinstance(tags, str) else {"TagSet": tags})  # fmt: skip
    return is_there(s3, BUCKET, "northlight", "123456789012")


def test_a_bucket_of_ours_is_taken_and_a_free_name_is_free() -> None:
    assert found()
    assert found("EU")
    assert not is_there(S3(get_bucket_location="NoSuchBucket"), BUCKET, "northlight", "1" * 12)


@pytest.mark.parametrize("location", [None, "", "us-west-2"])
def test_a_bucket_in_another_region_is_refused_with_both(location: str | None) -> None:
    with pytest.raises(PreflightRefused, match=r"is in us-(east-1|west-2), and the studio's home is eu-west-1"):
        found(location)


@pytest.mark.parametrize("tags", ["NoSuchTagSet", [], [{"Key": "soundstage:studio", "Value": "other"}], OURS[:1]])
def test_another_bucket_of_the_account_is_not_taken(tags: Any) -> None:
    with pytest.raises(PreflightRefused, match="did not make") as caught:
        found(tags=tags)
    assert BUCKET.url in caught.value.hint


@pytest.mark.parametrize("code", ["AccessDenied", "AllAccessDisabled"])
def test_a_bucket_of_another_account_is_refused(code: str) -> None:
    with pytest.raises(PreflightRefused, match="another account's"):
        is_there(S3(get_bucket_location=code), BUCKET, "northlight", "1" * 12)


def test_credentials_that_expired_are_said_to_have_expired() -> None:
    with pytest.raises(PreflightRefused, match="no longer accepts the credentials"):
        is_there(S3(get_bucket_location="ExpiredToken"), BUCKET, "northlight", "1" * 12)


def test_any_other_refusal_stays_what_it_is() -> None:
    with pytest.raises(CloudError, match="InvalidBucketName"):
        is_there(S3(get_bucket_location="InvalidBucketName"), BUCKET, "northlight", "1" * 12)
    with pytest.raises(CloudError):
        bucket_exists(S3(get_bucket_location="AccessDenied"), BUCKET)
    with pytest.raises(CloudError):
        bucket_holds(S3(get_object="AccessDenied"), BUCKET, STACK)


class _Body:
    def __init__(self, text: bytes) -> None:
        self._text = text

    def read(self) -> bytes:
        return self._text


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        (b'{"checkpoint": {"latest": {"resources": [{}]}}}', True),
        (b'{"checkpoint": {"latest": {"pending_operations": [{}]}}}', True),
        (b'{"checkpoint": {"latest": {"resources": []}}}', False),
        (b'{"checkpoint": {"latest": null}}', False),
    ],
)
def test_a_bucket_holds_a_stack_that_has_anything_on_record(text: bytes, holds: bool) -> None:
    assert bucket_holds(S3(get_object={"Body": _Body(text)}), BUCKET, STACK) is holds


@pytest.mark.parametrize("code", ["NoSuchBucket", "NoSuchKey"])
def test_what_is_not_there_holds_nothing(code: str) -> None:
    assert bucket_holds(S3(get_object=code), BUCKET, STACK) is False


def test_a_state_that_cannot_be_read_is_not_taken_for_none() -> None:
    with pytest.raises(
        StateError, match=r"s3://northlight-state-1a2b3c4d/\.pulumi/stacks/soundstage-studio/northlight"
    ):
        bucket_holds(S3(get_object={"Body": _Body(b"{")}), BUCKET, STACK)
