"""AccountGuardrails: what the account refuses whoever asks, in every region the studio works in."""

from collections.abc import Callable
from typing import Any

import pytest

from soundstage.components.aws.guardrails import AccountGuardrails
from soundstage.components.tags import base_tags
from soundstage.core.errors import ArgumentError

Deploy = Callable[[Callable[[], object]], Any]
REGIONS = ["eu-west-1", "eu-central-1"]
TOPIC = "arn:aws:sns:eu-west-1:123456789012:home-alerts"


def rails(deploy: Deploy, **changes: Any) -> Any:
    args: Any = {
        "studio": "home",
        "regions": REGIONS,
        "alert_emails": ["ana@studio.example"],
        "tags": base_tags("home"),
        **changes,
    }
    return deploy(lambda: AccountGuardrails("home", args))


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("EncryptionByDefault", {"enabled": True}),
        ("SnapshotBlockPublicAccess", {"state": "block-all-sharing"}),
        ("ImageBlockPublicAccess", {"state": "block-new-sharing"}),
        ("InstanceMetadataDefaults", {"httpTokens": "required", "httpPutResponseHopLimit": 1}),
        ("Analyzer", {"type": "ACCOUNT"}),
    ],
)
def test_every_region_is_guarded(deploy: Deploy, kind: str, settings: dict[str, Any]) -> None:
    made = rails(deploy).all(kind)
    assert sorted(each.inputs["region"] for each in made) == sorted(REGIONS)
    for each in made:
        assert each.inputs.items() >= settings.items()


def test_new_disks_are_under_a_key_of_their_region(deploy: Deploy) -> None:
    given = "arn:aws:kms:eu-west-1:123456789012:key/1"
    made = rails(deploy, volume_key_arns={"eu-west-1": given})
    keys = {each.inputs["region"]: each.inputs["keyArn"] for each in made.all("DefaultKmsKey")}
    assert keys["eu-west-1"] == given
    assert keys["eu-central-1"].endswith("home-disks-eu-central-1-key")
    assert made.outputs["home"]["volumeKeyArns"] == keys
    assert made.one("Key").protect


def test_no_bucket_of_the_account_can_be_public(deploy: Deploy) -> None:
    assert set(rails(deploy).one("AccountPublicAccessBlock").inputs.values()) == {True}


def test_passwords_are_long_mixed_and_new(deploy: Deploy) -> None:
    policy = rails(deploy).one("AccountPasswordPolicy").inputs
    assert policy["minimumPasswordLength"] >= 14
    assert policy["passwordReusePrevention"] == 24
    for kind in ("LowercaseCharacters", "UppercaseCharacters", "Numbers", "Symbols"):
        assert policy[f"require{kind}"] is True


def test_unusual_cost_is_told_daily_by_mail_and_at_once_by_topic(deploy: Deploy) -> None:
    made = rails(deploy, topic_arn=TOPIC, anomaly_above_usd=50)
    readers = {each.inputs["frequency"]: each.inputs for each in made.all("AnomalySubscription")}
    assert readers["DAILY"]["subscribers"] == [{"type": "EMAIL", "address": "ana@studio.example"}]
    assert readers["IMMEDIATE"]["subscribers"] == [{"type": "SNS", "address": TOPIC}]
    for each in readers.values():
        assert each["thresholdExpression"]["dimension"]["values"] == ["50"]


def test_without_a_topic_there_is_the_daily_mail(deploy: Deploy) -> None:
    assert rails(deploy).one("AnomalySubscription").inputs["frequency"] == "DAILY"


def test_the_accounts_own_monitor_is_used_when_named(deploy: Deploy) -> None:
    arn = "arn:aws:ce::123456789012:anomalymonitor/1"
    made = rails(deploy, anomaly_monitor_arn=arn)
    assert made.all("AnomalyMonitor") == []
    assert made.one("AnomalySubscription").inputs["monitorArnLists"] == [arn]


def test_the_accounts_own_analyser_is_used_where_named(deploy: Deploy) -> None:
    arn = "arn:aws:access-analyzer:eu-west-1:123456789012:analyzer/ConsoleAnalyzer"
    made = rails(deploy, analyser_arns={"eu-west-1": arn})
    assert made.one("Analyzer").inputs["region"] == "eu-central-1"
    assert made.outputs["home"]["analyserArns"]["eu-west-1"] == arn


def test_default_networks_are_reported_and_left_alone(deploy: Deploy) -> None:
    made = rails(deploy)
    warnings = made.outputs["home"]["warnings"]
    assert [region for region in REGIONS if any(region in warning for warning in warnings)] == REGIONS
    assert all("vpc-default" in warning for warning in warnings)
    assert made.all("DefaultVpc") == []


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"regions": []}, "regions"),
        ({"regions": ["eu-west-1", "eu-west-1"]}, "each once"),
        ({"regions": ["Europe"]}, "eu-west-1"),
        ({"alert_emails": []}, "alert_emails"),
        ({"anomaly_above_usd": 0}, "anomaly_above_usd"),
        ({"volume_key_arns": {"us-east-1": "arn"}}, "us-east-1"),
        ({"region": "eu-west-1"}, '"regions"'),
    ],
)
def test_a_wrong_argument_is_refused(deploy: Deploy, changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ArgumentError, match=complaint):
        rails(deploy, **changes)
