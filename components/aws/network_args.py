"""What a project's network may be told, checked and turned into plain values."""

from dataclasses import dataclass
from typing import NotRequired, TypedDict

import pulumi

from soundstage.components import choices
from soundstage.components.arguments import choice_fault, number_faults, refuse
from soundstage.components.aws.endpoints import DOORS, Door
from soundstage.components.cidr import MOST_ZONES, network_range, subnets
from soundstage.components.domains import domain_faults
from soundstage.components.fields import conformed
from soundstage.components.network_zones import ZONES
from soundstage.components.ownership import Tags, ownership, plain_tags
from soundstage.components.ports import ACCESS
from soundstage.components.retention import SHORTEST_DAYS, retention_faults
from soundstage.components.tags import ZONE, tag_faults


class StudioNetworkArgs(TypedDict):
    project: NotRequired[str]
    """The project's name: lower-case letters, digits and hyphens, at most 20 characters. When absent, what the tag
    `soundstage:project` says, or a name made of those of the Pulumi program and its stack."""
    studio: NotRequired[str]
    """The studio's name, which together with the project's decides the range and the names of logs and roles. When absent, what
    the tag `soundstage:studio` says."""
    cidr: NotRequired[str]
    """IPv4 range, /16 to /22, private. When absent, a /20 in 10.0.0.0/8 derived from the studio's and the project's
    name, always the same and clear of `taken`."""
    taken: NotRequired[list[str]]
    """Ranges that this network must not overlap: the other projects', the office's, the VPN's."""
    zone: NotRequired[choices.Zone]
    """`content` (default): no machine opens a connection to the internet. `io`: transfer machines. `mgmt`: the studio's
    tools."""
    access: NotRequired[choices.Access]
    """`session` (default): no public subnet at all. `allowlist`: public subnets beside the private ones, in which
    addresses are given one by one. `vpn`: as `session`; clients come from a private range."""
    nat: NotRequired[bool]
    """Whether private machines may reach the internet through one NAT gateway. False when absent; refused in zone
    `content`."""
    nat_per_zone: NotRequired[bool]
    """Whether each zone has a NAT gateway of its own, so that machines of the others keep their way out when a zone fails; only
    with `nat`. False when absent: every gateway is billed by the hour."""
    nat_allocation_ids: NotRequired[list[pulumi.Input[str]]]
    """Allocation ids of Elastic IP addresses of your own for the NAT gateways, one for each gateway, so that a vendor's list of
    allowed addresses outlives this network. New addresses when absent."""
    zones: NotRequired[int]
    """How many availability zones to span, 1 to 3. Two when absent."""
    availability_zones: NotRequired[list[pulumi.Input[str]]]
    """Which availability zones, by name (`eu-west-1a`): for machine types that only some zones offer. The region's
    first ones when absent."""
    endpoints: NotRequired[list[choices.EndpointService]]
    """The AWS services that get a VPC endpoint besides S3, whose endpoint is always there and free. When absent, those that a
    workstation needs in a network without a way out: `ssm`, `ssmmessages`, `kms` and `logs`. An empty list: none, for a
    network with `nat`."""
    endpoint_zones: NotRequired[int]
    """In how many of the zones the VPC endpoints stand. One when absent: each endpoint is billed per zone and hour,
    and is reached from the others."""
    media_bucket_arns: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """ARNs of the buckets that machines may reach. No bucket when absent; AWS's own for licences, drivers and packages are
    always readable."""
    key_arn: NotRequired[pulumi.Input[str]]
    """KMS key of the flow logs. It must let CloudWatch Logs use it. A key of its own when absent."""
    boundary_arn: NotRequired[pulumi.Input[str]]
    """ARN of the permission boundary of the role that writes the flow logs, usually `services_arn` of `RoleBoundaries`.
    No boundary when absent."""
    flow_log_days: NotRequired[int]
    """How long flow logs are kept, in days. 365 when absent, and at the least."""
    dns_firewall: NotRequired[bool]
    """Whether machines resolve only the names of the VPC endpoints, of S3 and of `dns_domains`; every other name does not exist for them.
    False when absent. Route 53 Resolver DNS Firewall, billed by domain and by query."""
    dns_domains: NotRequired[list[str]]
    """Names that machines resolve besides, such as `licences.example.com` or `*.example.com`; only with `dns_firewall`, which with
    `nat` needs at least one. None when absent."""
    dns_query_log: NotRequired[bool]
    """Whether every name that machines ask for is kept, encrypted, for `flow_log_days`. False when absent. Billed by volume."""
    exclusive: NotRequired[bool]
    """Whether a rule that is added elsewhere is taken away at the next `up`, by hand or by this very program. False when
    absent: the group of the endpoints is an output, to which a program may add rules."""
    region: NotRequired[str]
    """Region of everything here. That of the provider when absent."""
    tags: NotRequired[Tags]
    """Tags of everything here, such as `soundstage:studio` and `soundstage:project`."""
    foreign_tags: NotRequired[list[str]]
    """Keys of tags that somebody else sets on what is made here, such as a tool for cost: whatever they hold stays. None when
    absent: a tag that the program does not set is taken away once it has been seen."""


@dataclass(frozen=True)
class Network:
    """A network's arguments, checked."""

    studio: str
    """Empty where nobody says which."""
    project: str
    cidr: str
    private: tuple[str, ...]
    public: tuple[str, ...]
    access: str
    gateways: int
    """How many NAT gateways it has; none without `nat`."""
    nat_allocation_ids: tuple[pulumi.Input[str], ...]
    zone_names: tuple[pulumi.Input[str], ...]
    zone_count: int
    endpoints: tuple[Door, ...]
    endpoint_zones: int
    flow_log_days: int
    media_bucket_arns: pulumi.Input[list[pulumi.Input[str]]]
    key_arn: pulumi.Input[str] | None
    boundary_arn: pulumi.Input[str] | None
    dns_firewall: bool
    dns_domains: tuple[str, ...]
    dns_query_log: bool
    exclusive: bool
    region: str | None
    tags: Tags


def resolve(name: str, args: StudioNetworkArgs) -> Network:
    """Plain values, with every default filled in. Raises `ArgumentError` with all faults at once."""
    args, faults = conformed(args, StudioNetworkArgs)
    owner = ownership(args, faults, tagged=("studio",))
    faults += tag_faults(plain_tags(owner.tags))

    zone, access = args.get("zone", "content"), args.get("access", "session")
    faults += choice_fault("zone", zone, ZONES) + choice_fault("access", access, ACCESS)

    zone_names = tuple(args.get("availability_zones", ()))
    count = args.get("zones", len(zone_names) or 2)
    faults += number_faults("zones", count, 1, MOST_ZONES) + _zone_faults(args, zone_names, count)
    endpoint_zones = args.get("endpoint_zones", 1)
    faults += number_faults("endpoint_zones", endpoint_zones, 1, max(count, 1))
    endpoints = args.get("endpoints", [door.service for door in DOORS if door.always])
    for service in endpoints:
        faults += choice_fault("endpoints", service, [door.service for door in DOORS])

    days = args.get("flow_log_days", SHORTEST_DAYS)
    faults += retention_faults("flow_log_days", days)
    gateways = _gateways(args, count, faults)
    faults += _name_faults(args)
    cidr = network_range(args.get("cidr"), args.get("taken", []), owner.studio, owner.project, faults)
    refuse("StudioNetwork", name, faults)

    cut = subnets(cidr, count)
    # Machines with addresses may be in any zone; a NAT gateway needs a public subnet to stand in.
    publics = count if access == "allowlist" else gateways
    return Network(
        studio=owner.studio,
        project=owner.project,
        cidr=cidr,
        private=cut.private,
        public=cut.public[:publics],
        access=access,
        gateways=gateways,
        nat_allocation_ids=tuple(args.get("nat_allocation_ids", ())),
        zone_names=zone_names,
        zone_count=count,
        endpoints=tuple(door for door in DOORS if door.service in endpoints),
        endpoint_zones=endpoint_zones,
        flow_log_days=days,
        media_bucket_arns=args.get("media_bucket_arns", []),
        key_arn=args.get("key_arn"),
        boundary_arn=args.get("boundary_arn"),
        dns_firewall=args.get("dns_firewall", False),
        dns_domains=tuple(args.get("dns_domains", ())),
        dns_query_log=args.get("dns_query_log", False),
        exclusive=args.get("exclusive", False),
        region=args.get("region"),
        tags={**owner.tags, ZONE: zone},
    )


def _zone_faults(args: StudioNetworkArgs, names: tuple[pulumi.Input[str], ...], count: int) -> list[str]:
    """What is wrong with the zones, as far as it shows before outputs are known; AWS refuses a zone that it does not have."""
    faults, region = [], args.get("region")
    plain = [name for name in names if isinstance(name, str)]
    if names and (len(names) != count or len(set(plain)) != len(plain)):
        named = ", ".join(plain) if len(plain) == len(names) else f"{len(names)} zones"
        faults.append(f"availability_zones names {named}; expected {count} different ones")
    return faults + [
        f"availability_zones has {name!r}; allowed: zones of {region}"
        for name in plain
        if region and not name.startswith(region)
    ]


def _gateways(args: StudioNetworkArgs, zones: int, faults: list[str]) -> int:
    """How many NAT gateways are asked for."""
    nat, per_zone, own = args.get("nat", False), args.get("nat_per_zone", False), args.get("nat_allocation_ids", [])
    if nat and args.get("zone", "content") == "content":
        faults.append('nat is True in zone content, whose machines must not reach the internet; use zone "io"')
    for key in ("nat_per_zone", "nat_allocation_ids"):
        if args.get(key) and not nat:
            faults.append(f"{key} is given without nat; set nat to True")
    gateways = (zones if per_zone else 1) if nat else 0
    if own and nat and len(own) != gateways:
        faults.append(f"nat_allocation_ids has {len(own)} entries; expected {gateways}, one for each NAT gateway")
    return gateways


def _name_faults(args: StudioNetworkArgs) -> list[str]:
    """What is wrong with the names that machines may resolve."""
    guarded, domains = args.get("dns_firewall", False), args.get("dns_domains", [])
    faults = domain_faults("dns_domains", domains)
    if domains and not guarded:
        faults.append(
            "dns_domains is given without dns_firewall, so that every name is resolved; set dns_firewall to True"
        )
    if guarded and args.get("nat", False) and not domains:
        faults.append("dns_firewall is True with nat and no dns_domains, so that nothing on the internet has a name")
    return faults
