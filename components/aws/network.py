"""StudioNetwork: a project's own network, in which nothing can be reached and little can be left."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from soundstage.components.aws.dns import watch_names
from soundstage.components.aws.endpoints import DOORS, service_door, storage_door
from soundstage.components.aws.exclusive import only_these_rules
from soundstage.components.aws.flowlogs import record_traffic
from soundstage.components.aws.network_args import Network, StudioNetworkArgs, resolve
from soundstage.components.aws.place import Place, place_of, rendered
from soundstage.components.component import Component
from soundstage.components.naming import log_group_name, role_path
from soundstage.components.ports import HTTPS
from soundstage.components.tags import STUDIO, named

ANYWHERE: Final = "0.0.0.0/0"
"""Only ever the destination of a route; no rule here admits it as a source."""


class StudioNetwork(Component):
    """A VPC for one project: private subnets, no public address, VPC endpoints for the AWS services that machines need, flow logs.

    It is IPv4 only, and that is the IPv6 stance: the VPC has no IPv6 range, so nothing in it can be given a global address
    or leave past the IPv4 rules. The default security group is emptied, so that a machine without rules of its own can
    talk to nobody. Even with `allowlist` no subnet hands out addresses; a machine gets one by name.
    """

    vpc_id: pulumi.Output[str]
    """Id of the VPC."""
    cidr: pulumi.Output[str]
    """IPv4 range of the VPC."""
    subnet_ids: pulumi.Output[list[str]]
    """Ids of the private subnets, one for each zone."""
    public_subnet_ids: pulumi.Output[list[str]]
    """Ids of the public subnets, one for each zone; empty unless access is `allowlist`."""
    availability_zones: pulumi.Output[list[str]]
    """Names of the zones, in the order of the subnets."""
    s3_prefix_list_id: pulumi.Output[str]
    """Id of the prefix list of S3's addresses, for outbound rules."""
    endpoint_security_group_id: pulumi.Output[str]
    """Id of the security group of the VPC endpoints, for outbound rules."""

    def __init__(self, name: str, args: StudioNetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        wanted = resolve(name, args)
        super().__init__(name, args, opts)
        child = pulumi.ResourceOptions(parent=self)
        region = wanted.region
        zones = _zones(self, wanted)

        vpc = aws.ec2.Vpc(
            f"{name}-vpc",
            cidr_block=wanted.cidr,
            enable_dns_support=True,
            enable_dns_hostnames=True,
            assign_generated_ipv6_cidr_block=False,
            region=region,
            tags=named(wanted.tags, name),
            opts=child,
        )
        aws.ec2.DefaultSecurityGroup(
            f"{name}-default-group",
            vpc_id=vpc.id,
            ingress=[],
            egress=[],
            region=region,
            # Without tags: it is made by the cloud without any, and who may tag what has none could take a stranger's group.
            opts=child,
        )
        private = _tier(self, name, "private", vpc, wanted.private, zones, wanted)
        public = _tier(self, name, "public", vpc, wanted.public, zones, wanted) if wanted.public else None
        if public:
            gateway = aws.ec2.InternetGateway(
                f"{name}-gateway", vpc_id=vpc.id, region=region, tags=named(wanted.tags, name), opts=child
            )
            way_out = aws.ec2.Route(
                f"{name}-public-out",
                route_table_id=public.routes.id,
                destination_cidr_block=ANYWHERE,
                gateway_id=gateway.id,
                region=region,
                opts=child,
            )
            if wanted.nat:
                _nat(self, name, public.subnets[0], private.routes, way_out, wanted)

        place = place_of(self, region)
        studio = wanted.tags.get(STUDIO, "studio")
        storage = aws.ec2.VpcEndpoint(
            f"{name}-s3",
            vpc_id=vpc.id,
            vpc_endpoint_type="Gateway",
            service_name=pulumi.Output.format("com.amazonaws.{0}.s3", place.apply(lambda known: known.region)),
            route_table_ids=[tier.routes.id for tier in (private, public) if tier],
            policy=rendered(storage_door, place=place, media_buckets=wanted.media_bucket_arns),
            region=region,
            tags=named(wanted.tags, f"{name}-s3"),
            opts=child,
        )
        doors = _service_doors(self, name, vpc, private.subnets[: wanted.endpoint_zones], place, wanted)
        record_traffic(
            self,
            name,
            vpc_id=vpc.id,
            place=place,
            group_name=log_group_name(wanted.tags.get(STUDIO, "studio"), wanted.project, name, "traffic"),
            days=wanted.flow_log_days,
            key_arn=wanted.key_arn,
            region=region,
            path=role_path(studio, wanted.project),
            boundary_arn=wanted.boundary_arn,
            tags=wanted.tags,
        )

        watch_names(self, name, vpc_id=vpc.id, place=place, wanted=wanted)

        self.vpc_id = vpc.id
        self.cidr = vpc.cidr_block
        self.subnet_ids = pulumi.Output.all(*[subnet.id for subnet in private.subnets])
        open_subnets = public.subnets if public and wanted.access == "allowlist" else []
        self.public_subnet_ids = pulumi.Output.all(*[subnet.id for subnet in open_subnets])
        self.availability_zones = pulumi.Output.all(*zones)
        self.s3_prefix_list_id = storage.prefix_list_id
        self.endpoint_security_group_id = doors.id
        self.record_outputs()


@dataclass(frozen=True)
class _Tier:
    """Subnets that share one route table."""

    subnets: Sequence[aws.ec2.Subnet]
    routes: aws.ec2.RouteTable


def _zones(component: pulumi.Resource, wanted: Network) -> list[pulumi.Output[str]]:
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


def _tier(
    component: pulumi.Resource,
    name: str,
    kind: str,
    vpc: aws.ec2.Vpc,
    blocks: Sequence[str],
    zones: Sequence[pulumi.Output[str]],
    wanted: Network,
) -> _Tier:
    child = pulumi.ResourceOptions(parent=component)
    tags = named(wanted.tags, f"{name}-{kind}")
    routes = aws.ec2.RouteTable(f"{name}-{kind}-routes", vpc_id=vpc.id, region=wanted.region, tags=tags, opts=child)
    made = []
    for number, (block, zone) in enumerate(zip(blocks, zones, strict=False), start=1):
        subnet = aws.ec2.Subnet(
            f"{name}-{kind}-{number}",
            vpc_id=vpc.id,
            cidr_block=block,
            availability_zone=zone,
            map_public_ip_on_launch=False,
            assign_ipv6_address_on_creation=False,
            region=wanted.region,
            tags=named(wanted.tags, f"{name}-{kind}-{number}"),
            opts=child,
        )
        aws.ec2.RouteTableAssociation(
            f"{name}-{kind}-{number}-routes",
            subnet_id=subnet.id,
            route_table_id=routes.id,
            region=wanted.region,
            opts=child,
        )
        made.append(subnet)
    return _Tier(subnets=made, routes=routes)


def _nat(
    component: pulumi.Resource,
    name: str,
    subnet: aws.ec2.Subnet,
    routes: aws.ec2.RouteTable,
    way_out: aws.ec2.Route,
    wanted: Network,
) -> None:
    """One NAT gateway for all zones: a second one costs as much again and saves only a project whose zone fails."""
    tags = named(wanted.tags, f"{name}-nat")
    # A NAT gateway made before its subnet leads to the internet fails.
    waiting = pulumi.ResourceOptions(parent=component, depends_on=[way_out])
    address = aws.ec2.Eip(f"{name}-nat-address", domain="vpc", region=wanted.region, tags=tags, opts=waiting)
    gateway = aws.ec2.NatGateway(
        f"{name}-nat",
        subnet_id=subnet.id,
        allocation_id=address.id,
        region=wanted.region,
        tags=tags,
        opts=waiting,
    )
    aws.ec2.Route(
        f"{name}-private-out",
        route_table_id=routes.id,
        destination_cidr_block=ANYWHERE,
        nat_gateway_id=gateway.id,
        region=wanted.region,
        opts=pulumi.ResourceOptions(parent=component),
    )


def _service_doors(
    component: pulumi.Resource,
    name: str,
    vpc: aws.ec2.Vpc,
    subnets_for_doors: Sequence[aws.ec2.Subnet],
    place: pulumi.Output[Place],
    wanted: Network,
) -> aws.ec2.SecurityGroup:
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
    region = place.apply(lambda known: known.region)
    for door in DOORS:
        aws.ec2.VpcEndpoint(
            f"{name}-{door.service}",
            vpc_id=vpc.id,
            vpc_endpoint_type="Interface",
            service_name=pulumi.Output.format("com.amazonaws.{0}.{1}", region, door.service),
            subnet_ids=[subnet.id for subnet in subnets_for_doors],
            security_group_ids=[group.id],
            private_dns_enabled=True,
            policy=rendered(service_door, place=place, door=door),
            region=wanted.region,
            tags=named(wanted.tags, f"{name}-{door.service}"),
            opts=child,
        )
    return group
