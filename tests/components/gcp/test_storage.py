"""Media on Google Cloud: closed, under the customer's key, kept, and ageing as the presets say."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.components.gcp.conftest import Findings, plan_of

from soundstage.components.gcp import AccessLogBucket, MediaBucket
from soundstage.components.gcp.lifecycle import CLASSES, LEAST_BILLED_DAYS, AgeRule, age_rules
from soundstage.components.gcp.storage_args import resolve
from soundstage.components.layout import FOLDERS, MASTERS, TRANSFER
from soundstage.components.lifecycle import PRESETS, media_rules
from soundstage.components.tags import base_tags
from soundstage.core.errors import ArgumentError

Deploy = Callable[[Callable[[], object]], Any]
TAGS = base_tags("home", "teaser", owner="ana@studio.example")
ARGS: dict[str, Any] = {"studio": "home", "project": "teaser", "log_bucket": "home-access-logs-1", "tags": TAGS}


def made(deploy: Deploy, args: dict[str, Any]) -> Any:
    build: Any = MediaBucket
    return deploy(lambda: build("teaser-media", args))


def bucket(deploy: Deploy, **more: Any) -> dict[str, Any]:
    inputs: dict[str, Any] = made(deploy, {**ARGS, **more}).one("Bucket").inputs
    return inputs


def test_nobody_can_make_a_bucket_public(deploy: Deploy) -> None:
    found = bucket(deploy)
    assert found["uniformBucketLevelAccess"] is True
    assert found["publicAccessPrevention"] == "enforced"


def test_it_has_a_key_of_its_own_that_only_cloud_storage_uses(deploy: Deploy) -> None:
    everything = made(deploy, ARGS)
    assert everything.one("Bucket").inputs["encryption"] == {"defaultKmsKeyName": "teaser-media-media-key-id"}
    member = everything.one("CryptoKeyIAMMember").inputs
    assert member["member"] == "serviceAccount:service-123456789012@gs-project-accounts.iam.gserviceaccount.com"
    assert member["role"] == "roles/cloudkms.cryptoKeyEncrypterDecrypter"
    key = everything.one("CryptoKey").inputs
    assert (key["rotationPeriod"], key["destroyScheduledDuration"]) == ("7776000s", "2592000s")


def test_media_and_their_key_stay_unless_somebody_says_otherwise(deploy: Deploy) -> None:
    kept = made(deploy, ARGS)
    assert all(each.protect for each in kept.all("Bucket") + kept.all("CryptoKey") + kept.all("KeyRing"))
    assert kept.one("Bucket").inputs["forceDestroy"] is False
    gone = made(deploy, {**ARGS, "keep": False})
    assert not [each.name for each in gone.resources if each.protect]
    assert gone.one("Bucket").inputs["forceDestroy"] is True


def test_what_is_deleted_can_be_restored_for_a_month(deploy: Deploy) -> None:
    found = bucket(deploy)
    assert found["versioning"] == {"enabled": True}
    assert found["softDeletePolicy"] == {"retentionDurationSeconds": 30 * 86400}
    assert "retentionPolicy" not in found


def test_a_retention_is_locked_only_when_it_is_said(deploy: Deploy) -> None:
    """Cloud Storage has either versions or a retention."""
    loose = bucket(deploy, retention_days=30)
    assert loose["retentionPolicy"] == {"retentionPeriod": "2592000", "isLocked": False}
    assert loose["versioning"] == {"enabled": False}
    assert bucket(deploy, retention_days=30, lock_retention=True)["retentionPolicy"]["isLocked"] is True


def test_the_name_is_that_of_aws_and_differs_by_google_project_and_region(deploy: Deploy) -> None:
    here, there = bucket(deploy)["name"], bucket(deploy, region="us-central1")["name"]
    assert here != there
    assert here.startswith("home-media-teaser-")
    assert bucket(deploy, bucket="northlight-rushes")["name"] == "northlight-rushes"


def test_every_folder_is_there_on_the_first_day(deploy: Deploy) -> None:
    names = {each.inputs["name"] for each in made(deploy, ARGS).all("BucketObject")}
    assert names == {f"{folder}.keep" for folder in FOLDERS}


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_a_preset_never_expires_a_current_version_nor_any_master(preset: str) -> None:
    for rule in age_rules(media_rules(preset)):
        if rule.action == "Delete" and rule.prefixes != (TRANSFER,):
            assert rule.state == "ARCHIVED"
            assert rule.prefixes
            assert MASTERS not in rule.prefixes


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_objects_move_to_colder_classes_only(preset: str) -> None:
    for rule in age_rules(media_rules(preset)):
        if rule.action == "SetStorageClass":
            assert all(CLASSES.index(each) < CLASSES.index(rule.storage_class) for each in rule.from_classes)


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_no_version_is_deleted_while_its_class_is_still_billed(preset: str) -> None:
    rules = age_rules(media_rules(preset))
    moves = {
        rule.storage_class: rule.noncurrent_days or 0
        for rule in rules
        if rule.action == "SetStorageClass" and rule.state == "ARCHIVED"
    }
    ends = {held: rule.noncurrent_days or 0 for rule in rules if rule.action == "Delete" for held in rule.from_classes}
    assert set(ends) == set(CLASSES)
    assert [held for held, days in ends.items() if days < moves.get(held, 0) + LEAST_BILLED_DAYS.get(held, 0)] == []


def test_footage_ages_as_the_pages_say() -> None:
    rules = age_rules(media_rules("footage"))
    current = [
        (rule.storage_class, rule.age_days) for rule in rules if rule.state == "LIVE" and rule.prefixes != (TRANSFER,)
    ]
    assert current == [("NEARLINE", 30), ("ARCHIVE", 365)]
    assert AgeRule("AbortIncompleteMultipartUpload", age_days=7) in rules


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({"bucket": "Rushes"}, "bucket is 'Rushes'; allowed: 3 to 63 lower-case letters"),
        ({"bucket": "goog-rushes"}, "Google reserves names"),
        ({"lifecycle": "footages"}, 'did you mean "footage"?'),
        ({"soft_delete_days": 5}, "soft_delete_days is 5; allowed: whole numbers from 7 to 90"),
        ({"lock_retention": True}, "lock_retention is True without retention_days"),
        ({"retention_days": 0}, "retention_days is 0; allowed: whole numbers from 1 to 3650"),
        ({"key_arn": "arn:aws:kms:eu-west-1:1:key/1"}, 'key_arn is not known; did you mean "key_id"?'),
    ],
)
def test_what_a_bucket_cannot_be_is_refused(args: dict[str, Any], said: str) -> None:
    build: Any = resolve
    with pytest.raises(ArgumentError) as refused:
        build("media", {"studio": "home", "project": "teaser", **args})
    assert said in str(refused.value)


@pytest.mark.parametrize("profile", ["studio", "content"])
@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_the_policies_find_nothing_in_a_media_bucket(
    deploy: Deploy, findings: Findings, preset: str, profile: str
) -> None:
    assert findings(plan_of(made(deploy, {**ARGS, "lifecycle": preset})), profile) == set()


def test_the_policies_find_nothing_in_a_log_bucket(deploy: Deploy, findings: Findings) -> None:
    build: Any = AccessLogBucket
    logs = deploy(lambda: build("logs", {"studio": "home", "tags": TAGS}))
    assert findings(plan_of(logs), "content") == set()


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "anybody-can-open-it": ({"publicAccessPrevention": "inherited"}, "STO-01"),
    "googles-key": ({"encryption": None}, "STO-02"),
    "no-versions": ({"versioning": {"enabled": False}}, "STO-04"),
    "nothing-ages": ({"lifecycleRules": None}, "STO-05"),
    "originals-expire": ({"lifecycleRules": [{"action": {"type": "Delete"}, "condition": {"age": 90}}]}, "STO-06"),
    "access-lists": ({"uniformBucketLevelAccess": False}, "STO-08"),
    "no-access-log": ({"logging": None}, "STO-09"),
}


@pytest.mark.parametrize("twin", BAD)
def test_the_policies_find_the_bad_twin(deploy: Deploy, findings: Findings, twin: str) -> None:
    change, policy = BAD[twin]
    plan = plan_of(made(deploy, ARGS), **{"teaser-media-bucket": change})
    assert f"{policy} teaser-media-bucket" in findings(plan, "studio")
