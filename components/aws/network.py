"""StudioNetwork: a project's own network, in which nothing can be reached and little can be left."""

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from soundstage.components.aws.dns import watch_names
from soundstage.components.aws.flowlogs import record_traffic
from soundstage.components.aws.network_args import Network, StudioNetworkArgs, resolve
from soundstage.components.aws.network_endpoints import interface_endpoints, storage_endpoint
from soundstage.components.aws.network_tiers import private_tier, public_tier, way_out, zones
from soundstage.components.aws.place import Place, place_of
from soundstage.components.component import Component
from soundstage.components.naming import log_group_name, role_path
from soundstage.components.ownership import UNNAMED
from soundstage.components.tags import named


class StudioNetwork(Component):
    """A VPC for one project: private subnets, no public address, VPC endpoints for the AWS services that machines need, flow logs.

    It is IPv4 only, and that is the IPv6 stance: the VPC has no IPv6 range, so nothing in it can be given a global address
    or leave past the IPv4 rules. The default security group is emptied, so that a machine without rules of its own can
    talk to nobody. Even with `allowlist` no subnet hands out addresses; a machine gets one by name.
    """

    vpc_id: pulumi.Output[str]
    """Id of the VPC."""
    vpc_arn: pulumi.Output[str]
    """ARN of the VPC."""
    cidr: pulumi.Output[str]
    """IPv4 range of the VPC."""
    subnet_ids: pulumi.Output[list[str]]
    """Ids of the private subnets, one for each zone."""
    subnet_cidrs: pulumi.Output[list[str]]
    """IPv4 ranges of the private subnets, in the order of the zones."""
    public_subnet_ids: pulumi.Output[list[str]]
    """Ids of the public subnets, one for each zone; empty unless access is `allowlist`."""
    public_subnet_cidrs: pulumi.Output[list[str]]
    """IPv4 ranges of the public subnets; empty unless access is `allowlist`."""
    availability_zones: pulumi.Output[list[str]]
    """Names of the zones, in the order of the subnets."""
    route_table_ids: pulumi.Output[list[str]]
    """Ids of the route tables of the private subnets: one for all, or with `nat_per_zone` one for each zone. For routes of
    your own, such as that of a VPN or a peering."""
    public_route_table_ids: pulumi.Output[list[str]]
    """Ids of the route tables of the public subnets; empty where there is none."""
    nat_gateway_ids: pulumi.Output[list[str]]
    """Ids of the NAT gateways; empty without `nat`."""
    nat_addresses: pulumi.Output[list[str]]
    """Public addresses from which private machines reach the internet, for the lists of allowed addresses that vendors and
    clients keep; empty without `nat`."""
    s3_prefix_list_id: pulumi.Output[str]
    """Id of the prefix list of S3's addresses, for outbound rules."""
    s3_endpoint_id: pulumi.Output[str]
    """Id of the gateway endpoint of S3, for the `aws:SourceVpce` of bucket policies."""
    endpoint_ids: pulumi.Output[dict[str, str]]
    """Ids of the interface endpoints, by service."""
    endpoint_security_group_id: pulumi.Output[str]
    """Id of the security group of the VPC endpoints, for outbound rules, and for endpoints of your own to stand behind."""

    def __init__(self, name: str, args: StudioNetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        wanted = resolve(name, args)
        super().__init__(name, args, opts)
        spanned, place = zones(self, wanted), place_of(self, wanted.region)
        self.vpc: aws.ec2.Vpc = _vpc(self, name, wanted)
        """The VPC."""
        private = private_tier(self, name, self.vpc, spanned, wanted)
        public = public_tier(self, name, self.vpc, spanned, wanted)
        out = way_out(self, name, self.vpc, public, private, wanted) if public else None
        tables = [*private.routes, *(public.routes if public else [])]
        self.subnets: Sequence[aws.ec2.Subnet] = private.subnets
        """The private subnets, in the order of the zones."""
        self.public_subnets: Sequence[aws.ec2.Subnet] = public.subnets if public else []
        """The public subnets, also those in which only a NAT gateway stands."""
        self.route_tables: Sequence[aws.ec2.RouteTable] = private.routes
        """The route tables of the private subnets."""
        self.public_route_tables: Sequence[aws.ec2.RouteTable] = public.routes if public else []
        """The route table of the public subnets, where there are some."""
        self.internet_gateway: aws.ec2.InternetGateway | None = out.gateway if out else None
        """The internet gateway; None without public subnets."""
        self.nat_gateways: Sequence[aws.ec2.NatGateway] = out.nat_gateways if out else []
        """The NAT gateways."""
        self.s3_endpoint: aws.ec2.VpcEndpoint = storage_endpoint(self, name, self.vpc, tables, place, wanted)
        """The gateway endpoint of S3."""
        interfaces = interface_endpoints(self, name, self.vpc, private.subnets, place, wanted)
        self.endpoints: dict[str, aws.ec2.VpcEndpoint] = interfaces.endpoints
        """The interface endpoints, by service."""
        self.endpoint_security_group: aws.ec2.SecurityGroup = interfaces.group
        """The security group of the interface endpoints."""
        self.flow_log: aws.ec2.FlowLog = _flow_log(self, name, self.vpc, place, wanted)
        """The flow log of the VPC."""
        watch_names(self, name, vpc_id=self.vpc.id, place=place, wanted=wanted)

        self.vpc_id, self.vpc_arn, self.cidr = self.vpc.id, self.vpc.arn, self.vpc.cidr_block
        self.subnet_ids, self.subnet_cidrs = _ids(private.subnets), _ranges(private.subnets)
        listed = self.public_subnets if wanted.access == "allowlist" else []
        self.public_subnet_ids, self.public_subnet_cidrs = _ids(listed), _ranges(listed)
        self.availability_zones = pulumi.Output.all(*spanned)
        self.route_table_ids, self.public_route_table_ids = _ids(self.route_tables), _ids(self.public_route_tables)
        self.nat_gateway_ids = _ids(self.nat_gateways)
        self.nat_addresses = pulumi.Output.all(*(out.nat_addresses if out else []))
        self.s3_prefix_list_id, self.s3_endpoint_id = self.s3_endpoint.prefix_list_id, self.s3_endpoint.id
        ids: dict[str, Any] = {service: each.id for service, each in self.endpoints.items()}
        self.endpoint_ids = pulumi.Output.from_input(ids)
        self.endpoint_security_group_id = self.endpoint_security_group.id
        self.record_outputs()


def _ids(resources: Sequence[pulumi.CustomResource]) -> pulumi.Output[list[str]]:
    return pulumi.Output.all(*[each.id for each in resources])


def _ranges(subnets: Sequence[aws.ec2.Subnet]) -> pulumi.Output[list[str]]:
    return pulumi.Output.all(*[subnet.cidr_block for subnet in subnets])


def _vpc(component: pulumi.Resource, name: str, wanted: Network) -> aws.ec2.Vpc:
    child = pulumi.ResourceOptions(parent=component)
    vpc = aws.ec2.Vpc(
        f"{name}-vpc",
        cidr_block=wanted.cidr,
        enable_dns_support=True,
        enable_dns_hostnames=True,
        assign_generated_ipv6_cidr_block=False,
        region=wanted.region,
        tags=named(wanted.tags, name),
        opts=child,
    )
    aws.ec2.DefaultSecurityGroup(
        f"{name}-default-group",
        vpc_id=vpc.id,
        ingress=[],
        egress=[],
        region=wanted.region,
        # Without tags: it is made by the cloud without any, and who may tag what has none could take a stranger's group.
        opts=child,
    )
    return vpc


def _flow_log(
    component: pulumi.Resource, name: str, vpc: aws.ec2.Vpc, place: pulumi.Output[Place], wanted: Network
) -> aws.ec2.FlowLog:
    studio = wanted.studio or UNNAMED
    return record_traffic(
        component,
        name,
        vpc_id=vpc.id,
        place=place,
        group_name=log_group_name(studio, wanted.project, name, "traffic"),
        days=wanted.flow_log_days,
        key_arn=wanted.key_arn,
        region=wanted.region,
        path=role_path(studio, wanted.project),
        boundary_arn=wanted.boundary_arn,
        tags=wanted.tags,
    )
