"""StudioNetwork under mocks: what may come in, what may go out, and what is recorded."""

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from soundstage.components.aws import StudioNetwork
from soundstage.components.aws.network_args import StudioNetworkArgs
from soundstage.components.tags import base_tags
from soundstage.core.errors import ArgumentError

TAGS = base_tags("home", "teaser")
BUCKET = "arn:aws:s3:::home-media-teaser-0a1b2c3d"


def network(deploy: Any, **changes: Any) -> Any:
    args: StudioNetworkArgs = {"project": "teaser", "tags": TAGS, "media_bucket_arns": [BUCKET], **changes}
    return deploy(lambda: StudioNetwork("teaser", args))


def test_a_network_needs_a_project_and_nothing_else(deploy: Callable[..., Any]) -> None:
    made = deploy(lambda: StudioNetwork("teaser", {"project": "teaser"}))
    assert {created.kind for created in made.resources} >= {"Vpc", "Subnet", "VpcEndpoint", "FlowLog"}


def test_private_subnets_span_two_zones(deploy: Callable[..., Any]) -> None:
    made = network(deploy)
    zones = {subnet.inputs["availabilityZone"] for subnet in made.all("Subnet")}
    assert zones == {"eu-west-1a", "eu-west-1b"}
    assert {subnet.name for subnet in made.all("Subnet")} == {"teaser-private-1", "teaser-private-2"}


@pytest.mark.parametrize("access", ["session", "vpn"])
def test_no_way_to_the_internet_exists_unless_asked_for(deploy: Callable[..., Any], access: str) -> None:
    made = network(deploy, access=access)
    kinds = {created.kind for created in made.resources}
    assert kinds.isdisjoint({"InternetGateway", "NatGateway", "Eip", "Route", "EgressOnlyInternetGateway"})
    assert made.outputs["teaser"]["publicSubnetIds"] == []


@pytest.mark.parametrize("changes", [{}, {"access": "allowlist"}, {"zone": "io", "nat": True}])
def test_no_subnet_hands_out_public_or_ipv6_addresses(deploy: Callable[..., Any], changes: dict[str, Any]) -> None:
    made = network(deploy, **changes)
    for subnet in made.all("Subnet"):
        assert subnet.inputs["mapPublicIpOnLaunch"] is False
        assert subnet.inputs["assignIpv6AddressOnCreation"] is False
    assert made.one("Vpc").inputs["assignGeneratedIpv6CidrBlock"] is False
    assert "::/0" not in json.dumps([dict(created.inputs) for created in made.resources])


@pytest.mark.parametrize("changes", [{}, {"access": "allowlist"}, {"access": "vpn"}, {"zone": "io", "nat": True}])
def test_the_only_inbound_rule_is_https_from_inside(deploy: Callable[..., Any], changes: dict[str, Any]) -> None:
    made = network(deploy, **changes)
    rule = made.one("SecurityGroupIngressRule").inputs
    assert (rule["ipProtocol"], rule["fromPort"], rule["toPort"]) == ("tcp", 443, 443)
    assert rule["cidrIpv4"] == made.one("Vpc").inputs["cidrBlock"]
    assert rule["description"]
    assert made.all("SecurityGroupEgressRule") == []
    assert all("ingress" not in g.inputs and "egress" not in g.inputs for g in made.all("SecurityGroup"))


def test_the_default_security_group_is_emptied(deploy: Callable[..., Any]) -> None:
    group = network(deploy).one("DefaultSecurityGroup").inputs
    assert (group["ingress"], group["egress"]) == ([], [])


def test_an_allowlist_has_public_subnets_beside_the_private_ones(deploy: Callable[..., Any]) -> None:
    made = network(deploy, access="allowlist")
    assert len(made.outputs["teaser"]["publicSubnetIds"]) == 2
    assert len(made.outputs["teaser"]["subnetIds"]) == 2
    assert made.one("Route").inputs["routeTableId"] == "teaser-public-routes-id"
    assert made.all("NatGateway") == []


def test_asking_for_nat_gives_one_for_all_zones(deploy: Callable[..., Any]) -> None:
    made = network(deploy, zone="io", nat=True, zones=3)
    assert len(made.all("NatGateway")) == 1
    assert len(made.all("Eip")) == 1
    routes = {route.name: route.inputs for route in made.all("Route")}
    assert routes["teaser-private-out"]["natGatewayId"] == "teaser-nat-id"
    assert routes["teaser-public-out"]["gatewayId"] == "teaser-gateway-id"
    assert made.outputs["teaser"]["publicSubnetIds"] == []


def test_the_way_to_storage_admits_only_our_buckets_and_what_machines_need(deploy: Callable[..., Any]) -> None:
    statements = network(deploy).one("VpcEndpoint", "teaser-s3").policy()
    assert set(statements) == {"ReadLicencesDriversPackages", "ListOwnBuckets", "UseOwnObjects"}
    reads = statements["ReadLicencesDriversPackages"]
    assert set(reads["Action"]) == {"s3:GetObject", "s3:ListBucket"}
    assert "arn:aws:s3:::dcv-license.eu-west-1/*" in reads["Resource"]
    assert not [arn for arn in reads["Resource"] if arn in ("*", "arn:aws:s3:::*")]
    for sid in ("ListOwnBuckets", "UseOwnObjects"):
        assert statements[sid]["Condition"] == {"StringEquals": {"aws:PrincipalAccount": "123456789012"}}
        assert {arn.removesuffix("/*") for arn in statements[sid]["Resource"]} == {BUCKET}
    assert "s3:DeleteObjectVersion" not in statements["UseOwnObjects"]["Action"]


def test_without_buckets_the_way_to_storage_reads_only(deploy: Callable[..., Any]) -> None:
    statements = network(deploy, media_bucket_arns=[]).one("VpcEndpoint", "teaser-s3").policy()
    assert set(statements) == {"ReadLicencesDriversPackages"}


def test_every_door_admits_only_this_account(deploy: Callable[..., Any]) -> None:
    doors = [e for e in network(deploy).all("VpcEndpoint") if e.inputs["vpcEndpointType"] == "Interface"]
    services = {door.inputs["serviceName"].removeprefix("com.amazonaws.eu-west-1.") for door in doors}
    assert services == {"ssm", "ssmmessages", "kms", "logs"}
    for door in doors:
        for statement in door.policy().values():
            assert statement["Condition"]["StringEquals"]["aws:PrincipalAccount"] == "123456789012"
            assert "*" not in statement["Action"]
        assert door.inputs["securityGroupIds"] == ["teaser-endpoints-id"]
        assert door.inputs["privateDnsEnabled"] is True


@pytest.mark.parametrize(("changes", "count"), [({}, 1), ({"endpoint_zones": 2}, 2)])
def test_doors_stand_in_one_zone_unless_more_are_asked_for(
    deploy: Callable[..., Any], changes: dict[str, Any], count: int
) -> None:
    made = network(deploy, **changes)
    assert {len(e.inputs["subnetIds"]) for e in made.all("VpcEndpoint") if "subnetIds" in e.inputs} == {count}


def test_all_traffic_is_recorded_encrypted_and_kept_for_a_year(deploy: Callable[..., Any]) -> None:
    made = network(deploy, key_arn="arn:aws:kms:eu-west-1:123456789012:key/0")
    log, group = made.one("FlowLog").inputs, made.one("LogGroup").inputs
    assert (log["trafficType"], log["vpcId"]) == ("ALL", "teaser-vpc-id")
    assert group["retentionInDays"] == 365
    assert group["kmsKeyId"] == "arn:aws:kms:eu-west-1:123456789012:key/0"
    assert made.all("Key") == []


def test_flow_logs_get_a_key_of_their_own_when_none_is_given(deploy: Callable[..., Any]) -> None:
    made = network(deploy)
    assert made.one("Key").protect is False
    assert made.one("LogGroup").inputs["kmsKeyId"].endswith("teaser-traffic-key-key")


def test_the_role_of_the_flow_log_writes_only_its_own_group(deploy: Callable[..., Any]) -> None:
    made = network(deploy)
    trust = json.loads(made.one("Role").inputs["assumeRolePolicy"])["Statement"][0]
    assert trust["Principal"] == {"Service": "vpc-flow-logs.amazonaws.com"}
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}
    writes = made.one("RolePolicy").policy()["WriteOwnGroup"]["Resource"]
    assert all("teaser-traffic" in arn for arn in writes)


def test_everything_that_can_be_tagged_is(deploy: Callable[..., Any]) -> None:
    made = network(deploy, access="allowlist")
    untaggable = {"RouteTableAssociation", "Route", "RolePolicy", "Alias", "DefaultSecurityGroup"}
    for created in made.resources:
        if created.kind not in untaggable and not created.kind.endswith("Exclusive"):
            assert TAGS.items() <= created.inputs.get("tags", {}).items(), created.name
    assert made.one("Vpc").inputs["tags"]["soundstage:zone"] == "content"


def test_every_regional_resource_is_told_its_region(deploy: Callable[..., Any]) -> None:
    made = network(deploy, access="allowlist", region="eu-central-1", availability_zones=["eu-central-1a"])
    for created in made.resources:
        if not created.type.startswith("aws:iam/"):
            assert created.inputs.get("region") == "eu-central-1", created.name


def test_the_range_comes_from_the_names_and_avoids_what_is_taken(deploy: Callable[..., Any]) -> None:
    first = network(deploy).one("Vpc").inputs["cidrBlock"]
    assert network(deploy).one("Vpc").inputs["cidrBlock"] == first
    assert network(deploy, taken=[first]).one("Vpc").inputs["cidrBlock"] != first
    other = deploy(lambda: StudioNetwork("trailer", {"project": "trailer", "tags": base_tags("home", "trailer")}))
    assert other.one("Vpc").inputs["cidrBlock"] != first


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cidr": "10.0.0.1/20"}, "not the start of its range; 10.0.0.0/20 is"),
        ({"cidr": "8.8.0.0/20"}, "allowed: inside 10.0.0.0/8"),
        ({"cidr": "10.0.0.0/8"}, "allowed: /16 to /22"),
        ({"cidr": "10.0.0.0/20", "taken": ["10.0.0.0/16"]}, "overlaps 10.0.0.0/16"),
        ({"cidr": "nonsense"}, "not a range"),
        ({"cidr": "fd00::/48"}, "IPv6"),
        ({"taken": ["10.0.0.0/99"]}, "taken holds '10.0.0.0/99'"),
        ({"taken": ["10.0.0.0/8"]}, "taken leaves no /20"),
        ({"zone": "contents"}, 'did you mean "content"'),
        ({"access": "public"}, "access is 'public'"),
        ({"nat": True}, 'use zone "io"'),
        ({"zones": 0}, "zones is 0"),
        ({"zones": 4}, "zones is 4"),
        ({"availability_zones": ["eu-west-1a", "eu-west-1a"]}, "expected 2 different"),
        ({"endpoint_zones": 3}, "endpoint_zones is 3"),
        ({"flow_log_days": 30}, "flow_log_days is 30"),
        ({"project": "Teaser"}, "project is 'Teaser'"),
        ({"zonne": "io"}, "zonne is not known"),
    ],
)
def test_what_a_network_cannot_be_is_refused(deploy: Callable[..., Any], changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message.replace("/", "/")):
        network(deploy, **changes)


def test_all_faults_are_told_at_once(deploy: Callable[..., Any]) -> None:
    with pytest.raises(ArgumentError) as refused:
        network(deploy, zone="x", zones=9, flow_log_days=1, cidr="1.2.3.4/33")
    for word in ("zone is", "zones is", "flow_log_days is", "cidr is"):
        assert word in str(refused.value)


# What a program can build on


def test_a_zone_with_a_nat_gateway_of_its_own_routes_through_it(deploy: Callable[..., Any]) -> None:
    made = network(deploy, zone="io", nat=True, nat_per_zone=True, zones=3)
    routes = {route.inputs["routeTableId"]: route.inputs.get("natGatewayId") for route in made.all("Route")}
    tables = {each.inputs["subnetId"]: each.inputs["routeTableId"] for each in made.all("RouteTableAssociation")}
    stands = {f"{nat.name}-id": nat.inputs["subnetId"] for nat in made.all("NatGateway")}
    for number in (1, 2, 3):
        gateway = routes[tables[f"teaser-private-{number}-id"]]
        assert stands[gateway] == f"teaser-public-{number}-id"
    assert len(made.outputs["teaser"]["natAddresses"]) == 3
    assert len(made.one("VpcEndpoint", "teaser-s3").inputs["routeTableIds"]) == 4


def test_a_second_nat_gateway_left_the_first_as_it_was(deploy: Callable[..., Any]) -> None:
    """Another name would replace it, and with it the address on the lists of vendors."""
    one = {each.name: dict(each.inputs) for each in network(deploy, zone="io", nat=True).resources}
    more = {each.name: dict(each.inputs) for each in network(deploy, zone="io", nat=True, nat_per_zone=True).resources}
    changed = {name for name, inputs in one.items() if more.get(name) != inputs}
    assert changed == {"teaser-private-2-routes", "teaser-s3"}


def test_nat_gateways_take_addresses_of_ones_own(deploy: Callable[..., Any]) -> None:
    made = network(deploy, zone="io", nat=True, nat_allocation_ids=[pulumi.Output.from_input("eipalloc-1")])
    assert made.one("NatGateway").inputs["allocationId"] == "eipalloc-1"
    assert made.all("Eip") == []


def test_only_the_endpoints_that_are_named_are_made(deploy: Callable[..., Any]) -> None:
    made = network(deploy, endpoints=["ssm", "deadline.scheduling"])
    services = {each.inputs["serviceName"] for each in made.all("VpcEndpoint")}
    assert services == {f"com.amazonaws.eu-west-1.{each}" for each in ("s3", "ssm", "deadline.scheduling")}
    assert set(made.outputs["teaser"]["endpointIds"]) == {"ssm", "deadline.scheduling"}
    assert network(deploy, endpoints=[]).outputs["teaser"]["endpointIds"] == {}


def test_a_network_hands_out_what_routes_and_allow_lists_need(deploy: Callable[..., Any]) -> None:
    given = network(deploy, access="allowlist").outputs["teaser"]
    assert given["routeTableIds"] == ["teaser-private-routes-id"]
    assert given["publicRouteTableIds"] == ["teaser-public-routes-id"]
    assert len(given["subnetCidrs"]) == len(given["publicSubnetCidrs"]) == 2
    assert given["s3EndpointId"] == "teaser-s3-id"
    assert given["vpcArn"].endswith("teaser-vpc")


def test_a_bucket_of_another_resource_is_admitted_without_unwrapping_it(deploy: Callable[..., Any]) -> None:
    made = network(deploy, media_bucket_arns=[pulumi.Output.from_input(BUCKET)])
    assert made.one("VpcEndpoint", "teaser-s3").policy()["ListOwnBuckets"]["Resource"] == [BUCKET]


def test_two_stacks_of_one_program_shared_every_fixed_name(deploy: Callable[..., Any]) -> None:
    """Without a project it is the stack's own, in names, paths and tags alike."""
    made = deploy(lambda: StudioNetwork("teaser", {"studio": "home"}))
    assert made.one("LogGroup").inputs["name"] == "/soundstage/home/soundstage-teaser/teaser/traffic"
    assert made.one("Vpc").inputs["tags"].items() >= base_tags("home", "soundstage-teaser").items() - {
        ("soundstage:managed-by", "soundstage")
    }


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"studio": "other"}, "studio is 'other' and the tag soundstage:studio is 'home'"),
        ({"nat_per_zone": True}, "nat_per_zone is given without nat"),
        ({"zone": "io", "nat": True, "nat_allocation_ids": ["a", "b"]}, "expected 1, one for each NAT gateway"),
        ({"endpoints": ["ssmm"]}, 'endpoints is .ssmm.*did you mean "ssm"'),
    ],
)
def test_what_does_not_fit_together_is_refused(deploy: Callable[..., Any], changes: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        network(deploy, **changes)
