"""What AWS refuses is refused here, with its code: sizes, limits by type, states of keys, expressions, tags, lifecycle rules."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.loaders import Loader

from soundstage.simulator.aws import limits as models
from soundstage.simulator.aws.gaps.documented import limits
from soundstage.simulator.aws.gaps.scheduler import is_expression
from soundstage.simulator.aws.gaps.volume_limits import check_volume
from soundstage.simulator.process import Endpoint

ZONE = "eu-west-1a"
REGION = {"LocationConstraint": "eu-west-1"}
ROLE_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def code_of(call: Callable[[], Any]) -> str:
    """AWS's code for the refusal; empty when there was none."""
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def policy(characters: int) -> str:
    """A policy that counts exactly so many characters, and has white space besides."""
    said: dict[str, Any] = {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
    }
    said["Statement"][0]["Sid"] = "x" * (characters - len(json.dumps(said, separators=(",", ":"))))
    return json.dumps(said, indent=4)


@pytest.mark.parametrize(
    ("kind", "size", "iops", "throughput", "words"),
    [
        ("gp3", 500_000, None, None, "Volume of 500000GiB is too large for volume type gp3; maximum is 65536GiB."),
        ("gp3", 65_536, 80_000, 2_000, ""),
        ("gp3", 20, 15_000, None, "Iops to volume size ratio of 750.000000 is too high; maximum is 500."),
        ("gp3", 2_000, 999_999, None, "Volume iops of 999999 is too high; maximum is 80000."),
        ("gp3", 8, 3_000, 125, ""),
        ("gp3", 100, None, 1_000, "Throughput (MiBps) to iops ratio of 0.333333 is too high; maximum is 0.25 MiBps per iops."),
        ("gp2", 100, 3_000, None, "The parameter iops is not supported for gp2 volumes."),
        ("io2", 100, None, None, "The parameter iops must be specified for io2 volumes."),
        ("st1", 124, None, None, "Volume of 124GiB is too small for volume type st1; minimum is 125GiB."),
        ("gp9", 100, None, None, "Invalid value 'gp9' for VolumeType."),
    ],
)  # fmt: skip
def test_a_volume_beyond_its_types_limits(
    kind: str, size: int, iops: int | None, throughput: int | None, words: str
) -> None:
    try:
        check_volume(kind, size, iops, throughput)
        said = ""
    except Exception as refusal:  # noqa: BLE001 - compared in words
        said = str(refusal).partition(": ")[2]
    assert said == words


def test_volumes_beyond_the_limits_are_refused_wherever_they_are_made(cloud: Endpoint) -> None:
    ec2 = cloud.client("ec2")
    image = ec2.describe_images(Filters=[{"Name": "name", "Values": ["ubuntu*"]}])["Images"][0]["ImageId"]
    huge = {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 500_000, "VolumeType": "gp3"}}
    assert (
        code_of(lambda: ec2.create_volume(AvailabilityZone=ZONE, Size=500_000, VolumeType="gp3"))
        == "InvalidParameterValue"
    )
    assert code_of(
        lambda: ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, InstanceType="g5.xlarge", BlockDeviceMappings=[huge])
    ) == "InvalidParameterValue"  # fmt: skip
    volume = ec2.create_volume(AvailabilityZone=ZONE, Size=10, VolumeType="gp3")["VolumeId"]
    assert code_of(lambda: ec2.modify_volume(VolumeId=volume, Iops=999_999)) == "InvalidParameterValue"
    assert not code_of(lambda: ec2.modify_volume(VolumeId=volume, Size=20, Iops=4_000, Throughput=250))


def test_user_data_of_more_than_16_kib(cloud: Endpoint) -> None:
    ec2 = cloud.client("ec2")
    image = ec2.describe_images(Filters=[{"Name": "name", "Values": ["ubuntu*"]}])["Images"][0]["ImageId"]

    def launch(size: int) -> Any:
        return ec2.run_instances(
            ImageId=image, MinCount=1, MaxCount=1, InstanceType="g5.xlarge", UserData="#" * size
        )  # fmt: skip

    assert code_of(lambda: launch(16_385)) == "InvalidParameterValue"
    machine = launch(16_384)["Instances"][0]["InstanceId"]
    ec2.stop_instances(InstanceIds=[machine])
    new = {"Value": b"#" * 16_385}
    assert code_of(lambda: ec2.modify_instance_attribute(InstanceId=machine, UserData=new)) == "InvalidParameterValue"


def test_a_machine_type_in_a_zone_that_does_not_offer_it(cloud: Endpoint) -> None:
    ec2 = cloud.client("ec2", "us-east-1")
    image = ec2.describe_images(Filters=[{"Name": "name", "Values": ["ubuntu*"]}])["Images"][0]["ImageId"]
    wanted = [{"Name": "instance-type", "Values": ["g5.xlarge"]}]
    found = ec2.describe_instance_type_offerings(LocationType="availability-zone", Filters=wanted)
    offered = {each["Location"] for each in found["InstanceTypeOfferings"]}
    subnets = {each["AvailabilityZone"]: each["SubnetId"] for each in ec2.describe_subnets()["Subnets"]}
    (missing, *_) = sorted(set(subnets) - offered)
    common = {"ImageId": image, "InstanceType": "g5.xlarge", "MinCount": 1, "MaxCount": 1}
    with pytest.raises(ClientError, match=rf"Unsupported.*\({missing}\).*choosing {min(offered)}"):
        ec2.run_instances(**common, SubnetId=subnets[missing])
    ec2.run_instances(**common, SubnetId=subnets[min(offered)])


@pytest.mark.parametrize("state", ["missing", "disabled", "dying"])
def test_objects_volumes_and_texts_under_a_key_that_cannot(cloud: Endpoint, state: str) -> None:
    kms, s3, ec2 = cloud.client("kms"), cloud.client("s3"), cloud.client("ec2")
    s3.create_bucket(Bucket="media-teaser", CreateBucketConfiguration=REGION)
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    sealed = {"Bucket": "media-teaser", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": arn}
    s3.put_object(**sealed, Key="before", Body=b"x")
    text = kms.encrypt(KeyId=arn, Plaintext=b"x")["CiphertextBlob"]
    if state == "missing":
        sealed["SSEKMSKeyId"] = arn = arn.rpartition("/")[0] + "/00000000-0000-0000-0000-000000000000"
    elif state == "disabled":
        kms.disable_key(KeyId=arn.rpartition("/")[2])
    else:
        kms.schedule_key_deletion(KeyId=arn.rpartition("/")[2], PendingWindowInDays=7)
    by_s3 = {"missing": "KMS.NotFoundException", "disabled": "KMS.DisabledException",
             "dying": "KMS.KMSInvalidStateException"}[state]  # fmt: skip
    by_kms = {"missing": "NotFoundException", "disabled": "DisabledException", "dying": "KMSInvalidStateException"}[
        state
    ]
    by_ec2 = "InvalidKmsKey.NotFound" if state == "missing" else "InvalidKmsKey.InvalidState"
    assert code_of(lambda: s3.put_object(**sealed, Key="after", Body=b"x")) == by_s3
    assert code_of(lambda: ec2.create_volume(AvailabilityZone=ZONE, Size=1, Encrypted=True, KmsKeyId=arn)) == by_ec2
    assert code_of(lambda: kms.encrypt(KeyId=arn, Plaintext=b"x")) == by_kms
    if state != "missing":
        assert code_of(lambda: s3.get_object(Bucket="media-teaser", Key="before")) == by_s3
        assert code_of(lambda: kms.decrypt(CiphertextBlob=text)) == by_kms


def test_an_object_for_kms_without_a_key_is_under_awss_own_key_and_not_the_buckets(cloud: Endpoint) -> None:
    kms, s3 = cloud.client("kms"), cloud.client("s3")
    s3.create_bucket(Bucket="media-teaser", CreateBucketConfiguration=REGION)
    own = kms.create_key()["KeyMetadata"]["Arn"]
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": own}}
    s3.put_bucket_encryption(Bucket="media-teaser", ServerSideEncryptionConfiguration={"Rules": [rule]})
    plain = s3.put_object(Bucket="media-teaser", Key="plain", Body=b"x")
    asked = s3.put_object(Bucket="media-teaser", Key="asked", Body=b"x", ServerSideEncryption="aws:kms")
    assert plain["SSEKMSKeyId"] == own
    assert asked["SSEKMSKeyId"].endswith("alias/aws/s3")
    assert s3.head_object(Bucket="media-teaser", Key="asked")["SSEKMSKeyId"].endswith("alias/aws/s3")
    assert s3.get_object(Bucket="media-teaser", Key="asked")["Body"].read() == b"x"


def test_policies_that_are_too_large_not_counting_white_space(cloud: Endpoint) -> None:
    iam, s3 = cloud.client("iam"), cloud.client("s3")
    trust = json.dumps(ROLE_TRUST)
    iam.create_role(RoleName="machine", AssumeRolePolicyDocument=trust)

    def inline(name: str, characters: int) -> str:
        return code_of(
            lambda: iam.put_role_policy(RoleName="machine", PolicyName=name, PolicyDocument=policy(characters))
        )

    assert not inline("a", 6_000)
    assert inline("b", 4_241) == "LimitExceeded"
    assert not inline("b", 4_240)
    assert not inline("b", 4_240), "a policy does not count beside its own new version"
    assert code_of(lambda: iam.create_policy(PolicyName="c", PolicyDocument=policy(6_145))) == "LimitExceeded"
    assert not code_of(lambda: iam.create_policy(PolicyName="c", PolicyDocument=policy(6_144)))
    s3.create_bucket(Bucket="media-teaser", CreateBucketConfiguration=REGION)
    denial = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::media-teaser/a"}
    for sid, code in ((20_000, ""), (20_500, "InvalidArgument")):
        document = json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": "x" * sid, **denial}]})
        assert code_of(lambda document=document: s3.put_bucket_policy(Bucket="media-teaser", Policy=document)) == code


@pytest.mark.parametrize(
    "trust", ['{"a":1}', "{}", "nothing", json.dumps({**ROLE_TRUST, "Statement": [{"Effect": "Allow"}]})]
)
def test_a_trust_policy_that_is_none(cloud: Endpoint, trust: str) -> None:
    made = code_of(lambda: cloud.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=trust))
    assert made == "MalformedPolicyDocument"


@pytest.mark.parametrize(
    ("expression", "valid"),
    [
        ("banana(1)", False),
        ("rate(0 minutes)", False),
        ("rate(5 minutes)", True),
        ("rate(1 hour)", True),
        ("rate(5 weeks)", False),
        ("at(2026-11-26T20:00:00)", True),
        ("at(2026-13-26T20:00:00)", False),
        ("cron(0 20 ? * MON-FRI *)", True),
        ("cron(0 20 * * ? *)", True),
        ("cron(0/15 8,12 L JAN-MAR ? 2026-2030)", True),
        ("cron(0 20 * * MON-FRI *)", False),
        ("cron(60 20 * * ? *)", False),
        ("cron(0 20 * * ?)", False),
        ("cron(0 20 ? * 2#1 *)", True),
    ],
)
def test_schedule_expressions(expression: str, valid: bool) -> None:
    assert is_expression(expression) is valid


def test_schedules_that_never_could_run_are_refused(cloud: Endpoint) -> None:
    scheduler = cloud.client("scheduler")
    target = {"Arn": "arn:aws:scheduler:::aws-sdk:ec2:stopInstances", "RoleArn": "arn:aws:iam::123456789012:role/r"}
    common = {"Name": "stop", "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": target}
    for more in (
        {"ScheduleExpression": "banana(1)"},
        {"ScheduleExpression": "rate(1 hour)", "ScheduleExpressionTimezone": "localtime"},
        {"ScheduleExpression": "rate(1 hour)", "State": "MAYBE"},
    ):
        assert code_of(lambda more=more: scheduler.create_schedule(**common, **more)) == "ValidationException"
    scheduler.create_schedule(**common, ScheduleExpression="rate(1 hour)", ScheduleExpressionTimezone="Europe/Lisbon")


def test_a_retention_that_is_not_on_the_list(cloud: Endpoint) -> None:
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName="/teaser")
    with pytest.raises(ClientError, match=r"InvalidParameterException.*'31' at 'retentionInDays'"):
        logs.put_retention_policy(logGroupName="/teaser", retentionInDays=31)
    logs.put_retention_policy(logGroupName="/teaser", retentionInDays=30)


def moves(*pairs: tuple[int, str]) -> list[dict[str, Any]]:
    return [{"Days": days, "StorageClass": kind} for days, kind in pairs]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"Transitions": moves((30, "STANDARD_IA"), (31, "GLACIER"))}, "must be 30 days more than"),
        ({"Transitions": moves((30, "STANDARD_IA"), (60, "GLACIER"))}, ""),
        ({"Transitions": moves((29, "STANDARD_IA"))}, "greater than or equal to 30"),
        ({"Transitions": moves((0, "GLACIER"), (0, "DEEP_ARCHIVE"))}, "must be greater than"),
        ({"Transitions": moves((90, "STANDARD_IA"), (30, "GLACIER"))}, "must be 30 days more than"),
        ({"Transitions": moves((30, "GLACIER"), (60, "GLACIER"))}, "must be different"),
        ({"Transitions": moves((30, "GLACIER")), "Expiration": {"Days": 30}}, "must be greater than"),
        ({"Expiration": {"Days": 0}}, "positive integer"),
        ({"NoncurrentVersionTransitions": [{"NoncurrentDays": 10, "StorageClass": "STANDARD_IA"}]}, "or equal to 30"),
        ({}, "At least one action"),
    ],
)
def test_lifecycle_rules_that_s3_does_not_take(cloud: Endpoint, rule: dict[str, Any], words: str) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="media-teaser", CreateBucketConfiguration=REGION)
    rules = [{"ID": "one", "Status": "Enabled", "Filter": {"Prefix": ""}, **rule}]
    try:
        s3.put_bucket_lifecycle_configuration(Bucket="media-teaser", LifecycleConfiguration={"Rules": rules})
        said = ""
    except ClientError as error:
        said = str(error)
    assert (words in said) if words else not said


@pytest.mark.parametrize(
    "tag",
    [("aws:project", "x"), ("AWS:project", "x"), ("esc\x1b", "x"), ("k", "v\x1b"), ("k" * 129, "x"), ("k", "v" * 257)],
)
def test_a_tag_that_may_not_be(cloud: Endpoint, tag: tuple[str, str]) -> None:
    key, value = tag
    upper, lower = [{"Key": key, "Value": value}], {key: value}
    ec2, trust = cloud.client("ec2"), json.dumps(ROLE_TRUST)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    found = {
        "CreateTags": code_of(lambda: ec2.create_tags(Resources=[vpc], Tags=upper)),
        "CreateVpc": code_of(
            lambda: ec2.create_vpc(CidrBlock="10.1.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": upper}])
        ),
        "CreateRole": code_of(
            lambda: cloud.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=trust, Tags=upper)
        ),
        "CreateKey": code_of(lambda: cloud.client("kms").create_key(Tags=[{"TagKey": key, "TagValue": value}])),
        "CreateTopic": code_of(lambda: cloud.client("sns").create_topic(Name="t", Tags=upper)),
        "CreateLogGroup": code_of(lambda: cloud.client("logs").create_log_group(logGroupName="/t", tags=lower)),
    }
    assert [name for name, code in found.items() if not code] == []
    assert ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0].get("Tags", []) == []


@pytest.mark.parametrize("description", ["esc\x1b[31m", "x" * 256, "naïve"])
def test_a_description_of_a_rule_or_group_that_may_not_be(cloud: Endpoint, description: str) -> None:
    ec2 = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    made = code_of(lambda: ec2.create_security_group(GroupName="a", Description=description, VpcId=vpc))
    assert made == "InvalidParameterValue"
    group = ec2.create_security_group(GroupName="a", Description="ok", VpcId=vpc)["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22,
            "IpRanges": [{"CidrIp": "203.0.113.7/32", "Description": description}]}  # fmt: skip
    added = code_of(lambda: ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule]))
    assert added == "InvalidParameterValue"


# The data


def _documented(service: str, shape: str, member: str = "") -> str:
    model = Loader().load_service_model(service, "service-2")["shapes"][shape]
    text = model["members"][member]["documentation"] if member else model["documentation"]
    return re.sub(r"<[^>]+>", " ", text).replace(",", "")


def test_the_limits_of_volumes_are_those_of_awss_own_model() -> None:
    names = {"Size": "size", "Iops": "iops", "Throughput": "throughput"}
    for member, name in names.items():
        said = _documented("ec2", "CreateVolumeRequest", member)
        for kind, known in limits()["volumes"].items():
            row = re.search(rf"\b{kind}\b[^:]*:\s+(\d+)(?:\s+\( default \))?\s*-\s*(\d+)", said)
            if row is None and member == "Throughput" and kind == "gp3":
                row = re.search(r"Range:\s+(\d+) - (\d+)", said)
            assert ([int(row[1]), int(row[2])] if row else None) == known.get(name), (kind, member)


def test_the_retentions_are_those_of_awss_own_model() -> None:
    said = _documented("logs", "Days").partition("are:")[2].partition(".")[0]
    assert [int(number) for number in re.findall(r"\d+", said)] == limits()["log_retention_days"]


def test_the_limits_say_where_they_are_from_and_when() -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", limits()["date"])
    assert limits()["source"]


def test_the_services_that_validate_by_their_model_have_one_and_nearly_all_patterns_can_be_read() -> None:
    unread = []
    for service in models._REFUSED_WITH:
        shapes = Loader().load_service_model(service, "service-2")["shapes"]
        patterns = {shape["pattern"] for shape in shapes.values() if "pattern" in shape}
        unread += [pattern for pattern in patterns if models._compiled(pattern) is None]
    assert len(unread) <= 8, unread
