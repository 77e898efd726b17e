"""What the provider says about inputs without asking the cloud: defaults, names, faults, differences."""

import json
import time
from typing import Any

import pytest

from soundstage.core.errors import UsageError
from soundstage.core.values import UNKNOWN, Properties, Secret
from soundstage.providers.aws.provider import AwsProvider
from soundstage.providers.base import Difference

VPC = "aws:ec2/vpc:Vpc"
BUCKET = "aws:s3/bucket:Bucket"
ROLE = "aws:iam/role:Role"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
INSTANCE = "aws:ec2/instance:Instance"
SEED = b"0123456789abcdef"


class Nowhere:
    """A cloud that must not be asked."""

    account_id = "123456789012"

    def client(self, service: str, region: str | None = None) -> Any:
        raise AssertionError(f"{service} was asked in {region}")


@pytest.fixture
def provider() -> AwsProvider:
    return AwsProvider(Nowhere(), "eu-west-1")


def urn(type: str, name: str = "main") -> str:
    return f"urn:pulumi:teaser::soundstage::{type}::{name}"


def checked(provider: AwsProvider, type: str, news: Properties, olds: Properties | None = None) -> Properties:
    result = provider.check(type, urn(type), olds or {}, news, SEED)
    assert result.failures == ()
    return result.inputs


def difference(provider: AwsProvider, type: str, olds: Properties, news: Properties, *ignored: str) -> Difference:
    return provider.diff(type, "id", olds, {}, news, ignored)


def paths(found: Difference) -> list[str]:
    return [change.path for change in found.changes]


def test_defaults_are_filled_in_and_listed(provider: AwsProvider) -> None:
    inputs = checked(provider, VPC, {"cidrBlock": "10.0.0.0/20"})
    assert inputs["enableDnsSupport"] is True
    assert "enableDnsSupport" in inputs["__defaults"]


def test_a_physical_name_is_the_logical_one_with_seven_digits(provider: AwsProvider) -> None:
    name = checked(provider, ROLE, {"assumeRolePolicy": "{}"})["name"]
    assert name.startswith("main-")
    assert len(name) == len("main-") + 7


def test_the_same_seed_makes_the_same_name(provider: AwsProvider) -> None:
    first = checked(provider, ROLE, {"assumeRolePolicy": "{}"})
    assert checked(provider, ROLE, {"assumeRolePolicy": "{}"})["name"] == first["name"]


def test_a_generated_name_is_kept_from_run_to_run(provider: AwsProvider) -> None:
    olds = checked(provider, ROLE, {"assumeRolePolicy": "{}"})
    news = provider.check(ROLE, urn(ROLE), olds, {"assumeRolePolicy": "{}"}, b"another seed").inputs
    assert news["name"] == olds["name"]


def test_a_name_that_was_given_and_is_no_longer_is_generated(provider: AwsProvider) -> None:
    olds = checked(provider, ROLE, {"assumeRolePolicy": "{}", "name": "by-hand"})
    assert checked(provider, ROLE, {"assumeRolePolicy": "{}"}, olds)["name"] != "by-hand"


def test_bucket_names_are_in_lower_case_and_short_enough(provider: AwsProvider) -> None:
    name = provider.check(BUCKET, urn(BUCKET, "Media" * 20), {}, {}, SEED).inputs["bucket"]
    assert name == name.lower()
    assert len(name) == 63


def test_a_prefix_begins_the_name(provider: AwsProvider) -> None:
    assert checked(provider, BUCKET, {"bucketPrefix": "teaser-"})["bucket"].startswith("teaser-")


def test_a_secret_that_is_not_known_yet_passes(provider: AwsProvider) -> None:
    parameter = "aws:ssm/parameter:Parameter"
    assert checked(provider, parameter, {"type": "SecureString", "value": Secret(UNKNOWN)})["value"] == Secret(UNKNOWN)


@pytest.mark.parametrize(
    ("type", "inputs", "property", "reason"),
    [
        (VPC, {"cidrBlok": "10.0.0.0/20"}, "cidrBlok", 'did you mean "cidrBlock"'),
        (ROLE, {}, "assumeRolePolicy", "required"),
        (ROLE, {"assumeRolePolicy": "{}", "region": "eu-west-1"}, "region", "does not know"),
        (
            "aws:s3/bucketVersioning:BucketVersioning",
            {"bucket": "b", "versioningConfiguration": {}},
            "versioningConfiguration.status",
            "required",
        ),
        (
            "aws:s3/bucketVersioning:BucketVersioning",
            {"bucket": "b", "versioningConfiguration": "Enabled"},
            "versioningConfiguration",
            "expected an object",
        ),
        (
            "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
            {"bucket": "b", "rules": [{"id": "a", "status": "Enabled", "expiry": 3}]},
            "rules[0].expiry",
            "does not know",
        ),
        (
            "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
            {"bucket": "b", "rules": {"id": "a"}},
            "rules",
            "expected a list",
        ),
    ],
)
def test_a_wrong_input_is_refused(
    provider: AwsProvider, type: str, inputs: Properties, property: str, reason: str
) -> None:
    failures = provider.check(type, urn(type), {}, inputs, SEED).failures
    assert [failure.property for failure in failures] == [property]
    assert reason in failures[0].reason


def test_an_unknown_type_is_refused_by_name(provider: AwsProvider) -> None:
    with pytest.raises(UsageError, match="aws:lambda/function:Function"):
        provider.check("aws:lambda/function:Function", urn("x"), {}, {}, SEED)


def test_an_unknown_data_source_is_refused_by_name(provider: AwsProvider) -> None:
    with pytest.raises(UsageError, match="aws:ec2/getEips:getEips"):
        provider.invoke("aws:ec2/getEips:getEips", {})


_POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "*"}]}
_SAME_POLICY = {
    "Statement": [{"Resource": ["*"], "Action": "s3:GetObject", "Effect": "Allow"}],
    "Version": "2012-10-17",
}


@pytest.mark.parametrize(
    ("type", "before", "after"),
    [
        ("aws:iam/policy:Policy", {"policy": json.dumps(_POLICY)}, {"policy": json.dumps(_SAME_POLICY, indent=2)}),
        (INSTANCE, {"vpcSecurityGroupIds": ["sg-1", "sg-2"]}, {"vpcSecurityGroupIds": ["sg-2", "sg-1"]}),
        (INSTANCE, {"subnetId": "subnet-1"}, {}),
        (GROUP, {"tags": {}}, {}),
        (VPC, {"enableDnsSupport": True}, {}),
        (
            GROUP,
            {"ingress": [{"protocol": "tcp", "fromPort": 1, "toPort": 1, "cidrBlocks": ["10.0.0.0/8", "11.0.0.0/8"]}]},
            {
                "ingress": [
                    {"protocol": "tcp", "fromPort": 1, "toPort": 1, "cidrBlocks": ["11.0.0.0/8"]},
                    {"protocol": "tcp", "fromPort": 1, "toPort": 1, "cidrBlocks": ["10.0.0.0/8"]},
                ]
            },
        ),
        (RULE, {"ipProtocol": "-1"}, {"ipProtocol": -1}),
        ("aws:budgets/budget:Budget", {"limitAmount": "100"}, {"limitAmount": "100.00"}),
        ("aws:kms/alias:Alias", {"targetKeyId": "k"}, {"targetKeyId": "arn:aws:kms:eu-west-1:1:key/k"}),
    ],
)
def test_what_means_the_same_to_the_cloud_is_no_difference(
    provider: AwsProvider, type: str, before: Properties, after: Properties
) -> None:
    assert difference(provider, type, before, after).changes == ()


@pytest.mark.parametrize(
    ("type", "before", "after", "expected"),
    [
        (VPC, {"tags": {"a": "1"}}, {"tags": {"a": "2", "b-c": "3"}}, ["tags.a", 'tags["b-c"]']),
        (VPC, {"cidrBlock": "10.0.0.0/20"}, {"cidrBlock": UNKNOWN}, ["cidrBlock"]),
        (INSTANCE, {"vpcSecurityGroupIds": ["a"]}, {"vpcSecurityGroupIds": [UNKNOWN]}, ["vpcSecurityGroupIds"]),
        (
            INSTANCE,
            {"rootBlockDevice": {"volumeSize": 60, "volumeType": "gp3"}},
            {"rootBlockDevice": {"volumeSize": 80, "volumeType": "gp3"}},
            ["rootBlockDevice.volumeSize"],
        ),
        (
            "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
            {"rules": [{"id": "a", "status": "Enabled", "filter": {"prefix": "x/"}}]},
            {"rules": [{"id": "a", "status": "Enabled", "filter": {"prefix": "y/"}}]},
            ["rules[0].filter.prefix"],
        ),
    ],
)
def test_differences_are_named_by_path(
    provider: AwsProvider, type: str, before: Properties, after: Properties, expected: list[str]
) -> None:
    assert paths(difference(provider, type, before, after)) == expected


def test_ignored_changes_are_left_out(provider: AwsProvider) -> None:
    before = {"tags": {"a": "1", "b": "1"}, "instanceType": "g5.xlarge"}
    after = {"tags": {"a": "2", "b": "2"}, "instanceType": "g6.xlarge"}
    assert paths(difference(provider, INSTANCE, before, after, "tags.a", "instanceType")) == ["tags.b"]


def test_what_the_cloud_cannot_change_replaces(provider: AwsProvider) -> None:
    found = difference(provider, VPC, {"cidrBlock": "10.0.0.0/20"}, {"cidrBlock": "10.1.0.0/20"})
    assert found.replaces
    assert not found.delete_before_replace


def test_another_region_replaces(provider: AwsProvider) -> None:
    found = difference(provider, VPC, {}, {"region": "eu-central-1"})
    assert paths(found) == ["region"]
    assert found.replaces


def test_naming_the_region_where_it_is_already_changes_nothing(provider: AwsProvider) -> None:
    assert difference(provider, VPC, {}, {"region": "eu-west-1"}).changes == ()


@pytest.mark.parametrize("replace", [False, True])
def test_user_data_replaces_only_where_the_program_asked_for_it(provider: AwsProvider, replace: bool) -> None:
    before = {"userData": "a", "userDataReplaceOnChange": replace}
    assert difference(provider, INSTANCE, before, {**before, "userData": "b"}).replaces is replace


def test_a_given_name_must_be_free_before_its_replacement_takes_it(provider: AwsProvider) -> None:
    olds = checked(provider, ROLE, {"assumeRolePolicy": "{}", "name": "fixed", "path": "/a/"})
    news = checked(provider, ROLE, {"assumeRolePolicy": "{}", "name": "fixed", "path": "/b/"}, olds)
    assert difference(provider, ROLE, olds, news).delete_before_replace


def test_a_generated_name_lets_the_replacement_come_first(provider: AwsProvider) -> None:
    olds = checked(provider, ROLE, {"assumeRolePolicy": "{}", "path": "/a/"})
    news = checked(provider, ROLE, {"assumeRolePolicy": "{}", "path": "/b/"}, olds)
    found = difference(provider, ROLE, olds, news)
    assert found.replaces
    assert not found.delete_before_replace


def test_a_subnet_leaves_its_range_before_another_takes_it(provider: AwsProvider) -> None:
    subnet = "aws:ec2/subnet:Subnet"
    before = {"vpcId": "vpc-1", "cidrBlock": "10.0.0.0/24", "availabilityZone": "eu-west-1a"}
    assert difference(provider, subnet, before, {**before, "availabilityZone": "eu-west-1b"}).delete_before_replace
    assert not difference(provider, subnet, before, {**before, "cidrBlock": "10.0.1.0/24"}).delete_before_replace


def test_a_changed_secret_stays_a_secret(provider: AwsProvider) -> None:
    parameter = "aws:ssm/parameter:Parameter"
    found = difference(provider, parameter, {"value": Secret("old")}, {"value": Secret("new")})
    assert "old" not in repr(found)
    assert "new" not in repr(found)


def test_computed_properties_are_what_only_the_cloud_decides(provider: AwsProvider) -> None:
    assert {"id", "arn", "publicIp", "instanceState"} <= provider.computed(INSTANCE)
    assert "ami" not in provider.computed(INSTANCE)


def test_check_and_diff_of_a_machine_take_less_than_a_millisecond(provider: AwsProvider) -> None:
    inputs = {
        "ami": "ami-1", "instanceType": "g5.xlarge", "subnetId": "subnet-1", "vpcSecurityGroupIds": ["sg-1"],
        "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1},
        "rootBlockDevice": {"volumeType": "gp3", "volumeSize": 60, "encrypted": True, "tags": {"Name": "root"}},
        "tags": {f"soundstage:{key}": "value" for key in ("studio", "project", "client", "owner")},
        "monitoring": True, "userData": "#!/bin/sh\n" * 500,
    }  # fmt: skip
    rounds = 200
    fastest = float("inf")
    for _ in range(5):
        began = time.process_time()
        for _ in range(rounds):
            news = provider.check(INSTANCE, urn(INSTANCE), {}, inputs, SEED).inputs
            provider.diff(INSTANCE, "i-1", news, {}, news)
            provider.computed(INSTANCE)
        fastest = min(fastest, (time.process_time() - began) / rounds)
    assert fastest < 0.001
