"""MediaBucket: closed, encrypted, versioned, watched, kept, and copied when asked."""

from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from soundstage.components.aws.storage import MediaBucket
from soundstage.components.aws.storage_args import MediaBucketArgs
from soundstage.components.layout import FOLDERS
from soundstage.components.tags import base_tags
from soundstage.core.errors import ArgumentError

Deploy = Callable[[Callable[[], object]], Any]
TAGS = base_tags("home", "teaser", client="northlight")
NAME = "home-media-teaser-2e266559"
MAIN, COPY = "teaser-bucket", "teaser-backup-bucket"


def media(deploy: Deploy, **changes: Any) -> Any:
    args: MediaBucketArgs = {"studio": "home", "project": "teaser", "tags": TAGS, **changes}  # type: ignore[typeddict-item]
    return deploy(lambda: MediaBucket("teaser", args))


@pytest.fixture(params=["main", "copy"])
def settings(request: pytest.FixtureRequest, deploy: Deploy) -> Callable[[str], dict[str, Any]]:
    """The inputs of a setting of the bucket and, in the second round, of its copy: what holds for one holds for both."""
    made = media(
        deploy,
        log_bucket="home-access-logs-1",
        backup_region="eu-central-1",
        backup_log_bucket="home-access-logs-2",
        object_lock_days=30,
    )

    def find(kind: str) -> dict[str, Any]:
        wanted = request.param == "copy"
        (one,) = [each for each in made.all(kind) if each.name.startswith("teaser-backup-") == wanted]
        inputs: dict[str, Any] = one.inputs
        return inputs

    return find


def test_public_access_is_blocked_four_times(settings: Callable[[str], dict[str, Any]]) -> None:
    blocked = settings("BucketPublicAccessBlock")
    assert [blocked[key] for key in sorted(blocked) if key not in ("bucket", "region")] == [True] * 4


def test_acls_are_off(settings: Callable[[str], dict[str, Any]]) -> None:
    assert settings("BucketOwnershipControls")["rule"] == {"objectOwnership": "BucketOwnerEnforced"}


def test_versions_are_kept(settings: Callable[[str], dict[str, Any]]) -> None:
    assert settings("BucketVersioning")["versioningConfiguration"] == {"status": "Enabled"}


def test_objects_are_encrypted_with_the_customers_key(settings: Callable[[str], dict[str, Any]]) -> None:
    (rule,) = settings("BucketServerSideEncryptionConfiguration")["rules"]
    default = rule["applyServerSideEncryptionByDefault"]
    assert default["sseAlgorithm"] == "aws:kms"
    assert default["kmsMasterKeyId"].startswith("arn:aws:kms:")
    assert rule["bucketKeyEnabled"] is True


def test_access_is_logged_under_the_buckets_name(settings: Callable[[str], dict[str, Any]]) -> None:
    logging = settings("BucketLogging")
    assert logging["targetBucket"].startswith("home-access-logs-")
    assert logging["targetPrefix"] == f"{logging['bucket']}/"


def test_lock_holds_every_new_version_for_the_days_asked(settings: Callable[[str], dict[str, Any]]) -> None:
    assert settings("BucketObjectLockConfiguration")["rule"] == {"defaultRetention": {"mode": "GOVERNANCE", "days": 30}}


def test_rules_reach_s3_as_the_preset_says(settings: Callable[[str], dict[str, Any]]) -> None:
    lifecycle = settings("BucketLifecycleConfiguration")
    everywhere = lifecycle["rules"][0]
    assert everywhere["transitions"] == [
        {"days": 30, "storageClass": "STANDARD_IA"},
        {"days": 365, "storageClass": "GLACIER"},
    ]
    assert everywhere["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}
    ending = [rule["filter"] for rule in lifecycle["rules"] if "expiration" in rule]
    assert ending == [{"prefix": ".soundstage-transfer/"}]
    assert lifecycle["transitionDefaultMinimumObjectSize"] == "all_storage_classes_128K"


def test_bucket_carries_the_tags_and_can_be_locked_later(settings: Callable[[str], dict[str, Any]]) -> None:
    bucket = settings("Bucket")
    assert bucket["tags"].items() >= TAGS.items()
    assert bucket["objectLockEnabled"] is True
    assert bucket["forceDestroy"] is False


def test_media_are_content_in_whatever_zone_the_project_is(deploy: Deploy) -> None:
    """A bucket of the zone `io` is one for passing things on, which must empty itself."""
    made = media(deploy, tags={**TAGS, "soundstage:zone": "io"})
    assert made.one("Bucket").inputs["tags"]["soundstage:zone"] == "content"


def test_settings_live_in_split_resources_and_never_inline(settings: Callable[[str], dict[str, Any]]) -> None:
    assert set(settings("Bucket")) <= {"bucket", "objectLockEnabled", "forceDestroy", "region", "tags"}


def test_everything_that_may_hold_media_is_protected(deploy: Deploy) -> None:
    made = media(deploy, backup_region="eu-central-1", object_lock_days=1, log_bucket="logs")
    assert [each.name for each in made.resources if not each.protect] == []


def test_asking_for_deletion_unprotects_everything_and_empties_the_bucket(deploy: Deploy) -> None:
    made = media(deploy, backup_region="eu-central-1", keep=False)
    assert [each.name for each in made.resources if each.protect] == []
    assert {each.inputs["forceDestroy"] for each in made.all("Bucket")} == {True}
    assert not any("KeepBucket" in each.policy() for each in made.all("BucketPolicy"))


def test_the_name_is_known_before_the_bucket_exists(deploy: Deploy) -> None:
    made = media(deploy)
    assert made.one("Bucket").inputs["bucket"] == NAME
    assert made.outputs["teaser"]["bucketName"] == NAME


def test_a_key_is_made_when_none_is_given(deploy: Deploy) -> None:
    made = media(deploy)
    assert made.one("Key").inputs["enableKeyRotation"] is True
    assert made.outputs["teaser"]["keyArn"].endswith("teaser-media-key")


def test_a_given_key_is_used_and_none_made(deploy: Deploy) -> None:
    key = "arn:aws:kms:eu-west-1:123456789012:key/1"
    made = media(deploy, key_arn=key)
    assert made.all("Key") == []
    assert made.one("BucketPolicy").policy()["DenyOtherKeys"]["Condition"]["StringNotEquals"] == {
        "s3:x-amz-server-side-encryption-aws-kms-key-id": key
    }


def test_the_documented_folders_stand_on_the_first_day(deploy: Deploy) -> None:
    made = media(deploy)
    assert {each.inputs["key"] for each in made.all("BucketObjectv2")} == {f"{folder}.keep" for folder in FOLDERS}
    assert {each.inputs["content"] for each in made.all("BucketObjectv2")} == {""}


def test_lock_and_logs_are_left_out_when_not_asked_for(deploy: Deploy) -> None:
    made = media(deploy)
    assert made.all("BucketObjectLockConfiguration") == made.all("BucketLogging") == []


def test_no_copy_is_made_unless_asked_for(deploy: Deploy) -> None:
    made = media(deploy)
    assert made.all("BucketReplicationConfig") == made.all("Role") == []
    assert len(made.all("Bucket")) == 1
    assert made.outputs["teaser"].get("backupBucketName") is None


def test_the_copy_lives_in_the_other_region_under_a_key_of_its_own(deploy: Deploy) -> None:
    made = media(deploy, backup_region="eu-central-1")
    copy = made.one("Bucket", COPY)
    assert copy.inputs["region"] == "eu-central-1"
    assert copy.inputs["bucket"] != made.one("Bucket", MAIN).inputs["bucket"]
    assert made.one("Key", "teaser-backup-key").inputs["region"] == "eu-central-1"
    (rule,) = made.one("BucketReplicationConfig").inputs["rules"]
    assert rule["destination"]["encryptionConfiguration"]["replicaKmsKeyId"].endswith("teaser-backup-key")
    assert rule["sourceSelectionCriteria"] == {"sseKmsEncryptedObjects": {"status": "Enabled"}}
    assert rule["deleteMarkerReplication"] == {"status": "Disabled"}
    assert made.outputs["teaser"]["backupBucketName"] == copy.inputs["bucket"]


def test_every_regional_resource_goes_to_the_region_asked_for(deploy: Deploy) -> None:
    made = media(deploy, region="eu-west-3", log_bucket="logs", object_lock_days=1)
    assert {each.inputs.get("region") for each in made.resources} == {"eu-west-3"}
    policy = made.one("Key").policy()["AccountUsesThroughServices"]
    assert policy["Condition"]["StringEquals"]["kms:ViaService"] == [
        "ec2.eu-west-3.amazonaws.com",
        "s3.eu-west-3.amazonaws.com",
    ]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"studio": "Home"}, "studio"),
        ({"project": "../other"}, "project"),
        ({"lifecycle": "fotage"}, '"footage"'),
        ({"object_lock_days": 0}, "object_lock_days"),
        ({"object_lock_days": 100_000}, "object_lock_days"),
        ({"region": "eu-west-1", "backup_region": "eu-west-1"}, "backup_region"),
        ({"backup_region": "eu-west-1"}, "backup_region is eu-west-1, where the bucket itself is"),
        ({"backup_log_bucket": "logs"}, "backup_region"),
        ({"tags": {"aws:x": "1"}}, "tag"),
        ({"lifecyle": "footage"}, '"lifecycle"'),
    ],
)
def test_a_wrong_argument_is_refused_before_anything_is_created(
    deploy: Deploy, changes: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ArgumentError, match=complaint):
        media(deploy, **changes)


def test_all_faults_come_at_once(deploy: Deploy) -> None:
    with pytest.raises(ArgumentError) as refusal:
        deploy(lambda: MediaBucket("teaser", {"studio": "Home", "project": "Teaser", "lifecycle": "x", "keeep": True}))  # type: ignore[typeddict-item, typeddict-unknown-key]
    for word in ('MediaBucket "teaser"', "project is 'Teaser'", "studio", "lifecycle", '"keep"'):
        assert word in refusal.value.message


def test_a_copy_in_the_region_of_the_given_provider_is_refused_and_one_elsewhere_is_made(deploy: Deploy) -> None:
    """Two buckets of one name were asked for when the region was the provider's and not an argument."""

    def program(region: str, backup: str) -> Callable[[], object]:
        args: MediaBucketArgs = {"studio": "home", "project": "teaser", "backup_region": backup}

        def declare() -> None:
            options = pulumi.ResourceOptions(providers={"aws": aws.Provider("aws", region=region)})
            MediaBucket("teaser", args, options)

        return declare

    with pytest.raises(ArgumentError, match="backup_region is eu-central-1, where the bucket itself is"):
        deploy(program("eu-central-1", "eu-central-1"))
    assert len(deploy(program("eu-central-1", "eu-west-1")).all("Bucket")) == 2


# What a program adds of its own

FARM = "arn:aws:iam::123456789012:role/farm"


def test_a_statement_of_ones_own_stands_beside_ours(deploy: Deploy) -> None:
    own = {
        "sid": "FarmReads",
        "actions": ["s3:GetObject"],
        "principals": [pulumi.Output.from_input(FARM)],
        "paths": ["footage/*"],
    }
    made = media(deploy, extra_statements=[own], backup_region="eu-central-1")
    before, after = media(deploy).one("BucketPolicy").policy(), made.one("BucketPolicy", "teaser-policy").policy()
    assert after.pop("FarmReads") == {
        "Sid": "FarmReads",
        "Effect": "Allow",
        "Principal": {"AWS": [FARM]},
        "Action": ["s3:GetObject"],
        "Resource": [f"arn:aws:s3:::{NAME}/footage/*"],
    }
    assert after == before
    assert "FarmReads" not in made.one("BucketPolicy", "teaser-backup-policy").policy()


def test_a_service_is_let_in_for_this_account_only(deploy: Deploy) -> None:
    own = {
        "sid": "Delivery",
        "actions": ["s3:GetObject"],
        "services": ["cloudfront.amazonaws.com"],
        "paths": ["exports/*"],
    }
    statement = media(deploy, extra_statements=[own]).one("BucketPolicy").policy()["Delivery"]
    assert statement["Principal"] == {"Service": ["cloudfront.amazonaws.com"]}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ({"principals": ["*"]}, "principals means everyone"),
        ({}, "principals means everyone"),
        ({"actions": ["s3:*"], "principals": [FARM]}, "actions allows everything"),
        ({"actions": ["s3:**"], "principals": [FARM]}, "actions allows everything"),
        ({"actions": ["s3:?*"], "services": ["cloudfront.amazonaws.com"]}, "actions allows everything"),
        ({"actions": ["read"], "principals": [FARM]}, "actions has 'read'"),
        ({"principals": [FARM], "services": ["cloudfront.amazonaws.com"]}, "give each a statement of its own"),
        ({"sid": "Farm reads", "principals": [FARM]}, "sid is 'Farm reads'"),
        ({"sid": "DenyClearText", "principals": [FARM]}, "one of the component's own"),
        ({"effect": "allow", "principals": [FARM]}, 'did you mean "Allow"'),
        ({"principals": ["arn:aws:iam::999999999999:role/x"]}, "of account 123456789012"),
        ({"services": ["everyone"]}, "services has 'everyone'"),
        ({"principals": [FARM], "paths": ["/exports"]}, "paths has '/exports'"),
    ],
)
def test_a_statement_that_opens_the_bucket_is_refused(deploy: Deploy, statement: dict[str, Any], message: str) -> None:
    with pytest.raises(Exception, match="extra_statements") as refused:
        media(deploy, extra_statements=[{"sid": "Own", "actions": ["s3:GetObject"], **statement}])
    assert message in str(refused.value)


def test_everyone_came_in_through_an_output(deploy: Deploy) -> None:
    """What is not known before the update is judged when it is."""

    def program() -> None:
        statement: Any = {"sid": "Own", "actions": ["s3:GetObject"], "principals": [pulumi.Output.from_input("*")]}
        MediaBucket("teaser", {"studio": "home", "project": "teaser", "extra_statements": [statement]})

    with pytest.raises(Exception, match="of account 123456789012"):
        deploy(program)


def test_a_rule_of_ones_own_lets_a_cache_expire(deploy: Deploy) -> None:
    rule = {"prefix": "project-files/cache/", "tiers": {"GLACIER_IR": 7}, "expire_after_days": 30}
    rules = media(deploy, extra_lifecycle_rules=[rule]).one("BucketLifecycleConfiguration").inputs["rules"]
    assert rules[:-1] == media(deploy).one("BucketLifecycleConfiguration").inputs["rules"]
    assert rules[-1] == {
        "id": "own-project-files/cache",
        "status": "Enabled",
        "filter": {"prefix": "project-files/cache/"},
        "transitions": [{"days": 7, "storageClass": "GLACIER_IR"}],
        "expiration": {"days": 30},
    }


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"prefix": "footage/", "expire_after_days": 30}, "nothing in footage/ expires"),
        ({"prefix": "masters/reel-1/", "expire_old_after_days": 30}, "nothing in masters/ expires"),
        ({"prefix": "audio/", "expire_after_days": 1}, "nothing in audio/ expires"),
        ({"prefix": "mast", "expire_after_days": 1}, "prefix is 'mast'"),
        ({"prefix": "proxies/"}, "does nothing"),
        ({"prefix": "proxies/", "tiers": {"STANDARD_IA": 7}}, "from 30 to"),
        ({"prefix": "proxies/", "tiers": {"GLACIER_DEEP": 7}}, "tiers is 'GLACIER_DEEP'"),
        ({"prefix": "proxies/", "expire_after_days": 0}, "expire_after_days is 0"),
        (
            {"prefix": "proxies/", "tiers": {"GLACIER": 90}, "expire_after_days": 90},
            "expire_after_days is 90, and the last of tiers is at 90; allowed: 91 or more",
        ),
        (
            {"prefix": "proxies/", "tiers": {"GLACIER": 30, "STANDARD_IA": 60}},
            "tiers.GLACIER is 30, with STANDARD_IA at 60; allowed: 90 or more",
        ),
        (
            {"prefix": "proxies/", "tiers": {"STANDARD_IA": 30, "GLACIER_IR": 59}},
            "tiers.GLACIER_IR is 59, with STANDARD_IA at 30; allowed: 60 or more",
        ),
        (
            {"prefix": "proxies/", "tiers": {"GLACIER": 90, "DEEP_ARCHIVE": 90}},
            "tiers.DEEP_ARCHIVE is 90, with GLACIER at 90; allowed: 91 or more",
        ),
        ({"prefix": "proxies/", "expire_after_day": 3}, 'did you mean "expire_after_days"'),
    ],
)
def test_a_rule_that_would_lose_originals_is_refused(deploy: Deploy, rule: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        media(deploy, extra_lifecycle_rules=[rule])
    assert message in str(refused.value)


def test_two_rules_of_ones_own_went_by_one_name(deploy: Deploy) -> None:
    """S3 takes no two rules of one name, and says so when the bucket is already there."""
    days = {"expire_after_days": 30}
    rules = [{"prefix": "cache/a/", **days}, {"prefix": "cache-a/", **days}, {"prefix": "cache/", **days}]
    made = media(deploy, extra_lifecycle_rules=rules).one("BucketLifecycleConfiguration").inputs["rules"]
    assert [rule["id"] for rule in made[-3:]] == ["own-cache/a", "own-cache-a", "own-cache"]
    with pytest.raises(
        ArgumentError, match=r"extra_lifecycle_rules\[3\]\.prefix is 'cache/', which another rule has too"
    ):
        media(deploy, extra_lifecycle_rules=[*rules, {"prefix": "cache/", "tiers": {"GLACIER_IR": 1}}])


def test_an_originals_folder_may_still_be_tiered(deploy: Deploy) -> None:
    rule = {"prefix": "footage/raw/", "tiers": {"DEEP_ARCHIVE": 90}}
    media(deploy, extra_lifecycle_rules=[rule])


def test_bucket_and_copy_go_by_names_and_under_keys_of_ones_own(deploy: Deploy) -> None:
    key = "arn:aws:kms:eu-central-1:123456789012:key/2"
    made = media(
        deploy,
        bucket="northlight-rushes",
        key_arn="arn:aws:kms:eu-west-1:123456789012:key/1",
        backup_region="eu-central-1",
        backup_bucket="northlight-rushes-copy",
        backup_key_arn=key,
    )
    assert made.one("Bucket", MAIN).inputs["bucket"] == "northlight-rushes"
    assert made.one("Bucket", COPY).inputs["bucket"] == "northlight-rushes-copy"
    assert made.all("Key") == []
    given = made.outputs["teaser"]
    assert (given["bucketArn"], given["backupBucketArn"]) == (
        "arn:aws:s3:::northlight-rushes",
        "arn:aws:s3:::northlight-rushes-copy",
    )
    assert given["backupKeyArn"] == key


def test_without_a_copy_its_outputs_are_absent(deploy: Deploy) -> None:
    given = media(deploy).outputs["teaser"]
    assert [given.get(name) for name in ("backupBucketName", "backupBucketArn", "backupKeyArn")] == [None] * 3
