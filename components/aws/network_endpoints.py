"""The VPC endpoints of a network: S3's in its route tables, and those of other services as interfaces behind one group."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from soundstage.components.aws.endpoints import service_door, storage_door
from soundstage.components.aws.exclusive import only_these_rules
from soundstage.components.aws.network_args import Network
from soundstage.components.aws.place import Place, rendered
from soundstage.components.ports import HTTPS
from soundstage.components.tags import named


@dataclass(frozen=True)
class Interfaces:
    """The interface endpoints by service, and the group that they stand behind, which is there also without any of them."""

    group: aws.ec2.SecurityGroup
    endpoints: dict[str, aws.ec2.VpcEndpoint]


def storage_endpoint(
    component: pulumi.Resource,
    name: str,
    vpc: aws.ec2.Vpc,
    routes: Sequence[aws.ec2.RouteTable],
    place: pulumi.Output[Place],
    wanted: Network,
) -> aws.ec2.VpcEndpoint:
    """The gateway to S3, which costs nothing and stands in every route table."""
    return aws.ec2.VpcEndpoint(
        f"{name}-s3",
        vpc_id=vpc.id,
        vpc_endpoint_type="Gateway",
        service_name=pulumi.Output.format("com.amazonaws.{0}.s3", place.apply(lambda known: known.region)),
        route_table_ids=[table.id for table in routes],
        policy=rendered(storage_door, place=place, media_buckets=wanted.media_bucket_arns),
        region=wanted.region,
        tags=named(wanted.tags, f"{name}-s3"),
        opts=pulumi.ResourceOptions(parent=component),
    )


def interface_endpoints(
    component: pulumi.Resource,
    name: str,
    vpc: aws.ec2.Vpc,
    subnets: Sequence[aws.ec2.Subnet],
    place: pulumi.Output[Place],
    wanted: Network,
) -> Interfaces:
    """The endpoints that the network wants, in the first of its private subnets."""
    child = pulumi.ResourceOptions(parent=component)
    group = _group(component, name, vpc, wanted)
    region = place.apply(lambda known: known.region)
    endpoints = {
        door.service: aws.ec2.VpcEndpoint(
            f"{name}-{door.service}",
            vpc_id=vpc.id,
            vpc_endpoint_type="Interface",
            service_name=pulumi.Output.format("com.amazonaws.{0}.{1}", region, door.service),
            subnet_ids=[subnet.id for subnet in subnets[: wanted.endpoint_zones]],
            security_group_ids=[group.id],
            private_dns_enabled=True,
            policy=rendered(service_door, place=place, door=door),
            region=wanted.region,
            tags=named(wanted.tags, f"{name}-{door.service}"),
            opts=child,
        )
        for door in wanted.endpoints
    }
    return Interfaces(group, endpoints)


def _group(component: pulumi.Resource, name: str, vpc: aws.ec2.Vpc, wanted: Network) -> aws.ec2.SecurityGroup:
    child = pulumi.ResourceOptions(parent=component)
    group = aws.ec2.SecurityGroup(
        f"{name}-endpoints",
        description="Doors to AWS services: HTTPS from inside the network only",
        vpc_id=vpc.id,
        region=wanted.region,
        tags=named(wanted.tags, f"{name}-endpoints"),
        opts=child,
    )
    https = aws.vpc.SecurityGroupIngressRule(
        f"{name}-endpoints-https",
        security_group_id=group.id,
        description="HTTPS from this network",
        ip_protocol="tcp",
        from_port=HTTPS,
        to_port=HTTPS,
        cidr_ipv4=wanted.cidr,
        region=wanted.region,
        tags=wanted.tags,
        opts=child,
    )
    if wanted.exclusive:
        only_these_rules(f"{name}-endpoints", group, ingress=[https], egress=[], region=wanted.region, options=child)
    return group
