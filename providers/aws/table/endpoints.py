"""VPC endpoints: private doors to AWS services."""

from typing import Final

from soundstage.providers.aws.table.ec2 import TAGGING, resource
from soundstage.providers.entry import Call, sets
from soundstage.providers.mapping import DOCUMENT, WORDS, Block, Blocks, Field

_SELF = {"VpcEndpointId": "{id}"}

TYPES: Final = (
    resource(
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        "vpc-endpoint",
        fields=(
            Field("vpcId", required=True, replaces=True),
            Field("serviceName", computed=True, replaces=True),
            Field("vpcEndpointType", default="Gateway", replaces=True),
            Field("policy", "PolicyDocument", form=DOCUMENT, computed=True),
            Field("privateDnsEnabled", computed=True),
            Field("subnetIds", form=WORDS, computed=True),
            Field("securityGroupIds", read="Groups[].GroupId", form=WORDS, computed=True),
            Field("routeTableIds", form=WORDS, computed=True),
            Field("ipAddressType", computed=True),
            Field(
                "dnsOptions",
                form=Block(
                    Field("dnsRecordIpType", computed=True),
                    Field("privateDnsOnlyForInboundResolverEndpoint", computed=True),
                ),
                computed=True,
            ),
        ),
        create=Call("CreateVpcEndpoint", {"ClientToken": "{token}"}, "VpcEndpoint", needs=TAGGING),
        more=(
            Call(
                "DescribePrefixLists",
                {"Filters": [{"Name": "prefix-list-name", "Values": ["{seen.ServiceName}"]}]},
                "PrefixLists.0",
                when="{seen.RouteTableIds}",
                into="PrefixList",
            ),
        ),
        updates=(
            sets(
                (
                    *("policy", "privateDnsEnabled", "subnetIds", "securityGroupIds", "routeTableIds"),
                    *("ipAddressType", "dnsOptions"),
                ),
                Call(
                    "ModifyVpcEndpoint",
                    {
                        **_SELF,
                        "PolicyDocument": "{in.policy}",
                        "PrivateDnsEnabled": "{in.privateDnsEnabled}",
                        "AddSubnetIds": "{added.subnetIds}",
                        "RemoveSubnetIds": "{removed.subnetIds}",
                        "AddSecurityGroupIds": "{added.securityGroupIds}",
                        "RemoveSecurityGroupIds": "{removed.securityGroupIds}",
                        "AddRouteTableIds": "{added.routeTableIds}",
                        "RemoveRouteTableIds": "{removed.routeTableIds}",
                        "IpAddressType": "{in.ipAddressType}",
                        "DnsOptions": "{api.dnsOptions}",
                    },
                ),
            ),
        ),
        delete=Call("DeleteVpcEndpoints", {"VpcEndpointIds": ["{id}"]}),
        outputs={
            "state": "@State",
            "ownerId": "{account}",
            "networkInterfaceIds": "@NetworkInterfaceIds",
            "prefixListId": "@PrefixList.PrefixListId",
            "cidrBlocks": "@PrefixList.Cidrs",
            "requesterManaged": "@RequesterManaged",
            "dnsEntries": Field("dnsEntries", form=Blocks(Field("dnsName"), Field("hostedZoneId"))),
        },
        settle=True,
        pending=("State", ("pending", "Pending")),
        gone=("State", ("deleted", "Deleted", "deleting", "Deleting")),
    ),
)
