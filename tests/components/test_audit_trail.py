"""AuditTrail and AccessLogBucket: everything is recorded, locked away, and the dangerous things wake somebody."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from soundstage.components.alarms import ALARMS, LONGEST_PATTERN
from soundstage.components.aws.access_logs import AccessLogBucket
from soundstage.components.aws.audit import LOG_GROUP_DAYS, AuditTrail, log_group_days
from soundstage.components.naming import media_bucket_stem
from soundstage.components.tags import base_tags
from soundstage.core.errors import ArgumentError

Deploy = Callable[[Callable[[], object]], Any]
TAGS = base_tags("home")


def audit(deploy: Deploy, **changes: Any) -> Any:
    args: Any = {"studio": "home", "alert_emails": ["ana@studio.example"], "tags": TAGS, **changes}
    return deploy(lambda: AuditTrail("home", args))


def test_the_trail_covers_all_regions_and_can_prove_its_files(deploy: Deploy) -> None:
    trail = audit(deploy).one("Trail").inputs
    for key in ("isMultiRegionTrail", "includeGlobalServiceEvents", "enableLogFileValidation", "enableLogging"):
        assert trail[key] is True
    assert trail["kmsKeyId"].startswith("arn:aws:kms:")
    assert trail["cloudWatchLogsGroupArn"].endswith(":*")


def test_every_object_read_or_written_in_media_buckets_is_recorded_and_no_other(deploy: Deploy) -> None:
    selectors = {
        each["name"]: each["fieldSelectors"] for each in audit(deploy).one("Trail").inputs["advancedEventSelectors"]
    }
    assert selectors["Management"] == [{"field": "eventCategory", "equals": ["Management"]}]
    fields = {each["field"]: each for each in selectors["Media"]}
    (prefix,) = fields["resources.ARN"]["startsWiths"]
    assert f"arn:aws:s3:::{media_bucket_stem('home', 'teaser')}-0a1b2c3d/footage/x".startswith(prefix)
    assert not "arn:aws:s3:::home-audit-0a1b2c3d/x".startswith(prefix)
    assert "readOnly" not in fields


def test_the_trails_files_are_locked_for_a_year_and_expire_after_that(deploy: Deploy) -> None:
    made = audit(deploy)
    lock = made.one("BucketObjectLockConfiguration").inputs["rule"]["defaultRetention"]
    (rule,) = made.one("BucketLifecycleConfiguration").inputs["rules"]
    assert lock == {"mode": "GOVERNANCE", "days": 365}
    assert rule["expiration"]["days"] > lock["days"]


def test_compliance_lock_is_there_for_who_wants_it(deploy: Deploy) -> None:
    made = audit(deploy, lock_mode="compliance", log_days=730)
    assert made.one("BucketObjectLockConfiguration").inputs["rule"]["defaultRetention"] == {
        "mode": "COMPLIANCE",
        "days": 730,
    }
    assert made.one("LogGroup").inputs["retentionInDays"] == 731


@pytest.mark.parametrize(("days", "offered"), [(365, 365), (366, 400), (400, 400), (3653, 3653)])
def test_logs_are_kept_no_shorter_than_asked(days: int, offered: int) -> None:
    assert log_group_days(days) == offered


def test_trail_logs_and_topic_are_encrypted_with_one_customer_key(deploy: Deploy) -> None:
    made = audit(deploy)
    used = {
        made.one("Trail").inputs["kmsKeyId"],
        made.one("LogGroup").inputs["kmsKeyId"],
        made.one("Topic").inputs["kmsMasterKeyId"],
    }
    assert used == {made.outputs["home"]["keyArn"]}


def test_what_was_recorded_outlives_the_studio_stack(deploy: Deploy) -> None:
    made = audit(deploy)
    kept = {"Bucket", "BucketPolicy", "BucketObjectLockConfiguration", "LogGroup", "Key", "Alias"}
    assert {each.kind for each in made.resources if each.protect} >= kept
    assert not any(each.protect for each in audit(deploy, keep=False).resources)


def test_every_alarm_has_a_filter_and_tells_the_topic(deploy: Deploy) -> None:
    made = audit(deploy)
    filters = {each.inputs["metricTransformation"]["name"]: each.inputs for each in made.all("LogMetricFilter")}
    alarms = {each.inputs["metricName"]: each.inputs for each in made.all("MetricAlarm")}
    assert filters.keys() == alarms.keys() == {f"home-{alarm.name}" for alarm in ALARMS}
    for name, alarm in alarms.items():
        assert alarm["namespace"] == filters[name]["metricTransformation"]["namespace"]
        assert alarm["alarmActions"] == [made.outputs["home"]["topicArn"]]
        assert (alarm["threshold"], alarm["treatMissingData"]) == (1, "notBreaching")


@pytest.mark.parametrize("alarm", ALARMS, ids=lambda alarm: alarm.name)
def test_a_filter_pattern_is_one_that_cloudwatch_takes(alarm: Any) -> None:
    assert len(alarm.pattern) <= LONGEST_PATTERN
    assert alarm.pattern.startswith("{ ")
    assert alarm.pattern.endswith(" }")
    assert alarm.pattern.count("(") == alarm.pattern.count(")")
    assert alarm.pattern.count('"') % 2 == 0
    assert re.fullmatch(r"[a-z-]+", alarm.name)
    assert alarm.meaning


def test_the_alarms_of_the_benchmark_are_there() -> None:
    wanted = {f"CIS 4.{number}" for number in range(1, 16)}
    assert {alarm.reference for alarm in ALARMS if alarm.reference} == wanted
    assert len({alarm.name for alarm in ALARMS}) == len(ALARMS)


def test_each_reader_confirms_once_whoever_joins_later(deploy: Deploy) -> None:
    first = {each.name for each in audit(deploy).all("TopicSubscription")}
    both = {
        each.name
        for each in audit(deploy, alert_emails=["bea@studio.example", "ana@studio.example"]).all("TopicSubscription")
    }
    assert len(both) == 2
    assert first < both


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"log_days": 364}, "log_days"),
        ({"log_days": 4000}, "log_days"),
        ({"log_days": "365"}, "log_days"),
        ({"lock_mode": "Governance"}, "lock_mode"),
        ({"alert_emails": []}, "give at least one address"),
        ({"alert_emails": ["ana"]}, "e-mail"),
        ({"studio": ""}, "studio"),
        ({"logdays": 365}, '"log_days"'),
    ],
)
def test_a_wrong_argument_is_refused(deploy: Deploy, changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ArgumentError, match=complaint):
        audit(deploy, **changes)


def access_logs(deploy: Deploy, **changes: Any) -> Any:
    args: Any = {"studio": "home", "tags": TAGS, **changes}
    return deploy(lambda: AccessLogBucket("home-logs", args))


def test_access_logs_have_a_bucket_that_s3_can_deliver_to(deploy: Deploy) -> None:
    """S3 delivers to no bucket under a customer's key and to none with a default lock."""
    made = access_logs(deploy)
    (rule,) = made.one("BucketServerSideEncryptionConfiguration").inputs["rules"]
    assert rule == {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}
    assert made.all("BucketObjectLockConfiguration") == []
    assert made.one("Bucket").inputs["objectLockEnabled"] is False
    assert made.all("BucketLogging") == []


def test_access_logs_stay_a_year_and_outlive_the_stack(deploy: Deploy) -> None:
    made = access_logs(deploy)
    (rule,) = made.one("BucketLifecycleConfiguration").inputs["rules"]
    assert rule["expiration"] == {"days": 365}
    assert all(each.protect for each in made.resources)


@pytest.mark.parametrize("days", [364, 0, "x"])
def test_access_logs_cannot_be_kept_shorter_than_a_year(deploy: Deploy, days: Any) -> None:
    with pytest.raises(ArgumentError, match="days"):
        access_logs(deploy, days=days)


def test_log_group_days_are_ascending_so_that_the_shortest_fits_first() -> None:
    assert list(LOG_GROUP_DAYS) == sorted(LOG_GROUP_DAYS)


def test_the_log_group_is_out_of_reach_of_projects(deploy: Deploy) -> None:
    """Projects' admins read `/soundstage/PROJECT/*`; a project may be named like the studio."""
    assert not audit(deploy).one("LogGroup").inputs["name"].startswith("/soundstage/")
    assert "/soundstage/" not in json.dumps(audit(deploy).one("RolePolicy").policy())
