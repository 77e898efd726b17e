"""Session Manager's agent is online where it may report and has a way to the service, and nowhere else."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from soundstage.simulator.process import Endpoint

CORE = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)
ANYWHERE = "0.0.0.0/0"


@dataclass
class Site:
    """A closed network with one machine."""

    cloud: Endpoint
    vpc: str
    subnet: str
    group: str
    machine: str

    @property
    def ec2(self) -> Any:
        return self.cloud.client("ec2")

    def online(self) -> bool:
        found = self.cloud.client("ssm").describe_instance_information()["InstanceInformationList"]
        assert {one["InstanceId"] for one in found} <= {self.machine}
        return bool(found)

    def endpoint(self, service: str, group: str, *, private_dns: bool = True) -> str:
        made = self.ec2.create_vpc_endpoint(
            VpcId=self.vpc, ServiceName=f"com.amazonaws.eu-west-1.{service}", VpcEndpointType="Interface",
            SubnetIds=[self.subnet], SecurityGroupIds=[group], PrivateDnsEnabled=private_dns,
        )  # fmt: skip
        return str(made["VpcEndpoint"]["VpcEndpointId"])

    def group_that_lets_in(self, name: str, port: int, **peer: Any) -> str:
        group = self.ec2.create_security_group(GroupName=name, Description=name, VpcId=self.vpc)["GroupId"]
        rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **peer}
        self.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
        return str(group)

    def route(self, **to: str) -> None:
        tables = self.ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [self.vpc]}])["RouteTables"]
        self.ec2.create_route(RouteTableId=tables[0]["RouteTableId"], DestinationCidrBlock=ANYWHERE, **to)


@pytest.fixture
def site(cloud: Endpoint) -> Site:
    ec2, iam = cloud.client("ec2"), cloud.client("iam")
    iam.create_role(RoleName="machine", AssumeRolePolicyDocument=TRUST)
    iam.attach_role_policy(RoleName="machine", PolicyArn=CORE)
    iam.create_instance_profile(InstanceProfileName="machine")
    iam.add_role_to_instance_profile(InstanceProfileName="machine", RoleName="machine")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="machine", Description="machine", VpcId=vpc)["GroupId"]
    image = ec2.describe_images(Filters=[{"Name": "name", "Values": ["ubuntu*"]}])["Images"][0]["ImageId"]
    made = ec2.run_instances(
        ImageId=image, InstanceType="g5.xlarge", MinCount=1, MaxCount=1, SubnetId=subnet, SecurityGroupIds=[group],
        IamInstanceProfile={"Name": "machine"},
    )  # fmt: skip
    return Site(cloud, vpc, subnet, group, made["Instances"][0]["InstanceId"])


def test_a_machine_in_a_closed_network_without_endpoints_is_not_online(site: Site) -> None:
    assert not site.online()
    with pytest.raises(Exception, match="TargetNotConnected"):
        site.cloud.client("ssm").start_session(Target=site.machine)


def test_it_is_online_by_both_endpoints_and_not_by_one(site: Site) -> None:
    door = site.group_that_lets_in("door", 443, UserIdGroupPairs=[{"GroupId": site.group}])
    site.endpoint("ssm", door)
    assert not site.online()
    messages = site.endpoint("ssmmessages", door)
    assert site.online()
    assert site.cloud.client("ssm").start_session(Target=site.machine)["SessionId"]
    site.ec2.delete_vpc_endpoints(VpcEndpointIds=[messages])
    assert not site.online()


@pytest.mark.parametrize(
    ("port", "range", "private_dns", "online"),
    [
        (443, "10.0.1.0/24", True, True),
        (443, "10.0.2.0/24", True, False),
        (8443, "10.0.1.0/24", True, False),
        (443, "10.0.1.0/24", False, False),
    ],
)
def test_the_endpoints_group_and_name_decide(
    site: Site, port: int, range: str, private_dns: bool, online: bool
) -> None:
    door = site.group_that_lets_in("door", port, IpRanges=[{"CidrIp": range}])
    for service in ("ssm", "ssmmessages"):
        site.endpoint(service, door, private_dns=private_dns)
    assert site.online() is online


def test_a_machine_whose_own_group_lets_nothing_out_is_not_online(site: Site) -> None:
    door = site.group_that_lets_in("door", 443, UserIdGroupPairs=[{"GroupId": site.group}])
    for service in ("ssm", "ssmmessages"):
        site.endpoint(service, door)
    assert site.online()
    every = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": ANYWHERE}]}]
    site.ec2.revoke_security_group_egress(GroupId=site.group, IpPermissions=every)
    assert not site.online()
    to_door = [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "UserIdGroupPairs": [{"GroupId": door}]}]
    site.ec2.authorize_security_group_egress(GroupId=site.group, IpPermissions=to_door)
    assert site.online()


def test_it_is_online_over_the_internet_only_with_a_public_address(site: Site) -> None:
    gateway = site.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    site.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=site.vpc)
    site.route(GatewayId=gateway)
    assert not site.online(), "without a public address nothing comes back"
    address = site.ec2.allocate_address(Domain="vpc")["AllocationId"]
    site.ec2.associate_address(AllocationId=address, InstanceId=site.machine)
    assert site.online()


def test_it_is_online_over_a_nat_gateway(site: Site) -> None:
    address = site.ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = site.ec2.create_nat_gateway(SubnetId=site.subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
    site.route(NatGatewayId=nat)
    assert site.online()


def test_a_role_without_the_right_is_not_online(site: Site) -> None:
    door = site.group_that_lets_in("door", 443, UserIdGroupPairs=[{"GroupId": site.group}])
    for service in ("ssm", "ssmmessages"):
        site.endpoint(service, door)
    assert site.online()
    iam = site.cloud.client("iam")
    iam.detach_role_policy(RoleName="machine", PolicyArn=CORE)
    assert not site.online()
    iam.attach_role_policy(RoleName="machine", PolicyArn=CORE)
    denial = {"Effect": "Deny", "Action": "ssmmessages:OpenDataChannel", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [denial]})
    iam.put_role_policy(RoleName="machine", PolicyName="no", PolicyDocument=document)
    assert not site.online()
