"""The teaser as somebody finds it who knows nothing of Soundstage and asks the cloud with boto3."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from soundstage.plan.plan import Operation
from soundstage.simulator.testing import simulated_cloud
from soundstage.stacks.deployment import open_project

pytestmark = [pytest.mark.slow]

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "teaser.yaml"
MINE = [{"Name": "tag:soundstage:project", "Values": ["teaser"]}]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The simulated cloud with the teaser on it."""
    home = tmp_path_factory.mktemp("teaser") / "home"
    with pytest.MonkeyPatch.context() as patch, simulated_cloud(home) as cloud:
        for name in tuple(os.environ):
            if name.startswith(("AWS_", "PULUMI_", "XDG_")):
                patch.delenv(name)
        patch.setenv("SOUNDSTAGE_HOME", str(home))
        open_project(str(EXAMPLE)).up()
        project = open_project(str(EXAMPLE))
        assert set(project.up().counts) == {Operation.SAME}
        assert not project.preview(refresh=True).plan.changes_anything
        yield cloud


@pytest.fixture(scope="module")
def ec2(cloud: Any) -> Any:
    return cloud.client("ec2")


@pytest.fixture(scope="module")
def s3(cloud: Any) -> Any:
    return cloud.client("s3")


@pytest.fixture(scope="module")
def bucket(s3: Any) -> str:
    return next(one["Name"] for one in s3.list_buckets()["Buckets"] if "-media-teaser-" in one["Name"])


@pytest.fixture(scope="module")
def trail_bucket(s3: Any) -> str:
    return next(one["Name"] for one in s3.list_buckets()["Buckets"] if "-audit-" in one["Name"])


@pytest.fixture(scope="module")
def machine(ec2: Any) -> Any:
    (reservation,) = ec2.describe_instances(Filters=MINE)["Reservations"]
    return reservation["Instances"][0]


def statements(document: Any) -> list[Any]:
    return list((document if isinstance(document, dict) else json.loads(document))["Statement"])


# The network


def test_the_network_is_private_and_closed(ec2: Any) -> None:
    (vpc,) = ec2.describe_vpcs(Filters=MINE)["Vpcs"]
    within = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
    subnets = ec2.describe_subnets(Filters=within)["Subnets"]
    assert len({subnet["AvailabilityZone"] for subnet in subnets}) == len(subnets) >= 2
    assert {subnet["MapPublicIpOnLaunch"] for subnet in subnets} == {False}
    assert not any(subnet["Ipv6CidrBlockAssociationSet"] for subnet in subnets)
    assert not vpc.get("Ipv6CidrBlockAssociationSet")
    assert (
        ec2.describe_internet_gateways(Filters=[{"Name": "attachment.vpc-id", "Values": [vpc["VpcId"]]}])[
            "InternetGateways"
        ]
        == []
    )
    assert ec2.describe_nat_gateways(Filters=within)["NatGateways"] == []
    groups = {group["GroupName"]: group for group in ec2.describe_security_groups(Filters=within)["SecurityGroups"]}
    assert groups["default"]["IpPermissions"] == groups["default"]["IpPermissionsEgress"] == []
    routes = [route for table in ec2.describe_route_tables(Filters=MINE)["RouteTables"] for route in table["Routes"]]
    assert not any(route.get("DestinationCidrBlock") == "0.0.0.0/0" for route in routes)


def test_no_rule_admits_or_releases_anybody(ec2: Any) -> None:
    rules = ec2.describe_security_group_rules(Filters=MINE)["SecurityGroupRules"]
    assert rules
    assert all(rule["Description"] for rule in rules)
    assert not any(rule.get("CidrIpv4") == "0.0.0.0/0" or rule.get("CidrIpv6") for rule in rules)


def test_traffic_is_logged_under_the_projects_key_for_a_year(ec2: Any, cloud: Any) -> None:
    (log,) = ec2.describe_flow_logs(Filters=MINE)["FlowLogs"]
    assert log["TrafficType"] == "ALL"
    groups = cloud.client("logs").describe_log_groups()["logGroups"]
    ours = [group for group in groups if "teaser" in group["logGroupName"]]
    assert log["LogDestination"].removesuffix(":*") in {group["arn"].removesuffix(":*") for group in ours}
    assert all(group["retentionInDays"] >= 365 and ":key/" in group["kmsKeyId"] for group in ours)


def test_the_doors_to_services_are_there_and_s3_opens_to_known_buckets_only(ec2: Any, bucket: str) -> None:
    doors = {
        door["ServiceName"].rpartition(".")[2]: door
        for door in ec2.describe_vpc_endpoints(Filters=MINE)["VpcEndpoints"]
    }
    assert {"ssm", "ssmmessages", "kms", "logs", "s3"} <= doors.keys()
    assert doors["s3"]["VpcEndpointType"] == "Gateway"
    assert all(doors[name]["PrivateDnsEnabled"] for name in doors if name != "s3")
    allowed = [one for one in statements(doors["s3"]["PolicyDocument"]) if one["Effect"] == "Allow"]
    resources = [
        resource
        for one in allowed
        for resource in (one["Resource"] if isinstance(one["Resource"], list) else [one["Resource"]])
    ]
    assert f"arn:aws:s3:::{bucket}/*" in resources
    assert not {"*", "arn:aws:s3:::*"} & set(resources)


# The workstation


def test_the_machine_is_locked_down(ec2: Any, machine: Any) -> None:
    options = machine["MetadataOptions"]
    assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == ("required", 1)
    assert "PublicIpAddress" not in machine
    assert "KeyName" not in machine
    assert machine.get("InstanceLifecycle") is None
    identity = machine["InstanceId"]
    attributes = {
        name: ec2.describe_instance_attribute(InstanceId=identity, Attribute=name)
        for name in ("disableApiTermination", "instanceInitiatedShutdownBehavior", "userData")
    }
    assert attributes["disableApiTermination"]["DisableApiTermination"]["Value"] is True
    assert attributes["instanceInitiatedShutdownBehavior"]["InstanceInitiatedShutdownBehavior"]["Value"] == "stop"
    assert attributes["userData"]["UserData"]["Value"]
    tags = {tag["Key"]: tag["Value"] for tag in machine["Tags"]}
    assert {
        "soundstage:studio",
        "soundstage:project",
        "soundstage:workstation",
        "soundstage:user",
        "soundstage:managed-by",
    } <= tags.keys()


def test_every_disk_is_encrypted_with_the_projects_key(ec2: Any, machine: Any, cloud: Any) -> None:
    ours = [{"Name": "attachment.instance-id", "Values": [machine["InstanceId"]]}]
    disks = ec2.describe_volumes(Filters=ours)["Volumes"]
    assert len(disks) >= 2
    key = cloud.client("kms").describe_key(KeyId="alias/soundstage/tinyorange/teaser/teaser-key")["KeyMetadata"]
    assert {disk["KmsKeyId"] for disk in disks} == {key["Arn"]}
    assert {disk["Encrypted"] for disk in disks} == {True}
    assert cloud.client("kms").get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"] is True


def test_nothing_comes_in_to_the_machine(ec2: Any, machine: Any) -> None:
    groups = [group["GroupId"] for group in machine["SecurityGroups"]]
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": groups}])["SecurityGroupRules"]
    assert rules
    assert all(rule["IsEgress"] for rule in rules)


def test_the_machines_role_reaches_its_own_project_only(cloud: Any, machine: Any, bucket: str) -> None:
    iam = cloud.client("iam")
    profile = iam.get_instance_profile(InstanceProfileName=machine["IamInstanceProfile"]["Arn"].rpartition("/")[2])
    (role,) = profile["InstanceProfile"]["Roles"]
    assert iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"] == []
    allowed: dict[str, set[str]] = {}
    for name in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]:
        for one in statements(iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"]):
            for action in one["Action"] if isinstance(one["Action"], list) else [one["Action"]]:
                resources = one["Resource"] if isinstance(one["Resource"], list) else [one["Resource"]]
                allowed.setdefault(action, set()).update(resources)
    assert not any("*" in action for action in allowed)
    objects = {resource for action, resources in allowed.items() if action.startswith("s3:") for resource in resources}
    assert all(
        resource.startswith(f"arn:aws:s3:::{bucket}")
        for resource in objects
        if ":s3:::" in resource and "media" in resource
    )
    assert not any(action.startswith("ec2:") for action in allowed)


# The media


def test_the_bucket_is_private_versioned_and_under_the_projects_key(s3: Any, bucket: str, cloud: Any) -> None:
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert set(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values()) == {True}
    (owner,) = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    assert owner["ObjectOwnership"] == "BucketOwnerEnforced"
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    key = cloud.client("kms").describe_key(KeyId="alias/soundstage/tinyorange/teaser/teaser-key")["KeyMetadata"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key["Arn"]}
    assert rule["BucketKeyEnabled"] is True
    policy = statements(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    tls = [one for one in policy if "aws:SecureTransport" in json.dumps(one.get("Condition", {}))]
    assert [one["Effect"] for one in tls] == ["Deny"]
    assert "-access-logs-" in s3.get_bucket_logging(Bucket=bucket)["LoggingEnabled"]["TargetBucket"]


def test_footage_ages_as_the_preset_says_and_originals_never_expire(s3: Any, bucket: str) -> None:
    every = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    rules = [rule for rule in every if rule["Filter"].get("Prefix") != ".soundstage-transfer/"]
    assert len(every) - len(rules) == 1, "what a copy that was killed left is cleared, and nothing else"
    tiers = {(step["Days"], step["StorageClass"]) for rule in rules for step in rule.get("Transitions", ())}
    assert {days for days, _ in tiers} == {30, 365}
    assert not any("Days" in rule.get("Expiration", {}) for rule in rules)
    assert any("AbortIncompleteMultipartUpload" in rule for rule in rules)
    expiring = [rule["Filter"].get("Prefix", "") for rule in rules if "NoncurrentVersionExpiration" in rule]
    assert expiring
    assert not any("masters/".startswith(prefix) for prefix in expiring)


def test_the_documented_folders_are_there(s3: Any, bucket: str) -> None:
    keys = {one["Key"].partition("/")[0] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]}
    assert {"footage", "audio", "graphics", "project-files", "exports", "masters"} <= keys


# The account


def test_the_trail_covers_every_region_and_its_archive_is_locked(cloud: Any, s3: Any, trail_bucket: str) -> None:
    trails = cloud.client("cloudtrail")
    (trail,) = trails.describe_trails()["trailList"]
    assert trail["IsMultiRegionTrail"]
    assert trail["LogFileValidationEnabled"]
    assert trail["IncludeGlobalServiceEvents"]
    assert trail["KmsKeyId"]
    assert trail["S3BucketName"] == trail_bucket
    assert trails.get_trail_status(Name=trail["TrailARN"])["IsLogging"]
    lock = s3.get_object_lock_configuration(Bucket=trail_bucket)["ObjectLockConfiguration"]
    assert lock["Rule"]["DefaultRetention"]["Days"] >= 365
    selectors = json.dumps(trails.get_event_selectors(TrailName=trail["TrailARN"]), default=str)
    assert "AWS::S3::Object" in selectors


def test_an_alarm_for_every_event_that_matters_reaches_a_subscribed_topic(cloud: Any) -> None:
    alarms = cloud.client("cloudwatch").describe_alarms()["MetricAlarms"]
    watched = {alarm["AlarmName"].partition("/")[2]: alarm for alarm in alarms if "teaser" not in alarm["AlarmName"]}
    matters = ("root-use", "unauthorised-calls", "sign-in-without-mfa", "trail-changes", "security-group-changes",
               "bucket-policy-changes", "network-changes", "key-deletion")  # fmt: skip
    for name in matters:
        (topic,) = watched[name]["AlarmActions"]
        assert cloud.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    filters = cloud.client("logs").describe_metric_filters()["metricFilters"]
    named = {made["metricName"] for one in filters for made in one["metricTransformations"]}
    assert {alarm["MetricName"] for alarm in watched.values()} == named


def test_the_budget_counts_this_project_only_and_tells_somebody(cloud: Any) -> None:
    budgets, account = cloud.client("budgets"), cloud.account_id
    made = {budget["BudgetName"]: budget for budget in budgets.describe_budgets(AccountId=account)["Budgets"]}
    (whole,) = (name for name in made if name.endswith("-account"))
    assert "CostFilters" not in made[whole] or not made.pop(whole)["CostFilters"]
    made.pop(whole, None)
    (budget,) = made.values()
    assert budget["TimeUnit"] == "MONTHLY"
    assert "soundstage:project$teaser" in json.dumps(budget["CostFilters"])
    told = budgets.describe_notifications_for_budget(AccountId=account, BudgetName=budget["BudgetName"])[
        "Notifications"
    ]
    assert {one["NotificationType"] for one in told} == {"ACTUAL", "FORECASTED"}
    for one in told:
        who = budgets.describe_subscribers_for_notification(
            AccountId=account, BudgetName=budget["BudgetName"], Notification=one
        )["Subscribers"]
        assert who
