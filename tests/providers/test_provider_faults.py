"""The provider when the cloud stumbles: retries, lost answers, refusals, and deletes that something is in the way of."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from soundstage.core.errors import CloudError
from soundstage.core.values import Properties
from soundstage.providers import calls
from soundstage.providers.aws.provider import AwsProvider
from soundstage.simulator import process
from soundstage.simulator.faultrules import FaultRule
from soundstage.simulator.process import Endpoint

VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
BUCKET = "aws:s3/bucket:Bucket"
ROLE = "aws:iam/role:Role"
TRUST = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",'
    '"Principal":{"Service":"ec2.amazonaws.com"}}]}'
)
ALLOW = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}'


@pytest.fixture(scope="module")
def clean(cloud_home: Path, _shared_cloud: Endpoint) -> Iterator[Endpoint]:
    process.reset(cloud_home)
    yield _shared_cloud
    process.reset(cloud_home)


_SEEDS = itertools.count()
"""No two resources of this file share one: by the token made of it a lost answer's VPC is found, and must not be another test's."""


class Stage:
    """A provider, what it said, and how to make things with it."""

    def __init__(self, cloud: Endpoint, home: Path) -> None:
        self.cloud, self.home = cloud, home
        self.heard: list[str] = []
        self.provider = AwsProvider(cloud, "eu-west-1", on_retry=self.heard.append)

    def urn(self, type: str, name: str) -> str:
        return f"urn:pulumi:test::soundstage::{type}::{name}"

    def inputs(self, type: str, **inputs: Any) -> Properties:
        seed = str(next(_SEEDS)).encode()
        return self.provider.check(type, self.urn(type, "thing"), {}, inputs, seed).inputs

    def make(self, type: str, **inputs: Any) -> tuple[str, Properties, Properties]:
        checked = self.inputs(type, **inputs)
        created = self.provider.create(type, self.urn(type, "thing"), checked)
        return created.id, checked, created.outputs

    def delete(self, type: str, made: tuple[str, Properties, Properties]) -> None:
        self.provider.delete(type, self.urn(type, "thing"), *made)

    def fault(self, operation: str, kind: str, **more: Any) -> None:
        process.set_faults(self.home, [FaultRule(operation, kind, **more)])

    def count(self, operation: str, key: str, **params: Any) -> int:
        return len(getattr(self.cloud.client("ec2", "eu-west-1"), operation)(**params)[key])


@pytest.fixture
def stage(clean: Endpoint, cloud_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setattr(calls, "_FIRST_PAUSE", 0.001)
    yield Stage(clean, cloud_home)
    process.clear_faults(cloud_home)


@pytest.mark.parametrize("kind", ["throttle", "server-error", "connection-lost"])
def test_what_passes_is_tried_again_and_said(stage: Stage, kind: str) -> None:
    stage.fault("ec2:CreateVpc", kind, times=2)
    stage.make(VPC, cidrBlock="10.1.0.0/16")
    assert [message.partition(":")[0] for message in stage.heard] == ["ec2", "ec2"]
    assert "ec2:CreateVpc" in stage.heard[0]
    assert "attempt 2 of 8" in stage.heard[0]


def test_a_cloud_that_never_answers_is_given_up_with_a_way_on(stage: Stage) -> None:
    stage.fault("ec2:CreateVpc", "connection-lost", times=0)
    with pytest.raises(CloudError, match="ec2:CreateVpc got no answer in 8 attempts") as refused:
        stage.make(VPC, cidrBlock="10.1.0.0/16")
    assert "it continues" in refused.value.hint
    assert refused.value.action == "ec2:CreateVpc"


_LOST = [
    ("ec2:CreateVpc", VPC, {"cidrBlock": "10.77.0.0/16"}, ("describe_vpcs", "Vpcs")),
    ("ec2:AllocateAddress", "aws:ec2/eip:Eip", {}, ("describe_addresses", "Addresses")),
    (
        "ec2:CreateInternetGateway",
        "aws:ec2/internetGateway:InternetGateway",
        {},
        ("describe_internet_gateways", "InternetGateways"),
    ),
    (
        "ec2:CreateVolume",
        "aws:ebs/volume:Volume",
        {"availabilityZone": "eu-west-1a", "size": 10},
        ("describe_volumes", "Volumes"),
    ),
]


@pytest.mark.parametrize(("operation", "type", "inputs", "listing"), _LOST)
def test_a_create_whose_answer_was_lost_makes_one_thing(
    stage: Stage, operation: str, type: str, inputs: Properties, listing: tuple[str, str]
) -> None:
    before = stage.count(*listing)
    stage.fault(operation, "lost-answer")
    made = stage.make(type, **inputs)
    assert stage.heard
    assert stage.count(*listing) == before + 1
    stage.delete(type, made)


@pytest.mark.parametrize(("operation", "type", "inputs", "listing"), _LOST)
def test_an_interrupted_create_is_found_and_repeating_it_makes_nothing_more(
    stage: Stage, operation: str, type: str, inputs: Properties, listing: tuple[str, str]
) -> None:
    before = stage.count(*listing)
    made = stage.make(type, **inputs)
    found = stage.provider.find(type, stage.urn(type, "thing"), made[1])
    assert found is not None
    assert found.id == made[0]
    assert stage.provider.create(type, stage.urn(type, "thing"), made[1]).id == made[0]
    assert stage.count(*listing) == before + 1
    stage.delete(type, made)


def test_a_lost_answer_about_a_name_finds_the_role_that_was_made(stage: Stage) -> None:
    stage.fault("iam:CreateRole", "lost-answer")
    made = stage.make(ROLE, assumeRolePolicy=TRUST, tags={"Name": "mine"})
    assert made[0] == made[1]["name"]
    stage.delete(ROLE, made)


def test_a_name_that_somebody_else_took_is_not_taken_for_ours(stage: Stage) -> None:
    iam = stage.cloud.client("iam", "eu-west-1")
    iam.create_role(RoleName="taken", AssumeRolePolicyDocument=TRUST)
    inputs = stage.inputs(ROLE, name="taken", assumeRolePolicy=TRUST, tags={"Name": "mine"})
    assert stage.provider.find(ROLE, stage.urn(ROLE, "thing"), inputs) is None
    with pytest.raises(CloudError, match="EntityAlreadyExists"):
        stage.provider.create(ROLE, stage.urn(ROLE, "thing"), inputs)
    iam.delete_role(RoleName="taken")


def test_a_rule_that_exists_already_is_adopted_only_when_it_is_ours(stage: Stage) -> None:
    vpc = stage.make(VPC, cidrBlock="10.2.0.0/16")
    group = stage.make(GROUP, vpcId=vpc[0])
    rule = {"securityGroupId": group[0], "ipProtocol": "tcp", "fromPort": 1, "toPort": 1, "cidrIpv4": "10.0.0.0/8"}
    made = stage.make(RULE, **rule)
    assert stage.provider.create(RULE, stage.urn(RULE, "thing"), made[1]).id == made[0]
    with pytest.raises(CloudError, match=r"InvalidPermission\.Duplicate"):
        stage.make(RULE, **rule)


def test_a_group_found_after_an_interruption_is_closed_like_any_other(stage: Stage) -> None:
    vpc = stage.make(VPC, cidrBlock="10.3.0.0/16")
    inputs = stage.inputs(GROUP, vpcId=vpc[0])
    ec2 = stage.cloud.client("ec2", "eu-west-1")
    id = ec2.create_security_group(GroupName=inputs["name"], Description=inputs["description"], VpcId=vpc[0])["GroupId"]
    found = stage.provider.find(GROUP, stage.urn(GROUP, "thing"), inputs)
    assert found is not None
    assert found.id == id
    assert ec2.describe_security_groups(GroupIds=[id])["SecurityGroups"][0]["IpPermissionsEgress"] == []


def test_no_capacity_is_refused_at_once_and_says_what_to_try(stage: Stage) -> None:
    image = stage.cloud.client("ec2", "eu-west-1").describe_images()["Images"][0]["ImageId"]
    stage.fault("ec2:RunInstances", "no-capacity", times=0)
    with pytest.raises(CloudError, match="InsufficientInstanceCapacity") as refused:
        stage.make("aws:ec2/instance:Instance", ami=image, instanceType="g5.xlarge")
    assert re.fullmatch(
        r"AWS has no g5\.xlarge free in eu-west-1\w now\. Try later, or set size, availability_zone or region\.",
        refused.value.hint,
    )
    assert stage.heard == []


@pytest.mark.parametrize(("kind", "words"), [("denied", "ec2:CreateVpc"), ("expired-credential", "has expired")])
def test_a_refusal_names_the_action_or_the_credential(stage: Stage, kind: str, words: str) -> None:
    stage.fault("ec2:CreateVpc", kind)
    with pytest.raises(CloudError) as refused:
        stage.make(VPC, cidrBlock="10.1.0.0/16")
    assert words in str(refused.value)
    assert refused.value.action == "ec2:CreateVpc"


def test_a_bucket_with_media_says_what_it_holds(stage: Stage) -> None:
    made = stage.make(BUCKET)
    stage.cloud.client("s3", "eu-west-1").put_object(Bucket=made[0], Key="masters/reel-1.mov", Body=b"film")
    with pytest.raises(CloudError, match=r"masters/reel-1\.mov"):
        stage.delete(BUCKET, made)


def test_a_bucket_is_emptied_with_all_versions_only_when_asked_for(stage: Stage) -> None:
    made = stage.make(BUCKET, forceDestroy=True)
    s3 = stage.cloud.client("s3", "eu-west-1")
    s3.put_bucket_versioning(Bucket=made[0], VersioningConfiguration={"Status": "Enabled"})
    for body in (b"one", b"two"):
        s3.put_object(Bucket=made[0], Key="masters/reel-1.mov", Body=body)
    s3.delete_object(Bucket=made[0], Key="masters/reel-1.mov")
    stage.delete(BUCKET, made)
    assert made[0] not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}


def test_a_group_in_use_names_what_uses_it(stage: Stage) -> None:
    vpc = stage.make(VPC, cidrBlock="10.4.0.0/16")
    subnet = stage.make(SUBNET, vpcId=vpc[0], cidrBlock="10.4.0.0/24")
    group = stage.make(GROUP, vpcId=vpc[0])
    ec2 = stage.cloud.client("ec2", "eu-west-1")
    interface = ec2.create_network_interface(SubnetId=subnet[0], Groups=[group[0]])["NetworkInterface"]
    with pytest.raises(CloudError, match=interface["NetworkInterfaceId"]):
        stage.delete(GROUP, group)


def test_a_delete_that_is_refused_because_something_else_is_missing_is_not_taken_for_done(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    vpc = stage.make(VPC, cidrBlock="10.5.0.0/16")
    send = stage.provider._caller.send

    def refuse(endpoint: Endpoint, service: str, region: str, operation: str, params: Any) -> Any:
        if operation == "DeleteVpc":
            raise calls.Declined("InvalidRoute.NotFound", "There is no such route.", 400)
        return send(endpoint, service, region, operation, params)

    with monkeypatch.context() as patch:
        patch.setattr(stage.provider, "_caller", replace(stage.provider._caller, send=refuse))
        with pytest.raises(CloudError, match=f"{vpc[0]} was not deleted: ec2:DeleteVpc"):
            stage.delete(VPC, vpc)
    stage.delete(VPC, vpc)


def test_what_is_deleted_and_shown_for_a_while_is_in_nobodys_way(stage: Stage) -> None:
    vpc = stage.make(VPC, cidrBlock="10.6.0.0/16")
    subnet = stage.make(SUBNET, vpcId=vpc[0], cidrBlock="10.6.0.0/24")
    ec2 = stage.cloud.client("ec2", "eu-west-1")
    wanted = {"VpcId": vpc[0], "VpcEndpointType": "Interface", "SubnetIds": [subnet[0]]}
    gone, there = (
        ec2.create_vpc_endpoint(**wanted, ServiceName=f"com.amazonaws.eu-west-1.{name}")["VpcEndpoint"]["VpcEndpointId"]
        for name in ("ssm", "kms")
    )
    ec2.delete_vpc_endpoints(VpcEndpointIds=[gone])
    with pytest.raises(CloudError, match=there) as caught:
        stage.delete(VPC, vpc)
    assert gone not in caught.value.message


def test_a_role_goes_with_the_policies_that_somebody_added_by_hand_when_it_says_so(stage: Stage) -> None:
    """Without `forceDetachPolicies` AWS refuses to delete a role that holds any, and `down` would not get through."""
    made = stage.make(ROLE, assumeRolePolicy=TRUST, forceDetachPolicies=True)
    iam = stage.cloud.client("iam")
    iam.put_role_policy(RoleName=made[0], PolicyName="by-hand", PolicyDocument=ALLOW)
    iam.attach_role_policy(RoleName=made[0], PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    stage.delete(ROLE, made)
    assert stage.provider.read(ROLE, *made) is None


def test_a_role_with_policies_names_them(stage: Stage) -> None:
    made = stage.make(ROLE, assumeRolePolicy=TRUST)
    stage.cloud.client("iam", "eu-west-1").put_role_policy(RoleName=made[0], PolicyName="by-hand", PolicyDocument=ALLOW)
    with pytest.raises(CloudError, match="by-hand"):
        stage.delete(ROLE, made)


def test_a_last_snapshot_is_taken_once_however_often_the_delete_is_repeated(stage: Stage) -> None:
    volume = "aws:ebs/volume:Volume"
    tags = {"soundstage:project": "teaser"}
    made = stage.make(volume, availabilityZone="eu-west-1a", size=10, finalSnapshot=True, tags=tags)
    stage.fault("ec2:DeleteVolume", "denied")
    with pytest.raises(CloudError):
        stage.delete(volume, made)
    stage.delete(volume, made)
    stage.delete(volume, made)
    ec2 = stage.cloud.client("ec2", "eu-west-1")
    of_volume = [{"Name": "volume-id", "Values": [made[0]]}]
    snapshots = ec2.describe_snapshots(Filters=of_volume, OwnerIds=["self"])["Snapshots"]
    assert len(snapshots) == 1
    assert {tag["Key"]: tag["Value"] for tag in snapshots[0]["Tags"]} == tags
