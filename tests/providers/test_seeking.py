"""What a killed command of the genuine engine made is found without any mark of ours, or it is said why it cannot be told.

The account is made as another tool would make it, with boto3.
"""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from soundstage.core.values import UNKNOWN, Properties, Secret
from soundstage.providers.aws.adoption import AdoptingProvider
from soundstage.providers.aws.seeking import exists, seek
from soundstage.providers.base import Sighting
from soundstage.simulator.process import Endpoint

TAGS = {"Name": "teaser-network", "soundstage:studio": "home", "soundstage:project": "teaser"}
OTHERS = {**TAGS, "soundstage:project": "trailer"}
VPC = "aws:ec2/vpc:Vpc"
WANTED: Properties = {"cidrBlock": "10.7.0.0/16", "enableDnsHostnames": True, "tags": TAGS}


def listed(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def network(cloud: Endpoint, tags: dict[str, str] = TAGS, block: str = "10.7.0.0/16") -> str:
    tagged = [{"ResourceType": "vpc", "Tags": listed(tags)}]
    made = cloud.client("ec2").create_vpc(CidrBlock=block, TagSpecifications=tagged)
    return str(made["Vpc"]["VpcId"])


def look(cloud: Any, type: str = VPC, wanted: Properties = WANTED, known: tuple[str, ...] = ()) -> Sighting:
    return seek(cloud, "eu-west-1", type, wanted, known)


def test_what_carries_all_tags_is_found_though_it_is_not_finished(cloud: Endpoint) -> None:
    assert look(cloud) == Sighting()
    made = network(cloud, {**TAGS, "added": "by the provider"})
    network(cloud, OTHERS)
    network(cloud, {"Name": "teaser-network"})
    assert look(cloud) == Sighting(made)


def test_what_is_on_record_is_something_else(cloud: Endpoint) -> None:
    old, new = network(cloud), network(cloud)
    assert look(cloud, known=(old,)) == Sighting(new)
    assert look(cloud, known=(old, new)) == Sighting()


def test_of_two_that_are_alike_neither_is_taken(cloud: Endpoint) -> None:
    both = [network(cloud), network(cloud)]
    found = look(cloud)
    assert found.id is None
    assert all(id in found.doubt for id in both)


def test_what_differs_in_what_cannot_be_changed_is_not_taken_and_not_overlooked(cloud: Endpoint) -> None:
    made = network(cloud, block="10.6.0.0/16")
    found = look(cloud)
    assert found.id is None
    assert made in found.doubt


def test_without_tags_nobody_can_tell(cloud: Endpoint) -> None:
    network(cloud)
    assert "no tags" in look(cloud, wanted={"cidrBlock": "10.7.0.0/16"}).doubt


def test_a_type_that_is_not_known_is_said(cloud: Endpoint) -> None:
    assert "aws:sqs/queue:Queue" in look(cloud, "aws:sqs/queue:Queue").doubt
    assert exists(cloud, "eu-west-1", "aws:sqs/queue:Queue", "q", {})


def test_a_machine_that_ended_is_not_taken_for_one_that_was_made(cloud: Endpoint) -> None:
    ec2 = cloud.client("ec2")
    subnet = ec2.create_subnet(VpcId=network(cloud), CidrBlock="10.7.1.0/24")["Subnet"]["SubnetId"]
    image = ec2.describe_images()["Images"][0]["ImageId"]

    def start() -> str:
        tagged = [{"ResourceType": "instance", "Tags": listed(TAGS)}]
        kind = {"ImageId": image, "InstanceType": "g5.xlarge", "SubnetId": subnet}
        made = ec2.run_instances(MinCount=1, MaxCount=1, TagSpecifications=tagged, **kind)
        return str(made["Instances"][0]["InstanceId"])

    wanted = {"ami": image, "instanceType": "g5.xlarge", "subnetId": subnet, "tags": TAGS}
    sealed = {**wanted, "userDataBase64": Secret(UNKNOWN)}
    ec2.terminate_instances(InstanceIds=[start()])
    assert look(cloud, "aws:ec2/instance:Instance", wanted) == Sighting()
    running = start()
    for inputs in (wanted, sealed):
        assert look(cloud, "aws:ec2/instance:Instance", inputs) == Sighting(running)


def test_another_gateway_is_not_taken_for_the_one_that_was_made(cloud: Endpoint) -> None:
    ec2 = cloud.client("ec2")
    subnet = ec2.create_subnet(VpcId=network(cloud), CidrBlock="10.7.1.0/24")["Subnet"]["SubnetId"]

    def gateway(tags: dict[str, str]) -> tuple[str, Properties]:
        address = ec2.allocate_address(Domain="vpc")["AllocationId"]
        tagged = [{"ResourceType": "natgateway", "Tags": listed(tags)}]
        made = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address, TagSpecifications=tagged)
        return made["NatGateway"]["NatGatewayId"], {"subnetId": subnet, "allocationId": address, "tags": tags}

    _, theirs = gateway(OTHERS)
    assert look(cloud, "aws:ec2/natGateway:NatGateway", {**theirs, "tags": TAGS}) == Sighting()
    ours, wanted = gateway(TAGS)
    assert look(cloud, "aws:ec2/natGateway:NatGateway", wanted) == Sighting(ours)


def test_a_key_that_is_to_be_deleted_is_not_taken(cloud: Endpoint) -> None:
    kms = cloud.client("kms")
    tags = [{"TagKey": key, "TagValue": value} for key, value in TAGS.items()]
    old, new = (kms.create_key(Tags=tags)["KeyMetadata"]["KeyId"] for _ in range(2))
    kms.schedule_key_deletion(KeyId=old)
    assert look(cloud, "aws:kms/key:Key", {"tags": TAGS}) == Sighting(new)


ROLE = "aws:iam/role:Role"
TRUST = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",'
    '"Principal":{"Service":"ec2.amazonaws.com"}}]}'
)


@pytest.mark.parametrize(("tags", "taken"), [(TAGS, True), (OTHERS, False), ({}, False)])
def test_a_role_of_that_name_is_taken_when_it_carries_the_tags(
    tags: dict[str, str], taken: bool, cloud: Endpoint
) -> None:
    cloud.client("iam").create_role(RoleName="teaser-role", AssumeRolePolicyDocument=TRUST, Tags=listed(tags))
    found = look(cloud, ROLE, {"name": "teaser-role", "assumeRolePolicy": TRUST, "tags": TAGS})
    assert found == Sighting("teaser-role" if taken else None)


def fill(cloud: Endpoint) -> None:
    cloud.client("s3").put_object(Bucket="home-teaser-media", Key="reel.mov", Body=b"film")


def of_others(cloud: Endpoint) -> None:
    cloud.client("s3").put_bucket_tagging(Bucket="home-teaser-media", Tagging={"TagSet": listed(OTHERS)})


@pytest.mark.parametrize(
    ("then", "taken"),
    [(lambda _cloud: None, True), (fill, False), (of_others, False)],
    ids=["empty and untagged", "untagged and in use", "another project's"],
)
def test_a_bucket_is_ours_with_our_tags_or_as_a_create_leaves_it_that_was_cut_off(
    then: Callable[[Endpoint], None], taken: bool, cloud: Endpoint
) -> None:
    """CreateBucket comes before the call that tags. What holds something was somebody's before."""
    bucket = "home-teaser-media"
    cloud.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    then(cloud)
    found = look(cloud, "aws:s3/bucket:Bucket", {"bucket": bucket, "tags": TAGS})
    assert found == Sighting(bucket if taken else None)


def test_who_may_not_look_cannot_tell_and_hears_what_is_missing(cloud: Endpoint) -> None:
    class Refusing:
        account_id = cloud.account_id

        def client(self, _service: str, _region: str | None = None) -> Any:
            return self

        def describe_vpcs(self, **_arguments: Any) -> Any:
            refusal: Any = {"Error": {"Code": "UnauthorizedOperation", "Message": "no"}}
            raise ClientError(refusal, "DescribeVpcs")

    found = look(Refusing())
    assert found.id is None
    assert "ec2:DescribeVpcs" in found.doubt


class Paged:
    """An account whose first page of each list holds only what others have."""

    def __init__(self, cloud: Endpoint, key: str, others: list[dict[str, Any]]) -> None:
        self.account_id = cloud.account_id
        self._cloud, self._first = cloud, {key: others, "NextToken": "second"}

    def client(self, service: str, region: str | None = None) -> Any:
        client = self._cloud.client(service, region)

        class Turning:
            def __getattr__(_self, operation: str) -> Any:
                def ask(NextToken: str = "", **arguments: Any) -> Any:
                    if operation.startswith(("describe", "list")) and not NextToken:
                        return self._first
                    return getattr(client, operation)(**arguments)

                return ask

        return Turning()


def test_what_is_on_a_later_page_is_found(cloud: Endpoint) -> None:
    vpc = network(cloud)
    made = cloud.client("ec2").create_subnet(VpcId=vpc, CidrBlock="10.7.1.0/24")["Subnet"]["SubnetId"]
    wanted = {"vpcId": vpc, "cidrBlock": "10.7.1.0/24"}
    account = Paged(cloud, "Subnets", [])
    assert look(account, "aws:ec2/subnet:Subnet", wanted) == Sighting(made)
    assert exists(account, "eu-west-1", "aws:ec2/subnet:Subnet", made, wanted)


def test_what_is_on_a_later_page_than_those_of_others_exists(cloud: Endpoint) -> None:
    vpc, config = network(cloud), "aws:route53/resolverFirewallConfig:ResolverFirewallConfig"
    resolver = cloud.client("route53resolver")
    made = resolver.update_firewall_config(ResourceId=vpc, FirewallFailOpen="ENABLED")["FirewallConfig"]["Id"]
    others = [{"Id": "rslvr-fc-1", "ResourceId": "vpc-1", "FirewallFailOpen": "DISABLED"}]
    account = Paged(cloud, "FirewallConfigs", others)
    assert exists(account, "eu-west-1", config, made, {"resourceId": vpc})
    assert look(account, config, {"resourceId": vpc}) == Sighting(made)


def test_whether_something_exists_is_asked_of_the_cloud(cloud: Endpoint) -> None:
    made = network(cloud)
    assert exists(cloud, "eu-west-1", VPC, made, WANTED)
    assert not exists(cloud, "eu-west-1", VPC, "vpc-0123456789abcdef0", WANTED)


URN = "urn:pulumi:teaser::soundstage::aws:s3/bucket:Bucket::media"


@pytest.mark.parametrize(("then", "taken"), [(None, True), (b"film", False)], ids=["empty", "in use"])
def test_an_adoption_takes_an_untagged_bucket_only_while_nothing_is_in_it(
    then: bytes | None, taken: bool, cloud: Endpoint
) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="media-abcdef0", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    if then:
        s3.put_object(Bucket="media-abcdef0", Key="reel.mov", Body=then)
    found: list[str] = []
    provider = AdoptingProvider(cloud, "eu-west-1", lambda _retry: None, found)
    checked = provider.check("aws:s3/bucket:Bucket", URN, {}, {"tags": TAGS}, b"a seed of its own")
    made = provider.create("aws:s3/bucket:Bucket", URN, checked.inputs)
    assert (found == [URN]) == taken
    assert (made.id == "media-abcdef0") == taken
