"""The parts of a network that lead somewhere: its subnets, their route tables, and the ways to the internet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from soundstage.components.aws.network_args import Network
from soundstage.components.tags import named

ANYWHERE: Final = "0.0.0.0/0"
"""Only ever the destination of a route; no rule here admits it as a source."""


@dataclass(frozen=True)
class Tier:
    """Subnets, one for each zone, and the tables that their traffic follows."""

    subnets: Sequence[aws.ec2.Subnet]
    routes: Sequence[aws.ec2.RouteTable]
    """One for all subnets, or one for each of them."""


@dataclass(frozen=True)
class WayOut:
    """How a network's traffic reaches the internet, as far as it does."""

    gateway: aws.ec2.InternetGateway
    nat_gateways: Sequence[aws.ec2.NatGateway]
    nat_addresses: Sequence[pulumi.Output[str]]


def zones(component: pulumi.Resource, wanted: Network) -> list[pulumi.Output[str]]:
    """The names of the zones that the network spans."""
    if wanted.zone_names:
        return [pulumi.Output.from_input(zone) for zone in wanted.zone_names]
    offered = aws.get_availability_zones_output(
        state="available",
        # Local and wavelength zones must be opted into and lack most GPU machines.
        filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}],
        region=wanted.region,
        opts=pulumi.InvokeOptions(parent=component),
    )
    return [offered.names[index] for index in range(wanted.zone_count)]


def private_tier(
    component: pulumi.Resource, name: str, vpc: aws.ec2.Vpc, zones: Sequence[pulumi.Output[str]], wanted: Network
) -> Tier:
    """The subnets without addresses of their own. They share one table, or with a NAT gateway for each zone have one each."""
    tables = max(wanted.gateways, 1)
    return _tier(component, f"{name}-private", vpc, wanted.private, zones, wanted, tables)


def public_tier(
    component: pulumi.Resource, name: str, vpc: aws.ec2.Vpc, zones: Sequence[pulumi.Output[str]], wanted: Network
) -> Tier | None:
    """The subnets in which addresses are given one by one, and NAT gateways stand; None where there is no need of them."""
    return _tier(component, f"{name}-public", vpc, wanted.public, zones, wanted, 1) if wanted.public else None


def _tier(
    component: pulumi.Resource,
    name: str,
    vpc: aws.ec2.Vpc,
    blocks: Sequence[str],
    zones: Sequence[pulumi.Output[str]],
    wanted: Network,
    tables: int,
) -> Tier:
    child = pulumi.ResourceOptions(parent=component)
    routes = [
        aws.ec2.RouteTable(
            _numbered(f"{name}-routes", number),
            vpc_id=vpc.id,
            region=wanted.region,
            tags=named(wanted.tags, _numbered(name, number)),
            opts=child,
        )
        for number in range(1, tables + 1)
    ]
    made = []
    for number, (block, zone) in enumerate(zip(blocks, zones, strict=False), start=1):
        subnet = aws.ec2.Subnet(
            f"{name}-{number}",
            vpc_id=vpc.id,
            cidr_block=block,
            availability_zone=zone,
            map_public_ip_on_launch=False,
            assign_ipv6_address_on_creation=False,
            region=wanted.region,
            tags=named(wanted.tags, f"{name}-{number}"),
            opts=child,
        )
        aws.ec2.RouteTableAssociation(
            f"{name}-{number}-routes",
            subnet_id=subnet.id,
            route_table_id=routes[min(number, tables) - 1].id,
            region=wanted.region,
            opts=child,
        )
        made.append(subnet)
    return Tier(subnets=made, routes=routes)


def _numbered(name: str, number: int) -> str:
    """The first of a kind goes by the name alone, so that a second one changes nothing about it."""
    return name if number == 1 else f"{name}-{number}"


def way_out(
    component: pulumi.Resource, name: str, vpc: aws.ec2.Vpc, public: Tier, private: Tier, wanted: Network
) -> WayOut:
    """The internet gateway, and the NAT gateways that are asked for."""
    child = pulumi.ResourceOptions(parent=component)
    gateway = aws.ec2.InternetGateway(
        f"{name}-gateway", vpc_id=vpc.id, region=wanted.region, tags=named(wanted.tags, name), opts=child
    )
    route = aws.ec2.Route(
        f"{name}-public-out",
        route_table_id=public.routes[0].id,
        destination_cidr_block=ANYWHERE,
        gateway_id=gateway.id,
        region=wanted.region,
        opts=child,
    )
    made = [
        _nat(component, name, number, public.subnets[number - 1], private.routes[number - 1], route, wanted)
        for number in range(1, wanted.gateways + 1)
    ]
    return WayOut(gateway, [nat for nat, _ in made], [address for _, address in made])


def _nat(
    component: pulumi.Resource,
    name: str,
    number: int,
    subnet: aws.ec2.Subnet,
    routes: aws.ec2.RouteTable,
    way_out: aws.ec2.Route,
    wanted: Network,
) -> tuple[aws.ec2.NatGateway, pulumi.Output[str]]:
    """A NAT gateway and its address. One for all zones unless more are asked for: a second one costs as much again and saves
    only a project whose zone fails."""
    tags = named(wanted.tags, _numbered(f"{name}-nat", number))
    # A NAT gateway made before its subnet leads to the internet fails.
    waiting = pulumi.ResourceOptions(parent=component, depends_on=[way_out])
    allocation: pulumi.Input[str]
    if wanted.nat_allocation_ids:
        allocation = wanted.nat_allocation_ids[number - 1]
    else:
        address = _numbered(f"{name}-nat-address", number)
        allocation = aws.ec2.Eip(address, domain="vpc", region=wanted.region, tags=tags, opts=waiting).id
    gateway = aws.ec2.NatGateway(
        _numbered(f"{name}-nat", number),
        subnet_id=subnet.id,
        allocation_id=allocation,
        region=wanted.region,
        tags=tags,
        opts=waiting,
    )
    aws.ec2.Route(
        _numbered(f"{name}-private-out", number),
        route_table_id=routes.id,
        destination_cidr_block=ANYWHERE,
        nat_gateway_id=gateway.id,
        region=wanted.region,
        opts=pulumi.ResourceOptions(parent=component),
    )
    return gateway, gateway.public_ip
