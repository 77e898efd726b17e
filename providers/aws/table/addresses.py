"""What joins a network to the outside and watches it: elastic addresses, NAT gateways, flow logs."""

from typing import Final

from soundstage.providers.aws.table.ec2 import TAGGING, by_mark, filters, resource
from soundstage.providers.entry import Call, Entry, sets
from soundstage.providers.mapping import Field

_EIP = resource(
    "aws:ec2/eip:Eip",
    "elastic-ip",
    fields=(
        Field("domain", default="vpc", replaces=True),
        Field("instance", "InstanceId", computed=True),
        Field("networkInterface", "NetworkInterfaceId", computed=True),
    ),
    id="@AllocationId",
    create=Call("AllocateAddress", needs=TAGGING),
    read=Call("DescribeAddresses", {"AllocationIds": ["{id}"]}, "Addresses.0"),
    updates=(
        sets(
            ("instance", "networkInterface"),
            Call("DisassociateAddress", {"AssociationId": "{out.associationId}"}, when="{out.associationId}"),
            Call(
                "AssociateAddress",
                {
                    "AllocationId": "{id}",
                    "InstanceId": "{in.instance}",
                    "NetworkInterfaceId": "{in.networkInterface}",
                    "AllowReassociation": False,
                },
                when="{any.instance|networkInterface}",
            ),
            on_create=True,
        ),
    ),
    before_delete=(Call("DisassociateAddress", {"AssociationId": "{out.associationId}"}, when="{out.associationId}"),),
    delete=Call("ReleaseAddress", {"AllocationId": "{id}"}),
    outputs={
        "allocationId": "{id}",
        "publicIp": "@PublicIp",
        "privateIp": "@PrivateIpAddress",
        "associationId": "@AssociationId",
        "networkBorderGroup": "@NetworkBorderGroup",
        "publicIpv4Pool": "@PublicIpv4Pool",
    },
    settle=True,
    finder=by_mark("DescribeAddresses", "Addresses[].AllocationId"),
    blockers=(Call("DescribeAddresses", {"AllocationIds": ["{id}"]}, "Addresses.0.NetworkInterfaceId"),),
)

_EIP_ASSOCIATION = Entry(
    "aws:ec2/eipAssociation:EipAssociation",
    "ec2",
    fields=(
        Field("allocationId", replaces=True),
        Field("instanceId", replaces=True, computed=True),
        Field("networkInterfaceId", replaces=True, computed=True),
        Field("privateIpAddress", replaces=True, computed=True),
        Field("allowReassociation", read=None, replaces=True),
    ),
    id="@AssociationId",
    create=Call("AssociateAddress"),
    read=Call("DescribeAddresses", filters(association_id="{id}"), "Addresses.0"),
    delete=Call("DisassociateAddress", {"AssociationId": "{id}"}),
    outputs={"publicIp": "@PublicIp"},
    settle=True,
    unique=("allocationId",),
    finder=Call(
        "DescribeAddresses",
        filters(allocation_id="{in.allocationId}", instance_id="{in.instanceId}"),
        "Addresses.0.AssociationId",
    ),
)

_NAT_GATEWAY = resource(
    "aws:ec2/natGateway:NatGateway",
    "natgateway",
    fields=(
        Field("subnetId", replaces=True),
        Field("allocationId", read="NatGatewayAddresses.0.AllocationId", replaces=True),
        Field("connectivityType", default="public", replaces=True),
        Field("privateIp", "PrivateIpAddress", "NatGatewayAddresses.0.PrivateIp", computed=True, replaces=True),
    ),
    create=Call("CreateNatGateway", {"ClientToken": "{token}"}, "NatGateway", needs=TAGGING),
    outputs={
        "publicIp": "@NatGatewayAddresses.0.PublicIp",
        "networkInterfaceId": "@NatGatewayAddresses.0.NetworkInterfaceId",
    },
    arn="",
    pending=("State", ("pending",)),
    gone=("State", ("deleted",)),
    lingers=True,
    unique=("allocationId",),
    finder=Call(
        "DescribeNatGateways",
        {
            "Filters": [
                {"Name": "tag:soundstage:creation", "Values": ["{token}"]},
                {"Name": "state", "Values": ["pending", "available"]},
            ]
        },
        "NatGateways[].NatGatewayId",
    ),
)

_FLOW_LOG = resource(
    "aws:ec2/flowLog:FlowLog",
    "vpc-flow-log",
    fields=(
        Field("vpcId", "ResourceId", replaces=True),
        Field("trafficType", replaces=True),
        Field("logDestinationType", default="cloud-watch-logs", replaces=True),
        Field("logDestination", replaces=True, computed=True),
        Field("iamRoleArn", "DeliverLogsPermissionArn", replaces=True),
        Field("maxAggregationInterval", default=600, replaces=True),
        Field("logFormat", replaces=True, computed=True),
    ),
    unsent=("vpcId",),
    id="@FlowLogIds.0",
    create=Call(
        "CreateFlowLogs",
        {"ResourceIds": ["{in.vpcId}"], "ResourceType": "VPC", "ClientToken": "{token}"},
        needs=(*TAGGING, "iam:PassRole"),
    ),
    delete=Call("DeleteFlowLogs", {"FlowLogIds": ["{id}"]}),
    settle=True,
    unique=("vpcId", "logDestination"),
    recorded="No flow records are delivered.",
    passes_to="vpc-flow-logs.amazonaws.com",
)

TYPES: Final = (_EIP, _EIP_ASSOCIATION, _NAT_GATEWAY, _FLOW_LOG)
