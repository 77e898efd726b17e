"""What keys, topics and service roles let AWS services do in this account, and that nobody else can borrow them."""

from collections.abc import Callable

import pytest

from soundstage.components.aws.alerts import topic_statements
from soundstage.components.aws.audit import delivery_statements
from soundstage.components.aws.budget import budget_trust, stop_statements
from soundstage.components.aws.key import USED_BY, USED_THROUGH, key_policy
from soundstage.components.aws.monthly_patching import reads_patches
from soundstage.components.aws.place import Place
from soundstage.components.aws.work_disk_snapshots import taker_policy

MINE, THEIRS = "123456789012", "999999999999"
KEY = "*"


def through(service: str, account: str = MINE) -> dict[str, str]:
    return {"kms:ViaService": f"{service}.eu-west-1.amazonaws.com", "kms:CallerAccount": account}


@pytest.mark.parametrize(
    ("action", "context", "expected"),
    [
        pytest.param("kms:DescribeKey", {}, "Allow", id="administrators-look-at-the-key"),
        pytest.param("kms:ScheduleKeyDeletion", {}, "Allow", id="administrators-can-delete"),
        pytest.param("kms:Decrypt", {}, "None", id="nobody-decrypts-directly"),
        pytest.param("kms:CreateGrant", {}, "None", id="nobody-gives-the-key-away"),
        pytest.param("kms:Decrypt", through("s3"), "Allow", id="through-storage"),
        pytest.param("kms:Decrypt", through("ec2"), "Allow", id="through-disks"),
        pytest.param("kms:Decrypt", through("lambda"), "None", id="through-a-service-not-named"),
        pytest.param("kms:Decrypt", through("s3", THEIRS), "None", id="from-another-account"),
        pytest.param(
            "kms:CreateGrant", {**through("ec2"), "kms:GrantIsForAWSResource": "true"}, "Allow", id="disks-hold-grants"
        ),
        pytest.param(
            "kms:CreateGrant",
            {**through("ec2"), "kms:GrantIsForAWSResource": "false"},
            "None",
            id="people-hold-no-grants",
        ),
    ],
)
def test_administering_a_key_is_not_using_it(
    verdict: Callable[..., str], place: Place, action: str, context: dict[str, str], expected: str
) -> None:
    assert verdict(key_policy(place, ("ec2", "s3"), ()), action, KEY, context) == expected


def test_a_key_for_storage_alone_gives_disks_nothing(verdict: Callable[..., str], place: Place) -> None:
    grant = {**through("ec2"), "kms:GrantIsForAWSResource": "true"}
    statements = key_policy(place, ("s3",), ())
    assert verdict(statements, "kms:CreateGrant", KEY, grant) == "None"
    assert verdict(statements, "kms:Decrypt", KEY, through("ec2")) == "None"


TRAIL = f"arn:aws:cloudtrail:eu-west-1:{MINE}:trail/home-audit"
FOREIGN_TRAIL = f"arn:aws:cloudtrail:eu-west-1:{THEIRS}:trail/theirs"


@pytest.mark.parametrize(
    ("service", "action", "context", "expected"),
    [
        (
            "logs",
            "kms:Decrypt",
            {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:eu-west-1:{MINE}:log-group:/soundstage/x"},
            "Allow",
        ),
        (
            "logs",
            "kms:Decrypt",
            {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:eu-west-1:{THEIRS}:log-group:/soundstage/x"},
            "None",
        ),
        (
            "cloudtrail",
            "kms:GenerateDataKey",
            {"aws:SourceArn": TRAIL, "kms:EncryptionContext:aws:cloudtrail:arn": TRAIL},
            "Allow",
        ),
        ("cloudtrail", "kms:DescribeKey", {"aws:SourceArn": TRAIL}, "Allow"),
        (
            "cloudtrail",
            "kms:GenerateDataKey",
            {"aws:SourceArn": FOREIGN_TRAIL, "kms:EncryptionContext:aws:cloudtrail:arn": FOREIGN_TRAIL},
            "None",
        ),
        ("cloudwatch", "kms:GenerateDataKey", {"aws:SourceAccount": MINE}, "Allow"),
        ("cloudwatch", "kms:GenerateDataKey", {"aws:SourceAccount": THEIRS}, "None"),
        ("budgets", "kms:Decrypt", {"aws:SourceAccount": MINE}, "Allow"),
        ("budgets", "kms:Decrypt", {"aws:SourceAccount": THEIRS}, "None"),
        ("costalerts", "kms:Decrypt", {"aws:SourceAccount": MINE}, "Allow"),
        ("costalerts", "kms:Decrypt", {"aws:SourceAccount": THEIRS}, "None"),
    ],
)
def test_a_service_uses_a_key_for_this_account_only(
    verdict: Callable[..., str], place: Place, service: str, action: str, context: dict[str, str], expected: str
) -> None:
    assert verdict(key_policy(place, (), (service,)), action, KEY, context) == expected


SPOT = f"arn:aws:iam::{MINE}:role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot"


@pytest.mark.parametrize(
    ("role", "action", "expected"),
    [
        pytest.param(SPOT, "kms:Decrypt", "Allow", id="reads-the-disk"),
        pytest.param(SPOT, "kms:GenerateDataKeyWithoutPlaintext", "Allow", id="makes-the-disk"),
        pytest.param(SPOT, "kms:CreateGrant", "Allow", id="holds-the-grant"),
        pytest.param(SPOT, "kms:PutKeyPolicy", "None", id="administers-nothing"),
        pytest.param(SPOT.replace(MINE, THEIRS), "kms:Decrypt", "None", id="of-another-account"),
        pytest.param(f"arn:aws:iam::{MINE}:role/AWSServiceRoleForEC2Spot", "kms:Decrypt", "None", id="a-role-named-so"),
    ],
)
def test_spot_machines_with_encrypted_disks_cannot_start_as_their_role_has_no_key(
    verdict: Callable[..., str], place: Place, role: str, action: str, expected: str
) -> None:
    context = {"aws:PrincipalArn": role, "kms:GrantIsForAWSResource": "true"}
    added = [each for each in key_policy(place, (), ("spot",)) if each.sid.startswith("Spot")]
    assert verdict(added, action, KEY, context) == expected


def test_spot_machines_give_the_key_to_nothing_but_disks(verdict: Callable[..., str], place: Place) -> None:
    context = {"aws:PrincipalArn": SPOT, "kms:GrantIsForAWSResource": "false"}
    assert verdict(key_policy(place, (), ("spot",)), "kms:CreateGrant", KEY, context) == "None"


def test_a_key_policy_names_no_role_that_a_new_account_has_not(place: Place) -> None:
    """KMS refuses a policy with a principal that does not exist; the role comes with the first spot machine."""
    named = {name for each in key_policy(place, (), ("spot",)) for name in each.principals.get("AWS", ())}
    assert named == {place.root, "*"}
    assert all(each.conditions for each in key_policy(place, (), ("spot",)) if "*" in each.principals.get("AWS", ()))


@pytest.mark.parametrize("service", [name for name in USED_BY if name != "spot"])
def test_a_service_appears_in_the_key_policy_only_when_asked_for(place: Place, service: str) -> None:
    def services(used_by: tuple[str, ...]) -> set[str]:
        return {
            name for each in key_policy(place, USED_THROUGH, used_by) for name in each.principals.get("Service", ())
        }

    assert services(()) == set()
    assert {name.split(".")[0] for name in services((service,))} == {service}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (f"arn:aws:cloudwatch:eu-west-1:{MINE}:alarm:home-root-use", "Allow"),
        (f"arn:aws:budgets::{MINE}:budget/home-teaser", "Allow"),
        (f"arn:aws:ce::{MINE}:anomalysubscription/x", "Allow"),
        (f"arn:aws:events:eu-west-1:{MINE}:rule/x", "None"),
    ],
)
def test_alarms_budgets_and_anomalies_may_publish(
    verdict: Callable[..., str], place: Place, source: str, expected: str
) -> None:
    context = {"aws:SourceAccount": MINE, "aws:SourceArn": source, "aws:SecureTransport": "true"}
    topic = place.arn("sns", "home-alerts")
    assert verdict(topic_statements(place, "home-alerts"), "sns:Publish", topic, context) == expected
    foreign = {**context, "aws:SourceAccount": THEIRS}
    assert verdict(topic_statements(place, "home-alerts"), "sns:Publish", topic, foreign) == "None"
    in_clear = {**context, "aws:SecureTransport": "false"}
    assert verdict(topic_statements(place, "home-alerts"), "sns:Publish", topic, in_clear) == "Deny"


MACHINE = f"arn:aws:ec2:eu-west-1:{MINE}:instance/i-1"
TAGGED = {
    "aws:ResourceTag/soundstage:studio": "home",
    "aws:ResourceTag/soundstage:project": "teaser",
    "aws:CalledVia": "ssm.amazonaws.com",
}


@pytest.mark.parametrize(
    ("action", "resource", "context", "expected"),
    [
        ("ssm:StartAutomationExecution", f"arn:aws:ssm:eu-west-1:{MINE}:automation-definition/AWS-StopEC2Instance:1",
         {}, "Allow"),
        ("ssm:StartAutomationExecution", f"arn:aws:ssm:eu-west-1:{MINE}:automation-definition/AWS-RunShell:1",
         {}, "None"),
        ("ec2:StopInstances", MACHINE, TAGGED, "Allow"),
        ("ec2:StopInstances", MACHINE, {**TAGGED, "aws:ResourceTag/soundstage:project": "feature"}, "None"),
        ("ec2:StopInstances", MACHINE, {**TAGGED, "aws:ResourceTag/soundstage:studio": "other"}, "None"),
        ("ec2:StopInstances", MACHINE, {"aws:ResourceTag/soundstage:project": "teaser"}, "None"),
        ("ec2:TerminateInstances", MACHINE, TAGGED, "None"),
        ("ec2:StartInstances", MACHINE, TAGGED, "None"),
    ],
)  # fmt: skip
def test_the_budget_stops_machines_of_its_project_and_nothing_else(
    verdict: Callable[..., str], place: Place, action: str, resource: str, context: dict[str, str], expected: str
) -> None:
    assert verdict(stop_statements(place, "home", "teaser"), action, resource, context) == expected


def test_a_patched_machine_reads_patches_and_nothing_more_of_the_service(
    verdict: Callable[..., str], place: Place
) -> None:
    patches = [reads_patches(place)]
    assert verdict(patches, "s3:GetObject", "arn:aws:s3:::aws-ssm-eu-west-1/a", {}) == "Allow"
    assert verdict(patches, "s3:GetObject", "arn:aws:s3:::patch-baseline-snapshot-eu-west-1/a", {}) == "Allow"
    assert verdict(patches, "s3:GetObject", "arn:aws:s3:::aws-ssm-us-east-1/a", {}) == "None"
    assert verdict(patches, "s3:PutObject", "arn:aws:s3:::aws-ssm-eu-west-1/a", {}) == "None"


DISKS = {"aws:ResourceTag/soundstage:work-disks": "home.teaser"}
DAILY = {**DISKS, "aws:ResourceTag/soundstage:taken": "daily"}
VOLUME, SNAPSHOT = f"arn:aws:ec2:eu-west-1:{MINE}:volume/vol-1", "arn:aws:ec2:eu-west-1::snapshot/snap-1"


@pytest.mark.parametrize(
    ("action", "resource", "context", "expected"),
    [
        ("ec2:CreateSnapshot", VOLUME, DISKS, "Allow"),
        ("ec2:CreateSnapshot", VOLUME, {"aws:ResourceTag/soundstage:work-disks": "home.teaser-2"}, "None"),
        ("ec2:CreateSnapshot", VOLUME, {}, "None"),
        ("ec2:CreateSnapshot", SNAPSHOT, {}, "Allow"),
        ("ec2:DeleteSnapshot", SNAPSHOT, DAILY, "Allow"),
        # The last one of a disk that has gone is no business of the clock.
        ("ec2:DeleteSnapshot", SNAPSHOT, DISKS, "None"),
        ("ec2:DeleteSnapshot", SNAPSHOT, {**DAILY, "aws:ResourceTag/soundstage:work-disks": "home.tease"}, "None"),
        ("ec2:DeleteVolume", VOLUME, DISKS, "None"),
        ("ec2:ModifySnapshotAttribute", SNAPSHOT, DAILY, "None"),
    ],
)
def test_the_clock_takes_and_deletes_its_own_snapshots_and_no_last_one(
    verdict: Callable[..., str], place: Place, action: str, resource: str, context: dict[str, str], expected: str
) -> None:
    assert verdict(taker_policy(place, "home.teaser", KEY), action, resource, context) == expected


@pytest.mark.parametrize(("account", "expected"), [(MINE, "Allow"), (THEIRS, "None")])
def test_a_budget_of_another_account_cannot_borrow_the_role(
    verdict: Callable[..., str], place: Place, account: str, expected: str
) -> None:
    context = {"aws:SourceAccount": account, "aws:SourceArn": f"arn:aws:budgets::{account}:budget/x"}
    assert verdict(budget_trust(place), "sts:AssumeRole", "*", context) == expected


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (f"/soundstage-studio/home/trail:log-stream:{MINE}_CloudTrail_eu-west-1", "Allow"),
        ("/soundstage-studio/home/trail:log-stream:other", "None"),
        (f"/soundstage/teaser:log-stream:{MINE}_CloudTrail_eu-west-1", "None"),
    ],
)
def test_the_trail_writes_its_own_streams_only(
    verdict: Callable[..., str], place: Place, stream: str, expected: str
) -> None:
    statements = delivery_statements(place, "/soundstage-studio/home/trail")
    assert verdict(statements, "logs:PutLogEvents", place.arn("logs", f"log-group:{stream}"), {}) == expected
