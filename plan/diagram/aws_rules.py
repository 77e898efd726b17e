"""What a machine's security groups and routes open, in words."""

from collections.abc import Iterator, Mapping
from typing import Final

from soundstage.core.values import Value
from soundstage.plan.diagram.facts import Door, Reach
from soundstage.plan.diagram.links import Links, items, number, texts
from soundstage.plan.diagram.openings import EVERY_PORT, OUTSIDE, ports, reach
from soundstage.plan.plan import PlannedResource

_GATEWAY: Final = "aws:ec2/internetGateway:InternetGateway"


def doors(links: Links, group: PlannedResource) -> Iterator[Door]:
    """What a security group lets in. A source that is not known yet is a door too."""
    for rule, said in _rules(links, group, "ingress"):
        port, sources = _port(said), _sources(said)
        for source in sources:
            yield Door(reach(source), source, port)
        if not sources:
            inside = [
                one
                for key in ("referencedSecurityGroupId", "sourceSecurityGroupId")
                for one in links.targets(rule, key)
            ]
            yield Door(Reach.INSIDE if inside else Reach.UNKNOWN, ", ".join(one.name for one in inside), port)


def ways_out(
    links: Links, instance: PlannedResource, subnets: list[PlannedResource], groups: list[PlannedResource]
) -> tuple[str, ...] | None:
    """The ports on which a machine may call the internet: a rule lets it, and a route leads there from its subnet. None where the
    plan does not hold the subnet's routes."""
    leads = [_leads_out(links, instance, subnet) for subnet in subnets]
    if True not in leads:
        return () if leads and None not in leads else None
    said = [
        (source, _port(rule))
        for group in groups
        for _, rule in _rules(links, group, "egress")
        for source in _sources(rule)
        if reach(source) in OUTSIDE
    ]
    return tuple(
        dict.fromkeys(port if reach(source) is Reach.WORLD else f"{port} to {source}" for source, port in said)
    )


def addressed(links: Links, instance: PlannedResource) -> bool:
    """Whether a machine has an address on the internet."""
    own = links.that_name(instance, "instance", "aws:ec2/eip:Eip")
    return bool(own) or instance.property("associatePublicIpAddress") is True


def _rules(links: Links, group: PlannedResource, way: str) -> Iterator[tuple[PlannedResource, Mapping[str, Value]]]:
    """Each rule of a group in one direction (`ingress`, `egress`), with the resource that holds it."""
    kind = f"SecurityGroup{way.title()}Rule"
    for rule in links.that_name(group, "securityGroupId", f"aws:vpc/{kind[0].lower()}{kind[1:]}:{kind}"):
        yield rule, rule.inputs
    for rule in links.that_name(group, "securityGroupId", "aws:ec2/securityGroupRule:SecurityGroupRule"):
        if rule.inputs.get("type") == way:
            yield rule, rule.inputs
    for written in items(group.inputs.get(way)):
        if isinstance(written, Mapping):
            yield group, written


def _leads_out(links: Links, instance: PlannedResource, subnet: PlannedResource) -> bool | None:
    """Through a NAT gateway, or through an internet gateway for a machine with an address of its own; None where that cannot be
    seen: the subnet has no table of routes here, or one that leads to something else."""
    tables = [
        table
        for one in links.that_name(subnet, "subnetId", "aws:ec2/routeTableAssociation:RouteTableAssociation")
        for table in links.targets(one, "routeTableId")
    ]
    found: bool | None = False if tables else None
    for table in tables:
        for route in links.that_name(table, "routeTableId", "aws:ec2/route:Route"):
            gateway = any(one.type == _GATEWAY for one in links.targets(route, "gatewayId"))
            if links.targets(route, "natGatewayId") or (gateway and addressed(links, instance)):
                return True
            found = found if gateway else None
        found = None if items(table.inputs.get("routes")) else found
    return found


def _sources(said: Mapping[str, Value]) -> list[str]:
    keys = ("cidrIpv4", "cidrIpv6", "cidrBlocks", "ipv6CidrBlocks")
    return [item for key in keys for item in texts(said.get(key))]


def _port(said: Mapping[str, Value]) -> str:
    first, last = number(said.get("fromPort")), number(said.get("toPort"))
    if said.get("ipProtocol", said.get("protocol")) in ("-1", "all") or first is None or first == -1:
        return EVERY_PORT
    return ports(first, first if last is None else last)
