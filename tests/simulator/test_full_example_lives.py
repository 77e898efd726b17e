"""The full example lives its life on the simulated cloud: up, changed, meddled with, down, up again, gone.

The tests follow each other: each takes the project as the one before left it, and passes without the others too.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from soundstage.core.errors import OperationError
from soundstage.plan.plan import Operation, Plan
from soundstage.simulator.testing import simulated_cloud
from soundstage.stacks.deployment import Deployment, open_project

pytestmark = [pytest.mark.slow]

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
REGIONS = ("eu-west-1", "eu-central-1")
TAG = "soundstage:project"


@dataclass
class Life:
    """The project's file, which tests write anew, and the cloud on which it lives."""

    file: Path
    text: str
    cloud: Any

    def project(self, text: str = "") -> Deployment:
        """The project as its file, or `text`, describes it."""
        self.file.write_text(text or self.text)
        return open_project(str(self.file))

    def edited(self, before: str, after: str) -> Deployment:
        assert before in self.text
        return self.project(self.text.replace(before, after))

    def client(self, service: str, region: str = "eu-west-1") -> Any:
        return self.cloud.client(service, region)

    def id(self, name: str) -> str:
        return str(self.resource(name).id)

    def resource(self, name: str) -> Any:
        return next(
            found for found in self.project().engine.resources() if found.name == f"feature-{name}" and found.id
        )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("full") / "home"


@pytest.fixture(scope="module")
def up(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    """The full example, brought up once."""
    file = tmp_path_factory.mktemp("projects") / "feature.yaml"
    text = (EXAMPLES / "feature.yaml").read_text()
    file.with_name("feature.policy.yaml").write_text((EXAMPLES / "feature.policy.yaml").read_text())
    with pytest.MonkeyPatch.context() as patch, simulated_cloud(home) as cloud:
        for name in tuple(os.environ):
            if name.startswith(("AWS_", "PULUMI_", "XDG_")):
                patch.delenv(name)
        patch.setenv("SOUNDSTAGE_HOME", str(home))
        life = Life(file, text, cloud)
        life.project().up()
        yield life


@pytest.fixture
def life(up: Life, home: Path, soundstage_home: Path, monkeypatch: pytest.MonkeyPatch) -> Life:
    """The same, with this test's state folder where the project was brought up."""
    monkeypatch.setenv("SOUNDSTAGE_HOME", str(home))
    return up


def changes(plan: Plan) -> dict[str, str]:
    """What a plan does to which cloud resource, by name."""
    return {
        found.name.removeprefix("feature-"): found.operation.value
        for found in plan
        if found.custom and found.operation not in (Operation.SAME, Operation.READ)
    }


def test_a_second_up_changes_nothing(life: Life) -> None:
    assert set(life.project().up().counts) == {Operation.SAME}


def test_the_cloud_says_of_every_resource_what_was_asked_for(life: Life) -> None:
    project = life.project()
    assert changes(project.preview(refresh=True).plan) == {}
    assert changes(project.home.preview(REGIONS, refresh=True)) == {}


EDITS = {
    "idle minutes": (
        ("stop_after_minutes: 45", "stop_after_minutes: 60"),
        {"edit-1-instance": "update"},
    ),
    "budget": (("monthly_usd: 4000", "monthly_usd: 4500"), {"budget-budget": "update"}),
    "lifecycle preset": (
        ("lifecycle: footage", "lifecycle: project-archive"),
        {"media-lifecycle": "update", "media-backup-lifecycle": "update"},
    ),
    "lock days": (
        ("object_lock_days: 30", "object_lock_days: 60"),
        {"media-lock": "update", "media-backup-lock": "update"},
    ),
    "disk of one machine": (("data_gib: 500", "data_gib: 800"), {"edit-1-data": "update"}),
    "one address less": (
        ("[203.0.113.7/32, 198.51.100.0/28]", "[198.51.100.0/28]"),
        {
            f"{machine}-in-{protocol}-203.0.113.7-32": "delete"
            for machine in ("edit-1", "color-1", "mix-1", "comp-1")
            for protocol in ("tcp", "udp")
        }
        | {f"{machine}-group-exclusive-rules": "update" for machine in ("edit-1", "color-1", "mix-1", "comp-1")},
    ),
}


@pytest.mark.parametrize("edit", EDITS)
def test_one_changed_field_touches_only_what_it_must(life: Life, edit: str) -> None:
    (before, after), expected = EDITS[edit]
    assert changes(life.edited(before, after).preview().plan) == expected


def test_another_owner_changes_tags_and_who_is_told_and_replaces_nothing(life: Life) -> None:
    plan = life.edited("owner: ana@", "owner: eva@").preview().plan
    assert set(changes(plan).values()) == {"update"}
    paths = {change.path for found in plan for change in found.changes}
    owner = 'tags["soundstage:owner"]'
    assert paths == {owner, "notifications", "subscribers[0].address"}
    assert all(found.operation is Operation.UPDATE for found in plan if found.inputs.get("tags"))


def test_a_machine_more_and_a_machine_less_leave_the_others_alone(life: Life) -> None:
    machine = "  mix-1: {for: audio, size: small, user: chen}\n"
    more = life.edited(machine, machine + "  grade-2: {for: photo, user: eva}\n")
    expected = changes(more.preview().plan)
    assert expected.pop("budget-stop-1") == "update"
    assert {name.startswith("grade-2-") for name in expected} == {True}
    assert set(expected.values()) == {"create"}
    more.up()
    less = life.project()
    back = changes(less.preview().plan)
    assert back.pop("budget-stop-1") == "update"
    assert back == dict.fromkeys(expected, "delete")
    less.up()
    assert last_snapshots(life).count("feature-grade-2-data") == 1
    assert changes(less.preview(refresh=True).plan) == {}


def _retyped(life: Life) -> None:
    ec2, machine = life.client("ec2"), life.id("mix-1-instance")
    ec2.stop_instances(InstanceIds=[machine])
    ec2.modify_instance_attribute(InstanceId=machine, InstanceType={"Value": "g5.8xlarge"})


def _budget_raised(life: Life) -> None:
    budgets, account = life.client("budgets"), life.cloud.account_id
    name = life.id("budget-budget").partition(":")[2]
    budget = budgets.describe_budget(AccountId=account, BudgetName=name)["Budget"]
    kept = {key: budget[key] for key in ("BudgetName", "BudgetType", "TimeUnit", "CostFilters")}
    raised = {**kept, "BudgetLimit": {"Amount": "99999", "Unit": "USD"}}
    budgets.update_budget(AccountId=account, NewBudget=raised)


def _unplugged(life: Life) -> None:
    life.client("ec2").detach_volume(VolumeId=life.id("mix-1-data"))


def _bucket(life: Life, verb: str, **more: Any) -> None:
    getattr(life.client("s3"), verb)(Bucket=life.id("media-bucket"), **more)


_EVERYTHING = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
_SHORTER = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}}
MEDDLING: dict[str, tuple[Callable[[Life], Any], dict[str, str]]] = {
    "machine retagged": (
        lambda life: life.client("ec2").create_tags(
            Resources=[life.id("edit-1-instance")], Tags=[{"Key": "soundstage:owner", "Value": "mallory"}]
        ),
        {"edit-1-instance": "update"},
    ),
    "machine without session tokens": (
        lambda life: life.client("ec2").modify_instance_metadata_options(
            InstanceId=life.id("edit-1-instance"), HttpTokens="optional"
        ),
        {"edit-1-instance": "update"},
    ),
    "machine of another type": (_retyped, {"mix-1-instance": "update"}),
    "machine terminated": (
        lambda life: life.client("ec2").terminate_instances(InstanceIds=[life.id("comp-1-instance")]),
        {
            "comp-1-instance": "create",
            "comp-1-data-attachment": "create",
            "comp-1-address": "update",
            "comp-1-still": "update",
            "budget-stop-1": "update",
        },
    ),
    "disk unplugged": (_unplugged, {"mix-1-data-attachment": "create"}),
    "subnet tag": (
        lambda life: life.client("ec2").delete_tags(Resources=[life.id("network-private-1")], Tags=[{"Key": "Name"}]),
        {"network-private-1": "update"},
    ),
    "strange tag": (
        lambda life: life.client("ec2").create_tags(
            Resources=[life.id("network-vpc")], Tags=[{"Key": "strange", "Value": "yes"}]
        ),
        {"network-vpc": "update"},
    ),
    "rule removed": (
        lambda life: life.client("ec2").revoke_security_group_egress(
            GroupId=life.id("edit-1-group"), SecurityGroupRuleIds=[life.id("edit-1-out-s3")]
        ),
        {"edit-1-out-s3": "create", "edit-1-group-exclusive-rules": "update"},
    ),
    "machine opened to the world": (
        lambda life: life.client("ec2").authorize_security_group_ingress(
            GroupId=life.id("comp-1-group"), IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0"
        ),
        {"comp-1-group-exclusive-rules": "update"},
    ),
    "network's doors opened outwards": (
        lambda life: life.client("ec2").authorize_security_group_egress(
            GroupId=life.id("network-endpoints"),
            IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
        ),
        {"network-endpoints-exclusive-rules": "update"},
    ),
    "machine made administrator": (
        lambda life: life.client("iam").attach_role_policy(
            RoleName=life.id("edit-1-role"), PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
        ),
        {"edit-1-role-exclusive-attachments": "update"},
    ),
    "clock permitted everything": (
        lambda life: life.client("iam").put_role_policy(
            RoleName=life.id("edit-1-clock-role"), PolicyName="back-door", PolicyDocument=_EVERYTHING
        ),
        {"edit-1-clock-role-exclusive-policies": "update"},
    ),
    "default group opened": (
        lambda life: life.client("ec2").authorize_security_group_ingress(
            GroupId=life.id("network-default-group"),
            IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
        ),
        {"network-default-group": "update"},
    ),
    "flow log gone": (
        lambda life: life.client("ec2").delete_flow_logs(FlowLogIds=[life.id("network-traffic-log")]),
        {"network-traffic-log": "create"},
    ),
    "endpoint gone": (
        lambda life: life.client("ec2").delete_vpc_endpoints(VpcEndpointIds=[life.id("network-ssm")]),
        {"network-ssm": "create"},
    ),
    "endpoint lets everybody through": (
        lambda life: life.client("ec2").modify_vpc_endpoint(VpcEndpointId=life.id("network-s3"), ResetPolicy=True),
        {"network-s3": "update"},
    ),
    "lifecycle gone": (lambda life: _bucket(life, "delete_bucket_lifecycle"), {"media-lifecycle": "create"}),
    "public access": (lambda life: _bucket(life, "delete_public_access_block"), {"media-public-access": "create"}),
    "bucket policy gone": (lambda life: _bucket(life, "delete_bucket_policy"), {"media-policy": "create"}),
    "encryption gone": (lambda life: _bucket(life, "delete_bucket_encryption"), {"media-encryption": "update"}),
    "replication gone": (
        lambda life: _bucket(life, "delete_bucket_replication"),
        {"media-replication-rules": "create"},
    ),
    "lock shortened": (
        lambda life: _bucket(life, "put_object_lock_configuration", ObjectLockConfiguration=_SHORTER),
        {"media-lock": "update"},
    ),
    "access logs off": (
        lambda life: _bucket(life, "put_bucket_logging", BucketLoggingStatus={}),
        {"media-access-logs": "create"},
    ),
    "folder gone": (
        lambda life: _bucket(life, "delete_object", Key="masters/.keep"),
        {"media-masters": "create"},
    ),
    "alarm gone": (
        lambda life: life.client("cloudwatch").delete_alarms(AlarmNames=[life.id("edit-1-still")]),
        {"edit-1-still": "create"},
    ),
    "logs kept for a day": (
        lambda life: life.client("logs").put_retention_policy(logGroupName=life.id("edit-1-logs"), retentionInDays=1),
        {"edit-1-logs": "update"},
    ),
    "logs without key": (
        lambda life: life.client("logs").disassociate_kms_key(logGroupName=life.id("color-1-logs")),
        {"color-1-logs": "update"},
    ),
    "key no longer rotated": (
        lambda life: life.client("kms").disable_key_rotation(KeyId=life.id("key-key")),
        {"key-key": "update"},
    ),
    "schedule gone": (
        lambda life: life.client("scheduler").delete_schedule(Name=life.id("edit-1-stop").rpartition("/")[2]),
        {"edit-1-stop": "create"},
    ),
    "budget raised": (_budget_raised, {"budget-budget": "update"}),
}


def test_what_somebody_did_by_hand_is_shown_and_mended(life: Life) -> None:
    """All of it at once: one look shows everything, and one `up` mends it."""
    expected: dict[str, str] = {}
    for meddle, shows in MEDDLING.values():
        meddle(life)
        expected |= shows
    project = life.project()
    assert changes(project.preview(refresh=True).plan) == expected
    project.up(refresh=True)
    assert changes(project.preview(refresh=True).plan) == {}


def test_a_key_that_somebody_lets_die_is_refused_until_that_is_cancelled(life: Life) -> None:
    """To an engine it is gone, and every disk under it would be replaced by an empty one."""
    kms, key, project = life.client("kms"), life.id("key-key"), life.project()
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=30)
    for look in (project.preview, project.up):
        with pytest.raises(OperationError, match=r"feature-key-key is scheduled for deletion on 20") as caught:
            look(refresh=True)
    assert f"cancel-key-deletion --key-id {key}" in caught.value.hint
    kms.cancel_key_deletion(KeyId=key)
    assert changes(project.preview(refresh=True).plan) == {"key-key": "update"}
    project.up(refresh=True)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"


def test_nobody_can_suspend_the_versions_of_a_locked_bucket(life: Life) -> None:
    with pytest.raises(Exception, match="InvalidBucketState"):
        _bucket(life, "put_bucket_versioning", VersioningConfiguration={"Status": "Suspended"})


def alive(life: Life) -> set[str]:
    """The kind of everything that carries the project's tag or name, as an outsider finds it."""
    wanted = [{"Name": f"tag:{TAG}", "Values": ["feature"]}]
    found: set[str] = set()
    for region in REGIONS:
        ec2 = life.client("ec2", region)
        machines = ec2.describe_instances(Filters=wanted)["Reservations"]
        found |= {"machine" for group in machines for one in group["Instances"] if one["State"]["Name"] != "terminated"}
        found |= {
            "gateway" for one in ec2.describe_nat_gateways(Filters=wanted)["NatGateways"] if one["State"] != "deleted"
        }
        found |= {
            "endpoint"
            for one in ec2.describe_vpc_endpoints(Filters=wanted)["VpcEndpoints"]
            if one["State"] != "deleted"
        }
        for kind, verb, key in (
            *(("volume", "describe_volumes", "Volumes"), ("snapshot", "describe_snapshots", "Snapshots")),
            *(("network", "describe_vpcs", "Vpcs"), ("subnet", "describe_subnets", "Subnets")),
            *(
                ("group", "describe_security_groups", "SecurityGroups"),
                ("routes", "describe_route_tables", "RouteTables"),
            ),
            *(
                ("address", "describe_addresses", "Addresses"),
                ("rule", "describe_security_group_rules", "SecurityGroupRules"),
            ),
        ):
            found |= {kind for _ in getattr(ec2, verb)(Filters=wanted)[key]}
        found |= {"interface" for _ in ec2.describe_network_interfaces()["NetworkInterfaces"]}
        found |= {"flow log" for _ in ec2.describe_flow_logs()["FlowLogs"]}
        found |= {
            "logs"
            for one in life.client("logs", region).describe_log_groups()["logGroups"]
            if "feature" in one["logGroupName"]
        }
        alarms = life.client("cloudwatch", region).describe_alarms()["MetricAlarms"]
        found |= {"alarm" for one in alarms if "feature" in one["AlarmName"]}
        found |= {"schedule" for _ in life.client("scheduler", region).list_schedules()["Schedules"]}
        kms = life.client("kms", region)
        for key in kms.list_keys()["Keys"]:
            tags = {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]}
            state = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"]
            found |= {"key"} if tags.get(TAG) == "feature" and state != "PendingDeletion" else set()
        found |= {"alias" for one in kms.list_aliases()["Aliases"] if "/feature" in one["AliasName"]}
    iam = life.client("iam")
    found |= {"role" for one in iam.list_roles()["Roles"] if "/feature/" in one["Path"]}
    found |= {"profile" for _ in iam.list_instance_profiles()["InstanceProfiles"]}
    found |= {"policy" for one in iam.list_policies(Scope="Local")["Policies"] if "/feature/" in one["Path"]}
    found |= {"bucket" for one in life.client("s3").list_buckets()["Buckets"] if "feature" in one["Name"]}
    budgets = life.client("budgets").describe_budgets(AccountId=life.cloud.account_id)["Budgets"]
    found |= {"budget" for one in budgets if "feature" in one["BudgetName"]}  # the account has one of its own
    return found


def last_snapshots(life: Life) -> list[str]:
    """The names of the snapshots that the account holds. All of them are encrypted."""
    snapshots = life.client("ec2").describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert all(snapshot["Encrypted"] for snapshot in snapshots)
    return [{tag["Key"]: tag["Value"] for tag in snapshot["Tags"]}["Name"] for snapshot in snapshots]


MEDIA = {"Key": "masters/a001.mov", "Body": b"picture", "ChecksumAlgorithm": "SHA256"}


def test_down_leaves_the_media_their_keys_and_a_last_snapshot_of_each_data_disk(life: Life) -> None:
    bucket = life.id("media-bucket")
    _bucket(life, "put_object", **MEDIA)
    _bucket(life, "put_object", **MEDIA)
    _bucket(life, "delete_object", Key=MEDIA["Key"])
    project = life.project()
    earlier = Counter(last_snapshots(life))
    project.down()
    # The role copies new media to the backup region, also while the project is down.
    assert alive(life) == {"bucket", "key", "alias", "snapshot", "role"}
    assert [role["RoleName"].rpartition("-")[0] for role in _roles(life)] == ["feature-media-replication"]
    taken = Counter(last_snapshots(life)) - earlier
    assert taken == Counter(f"feature-{machine}-data" for machine in ("color-1", "comp-1", "edit-1", "mix-1"))
    assert len(life.client("s3").list_object_versions(Bucket=bucket, Prefix=str(MEDIA["Key"]))["Versions"]) == 2


def _roles(life: Life) -> list[Any]:
    return [role for role in life.client("iam").list_roles()["Roles"] if "/feature/" in role["Path"]]


def test_up_again_continues_with_the_same_media(life: Life) -> None:
    bucket = life.id("media-bucket")
    project = life.project()
    assert project.up().outputs["bucket"] == bucket
    assert changes(project.preview(refresh=True).plan) == {}


def test_down_with_its_media_leaves_nothing(life: Life) -> None:
    life.project().down(delete_media=True)
    assert alive(life) == set()
    assert life.project().status().kept == ()
