"""One judgement of policies, whether IAM is enforced or not; EC2's own condition keys; what S3 calls public."""

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from soundstage.simulator import process
from soundstage.simulator.aws.gaps.public_policies import is_public
from soundstage.simulator.process import Endpoint

EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
BUCKET = "arn:aws:s3:::media-teaser"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture
def ana(cloud: Endpoint) -> Endpoint:
    """A user who may do everything that nobody denies her."""
    iam = cloud.client("iam")
    iam.create_user(UserName="ana")
    iam.put_user_policy(UserName="ana", PolicyName="all", PolicyDocument=document(EVERYTHING))
    key = iam.create_access_key(UserName="ana")["AccessKey"]
    return dataclasses.replace(cloud, access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"])


@pytest.fixture
def enforced(cloud_home: Path, cloud: Endpoint) -> Iterator[None]:
    process.set_enforcement(cloud_home, True)
    yield
    process.set_enforcement(cloud_home, False)


def permitted(call: Callable[[], Any]) -> bool:
    """Whether no policy refused it."""
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"] not in ("AccessDenied", "UnauthorizedOperation", "403")
    return True


# Bucket policies


@pytest.mark.parametrize("enforcing", [False, True])
@pytest.mark.parametrize(
    ("resource", "condition", "allowed"),
    [
        ("/${aws:username}/*", {}, {"own": False, "other": True}),
        ("/*", {"StringNotLike": {"aws:userid": "nobody"}}, {"own": False, "other": False}),
        ("/*", {"StringEquals": {"aws:PrincipalTag/team": "none"}}, {"own": True, "other": True}),
        ("/*", {"Null": {"aws:MultiFactorAuthPresent": "true"}}, {"own": False, "other": False}),
        ("/*", {"StringEquals": {"aws:username": ["ana", "ben"]}}, {"own": False, "other": False}),
        ("/other/${*}", {}, {"own": True, "other": True}),
    ],
)
def test_a_bucket_policys_denial_is_the_same_with_enforcement_on_and_off(
    cloud: Endpoint, cloud_home: Path, ana: Endpoint, enforcing: bool, resource: str, condition: Any,
    allowed: dict[str, bool],
) -> None:  # fmt: skip
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="media-teaser", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    denial = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": BUCKET + resource}
    s3.put_bucket_policy(Bucket="media-teaser", Policy=document({**denial, "Condition": condition}))
    process.set_enforcement(cloud_home, enforcing)
    try:
        hers = ana.client("s3")
        found = {
            "own": permitted(lambda: hers.put_object(Bucket="media-teaser", Key="ana/a", Body=b"")),
            "other": permitted(lambda: hers.put_object(Bucket="media-teaser", Key="other/a", Body=b"")),
        }
    finally:
        process.set_enforcement(cloud_home, False)
    assert found == allowed


@pytest.mark.parametrize("enforcing", [False, True])
def test_only_the_owner_takes_back_a_policy_that_locks_everybody_out(
    cloud: Endpoint, cloud_home: Path, ana: Endpoint, enforcing: bool
) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="media-teaser", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    locked = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [BUCKET, f"{BUCKET}/*"]}
    s3.put_bucket_policy(Bucket="media-teaser", Policy=document(locked))
    process.set_enforcement(cloud_home, enforcing)
    try:
        assert not permitted(lambda: ana.client("s3").delete_bucket_policy(Bucket="media-teaser"))
        assert not permitted(lambda: s3.get_bucket_versioning(Bucket="media-teaser"))
        assert permitted(lambda: s3.delete_bucket_policy(Bucket="media-teaser"))
    finally:
        process.set_enforcement(cloud_home, False)


# EC2's own condition keys


def launch(cloud: Endpoint, **more: Any) -> dict[str, Any]:
    """A launch as Soundstage makes it."""
    ec2 = cloud.client("ec2")
    image = ec2.describe_images(Filters=[{"Name": "name", "Values": ["ubuntu*"]}])["Images"][0]["ImageId"]
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    subnet = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"][0]["SubnetId"]
    disk = {"VolumeSize": 50, "VolumeType": "gp3", "Encrypted": True, "Iops": 3000, "Throughput": 125}
    return {
        "ImageId": image,
        "InstanceType": "g5.xlarge",
        "MinCount": 1,
        "MaxCount": 1,
        "SubnetId": subnet,
        "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1, "HttpEndpoint": "enabled"},
        "BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": disk}],
        **more,
    }


@pytest.mark.usefixtures("enforced")
@pytest.mark.parametrize(
    ("resource", "condition", "changed"),
    [
        ("instance", {"StringNotEquals": {"ec2:InstanceType": ["g5.xlarge"]}}, {"InstanceType": "g5.2xlarge"}),
        ("instance", {"StringNotEquals": {"ec2:MetadataHttpTokens": "required"}}, {"MetadataOptions": {}}),
        ("instance", {"NumericGreaterThan": {"ec2:MetadataHttpPutResponseHopLimit": "1"}},
         {"MetadataOptions": {"HttpPutResponseHopLimit": 2}}),
        ("*", {"StringNotEquals": {"ec2:Region": "eu-west-1"}}, None),
        ("volume", {"Bool": {"ec2:Encrypted": "false"}},
         {"BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 50, "Encrypted": False}}]}),
        ("volume", {"StringNotEquals": {"ec2:VolumeType": "gp3"}},
         {"BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 50, "Encrypted": True}}]}),
        ("volume", {"NumericGreaterThan": {"ec2:VolumeSize": "100"}},
         {"BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 200, "Encrypted": True}}]}),
        ("instance", {"Bool": {"ec2:IsLaunchTemplateResource": "true"}}, None),
        ("instance", {"StringNotEquals": {"ec2:InstanceMarketType": "on-demand"}},
         {"InstanceMarketOptions": {"MarketType": "spot"}}),
        ("subnet", {"ArnNotLike": {"ec2:Vpc": "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-*"}}, None),
        ("network-interface", {"ArnNotLike": {"ec2:Subnet": "arn:aws:ec2:eu-west-1:123456789012:subnet/*"}}, None),
    ],
)  # fmt: skip
def test_a_denial_on_ec2s_own_keys_holds_and_spares_a_correct_launch(
    cloud: Endpoint, ana: Endpoint, resource: str, condition: Any, changed: Any
) -> None:
    arn = "*" if resource == "*" else f"arn:aws:ec2:*:*:{resource}/*"
    denial = {"Effect": "Deny", "Action": "ec2:RunInstances", "Resource": arn, "Condition": condition}
    iam = cloud.client("iam")
    iam.put_user_policy(UserName="ana", PolicyName="all", PolicyDocument=document(EVERYTHING, denial))
    assert permitted(lambda: ana.client("ec2").run_instances(**launch(cloud)))
    if changed:
        assert not permitted(lambda: ana.client("ec2").run_instances(**launch(cloud, **changed)))


@pytest.mark.usefixtures("enforced")
def test_a_denial_tells_what_a_machine_or_a_disk_that_exists_is(cloud: Endpoint, ana: Endpoint) -> None:
    machine = cloud.client("ec2").run_instances(**launch(cloud))["Instances"][0]["InstanceId"]
    iam, hers = cloud.client("iam"), ana.client("ec2")
    for action, condition, call in (
        ("ec2:StopInstances", {"StringEquals": {"ec2:InstanceType": "g5.xlarge"}},
         lambda: hers.stop_instances(InstanceIds=[machine])),
        ("ec2:ModifyInstanceAttribute", {"StringEquals": {"ec2:Attribute": "UserData"}},
         lambda: hers.modify_instance_attribute(InstanceId=machine, UserData={"Value": b"x"})),
        ("ec2:CreateVolume", {"Bool": {"ec2:Encrypted": "false"}},
         lambda: hers.create_volume(AvailabilityZone="eu-west-1a", Size=1)),
    ):  # fmt: skip
        denial = {"Effect": "Deny", "Action": action, "Resource": "*", "Condition": condition}
        iam.put_user_policy(UserName="ana", PolicyName="all", PolicyDocument=document(EVERYTHING, denial))
        assert not permitted(call), action
    assert permitted(lambda: hers.create_volume(AvailabilityZone="eu-west-1a", Size=1, Encrypted=True))


# The meaning of public


def statement(principal: Any = "*", **condition: Any) -> dict[str, Any]:
    allowed = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"}
    return {**allowed, "Condition": condition} if condition else allowed


@pytest.mark.parametrize(
    ("found", "public"),
    [
        (statement(), True),
        (statement({"AWS": "*"}), True),
        (statement({"AWS": ["arn:aws:iam::123456789012:role/a", "*"]}), True),
        (statement({"AWS": "arn:aws:iam::123456789012:role/a"}), False),
        (statement({"Service": "logging.s3.amazonaws.com"}), False),
        (statement(Bool={"aws:SecureTransport": "true"}), True),
        (statement(StringEquals={"aws:SourceVpc": "vpc-1"}), False),
        (statement(StringLike={"aws:SourceVpc": "vpc-*"}), True),
        (statement(StringEqualsIfExists={"aws:SourceVpc": "vpc-1"}), True),
        (statement(StringNotEquals={"aws:SourceVpc": "vpc-1"}), True),
        (statement(StringEquals={"aws:PrincipalOrgID": "${aws:PrincipalOrgID}"}), True),
        (statement(IpAddress={"aws:SourceIp": ["203.0.113.7/32"]}), False),
        (statement(IpAddress={"aws:SourceIp": ["0.0.0.0/1"]}), True),
        (statement(IpAddress={"aws:SourceIp": ["10.0.0.0/8", "2001:db8::/20"]}), True),
        (statement(StringEquals={"aws:userid": "AROAEXAMPLE:*"}), True),
        ({**statement(), "Effect": "Deny"}, False),
    ],
)
def test_the_meaning_of_public_is_that_of_s3(found: dict[str, Any], public: bool) -> None:
    assert is_public([found]) is public


def test_a_policy_with_nothing_but_secure_transport_is_refused_where_public_ones_are(cloud: Endpoint) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="media-teaser", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    with pytest.raises(ClientError, match=r"AccessDenied.*BlockPublicPolicy"):
        s3.put_bucket_policy(Bucket="media-teaser", Policy=document(statement(Bool={"aws:SecureTransport": "true"})))
