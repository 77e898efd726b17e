"""Budgets, cost anomalies, access analysis, sessions, S3 and STS behave as AWS's do where moto does not."""

import json
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from soundstage.simulator.process import Endpoint

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}


def refused(code: str) -> Any:
    return pytest.raises(ClientError, match=code)


def role(cloud: Endpoint, name: str = "operator-role", **more: Any) -> str:
    made = cloud.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST), **more)
    arn: str = made["Role"]["Arn"]
    return arn


def machine(cloud: Endpoint, *, with_profile: bool = True) -> str:
    ec2, iam = cloud.client("ec2"), cloud.client("iam")
    image = ec2.describe_images(Filters=[{"Name": "name", "Values": ["ubuntu*"]}])["Images"][0]["ImageId"]
    more = {}
    if with_profile:
        role(cloud, "machine")
        iam.create_instance_profile(InstanceProfileName="machine")
        iam.add_role_to_instance_profile(InstanceProfileName="machine", RoleName="machine")
        core = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
        iam.attach_role_policy(RoleName="machine", PolicyArn=core)
        more = {"IamInstanceProfile": {"Name": "machine"}}
    made = ec2.run_instances(ImageId=image, InstanceType="g5.xlarge", MinCount=1, MaxCount=1, **more)
    identity: str = made["Instances"][0]["InstanceId"]
    return identity


# Budgets


def budget(name: str = "teaser", amount: str = "500", **more: Any) -> dict[str, Any]:
    limit = {"Amount": amount, "Unit": "USD"}
    return {"BudgetName": name, "BudgetLimit": limit, "TimeUnit": "MONTHLY", "BudgetType": "COST", **more}


AT_80 = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0}
ANA = {"SubscriptionType": "EMAIL", "Address": "ana@tinyorange.example"}
BEN = {"SubscriptionType": "EMAIL", "Address": "ben@tinyorange.example"}


def test_a_budget_is_made_changed_and_removed(cloud: Endpoint) -> None:
    budgets, account = cloud.client("budgets"), cloud.account_id
    budgets.create_budget(
        AccountId=account, Budget=budget(CostFilters={"TagKeyValue": ["user:soundstage:project$teaser"]}),
        NotificationsWithSubscribers=[{"Notification": AT_80, "Subscribers": [ANA]}],
    )  # fmt: skip
    with refused("DuplicateRecordException"):
        budgets.create_budget(AccountId=account, Budget=budget())
    budgets.update_budget(AccountId=account, NewBudget=budget(amount="700"))
    assert budgets.describe_budget(AccountId=account, BudgetName="teaser")["Budget"]["BudgetLimit"]["Amount"] == "700"
    asked = {"AccountId": account, "BudgetName": "teaser", "Notification": AT_80}
    budgets.create_subscriber(**asked, Subscriber=BEN)
    budgets.update_subscriber(**asked, OldSubscriber=BEN, NewSubscriber={**BEN, "Address": "c@tinyorange.example"})
    budgets.delete_subscriber(**asked, Subscriber=ANA)
    found = budgets.describe_subscribers_for_notification(**asked)["Subscribers"]
    assert [one["Address"] for one in found] == ["c@tinyorange.example"]
    new = {**AT_80, "Threshold": 90.0}
    budgets.update_notification(AccountId=account, BudgetName="teaser", OldNotification=AT_80, NewNotification=new)
    shown = budgets.describe_notifications_for_budget(AccountId=account, BudgetName="teaser")["Notifications"]
    assert [one["Threshold"] for one in shown] == [90.0]
    budgets.delete_notification(AccountId=account, BudgetName="teaser", Notification=new)
    budgets.delete_budget(AccountId=account, BudgetName="teaser")
    with refused("NotFoundException"):
        budgets.describe_budget(AccountId=account, BudgetName="teaser")


@pytest.mark.parametrize("wrong", [budget(amount="0"), budget(amount="-1"), budget(name="a:b"), budget(amount="lots")])
def test_an_impossible_budget_is_refused(cloud: Endpoint, wrong: dict[str, Any]) -> None:
    with refused("InvalidParameterException"):
        cloud.client("budgets").create_budget(AccountId=cloud.account_id, Budget=wrong)


def test_a_budget_action_stops_the_machines_it_names_and_no_other(cloud: Endpoint) -> None:
    budgets, ec2, account = cloud.client("budgets"), cloud.client("ec2"), cloud.account_id
    named, other = machine(cloud), machine(cloud, with_profile=False)
    budgets.create_budget(AccountId=account, Budget=budget())
    stop = {"ActionSubType": "STOP_EC2_INSTANCES", "Region": "eu-west-1", "InstanceIds": [named]}
    wanted = {
        "AccountId": account, "BudgetName": "teaser", "NotificationType": "ACTUAL", "ActionType": "RUN_SSM_DOCUMENTS",
        "ActionThreshold": {"ActionThresholdValue": 100.0, "ActionThresholdType": "PERCENTAGE"},
        "Definition": {"SsmActionDefinition": stop}, "ApprovalModel": "AUTOMATIC", "Subscribers": [ANA],
    }  # fmt: skip
    with refused("execution role"):
        budgets.create_budget_action(**wanted, ExecutionRoleArn=f"arn:aws:iam::{account}:role/nobody")
    action = budgets.create_budget_action(**wanted, ExecutionRoleArn=role(cloud))["ActionId"]
    asked = {"AccountId": account, "BudgetName": "teaser", "ActionId": action}
    budgets.update_budget_action(**asked, ApprovalModel="MANUAL")
    assert budgets.describe_budget_action(**asked)["Action"]["ApprovalModel"] == "MANUAL"
    budgets.execute_budget_action(**asked, ExecutionType="APPROVE_BUDGET_ACTION")
    states = {
        one["InstanceId"]: one["State"]["Name"]
        for reservation in ec2.describe_instances()["Reservations"]
        for one in reservation["Instances"]
    }
    assert states == {named: "stopped", other: "running"}
    assert budgets.describe_budget_action(**asked)["Action"]["Status"] == "EXECUTION_SUCCESS"
    budgets.delete_budget_action(**asked)
    found = budgets.describe_budget_actions_for_budget(AccountId=account, BudgetName="teaser")["Actions"]
    assert found == []


# Cost anomalies and access analysis


def test_anomaly_monitors_and_subscriptions_are_kept(cloud: Endpoint) -> None:
    ce = cloud.client("ce")
    by_service = {"MonitorName": "all", "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE"}
    monitor = ce.create_anomaly_monitor(
        AnomalyMonitor=by_service, ResourceTags=[{"Key": "a", "Value": "b"}]
    )["MonitorArn"]  # fmt: skip
    with refused("LimitExceededException"):
        ce.create_anomaly_monitor(AnomalyMonitor=by_service)
    wanted = {
        "MonitorArnList": [monitor], "Subscribers": [{"Address": ANA["Address"], "Type": "EMAIL"}],
        "Frequency": "DAILY", "SubscriptionName": "mail", "Threshold": 10.0,
    }  # fmt: skip
    subscription = ce.create_anomaly_subscription(AnomalySubscription=wanted)["SubscriptionArn"]
    with refused("ValidationException"):
        ce.create_anomaly_subscription(AnomalySubscription={**wanted, "Frequency": "IMMEDIATE"})
    ce.update_anomaly_subscription(SubscriptionArn=subscription, Threshold=20.0)
    found = ce.get_anomaly_subscriptions(SubscriptionArnList=[subscription])["AnomalySubscriptions"]
    assert [one["Threshold"] for one in found] == [20.0]
    assert ce.list_tags_for_resource(ResourceArn=monitor)["ResourceTags"] == [{"Key": "a", "Value": "b"}]
    ce.delete_anomaly_subscription(SubscriptionArn=subscription)
    ce.delete_anomaly_monitor(MonitorArn=monitor)
    assert ce.get_anomaly_monitors()["AnomalyMonitors"] == []
    with refused("UnknownMonitorException"):
        ce.delete_anomaly_monitor(MonitorArn=monitor)


def test_analyzers_are_kept(cloud: Endpoint) -> None:
    analyzer = cloud.client("accessanalyzer")
    arn = analyzer.create_analyzer(analyzerName="main", type="ACCOUNT", tags={"a": "b"})["arn"]
    with refused("ConflictException"):
        analyzer.create_analyzer(analyzerName="main", type="ACCOUNT")
    analyzer.tag_resource(resourceArn=arn, tags={"c": "d"})
    analyzer.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert analyzer.get_analyzer(analyzerName="main")["analyzer"]["tags"] == {"c": "d"}
    assert analyzer.list_findings(analyzerArn=arn)["findings"] == []
    analyzer.delete_analyzer(analyzerName="main")
    with refused("ResourceNotFoundException"):
        analyzer.get_analyzer(analyzerName="main")


# Data Lifecycle Manager


def test_lifecycle_policies_are_kept_and_what_the_service_refuses_is_refused(cloud: Endpoint) -> None:
    dlm = cloud.client("dlm")
    schedule = {
        "Name": "daily",
        "CreateRule": {"Interval": 24, "IntervalUnit": "HOURS", "Times": ["02:00"]},
        "RetainRule": {"Interval": 7, "IntervalUnit": "DAYS"},
    }
    details = {
        "ResourceTypes": ["VOLUME"],
        "TargetTags": [{"Key": "soundstage:work-disks", "Value": "a.b"}],
        "Schedules": [schedule],
    }
    role = "arn:aws:iam::123456789012:role/r"
    told: Any = {"ExecutionRoleArn": role, "Description": "Work disks", "State": "ENABLED", "PolicyDetails": details}
    with refused("InvalidRequestException"):
        dlm.create_lifecycle_policy(**{**told, "Description": "Work disks: those of a"})
    with refused("InvalidRequestException"):
        wrong = {**schedule, "CreateRule": {"Interval": 5, "IntervalUnit": "HOURS"}}
        dlm.create_lifecycle_policy(**{**told, "PolicyDetails": {**details, "Schedules": [wrong]}})
    id = dlm.create_lifecycle_policy(**told, Tags={"a": "b"})["PolicyId"]
    policy = dlm.get_lifecycle_policy(PolicyId=id)["Policy"]
    assert policy["PolicyDetails"]["Schedules"][0]["CopyTags"] is False
    dlm.update_lifecycle_policy(PolicyId=id, State="DISABLED")
    dlm.tag_resource(ResourceArn=policy["PolicyArn"], Tags={"c": "d"})
    dlm.untag_resource(ResourceArn=policy["PolicyArn"], TagKeys=["a"])
    (seen,) = dlm.get_lifecycle_policies()["Policies"]
    assert (seen["PolicyId"], seen["State"], seen["Tags"]) == (id, "DISABLED", {"c": "d"})
    dlm.delete_lifecycle_policy(PolicyId=id)
    with refused("ResourceNotFoundException"):
        dlm.get_lifecycle_policy(PolicyId=id)


# Systems Manager


def test_only_running_machines_with_a_profile_are_reached(cloud: Endpoint) -> None:
    ssm, ec2 = cloud.client("ssm"), cloud.client("ec2")
    reachable, bare = machine(cloud), machine(cloud, with_profile=False)
    assert [one["InstanceId"] for one in ssm.describe_instance_information()["InstanceInformationList"]] == [reachable]
    forward = {"DocumentName": "AWS-StartPortForwardingSession", "Parameters": {"portNumber": ["8443"]}}
    session = ssm.start_session(Target=reachable, **forward)["SessionId"]
    shown = ssm.describe_sessions(State="Active")["Sessions"]
    assert [(one["SessionId"], one["Target"]) for one in shown] == [(session, reachable)]
    ssm.terminate_session(SessionId=session)
    assert ssm.describe_sessions(State="Active")["Sessions"] == []
    with refused("TargetNotConnected"):
        ssm.start_session(Target=bare, **forward)
    with refused("InvalidDocument"):
        ssm.start_session(Target=reachable, DocumentName="No-Such-Document")
    ec2.stop_instances(InstanceIds=[reachable])
    with refused("TargetNotConnected"):
        ssm.start_session(Target=reachable, **forward)
    named = [{"Key": "InstanceIds", "Values": [reachable]}]
    assert ssm.describe_instance_information(Filters=named)["InstanceInformationList"] == []


def test_the_document_that_stops_machines_exists_and_stops_them(cloud: Endpoint) -> None:
    ssm = cloud.client("ssm")
    identity = machine(cloud)
    assert ssm.describe_document(Name="AWS-StopEC2Instances")["Document"]["Status"] == "Active"
    run = ssm.start_automation_execution(DocumentName="AWS-StopEC2Instances", Parameters={"InstanceId": [identity]})
    done = ssm.get_automation_execution(AutomationExecutionId=run["AutomationExecutionId"])["AutomationExecution"]
    assert done["AutomationExecutionStatus"] == "Success"
    found = cloud.client("ec2").describe_instances(InstanceIds=[identity])["Reservations"][0]["Instances"][0]
    assert found["State"]["Name"] == "stopped"


# S3


@pytest.fixture
def bucket(cloud: Endpoint) -> str:
    cloud.client("s3").create_bucket(
        Bucket="media-1", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )  # fmt: skip
    return "media-1"


def test_a_new_bucket_is_private_encrypted_and_without_acls(cloud: Endpoint, bucket: str) -> None:
    s3 = cloud.client("s3")
    assert set(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values()) == {True}
    rule = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    owner = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"][0]["ObjectOwnership"]
    assert owner == "BucketOwnerEnforced"
    with refused("AccessControlListNotSupported"):
        s3.put_object(Bucket=bucket, Key="a", ACL="public-read")
    with refused("AccessControlListNotSupported"):
        s3.put_bucket_acl(Bucket=bucket, ACL="public-read")
    s3.put_object(Bucket=bucket, Key="a", ACL="bucket-owner-full-control")
    s3.delete_bucket_encryption(Bucket=bucket)
    assert s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]


@pytest.mark.parametrize("name", ["Bad_Name", "192.168.1.1", "a..b", "-abc", "xn--abc"])
def test_a_bad_bucket_name_is_refused(cloud: Endpoint, name: str) -> None:
    with refused("InvalidBucketName"):
        cloud.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})


def test_a_lifecycle_is_kept_whole(cloud: Endpoint, bucket: str) -> None:
    s3 = cloud.client("s3")
    with refused("NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket=bucket)
    rules = [
        {
            "ID": "footage", "Status": "Enabled",
            "Filter": {"And": {"Prefix": "footage/", "ObjectSizeGreaterThan": 131072}},
            "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 365, "StorageClass": "GLACIER"}],
            "NoncurrentVersionExpiration": {"NoncurrentDays": 90, "NewerNoncurrentVersions": 3},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        }
    ]  # fmt: skip
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"] == rules
    rules[0]["Transitions"] = [{"Days": 3, "StorageClass": "STANDARD_IA"}]
    with refused("greater than or equal to 30"):
        s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})
    s3.delete_bucket_lifecycle(Bucket=bucket)
    with refused("NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket=bucket)


def test_intelligent_tiering_is_kept(cloud: Endpoint, bucket: str) -> None:
    s3 = cloud.client("s3")
    tiers = {"Id": "t", "Status": "Enabled", "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}]}
    asked = {"Bucket": bucket, "Id": "t"}
    s3.put_bucket_intelligent_tiering_configuration(**asked, IntelligentTieringConfiguration=tiers)
    found = s3.get_bucket_intelligent_tiering_configuration(**asked)["IntelligentTieringConfiguration"]
    assert found == tiers
    listed = s3.list_bucket_intelligent_tiering_configurations(Bucket=bucket)
    assert listed["IntelligentTieringConfigurationList"] == [tiers]
    s3.delete_bucket_intelligent_tiering_configuration(**asked)
    with refused("NoSuchConfiguration"):
        s3.get_bucket_intelligent_tiering_configuration(**asked)


def policy(bucket: str, *statements: dict[str, Any]) -> str:
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    whole = [{"Principal": "*", "Resource": resources, **statement} for statement in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": whole})


def test_a_policy_that_asks_for_tls_or_the_project_s_key_lets_honest_calls_through(
    cloud: Endpoint, bucket: str
) -> None:
    s3 = cloud.client("s3")
    tls = {"Effect": "Deny", "Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    old = {"Effect": "Deny", "Action": "s3:*", "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}}}
    other_key = {
        "Effect": "Deny", "Action": "s3:PutObject",
        "Condition": {
            "Null": {"s3:x-amz-server-side-encryption": "false"},
            "StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"},
        },
    }  # fmt: skip
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(bucket, tls, old, other_key))
    s3.put_object(Bucket=bucket, Key="a", Body=b"x")
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"x"
    with refused("AccessDenied"):
        s3.put_object(Bucket=bucket, Key="a", Body=b"x", ServerSideEncryption="AES256")


def test_an_explicit_deny_binds_the_owner_too_and_can_be_taken_back(cloud: Endpoint, bucket: str) -> None:
    s3 = cloud.client("s3")
    s3.put_object(Bucket=bucket, Key="masters/a", Body=b"x")
    masters = {"Effect": "Deny", "Action": ["s3:DeleteObject*"], "Resource": f"arn:aws:s3:::{bucket}/masters/*"}
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(bucket, masters))
    with refused("explicit deny"):
        s3.delete_object(Bucket=bucket, Key="masters/a")
    everything = {"Effect": "Deny", "Action": "s3:*"}
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(bucket, everything))
    with refused("explicit deny"):
        s3.list_objects_v2(Bucket=bucket)
    s3.delete_bucket_policy(Bucket=bucket)
    s3.delete_object(Bucket=bucket, Key="masters/a")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"Statement": 3}', "MalformedPolicy"), ("{", "MalformedPolicy"), ("[]", "MalformedPolicy"),
        (json.dumps({"Statement": [{"Effect": "Perhaps"}]}), "MalformedPolicy"),
        (policy("media-1", {"Effect": "Allow", "Action": "s3:GetObject"}), "AccessDenied.*BlockPublicPolicy"),
    ],
)  # fmt: skip
def test_malformed_and_public_policies_are_refused(cloud: Endpoint, bucket: str, text: str, code: str) -> None:
    with refused(code):
        cloud.client("s3").put_bucket_policy(Bucket=bucket, Policy=text)


def test_replication_needs_versions_on_both_sides(cloud: Endpoint, bucket: str) -> None:
    s3 = cloud.client("s3")
    cloud.client("s3", "eu-central-1").create_bucket(
        Bucket="copy-1", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    rule = {"Status": "Enabled", "Prefix": "", "Destination": {"Bucket": "arn:aws:s3:::copy-1"}}
    wanted = {"Bucket": bucket, "ReplicationConfiguration": {"Role": role(cloud), "Rules": [rule]}}
    with refused("Destination bucket must have versioning"):
        s3.put_bucket_replication(**wanted)
    for name in ("copy-1", bucket):
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_replication(**wanted)


def test_the_account_s_public_access_block_is_reached(cloud: Endpoint) -> None:
    control = cloud.client("s3control")
    block = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    control.put_public_access_block(AccountId=cloud.account_id, PublicAccessBlockConfiguration=block)
    found = control.get_public_access_block(AccountId=cloud.account_id)["PublicAccessBlockConfiguration"]
    assert found == block


# STS


def as_role(cloud: Endpoint, service: str, credentials: dict[str, Any]) -> Any:
    return boto3.client(
        service, region_name="eu-west-1", endpoint_url=cloud.url, aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"], aws_session_token=credentials["SessionToken"],
        config=Config(retries={"total_max_attempts": 1}),
    )  # fmt: skip


def test_a_role_that_exists_is_assumed_and_no_other(cloud: Endpoint) -> None:
    sts, arn = cloud.client("sts"), role(cloud)
    credentials = sts.assume_role(RoleArn=arn, RoleSessionName="ana")["Credentials"]
    assumed = as_role(cloud, "sts", credentials).get_caller_identity()["Arn"]
    assert assumed == f"arn:aws:sts::{cloud.account_id}:assumed-role/operator-role/ana"
    for wrong in (arn + "x", "arn:aws:iam::222222222222:role/operator-role"):
        with refused("AccessDenied"):
            sts.assume_role(RoleArn=wrong, RoleSessionName="ana")
    with refused("DurationSeconds"):
        sts.assume_role(RoleArn=arn, RoleSessionName="ana", DurationSeconds=43200)


def test_a_session_needs_its_own_token_and_ends_with_its_role(cloud: Endpoint) -> None:
    credentials = cloud.client("sts").assume_role(RoleArn=role(cloud), RoleSessionName="ana")["Credentials"]
    with refused("InvalidClientTokenId"):
        as_role(cloud, "sts", {**credentials, "SessionToken": "another"}).get_caller_identity()
    cloud.client("iam").delete_role(RoleName="operator-role")
    with refused("InvalidClientTokenId"):
        as_role(cloud, "sts", credentials).get_caller_identity()


def test_a_second_factor_must_be_a_device_that_exists(cloud: Endpoint) -> None:
    iam = cloud.client("iam")
    iam.create_user(UserName="ana")
    key = iam.create_access_key(UserName="ana")["AccessKey"]
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="ana")["VirtualMFADevice"]["SerialNumber"]
    ana = boto3.client(
        "sts", region_name="eu-west-1", endpoint_url=cloud.url, aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )  # fmt: skip
    session = ana.get_session_token(SerialNumber=device, TokenCode="123456")["Credentials"]
    assert as_role(cloud, "sts", session).get_caller_identity()["Arn"].endswith(":user/ana")
    for wrong in (
        {"SerialNumber": device, "TokenCode": "12345x"},
        {"SerialNumber": device[:-1], "TokenCode": "123456"},
    ):
        with refused("MultiFactorAuthentication failed|Invalid length|tokenCode"):
            ana.get_session_token(**wrong)


def test_what_is_not_implemented_says_so_and_is_not_retried(cloud: Endpoint) -> None:
    for service, call in (
        ("pricing", "describe_services"),
        ("imagebuilder", "list_images"),
        ("amplify", "list_apps"),
    ):
        with refused("UnsupportedOperation.*does not implement") as problem:
            getattr(cloud.client(service), call)()
        assert problem.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_new_thing_does_not_have_the_tags_of_a_deleted_one_of_its_name(cloud: Endpoint) -> None:
    watch, s3, logs = cloud.client("cloudwatch"), cloud.client("s3"), cloud.client("logs")
    alarm = {"AlarmName": "still", "EvaluationPeriods": 1, "ComparisonOperator": "LessThanThreshold", "Threshold": 1.0}
    measured = {"MetricName": "CPUUtilization", "Namespace": "AWS/EC2", "Period": 60, "Statistic": "Average"}
    arn = f"arn:aws:cloudwatch:eu-west-1:{cloud.account_id}:alarm:still"
    place = {"LocationConstraint": "eu-west-1"}
    watch.put_metric_alarm(**alarm, **measured, Tags=[{"Key": "owner", "Value": "bea"}])
    watch.delete_alarms(AlarmNames=["still"])
    watch.put_metric_alarm(**alarm, **measured)
    assert watch.list_tags_for_resource(ResourceARN=arn)["Tags"] == []
    s3.create_bucket(Bucket="named-again", CreateBucketConfiguration=place)
    s3.put_bucket_tagging(Bucket="named-again", Tagging={"TagSet": [{"Key": "owner", "Value": "bea"}]})
    s3.delete_bucket(Bucket="named-again")
    s3.create_bucket(Bucket="named-again", CreateBucketConfiguration=place)
    with pytest.raises(ClientError, match="NoSuchTagSet"):
        s3.get_bucket_tagging(Bucket="named-again")
    logs.create_log_group(logGroupName="named", tags={"owner": "bea"})
    logs.delete_log_group(logGroupName="named")
    logs.create_log_group(logGroupName="named")
    about = f"arn:aws:logs:eu-west-1:{cloud.account_id}:log-group:named"
    assert logs.list_tags_for_resource(resourceArn=about)["tags"] == {}
