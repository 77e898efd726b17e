"""What joins a network to the outside and watches it: elastic addresses, NAT gateways, flow logs."""

from typing import Final

from soundstage.providers.aws.table.ec2 import ARN, RETAG, TAGS, by_mark, filters
from soundstage.providers.entry import Call, Entry, sets
from soundstage.providers.mapping import Field

_EIP = Entry(
    "aws:ec2/eip:Eip",
    "ec2",
    fields=(
        Field("domain", default="vpc", replaces=True),
        Field("instance", "InstanceId", computed=True),
        Field("networkInterface", "NetworkInterfaceId", computed=True),
        TAGS,
    ),
    id="@AllocationId",
    create=Call("AllocateAddress", needs=("ec2:CreateTags",)),
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
        RETAG,
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
    arn=ARN + "elastic-ip/{id}",
    tagged="elastic-ip",
    marked=True,
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

_NAT_GATEWAY = Entry(
    "aws:ec2/natGateway:NatGateway",
    "ec2",
    fields=(
        Field("subnetId", replaces=True),
        Field("allocationId", read="NatGatewayAddresses.0.AllocationId", replaces=True),
        Field("connectivityType", default="public", replaces=True),
        Field("privateIp", "PrivateIpAddress", "NatGatewayAddresses.0.PrivateIp", computed=True, replaces=True),
        TAGS,
    ),
    id="@NatGatewayId",
    create=Call("CreateNatGateway", {"ClientToken": "{token}"}, "NatGateway", needs=("ec2:CreateTags",)),
    read=Call("DescribeNatGateways", {"NatGatewayIds": ["{id}"]}, "NatGateways.0"),
    updates=(RETAG,),
    delete=Call("DeleteNatGateway", {"NatGatewayId": "{id}"}),
    outputs={
        "publicIp": "@NatGatewayAddresses.0.PublicIp",
        "networkInterfaceId": "@NatGatewayAddresses.0.NetworkInterfaceId",
    },
    tagged="natgateway",
    marked=True,
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

_FLOW_LOG = Entry(
    "aws:ec2/flowLog:FlowLog",
    "ec2",
    fields=(
        Field("vpcId", "ResourceId", replaces=True),
        Field("trafficType", replaces=True),
        Field("logDestinationType", default="cloud-watch-logs", replaces=True),
        Field("logDestination", replaces=True, computed=True),
        Field("iamRoleArn", "DeliverLogsPermissionArn", replaces=True),
        Field("maxAggregationInterval", default=600, replaces=True),
        Field("logFormat", replaces=True, computed=True),
        TAGS,
    ),
    unsent=("vpcId",),
    id="@FlowLogIds.0",
    create=Call(
        "CreateFlowLogs",
        {"ResourceIds": ["{in.vpcId}"], "ResourceType": "VPC", "ClientToken": "{token}"},
        needs=("ec2:CreateTags", "iam:PassRole"),
    ),
    read=Call("DescribeFlowLogs", {"FlowLogIds": ["{id}"]}, "FlowLogs.0"),
    updates=(RETAG,),
    delete=Call("DeleteFlowLogs", {"FlowLogIds": ["{id}"]}),
    arn=ARN + "vpc-flow-log/{id}",
    tagged="vpc-flow-log",
    marked=True,
    settle=True,
    unique=("vpcId", "logDestination"),
    finder=by_mark("DescribeFlowLogs", "FlowLogs[].FlowLogId"),
    recorded="No flow records are delivered.",
    passes_to="vpc-flow-logs.amazonaws.com",
)

TYPES: Final = (_EIP, _EIP_ASSOCIATION, _NAT_GATEWAY, _FLOW_LOG)
