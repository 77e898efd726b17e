"""What must be true of an account while a project is up, and once it is down, asked from outside.

A fact is a function that asserts. They run on the simulated cloud in `make test` and on a real account in `make live`.
"""

import json
import time
from typing import Any, Final
from urllib.parse import unquote

from outside_view import Outside

PATIENCE_SECONDS: Final = 600
"""How long a machine may take to report itself to Session Manager."""

ANYWHERE: Final = {"0.0.0.0/0", "::/0"}


def tags(item: dict[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in item.get("Tags", [])}


# While the project is up.


def one_machine_of_the_type_that_was_asked_for_runs(outside: Outside) -> None:
    machine = outside.machine()
    assert (machine["State"]["Name"], machine["InstanceType"]) == ("running", outside.machine_type)


def the_machine_has_no_public_address(outside: Outside) -> None:
    assert not outside.machine().get("PublicIpAddress")
    assert not list(outside.pages("ec2", "describe_addresses", "Addresses", Filters=outside.ours))


def the_machine_answers_metadata_requests_with_a_token_only(outside: Outside) -> None:
    options = outside.machine()["MetadataOptions"]
    assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == ("required", 1)


def every_disk_is_encrypted_with_the_key_of_the_project(outside: Outside) -> None:
    volumes = outside.volumes()
    keys = {volume.get("KmsKeyId") for volume in volumes}
    assert volumes
    assert all(volume["Encrypted"] for volume in volumes)
    assert len(keys) == 1
    described = outside.client("kms").describe_key(KeyId=keys.pop())["KeyMetadata"]
    assert described["KeyManager"] == "CUSTOMER"


def the_key_is_changed_every_year(outside: Outside) -> None:
    key = outside.volumes()[0]["KmsKeyId"]
    assert outside.client("kms").get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]


def no_security_group_lets_the_internet_in(outside: Outside) -> None:
    groups = outside.groups()
    assert groups
    for group in groups:
        for rule in group["IpPermissions"]:
            ranges = {item["CidrIp"] for item in rule.get("IpRanges", [])}
            ranges |= {item["CidrIpv6"] for item in rule.get("Ipv6Ranges", [])}
            assert not ranges & ANYWHERE, group["GroupId"]


def the_default_security_group_lets_nothing_through(outside: Outside) -> None:
    (default,) = (group for group in outside.groups() if group["GroupName"] == "default")
    assert (default["IpPermissions"], default["IpPermissionsEgress"]) == ([], [])


def no_route_of_the_machine_leads_to_the_internet(outside: Outside) -> None:
    subnet = [{"Name": "association.subnet-id", "Values": [outside.machine()["SubnetId"]]}]
    (table,) = outside.pages("ec2", "describe_route_tables", "RouteTables", Filters=subnet)
    assert not [route for route in table["Routes"] if route.get("DestinationCidrBlock") in ANYWHERE]


def the_traffic_of_the_network_is_logged(outside: Outside) -> None:
    (network,) = outside.networks()
    logs = list(
        outside.pages(
            "ec2", "describe_flow_logs", "FlowLogs", Filters=[{"Name": "resource-id", "Values": [network["VpcId"]]}]
        )
    )
    assert [(log["TrafficType"], log["FlowLogStatus"]) for log in logs] == [("ALL", "ACTIVE")]


def the_machine_reports_to_session_manager(outside: Outside) -> None:
    machine = outside.machine()["InstanceId"]
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        seen = outside.pages(
            "ssm",
            "describe_instance_information",
            "InstanceInformationList",
            Filters=[{"Key": "InstanceIds", "Values": [machine]}],
        )
        if "Online" in [item["PingStatus"] for item in seen]:
            return
        assert time.monotonic() < until, f"{machine} did not report to Session Manager in {PATIENCE_SECONDS} seconds"
        time.sleep(5)


def everything_is_tagged(outside: Outside) -> None:
    wanted = {"soundstage:studio": outside.studio, "soundstage:project": outside.project}
    for item in (outside.machine(), *outside.volumes(), *outside.networks()):
        found = tags(item)
        assert wanted.items() <= found.items()
        assert "soundstage:managed-by" in found


def the_media_bucket_is_closed_to_the_public(outside: Outside) -> None:
    found = outside.client("s3").get_public_access_block(Bucket=outside.media())["PublicAccessBlockConfiguration"]
    assert all(found.values())
    assert len(found) == 4


def the_media_bucket_keeps_versions(outside: Outside) -> None:
    assert outside.client("s3").get_bucket_versioning(Bucket=outside.media())["Status"] == "Enabled"


def media_are_encrypted_with_the_key_of_the_project(outside: Outside) -> None:
    (rule,) = outside.client("s3").get_bucket_encryption(Bucket=outside.media())["ServerSideEncryptionConfiguration"][
        "Rules"
    ]
    default = rule["ApplyServerSideEncryptionByDefault"]
    assert default["SSEAlgorithm"] == "aws:kms"
    assert default["KMSMasterKeyID"] == outside.volumes()[0]["KmsKeyId"]


def media_travel_by_tls_only(outside: Outside) -> None:
    policy = json.loads(outside.client("s3").get_bucket_policy(Bucket=outside.media())["Policy"])
    denied = [statement for statement in policy["Statement"] if statement["Effect"] == "Deny"]
    assert any(
        statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport") in ("false", ["false"], False)
        for statement in denied
    )


def no_lifecycle_rule_deletes_an_original(outside: Outside) -> None:
    rules = outside.client("s3").get_bucket_lifecycle_configuration(Bucket=outside.media())["Rules"]
    assert any(rule.get("Transitions") for rule in rules)
    for rule in rules:
        prefix = rule.get("Filter", {}).get("Prefix", rule.get("Prefix", ""))
        assert "Days" not in rule.get("Expiration", {}) or prefix, rule["ID"]


def access_to_media_is_logged(outside: Outside) -> None:
    assert outside.client("s3").get_bucket_logging(Bucket=outside.media())["LoggingEnabled"]["TargetBucket"]


def the_project_has_a_budget_that_tells_somebody(outside: Outside) -> None:
    (budget,) = outside.budgets()
    client = outside.clients("budgets", "us-east-1")
    named = {"AccountId": outside.account, "BudgetName": budget["BudgetName"]}
    notifications = client.describe_notifications_for_budget(**named)["Notifications"]
    assert notifications
    for notification in notifications:
        assert client.describe_subscribers_for_notification(**named, Notification=notification)["Subscribers"]


def nobody_but_a_person_of_this_account_may_take_the_artists_role(outside: Outside) -> None:
    (artist,) = (role for role in outside.roles() if role["RoleName"].endswith("-artist"))
    document = artist["AssumeRolePolicyDocument"]
    trust = document if isinstance(document, dict) else json.loads(unquote(document))
    for statement in trust["Statement"]:
        named = statement["Principal"].get("AWS", [])
        for principal in [named] if isinstance(named, str) else named:
            assert outside.account in principal
        assert "Service" not in statement["Principal"]


def every_role_stands_under_a_boundary(outside: Outside) -> None:
    roles = outside.roles()
    assert roles
    for role in roles:
        assert outside.client("iam").get_role(RoleName=role["RoleName"])["Role"].get("PermissionsBoundary")


def what_happens_in_the_account_is_recorded_in_every_region(outside: Outside) -> None:
    (trail,) = outside.trails()
    assert trail["IsMultiRegionTrail"]
    assert trail["LogFileValidationEnabled"]
    assert outside.client("cloudtrail").get_trail_status(Name=trail["TrailARN"])["IsLogging"]


def the_record_cannot_be_deleted(outside: Outside) -> None:
    (trail,) = outside.trails()
    lock = outside.client("s3").get_object_lock_configuration(Bucket=trail["S3BucketName"])["ObjectLockConfiguration"]
    assert lock["ObjectLockEnabled"] == "Enabled"
    assert lock["Rule"]["DefaultRetention"]


def the_account_refuses_public_buckets(outside: Outside) -> None:
    found = outside.client("s3control").get_public_access_block(AccountId=outside.account)
    assert all(found["PublicAccessBlockConfiguration"].values())


def new_disks_are_encrypted_unasked(outside: Outside) -> None:
    assert outside.client("ec2").get_ebs_encryption_by_default()["EbsEncryptionByDefault"]


WHILE_UP: Final = (
    one_machine_of_the_type_that_was_asked_for_runs,
    the_machine_has_no_public_address,
    the_machine_answers_metadata_requests_with_a_token_only,
    every_disk_is_encrypted_with_the_key_of_the_project,
    the_key_is_changed_every_year,
    no_security_group_lets_the_internet_in,
    the_default_security_group_lets_nothing_through,
    no_route_of_the_machine_leads_to_the_internet,
    the_traffic_of_the_network_is_logged,
    the_machine_reports_to_session_manager,
    everything_is_tagged,
    the_media_bucket_is_closed_to_the_public,
    the_media_bucket_keeps_versions,
    media_are_encrypted_with_the_key_of_the_project,
    media_travel_by_tls_only,
    no_lifecycle_rule_deletes_an_original,
    access_to_media_is_logged,
    the_project_has_a_budget_that_tells_somebody,
    nobody_but_a_person_of_this_account_may_take_the_artists_role,
    every_role_stands_under_a_boundary,
    what_happens_in_the_account_is_recorded_in_every_region,
    the_record_cannot_be_deleted,
    the_account_refuses_public_buckets,
    new_disks_are_encrypted_unasked,
)

# Once the project and the studio are down, and media were given up.


def no_machine_is_left(outside: Outside) -> None:
    assert outside.machines() == []


def no_disk_and_no_snapshot_is_left(outside: Outside) -> None:
    assert (outside.volumes(), outside.snapshots()) == ([], [])


def no_network_and_no_endpoint_is_left(outside: Outside) -> None:
    assert (outside.networks(), outside.endpoints()) == ([], [])


def no_media_bucket_is_left(outside: Outside) -> None:
    assert outside.buckets() == []


def no_budget_and_no_role_of_the_project_is_left(outside: Outside) -> None:
    assert (outside.budgets(), outside.roles()) == ([], [])


def nothing_is_recorded_any_more(outside: Outside) -> None:
    assert outside.trails() == []


def of_the_studio_only_the_locked_logs_stay(outside: Outside) -> None:
    for name in outside.buckets(project=False):
        assert "log" in name or "audit" in name or "trail" in name, name


ONCE_DOWN: Final = (
    no_machine_is_left,
    no_disk_and_no_snapshot_is_left,
    no_network_and_no_endpoint_is_left,
    no_media_bucket_is_left,
    no_budget_and_no_role_of_the_project_is_left,
    nothing_is_recorded_any_more,
    of_the_studio_only_the_locked_logs_stay,
)
