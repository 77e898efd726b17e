"""IAM enforced on a running cloud: whose policies count, what else a call needs, and how a refusal reads."""

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from soundstage.simulator import process
from soundstage.simulator.process import Endpoint

ACCOUNT = "123456789012"
REGION = "eu-west-1"
Allow = Callable[..., dict[str, Any]]


def said(*actions: str, on: Any = "*", effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": list(actions), "Resource": on, **more}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@dataclasses.dataclass
class Account:
    """An enforcing account with one user, `ana`, whose inline policy the tests write."""

    owner: Endpoint
    ana: Endpoint

    def give(self, *statements: dict[str, Any]) -> None:
        self.owner.client("iam").put_user_policy(
            UserName="ana", PolicyName="only", PolicyDocument=document(*statements)
        )

    def refusal(self, service: str, operation: str, **arguments: Any) -> str:
        """What Ana is told; empty when it is permitted."""
        try:
            getattr(self.ana.client(service), operation)(**arguments)
        except ClientError as error:
            return str(error.response["Error"]["Message"])
        return ""

    def role(self, name: str, trust: dict[str, Any], *statements: dict[str, Any], boundary: str = "") -> str:
        iam = self.owner.client("iam")
        more = {"PermissionsBoundary": boundary} if boundary else {}
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust), **more)
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="only", PolicyDocument=document(*statements))
        return str(made["Role"]["Arn"])


@pytest.fixture
def account(cloud: Endpoint, cloud_home: Path) -> Iterator[Account]:
    iam = cloud.client("iam")
    iam.create_user(UserName="ana", Tags=[{"Key": "team", "Value": "edit"}])
    key = iam.create_access_key(UserName="ana")["AccessKey"]
    process.set_enforcement(cloud_home, True)
    yield Account(cloud, dataclasses.replace(cloud, access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"]))
    process.set_enforcement(cloud_home, False)


def trusting(principal: Any, **condition: Any) -> dict[str, Any]:
    trust = {"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"], "Principal": principal}
    return {**trust, "Condition": condition} if condition else trust


def test_a_refusal_names_who_what_and_which(account: Account) -> None:
    assert account.refusal("ec2", "terminate_instances", InstanceIds=["i-0123456789abcdef0"]) == (
        f"User: arn:aws:iam::{ACCOUNT}:user/ana is not authorized to perform: ec2:TerminateInstances on resource: "
        f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-0123456789abcdef0 "
        "because no identity-based policy allows the ec2:TerminateInstances action"
    )


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("ec2", "describe_vpcs", "UnauthorizedOperation"),
        ("s3", "list_buckets", "AccessDenied"),
        ("iam", "list_roles", "AccessDenied"),
        ("kms", "list_keys", "AccessDeniedException"),
        ("sns", "list_topics", "AuthorizationError"),
        ("logs", "describe_log_groups", "AccessDeniedException"),
    ],
)
def test_each_service_refuses_with_its_own_code(account: Account, service: str, operation: str, code: str) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(account.ana.client(service), operation)()
    assert refused.value.response["Error"]["Code"] == code


def test_everybody_may_ask_who_they_are(account: Account) -> None:
    assert account.ana.client("sts").get_caller_identity()["Arn"].endswith("user/ana")


def test_policies_of_groups_and_managed_ones_count(account: Account) -> None:
    iam = account.owner.client("iam")
    arn = iam.create_policy(PolicyName="look", PolicyDocument=document(said("ec2:DescribeVpcs")))["Policy"]["Arn"]
    iam.create_group(GroupName="editors")
    iam.add_user_to_group(GroupName="editors", UserName="ana")
    assert account.refusal("ec2", "describe_vpcs")
    iam.attach_group_policy(GroupName="editors", PolicyArn=arn)
    assert not account.refusal("ec2", "describe_vpcs")


def test_the_default_version_of_a_policy_counts(account: Account) -> None:
    iam = account.owner.client("iam")
    arn = iam.create_policy(PolicyName="look", PolicyDocument=document(said("ec2:DescribeVpcs")))["Policy"]["Arn"]
    iam.attach_user_policy(UserName="ana", PolicyArn=arn)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(said("s3:ListAllMyBuckets")), SetAsDefault=True)
    assert account.refusal("ec2", "describe_vpcs")
    assert not account.refusal("s3", "list_buckets")


def test_a_role_needs_its_trust_and_the_users_permission(account: Account) -> None:
    named = account.role("named", trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:user/ana"}))
    open_ = account.role("open", trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}))
    closed = account.role("closed", trusting({"Service": "ec2.amazonaws.com"}))

    def take(arn: str) -> str:
        return account.refusal("sts", "assume_role", RoleArn=arn, RoleSessionName="ana")

    assert not take(named)
    assert "no identity-based policy allows" in take(open_)
    account.give(said("sts:AssumeRole"))
    assert not take(open_)
    assert "no resource-based policy allows" in take(closed)


def test_boundary_and_session_policy_narrow_a_role(account: Account) -> None:
    edge = account.owner.client("iam").create_policy(
        PolicyName="edge", PolicyDocument=document(said("ec2:DescribeVpcs", "s3:ListAllMyBuckets"))
    )["Policy"]["Arn"]
    ana = {"AWS": f"arn:aws:iam::{ACCOUNT}:user/ana"}
    arn = account.role("wide", trusting(ana), said("*"), boundary=edge)

    def taken(**more: Any) -> Callable[[str], Any]:
        given = account.ana.client("sts").assume_role(RoleArn=arn, RoleSessionName="ana", **more)["Credentials"]
        return lambda service: boto3.client(
            service, region_name=REGION, endpoint_url=account.owner.url,
            aws_access_key_id=given["AccessKeyId"], aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
        )  # fmt: skip

    taken()("ec2").describe_vpcs()
    with pytest.raises(ClientError, match="no permissions boundary allows the iam:ListRoles"):
        taken()("iam").list_roles()
    narrow = taken(Policy=document(said("s3:ListAllMyBuckets")))
    narrow("s3").list_buckets()
    with pytest.raises(ClientError, match="no session policy allows the ec2:DescribeVpcs"):
        narrow("ec2").describe_vpcs()


def test_a_second_factor_counts_for_the_session_that_showed_it(account: Account) -> None:
    iam = account.owner.client("iam")
    serial = iam.create_virtual_mfa_device(VirtualMFADeviceName="ana")["VirtualMFADevice"]["SerialNumber"]
    fresh = {"Bool": {"aws:MultiFactorAuthPresent": "true"}, "NumericLessThan": {"aws:MultiFactorAuthAge": "600"}}
    account.give(said("ec2:DescribeVpcs", Condition=fresh))
    assert account.refusal("ec2", "describe_vpcs")
    for code, permitted in (({}, False), ({"SerialNumber": serial, "TokenCode": "123456"}, True)):
        given = account.ana.client("sts").get_session_token(**code)["Credentials"]
        ec2 = boto3.client(
            "ec2", region_name=REGION, endpoint_url=account.owner.url, aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"], aws_session_token=given["SessionToken"],
        )  # fmt: skip
        if permitted:
            ec2.describe_vpcs()
        else:
            with pytest.raises(ClientError, match="not authorized"):
                ec2.describe_vpcs()


def test_handing_a_role_to_a_service_takes_permission_to_pass_it(account: Account) -> None:
    arn = account.role("clock", trusting({"Service": "scheduler.amazonaws.com"}))
    schedule = {
        "Name": "stop", "ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": "arn:aws:scheduler:::aws-sdk:ec2:stopInstances", "RoleArn": arn},
    }  # fmt: skip
    account.give(said("scheduler:*"))
    assert f"iam:PassRole on resource: {arn}" in account.refusal("scheduler", "create_schedule", **schedule)
    to = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    account.give(said("scheduler:*"), said("iam:PassRole", on=arn, Condition=to))
    assert "iam:PassRole" in account.refusal("scheduler", "create_schedule", **schedule)
    to["StringEquals"]["iam:PassedToService"] = "scheduler.amazonaws.com"
    account.give(said("scheduler:*"), said("iam:PassRole", on=arn, Condition=to))
    assert not account.refusal("scheduler", "create_schedule", **schedule)


def test_a_machine_profile_passes_its_role(account: Account) -> None:
    iam, ec2 = account.owner.client("iam"), account.owner.client("ec2")
    arn = account.role("machine", trusting({"Service": "ec2.amazonaws.com"}))
    iam.create_instance_profile(InstanceProfileName="machine")
    iam.add_role_to_instance_profile(InstanceProfileName="machine", RoleName="machine")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    account.give(said("ec2:*"))
    refusal = account.refusal(
        "ec2", "run_instances", ImageId=image, MinCount=1, MaxCount=1, IamInstanceProfile={"Name": "machine"}
    )
    assert f"iam:PassRole on resource: {arn}" in refusal
    account.give(said("iam:AddRoleToInstanceProfile"))
    assert f"iam:PassRole on resource: {arn}" in account.refusal(
        "iam", "add_role_to_instance_profile", InstanceProfileName="machine", RoleName="machine"
    )


def test_tagging_at_birth_takes_permission_to_tag(account: Account) -> None:
    specification = [{"ResourceType": "vpc", "Tags": [{"Key": "soundstage:project", "Value": "teaser"}]}]
    account.give(said("ec2:CreateVpc"))
    refusal = account.refusal("ec2", "create_vpc", CidrBlock="10.0.0.0/16", TagSpecifications=specification)
    assert "ec2:CreateTags" in refusal
    only = {"StringEquals": {"aws:RequestTag/soundstage:project": "teaser", "ec2:CreateAction": "CreateVpc"}}
    account.give(said("ec2:CreateVpc"), said("ec2:CreateTags", Condition=only))
    assert not account.refusal("ec2", "create_vpc", CidrBlock="10.0.0.0/16", TagSpecifications=specification)
    specification[0]["Tags"][0]["Value"] = "feature"
    assert account.refusal("ec2", "create_vpc", CidrBlock="10.1.0.0/16", TagSpecifications=specification)


def test_tags_of_caller_and_resource_are_compared(account: Account) -> None:
    ec2 = account.owner.client("ec2")
    same = {"StringEquals": {"ec2:ResourceTag/team": "${aws:PrincipalTag/team}"}}
    account.give(said("ec2:DeleteVpc", Condition=same))
    for team, permitted in (("edit", True), ("sound", False)):
        vpc = ec2.create_vpc(
            CidrBlock="10.9.0.0/16",
            TagSpecifications=[{"ResourceType": "vpc", "Tags": [{"Key": "team", "Value": team}]}],
        )["Vpc"]["VpcId"]
        assert bool(account.refusal("ec2", "delete_vpc", VpcId=vpc)) is not permitted


def test_rules_for_names_are_asked_for_by_their_arn_and_tags(account: Account) -> None:
    names = account.owner.client("route53resolver")
    same = {"StringEquals": {"aws:ResourceTag/team": "edit"}}
    account.give(said("route53resolver:*", Condition=same))
    for team, permitted in (("edit", True), ("sound", False)):
        tags = [{"Key": "team", "Value": team}]
        listed = names.create_firewall_domain_list(CreatorRequestId=team, Name=team, Tags=tags)["FirewallDomainList"]
        group = names.create_firewall_rule_group(CreatorRequestId=team, Name=team, Tags=tags)["FirewallRuleGroup"]
        kept = names.create_resolver_query_log_config(
            Name=team, CreatorRequestId=team, DestinationArn=f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:q", Tags=tags
        )["ResolverQueryLogConfig"]
        for about, operation, arguments in (
            (listed, "list_firewall_domains", {"FirewallDomainListId": listed["Id"]}),
            (group, "list_firewall_rules", {"FirewallRuleGroupId": group["Id"]}),
            (kept, "get_resolver_query_log_config", {"ResolverQueryLogConfigId": kept["Id"]}),
            (listed, "list_tags_for_resource", {"ResourceArn": listed["Arn"]}),
        ):
            refusal = account.refusal("route53resolver", operation, **arguments)
            assert (f"on resource: {about['Arn']}" in refusal) is not permitted
    account.give(said("route53resolver:CreateFirewallRuleGroup"))
    making = {"CreatorRequestId": "new", "Name": "new", "Tags": [{"Key": "team", "Value": "edit"}]}
    assert "route53resolver:TagResource" in account.refusal("route53resolver", "create_firewall_rule_group", **making)


@pytest.fixture
def sealed(account: Account) -> tuple[str, str]:
    """A bucket whose objects are under a key that is used through S3 only; bucket and key ARN."""
    root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    through = {"StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}}
    policy = document(
        said("kms:DescribeKey", "kms:PutKeyPolicy", "kms:CreateGrant", Principal=root),
        said("kms:Decrypt", "kms:GenerateDataKey", Principal=root, Condition=through),
    )
    key = account.owner.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]
    s3 = account.owner.client("s3")
    s3.create_bucket(Bucket="sealed", CreateBucketConfiguration={"LocationConstraint": REGION})
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    s3.put_bucket_encryption(
        Bucket="sealed",
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": default}]},
    )
    s3.put_object(Bucket="sealed", Key="a", Body=b"film")
    return "sealed", key


def test_reading_and_writing_sealed_objects_takes_the_key(account: Account, sealed: tuple[str, str]) -> None:
    bucket, key = sealed
    account.give(said("s3:*"))
    assert f"kms:Decrypt on resource: {key}" in account.refusal("s3", "get_object", Bucket=bucket, Key="a")
    assert "kms:GenerateDataKey" in account.refusal("s3", "put_object", Bucket=bucket, Key="b", Body=b"")
    account.give(said("s3:*"), said("kms:Decrypt", "kms:GenerateDataKey", on=key))
    assert not account.refusal("s3", "get_object", Bucket=bucket, Key="a")
    assert not account.refusal("s3", "put_object", Bucket=bucket, Key="b", Body=b"")
    assert not account.refusal("s3", "copy_object", Bucket=bucket, Key="c", CopySource=f"{bucket}/a")


def test_a_key_policy_without_the_user_cannot_be_gone_around(account: Account, sealed: tuple[str, str]) -> None:
    _, key = sealed
    account.give(said("kms:*"))
    secret = account.owner.client("kms").encrypt(KeyId=key, Plaintext=b"film")["CiphertextBlob"]
    assert "no resource-based policy allows" in account.refusal("kms", "decrypt", CiphertextBlob=secret)
    assert "no resource-based policy allows" in account.refusal("kms", "decrypt", KeyId=key, CiphertextBlob=secret)


def test_a_grant_opens_what_it_names(account: Account, sealed: tuple[str, str]) -> None:
    _, key = sealed
    kms = account.owner.client("kms")
    secret = kms.encrypt(KeyId=key, Plaintext=b"film")["CiphertextBlob"]
    ana = f"arn:aws:iam::{ACCOUNT}:user/ana"
    grant = kms.create_grant(KeyId=key, GranteePrincipal=ana, Operations=["Decrypt"])["GrantId"]
    assert not account.refusal("kms", "decrypt", KeyId=key, CiphertextBlob=secret)
    assert account.refusal("kms", "generate_data_key", KeyId=key, KeySpec="AES_256")
    kms.revoke_grant(KeyId=key, GrantId=grant)
    assert account.refusal("kms", "decrypt", KeyId=key, CiphertextBlob=secret)


def test_deleting_many_takes_permission_for_each(account: Account) -> None:
    s3 = account.owner.client("s3")
    s3.create_bucket(Bucket="many", CreateBucketConfiguration={"LocationConstraint": REGION})
    account.give(said("s3:DeleteObject", on="arn:aws:s3:::many/footage/*"))
    inside = {"Objects": [{"Key": "footage/a & b"}]}
    mixed = {"Objects": [{"Key": "footage/a"}, {"Key": "masters/a"}]}
    versions = {"Objects": [{"Key": "footage/a", "VersionId": "null"}]}
    assert not account.refusal("s3", "delete_objects", Bucket="many", Delete=inside)
    assert "many/masters/a" in account.refusal("s3", "delete_objects", Bucket="many", Delete=mixed)
    assert "s3:DeleteObjectVersion" in account.refusal("s3", "delete_objects", Bucket="many", Delete=versions)


def test_a_copy_reads_its_source(account: Account) -> None:
    s3 = account.owner.client("s3")
    for bucket in ("from", "into"):
        s3.create_bucket(Bucket=f"copy-{bucket}", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="copy-from", Key="a", Body=b"film")
    account.give(said("s3:*", on=["arn:aws:s3:::copy-into", "arn:aws:s3:::copy-into/*"]))
    refusal = account.refusal("s3", "copy_object", Bucket="copy-into", Key="a", CopySource="copy-from/a")
    assert "s3:GetObject on resource: arn:aws:s3:::copy-from/a" in refusal


def test_headers_that_loosen_or_lock_take_their_own_permission(account: Account) -> None:
    s3 = account.owner.client("s3")
    s3.create_bucket(Bucket="headers", CreateBucketConfiguration={"LocationConstraint": REGION})
    account.give(said("s3:PutObject"))

    def put(**more: Any) -> str:
        return account.refusal("s3", "put_object", Bucket="headers", Key="a", Body=b"", **more)

    assert not put()
    assert "s3:PutObjectTagging" in put(Tagging="a=b")
    assert "s3:PutObjectAcl" in put(ACL="public-read")
    assert "s3:PutObjectLegalHold" in put(ObjectLockLegalHoldStatus="ON")


def test_a_bucket_policy_denies_even_the_owner(account: Account) -> None:
    s3 = account.owner.client("s3")
    s3.create_bucket(Bucket="shut", CreateBucketConfiguration={"LocationConstraint": REGION})
    denial = said("s3:PutObject", on="arn:aws:s3:::shut/*", effect="Deny", Principal="*")
    s3.put_bucket_policy(Bucket="shut", Policy=document(denial))
    with pytest.raises(ClientError, match="explicit deny in a resource-based policy"):
        s3.put_object(Bucket="shut", Key="a", Body=b"")


def test_a_call_that_nobody_described_needs_permission_on_everything(account: Account) -> None:
    account.give(said("sqs:CreateQueue", on=f"arn:aws:sqs:{REGION}:{ACCOUNT}:mine"))
    assert "sqs:CreateQueue on resource: *" in account.refusal("sqs", "create_queue", QueueName="mine")


def test_a_key_of_an_inactive_or_deleted_user_opens_nothing(account: Account) -> None:
    iam = account.owner.client("iam")
    account.give(said("*"))
    iam.update_access_key(UserName="ana", AccessKeyId=account.ana.access_key, Status="Inactive")
    with pytest.raises(ClientError, match="AuthFailure"):
        account.ana.client("ec2").describe_vpcs()
