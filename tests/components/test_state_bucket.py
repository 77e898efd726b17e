"""StateBucket: as closed as a bucket of media, and nothing in it can be lost by accident."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from soundstage.components.aws.state_bucket import StateBucket, StateBucketArgs
from soundstage.components.tags import base_tags
from soundstage.core.errors import ArgumentError

Deploy = Callable[[Callable[[], object]], Any]


def state_bucket(deploy: Deploy, **changes: Any) -> Any:
    args: StateBucketArgs = {"studio": "home", "tags": base_tags("home"), **changes}  # type: ignore[typeddict-item]
    return deploy(lambda: StateBucket("home-state", args))


def denied(made: Any) -> dict[str, str]:
    (policy,) = made.all("BucketPolicy")
    statements = json.loads(policy.inputs["policy"])["Statement"]
    return {each["Sid"]: each["Action"] for each in statements if each["Effect"] == "Deny"}


def test_it_is_versioned_private_encrypted_with_its_own_key_and_logged(deploy: Deploy) -> None:
    made = state_bucket(deploy, log_bucket="home-access-logs-1")
    (versioning,) = made.all("BucketVersioning")
    assert versioning.inputs["versioningConfiguration"] == {"status": "Enabled"}
    (access,) = made.all("BucketPublicAccessBlock")
    assert [value for value in access.inputs.values() if isinstance(value, bool)] == [True] * 4
    (ownership,) = made.all("BucketOwnershipControls")
    assert ownership.inputs["rule"] == {"objectOwnership": "BucketOwnerEnforced"}
    (encryption,) = made.all("BucketServerSideEncryptionConfiguration")
    default = encryption.inputs["rules"][0]["applyServerSideEncryptionByDefault"]
    assert default["kmsMasterKeyId"].startswith("arn:aws:kms:")
    (logging,) = made.all("BucketLogging")
    assert logging.inputs["targetBucket"] == "home-access-logs-1"


def test_requests_in_clear_from_other_accounts_and_with_other_keys_are_refused(deploy: Deploy) -> None:
    assert {"DenyClearText", "DenyOldTls", "DenyOtherAccounts", "DenyOtherKeys"} <= denied(state_bucket(deploy)).keys()


def test_earlier_versions_go_after_their_days_and_what_is_current_never(deploy: Deploy) -> None:
    (lifecycle,) = state_bucket(deploy, old_versions_days=180).all("BucketLifecycleConfiguration")
    (rule,) = lifecycle.inputs["rules"]
    assert rule["noncurrentVersionExpiration"] == {"noncurrentDays": 180}
    assert "expiration" not in rule


def test_nobody_deletes_the_bucket_its_key_or_an_earlier_state(deploy: Deploy) -> None:
    made = state_bucket(deploy)
    assert denied(made)["KeepBucket"] == "s3:DeleteBucket"
    assert denied(made)["KeepEarlierStates"] == "s3:DeleteObjectVersion"
    assert {each.name for each in made.all("Bucket") + made.all("Key")} == {"home-state-bucket", "home-state-key"}
    (bucket,) = made.all("Bucket")
    assert bucket.inputs["forceDestroy"] is False


def test_a_bucket_that_need_not_be_kept_can_go_with_its_stack(deploy: Deploy) -> None:
    made = state_bucket(deploy, keep=False)
    assert not {"KeepBucket", "KeepEarlierStates"} & denied(made).keys()


def test_its_name_is_the_studios_own_or_the_one_that_is_given(deploy: Deploy) -> None:
    (own,) = state_bucket(deploy).all("Bucket")
    assert own.inputs["bucket"].startswith("home-state-")
    (given,) = state_bucket(deploy, bucket="northlight-films").all("Bucket")
    assert given.inputs["bucket"] == "northlight-films"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ab", "3 to 63"),
        ("a" * 64, "3 to 63"),
        ("Films", "lower-case"),
        ("films.example", "hyphens"),
        ("-films", "both ends"),
        ("xn--films", "starts with 'xn--'"),
        ("films-s3alias", "ends with '-s3alias'"),
        (7, "a string"),
    ],
)
def test_a_name_that_s3_refuses_is_refused_before_anything_is_made(deploy: Deploy, name: object, said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        state_bucket(deploy, bucket=name)


@pytest.mark.parametrize(
    ("days", "said"), [(29, "30 to 3650"), (3651, "30 to 3650"), ("90", "a whole number"), (True, "a whole number")]
)
def test_days_out_of_range_are_refused(deploy: Deploy, days: object, said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        state_bucket(deploy, old_versions_days=days)
