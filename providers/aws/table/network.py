"""VPC networking: networks, subnets, internet gateways, routes."""

from typing import Any, Final

from soundstage.core.values import Value
from soundstage.providers.aws.table.ec2 import attribute, filters, resource
from soundstage.providers.entry import Call, Entry, Update, passed, sets
from soundstage.providers.mapping import Blocks, Field, Form

_IN_SUBNET = Call("DescribeNetworkInterfaces", filters(subnet_id="{id}"), "NetworkInterfaces[].NetworkInterfaceId")


def _vpc_read(attribute: str, parameter: str) -> Call:
    return Call("DescribeVpcAttribute", {"VpcId": "{id}", "Attribute": attribute}, f"{parameter}.Value", into=parameter)


def _in_vpc(operation: str, gives: str) -> Call:
    return Call(operation, filters(vpc_id="{id}"), gives)


def _associated(kind: str, field: str, ends: str, how: dict[str, Any]) -> Update:
    """The one range of IPv6 of a network or subnetwork: the old one is taken off, by `ends`, before there is another."""
    id, held = f"{kind}Id", f"{{seen.{kind}.Ipv6CidrBlockAssociationSet.0.AssociationId}}"
    return sets(
        field,
        Call(f"Describe{kind}s", {f"{id}s": ["{id}"]}, f"{kind}s.0", into=kind),
        Call(f"Disassociate{kind}CidrBlock", {"AssociationId": held}, when=f"{{{ends}.{field}}}"),
        Call(f"Associate{kind}CidrBlock", {id: "{id}", **how}, when=f"{{in.{field}}}"),
    )


class _Associated(Form):
    """Whether there is an association, by the state that it is in: for a while, one that was ended is shown too."""

    def decode(self, found: Any) -> Value:
        return found in ("associating", "associated")


_VPC = resource(
    "aws:ec2/vpc:Vpc",
    "vpc",
    fields=(
        Field("cidrBlock", replaces=True, computed=True),
        Field("instanceTenancy", default="default"),
        Field("enableDnsSupport", default=True),
        Field("enableDnsHostnames", default=False),
        Field(
            "assignGeneratedIpv6CidrBlock",
            "AmazonProvidedIpv6CidrBlock",
            "Ipv6CidrBlockAssociationSet.0.Ipv6CidrBlockState.State",
            form=_Associated(),
            default=False,
        ),
    ),
    more=(
        _vpc_read("enableDnsSupport", "EnableDnsSupport"),
        _vpc_read("enableDnsHostnames", "EnableDnsHostnames"),
        Call(
            "DescribeSecurityGroups",
            filters(vpc_id="{id}", group_name="default"),
            "SecurityGroups.0.GroupId",
            into="DefaultSecurityGroupId",
        ),
        Call(
            "DescribeRouteTables",
            filters(vpc_id="{id}", **{"association.main": "true"}),
            "RouteTables.0.RouteTableId",
            into="MainRouteTableId",
        ),
        Call("DescribeNetworkAcls", filters(vpc_id="{id}", default="true"), "NetworkAcls.0.NetworkAclId", into="AclId"),
    ),
    updates=(
        attribute("ModifyVpcAttribute", "VpcId", "enableDnsSupport", on_create=True),
        attribute("ModifyVpcAttribute", "VpcId", "enableDnsHostnames", on_create=True),
        _associated("Vpc", "assignGeneratedIpv6CidrBlock", "off", {"AmazonProvidedIpv6CidrBlock": True}),
        sets("instanceTenancy", Call("ModifyVpcTenancy", {"VpcId": "{id}"}), sends=("instanceTenancy",)),
    ),
    outputs={
        "defaultSecurityGroupId": "@DefaultSecurityGroupId",
        "defaultRouteTableId": "@MainRouteTableId",
        "mainRouteTableId": "@MainRouteTableId",
        "defaultNetworkAclId": "@AclId",
        "dhcpOptionsId": "@DhcpOptionsId",
        "ownerId": "{account}",
    },
    settle=True,
    blockers=(
        _in_vpc("DescribeNetworkInterfaces", "NetworkInterfaces[].NetworkInterfaceId"),
        _in_vpc("DescribeSubnets", "Subnets[].SubnetId"),
        Call(
            "DescribeInternetGateways", filters(**{"attachment.vpc-id": "{id}"}), "InternetGateways[].InternetGatewayId"
        ),
        Call(
            "DescribeVpcEndpoints",
            filters(vpc_id="{id}", vpc_endpoint_state="available"),  # EC2 shows one for a while after it is deleted
            "VpcEndpoints[].VpcEndpointId",
        ),
    ),
)

_SUBNET = resource(
    "aws:ec2/subnet:Subnet",
    "subnet",
    fields=(
        Field("vpcId", required=True, replaces=True),
        Field("cidrBlock", replaces=True),
        Field("availabilityZone", replaces=True, computed=True),
        Field("mapPublicIpOnLaunch", default=False),
        Field("assignIpv6AddressOnCreation", default=False),
        Field("ipv6CidrBlock", read="Ipv6CidrBlockAssociationSet.0.Ipv6CidrBlock"),
    ),
    updates=(
        attribute("ModifySubnetAttribute", "SubnetId", "mapPublicIpOnLaunch", on_create=True),
        attribute("ModifySubnetAttribute", "SubnetId", "assignIpv6AddressOnCreation", on_create=True),
        _associated("Subnet", "ipv6CidrBlock", "old", {"Ipv6CidrBlock": "{in.ipv6CidrBlock}"}),
    ),
    outputs={"availabilityZoneId": "@AvailabilityZoneId", "ownerId": "{account}"},
    marked=False,
    every=Call("DescribeSubnets", gives="Subnets[].SubnetId"),
    unique=("vpcId", "cidrBlock"),
    finder=Call("DescribeSubnets", filters(vpc_id="{in.vpcId}", cidr_block="{in.cidrBlock}"), "Subnets[].SubnetId"),
    blockers=(_IN_SUBNET,),
    along=("ec2:DescribeAvailabilityZones",),
)

_INTERNET_GATEWAY = resource(
    "aws:ec2/internetGateway:InternetGateway",
    "internet-gateway",
    fields=(Field("vpcId", read="Attachments.0.VpcId"),),
    updates=(
        sets(
            "vpcId",
            Call(
                "DetachInternetGateway",
                {"InternetGatewayId": "{id}", "VpcId": "{old.vpcId}"},
                when="{old.vpcId}",
                absent=("Gateway.NotAttached",),
            ),
            Call(
                "AttachInternetGateway",
                {"InternetGatewayId": "{id}", "VpcId": "{in.vpcId}"},
                when="{in.vpcId}",
                absent=("Resource.AlreadyAssociated",),
            ),
            on_create=True,
        ),
    ),
    before_delete=(
        Call(
            "DetachInternetGateway",
            {"InternetGatewayId": "{id}", "VpcId": "{in.vpcId}"},
            when="{in.vpcId}",
            absent=("Gateway.NotAttached",),
        ),
    ),
    goes_last=True,  # addresses of machines go beside it; the genuine provider tries for twenty minutes, too
    outputs={"ownerId": "{account}"},
    blockers=(
        Call("DescribeInternetGateways", {"InternetGatewayIds": ["{id}"]}, "InternetGateways.0.Attachments.0.VpcId"),
    ),
)

_DESTINATIONS = ("destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId")
_TARGETS = ("gatewayId", "natGatewayId", "networkInterfaceId", "vpcEndpointId", "vpcPeeringConnectionId")
_LISTED = tuple(f"{name[0].upper()}{name[1:]}" for name in (*_DESTINATIONS, *_TARGETS))
"""What an element of `routes` holds, by the names of the cloud."""

_ROUTE_TABLE = resource(
    "aws:ec2/routeTable:RouteTable",
    "route-table",
    fields=(
        Field("vpcId", required=True, replaces=True),
        # Routes of the network itself and those that endpoints put in are not the program's.
        Field(
            "routes",
            read="Routes",
            computed=True,
            form=Blocks(
                Field("cidrBlock", "DestinationCidrBlock"),
                Field("ipv6CidrBlock", "DestinationIpv6CidrBlock"),
                Field("destinationPrefixListId"),
                Field("gatewayId"),
                Field("natGatewayId"),
                Field("networkInterfaceId"),
                Field("vpcEndpointId"),
                Field("vpcPeeringConnectionId"),
            ),
        ),
    ),
    updates=(
        sets(
            "routes",
            Call("DeleteRoute", {"RouteTableId": "{id}", **passed("item", *_LISTED[:3])}, each="{removed.routes}"),
            Call(
                "CreateRoute",
                {"RouteTableId": "{id}", **passed("item", *_LISTED)},
                each="{added.routes}",
                absent=("RouteAlreadyExists",),
            ),
            on_create=True,
        ),
    ),
    outputs={"ownerId": "{account}"},
    blockers=(Call("DescribeRouteTables", {"RouteTableIds": ["{id}"]}, "RouteTables.0.Associations[].SubnetId"),),
)

_DESTINATION = passed("in", "routeTableId", *_DESTINATIONS)

_ROUTE = Entry(
    "aws:ec2/route:Route",
    "ec2",
    fields=(
        Field("routeTableId", required=True, replaces=True, read=None),
        Field("destinationCidrBlock", replaces=True),
        Field("destinationIpv6CidrBlock", replaces=True),
        Field("destinationPrefixListId", replaces=True),
        *(Field(target) for target in _TARGETS),
    ),
    id="{in.routeTableId}_{any.destinationCidrBlock|destinationIpv6CidrBlock|destinationPrefixListId}",
    create=Call("CreateRoute"),
    read=Call(
        "DescribeRouteTables",
        {"RouteTableIds": ["{in.routeTableId}"]},
        "RouteTables.0.Routes[DestinationCidrBlock|DestinationIpv6CidrBlock|DestinationPrefixListId"
        "={any.destinationCidrBlock|destinationIpv6CidrBlock|destinationPrefixListId}]",
    ),
    updates=(sets(_TARGETS, Call("ReplaceRoute", _DESTINATION), sends=_TARGETS),),
    delete=Call("DeleteRoute", _DESTINATION, absent=("InvalidRoute.NotFound",)),
    outputs={"state": "@State", "origin": "@Origin"},
    settle=True,
)

_ASSOCIATION = Entry(
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "ec2",
    fields=(Field("routeTableId", required=True), Field("subnetId", replaces=True), Field("gatewayId", replaces=True)),
    id="@AssociationId",
    create=Call("AssociateRouteTable"),
    read=Call(
        "DescribeRouteTables",
        filters(**{"association.route-table-association-id": "{id}"}),
        "RouteTables.0.Associations[RouteTableAssociationId={id}]",
    ),
    updates=(
        sets(
            "routeTableId",
            Call("ReplaceRouteTableAssociation", {"AssociationId": "{id}", "RouteTableId": "{in.routeTableId}"}),
        ),
    ),
    delete=Call("DisassociateRouteTable", {"AssociationId": "{id}"}),
    unique=("subnetId", "gatewayId"),
    finder=Call(
        "DescribeRouteTables",
        filters(**{"association.subnet-id": "{in.subnetId}", "route-table-id": "{in.routeTableId}"}),
        "RouteTables.0.Associations[SubnetId={in.subnetId}].RouteTableAssociationId",
    ),
)

TYPES: Final = (_VPC, _SUBNET, _INTERNET_GATEWAY, _ROUTE_TABLE, _ROUTE, _ASSOCIATION)
