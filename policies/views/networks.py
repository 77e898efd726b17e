"""Networks, routes and endpoints, with the zone that each belongs to."""

from dataclasses import dataclass
from typing import Final

from soundstage.core.values import UNKNOWN
from soundstage.policies.views.addresses import wide
from soundstage.policies.views.node import Node, Resource, Truth, all_of
from soundstage.policies.views.stack import Stack

VPC: Final = "aws:ec2/vpc:Vpc"
SUBNET: Final = "aws:ec2/subnet:Subnet"
ROUTE: Final = "aws:ec2/route:Route"
ROUTE_TABLES: Final = ("aws:ec2/routeTable:RouteTable", "aws:ec2/defaultRouteTable:DefaultRouteTable")
TABLE_JOINS: Final = (
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation",
)
INTERNET_GATEWAY: Final = "aws:ec2/internetGateway:InternetGateway"
NAT_GATEWAY: Final = "aws:ec2/natGateway:NatGateway"
FLOW_LOG: Final = "aws:ec2/flowLog:FlowLog"
ENDPOINT: Final = "aws:ec2/vpcEndpoint:VpcEndpoint"
ENDPOINT_POLICY: Final = "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy"
PEERING: Final = "aws:ec2/vpcPeeringConnection:VpcPeeringConnection"
TRANSIT: Final = "aws:ec2transitgateway/vpcAttachment:VpcAttachment"
DNS_FIREWALL: Final = "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation"
NETWORK_FIREWALL: Final = "aws:networkfirewall/firewall:Firewall"
GCP_NETWORK: Final = "gcp:compute/network:Network"
GCP_SUBNET: Final = "gcp:compute/subnetwork:Subnetwork"
GCP_ROUTE: Final = "gcp:compute/route:Route"
GCP_NAT: Final = "gcp:compute/routerNat:RouterNat"
GCP_PEERING: Final = "gcp:compute/networkPeering:NetworkPeering"


@dataclass(frozen=True, eq=False)
class InternetRoute:
    """A route that may lead to the internet. `to_internet` says whether its gateway is an internet gateway."""

    resource: Resource
    destination: Node
    gateway: Node
    to_internet: Truth


def internet_routes(stack: Stack) -> list[InternetRoute]:
    """Every default route, inline or split, with what it leads to."""
    found = []
    entries = [route.root for route in stack.of(ROUTE)]
    entries += [entry for table in stack.of(*ROUTE_TABLES) for entry in table.get("routes").each()]
    for entry in entries:
        if not entry.known:
            found.append(InternetRoute(entry.resource, entry, entry, UNKNOWN))
            continue
        for key in ("destinationCidrBlock", "cidrBlock", "destinationIpv6CidrBlock", "ipv6CidrBlock"):
            destination, gateway = entry.get(key), _through(entry)
            if destination.value not in (None, "") and _outward(destination) is not False:
                found.append(
                    InternetRoute(entry.resource, destination, gateway, _internet(stack, destination, gateway))
                )
    for route in stack.of(GCP_ROUTE):
        destination = route.get("destRange")
        for gateway in map(route.get, _GCP_WAYS):
            if gateway.value not in (None, "") and _outward(destination) is not False:
                found.append(InternetRoute(route, destination, gateway, _outward(destination)))
    return found


_GCP_WAYS: Final = ("nextHopGateway", "nextHopIp", "nextHopInstance", "nextHopIlb", "nextHopVpnTunnel")
_WAYS: Final = (
    "gatewayId", "egressOnlyGatewayId", "networkInterfaceId", "instanceId", "transitGatewayId", "vpcPeeringConnectionId",
    "coreNetworkArn", "carrierGatewayId", "localGatewayId",
)  # fmt: skip
"""What a route may lead through. A NAT gateway is judged by itself, for what filters the names and traffic behind it."""


def _through(entry: Node) -> Node:
    ways = [entry.get(key) for key in _WAYS]
    return next((node for node in ways if node.value not in (None, "")), ways[0])


def _outward(destination: Node) -> Truth:
    """Whether a route is for a wide part of the internet: all of it, or a half."""
    return destination.is_(lambda value: wide(str(value), 8, 16))


def _internet(stack: Stack, destination: Node, gateway: Node) -> Truth:
    if gateway.value in (None, ""):
        return False
    if not gateway.path.endswith("gatewayId") or stack.targets(gateway, INTERNET_GATEWAY):
        return _outward(destination)
    if gateway.value is UNKNOWN:
        return False if stack.targets(gateway) else UNKNOWN
    return all_of(_outward(destination), str(gateway.value).startswith("igw-"))


def endpoints(stack: Stack) -> list[Resource]:
    return stack.of(ENDPOINT)


def service(endpoint: Resource) -> str:
    """The service that an endpoint leads to: `s3`, `ssm`, `kms` …; empty while it is not known."""
    name = endpoint.get("serviceName").value
    if not isinstance(name, str):
        return ""
    head, _, tail = name.rpartition(".")
    return tail if head else name
