"""Zones: what may leave a content network, and which network may reach which."""

from collections.abc import Iterator

from soundstage.core.values import UNKNOWN, Unknown
from soundstage.policies.policy import (
    ADVISORY,
    CRITICAL,
    HIGH,
    MANDATORY,
    MEDIUM,
    Blind,
    Verdict,
    breach,
    policy,
)
from soundstage.policies.views import addresses
from soundstage.policies.views.machines import Machine, machines
from soundstage.policies.views.networks import (
    DNS_FIREWALL,
    GCP_NAT,
    GCP_NETWORK,
    GCP_PEERING,
    GCP_SUBNET,
    NAT_GATEWAY,
    NETWORK_FIREWALL,
    PEERING,
    SUBNET,
    TABLE_JOINS,
    TRANSIT,
    VPC,
    InternetRoute,
    internet_routes,
)
from soundstage.policies.views.node import Node, Resource, Truth, all_of, any_of, no
from soundstage.policies.views.openings import FIREWALL, GROUPS, POLICY_BINDINGS, POLICY_RULES, Opening, inward, outward
from soundstage.policies.views.stack import Stack


@policy(
    "NET-08",
    "Content networks let nothing out by default",
    severity=HIGH,
    level=ADVISORY,
    content=MANDATORY,
    why="Media leave through connections that go out; a machine that can reach the whole internet can send it there.",
    fix="Let the group out to the endpoints, the S3 prefix list and named addresses only.",
    references="mpa-5.1:T14 mpa-5.1:T18 gdpr:32",
    over=outward,
)
def open_egress(opening: Opening, stack: Stack) -> Iterator[Verdict]:
    everything: Truth = UNKNOWN
    if not isinstance(opening.ports, Unknown):
        everything = any(span.last - span.first >= 65534 for span in opening.ports)
    yield from breach(
        all_of(
            opening.wide_here(stack) if opening.kind != "list" else False,
            any_of(everything, stack.in_content(opening.resource)),
        ),
        opening.resource,
        f"lets traffic out to {opening.peer.text} ({opening.span})",
        *opening.evidence,
        stack.zone(opening.resource),
    )


@policy(
    "NET-09",
    "Content networks have no route to the internet",
    severity=CRITICAL,
    level=MANDATORY,
    why="Without a route to the internet, neither a mistake nor malware can send media there.",
    fix="Remove the route; reach AWS through endpoints and Google APIs through Private Google Access.",
    references="fsbp:EC2.172 mpa-5.1:T15 mpa-5.1:T18",
    over=lambda stack: [*stack.view(internet_routes), *stack.of(*TABLE_JOINS, GCP_NETWORK)],
)
def internet_route(route: InternetRoute | Resource, stack: Stack) -> Iterator[Verdict]:
    if isinstance(route, Resource) and route.type == GCP_NETWORK:
        kept = no(route.get("deleteDefaultRoutesOnCreate").true)
        told = "keeps the route to the internet with which Google makes it"
        node = route.get("deleteDefaultRoutesOnCreate")
        yield from breach(all_of(kept, stack.in_content(route)), route, told, node, stack.zone(route))
        return
    if isinstance(route, Resource):
        table, placed = (
            route.get("routeTableId"),
            [*stack.targets(route.get("subnetId")), *stack.targets(route.get("vpcId"))],
        )
        if (
            isinstance(table.value, str)
            and not stack.targets(table)
            and any(stack.in_content(end) is True for end in placed)
        ):
            yield Blind(route, table.path, f"where {table.text} leads is not part of this stack")
        return
    yield from breach(
        all_of(route.to_internet, stack.in_content(route.resource)),
        route.resource,
        f"leads {route.destination.text} of a content network to the internet",
        route.destination,
        route.gateway,
        stack.zone(route.resource),
    )


@policy(
    "NET-10",
    "Content networks behind NAT filter names or traffic",
    severity=MEDIUM,
    level=ADVISORY,
    why="NAT alone lets a machine fetch from and send to any address it can name.",
    fix="Attach a Route 53 Resolver DNS firewall or AWS Network Firewall, or drop the NAT gateway.",
    references="mpa-5.1:T17 mpa-5.1:T18",
    over=lambda stack: stack.of(NAT_GATEWAY, GCP_NAT),
)
def unfiltered_nat(nat: Resource, stack: Stack) -> Iterator[Verdict]:
    filtered = bool(stack.of(DNS_FIREWALL, NETWORK_FIREWALL))
    yield from breach(
        all_of(not filtered, stack.in_content(nat)),
        nat,
        "is the only thing between content and the internet",
        stack.zone(nat),
    )


@policy(
    "NET-16",
    "Zones open connections in the allowed direction only",
    severity=HIGH,
    level=MANDATORY,
    why="The machine that receives files from outside must not be able to reach the machines that hold the film.",
    fix="Let the content zone pull from the transfer zone; remove the rule, peering or attachment that goes the other "
    "way, or list the direction in `zone_flows`.",
    references="cis-aws-7.0:6.6 mpa-5.1:T1 mpa-5.1:T15 mpa-5.1:T32",
    over=lambda stack: [*stack.view(inward), *stack.of(PEERING, GCP_PEERING, TRANSIT)],
)
def zone_flow(subject: Opening | Resource, stack: Stack) -> Iterator[Verdict]:
    if isinstance(subject, Opening):
        if subject.kind == "cidr":
            yield from _ranges(stack, subject)
        if subject.kind == "group" and subject.group is not None:
            named = stack.targets(subject.peer, *GROUPS)
            for other in named or (stack.of(*GROUPS) if not subject.peer.known else []):
                meant = True if named else UNKNOWN
                yield from _flow(stack, meant, stack.zone(other), stack.zone(subject.group), subject)
        return
    ends = {PEERING: ("vpcId", "peerVpcId"), TRANSIT: ("vpcId", "transitGatewayId")}
    here, there = (subject.get(key) for key in ends.get(subject.type, ("network", "peerNetwork")))
    found = {target.urn: target for end in (here, there) for target in stack.targets(end)}
    zones = [stack.zone(target) for target in found.values()]
    unseen = [end for end in (here, there) if end.path != "transitGatewayId" and not stack.targets(end)]
    joins = any_of(*(UNKNOWN for _ in unseen), *(stack.in_content(target) for target in found.values()))
    if len(found) > 1:
        same = all(zone.known and zone.value == zones[0].value for zone in zones)
        joins = all_of(joins, not same)
    yield from breach(joins, subject, "joins a content network to another network", here, there, *zones)


def _ranges(stack: Stack, opening: Opening) -> Iterator[Verdict]:
    """Networks of another zone whose addresses a rule of a content zone admits. A range that is not known is that of a network that it
    is made of, and of those inside it."""
    guarded = opening.group or opening.resource
    content = stack.in_content(guarded)
    if content is False:
        return
    inside = stack.zone(guarded)
    named = [] if opening.peer.known else stack.targets(opening.peer, VPC, SUBNET, GCP_SUBNET)
    for zone, networks in stack.view(_zones):
        if _wrong(stack, zone, inside) is not False:
            for theirs in networks:
                if not named or theirs.resource in named or _inside(stack, theirs.resource, named):
                    admitted = all_of(content, _overlap(opening.peer, theirs))
                    own = stack.zone(theirs.resource)
                    yield from _flow(stack, admitted, own, inside, opening, theirs)


def _zones(stack: Stack) -> list[tuple[Node, list[Node]]]:
    """Each zone that a network is in, with the ranges of its networks."""
    found: dict[object, tuple[Node, list[Node]]] = {}
    for network in stack.of(VPC, SUBNET, GCP_SUBNET):
        theirs, zone = network.get("ipCidrRange" if network.type == GCP_SUBNET else "cidrBlock"), stack.zone(network)
        if theirs.value not in (None, "") and zone.value not in (None, ""):
            found.setdefault(zone.value if zone.known else UNKNOWN, (zone, []))[1].append(theirs)
    return list(found.values())


def _inside(stack: Stack, subnet: Resource, networks: list[Resource]) -> bool:
    return any(target in networks for key in ("vpcId", "network") for target in stack.targets(subnet.get(key)))


def _overlap(one: Node, other: Node) -> Truth:
    """Whether two ranges have an address in common."""
    if not one.known or not other.known:
        return UNKNOWN
    return addresses.network(str(one.value)).overlaps(addresses.network(str(other.value)))


def _wrong(stack: Stack, source: Node, target: Node) -> Truth:
    """Whether no connection may come from one zone into the other."""
    if source.value in (None, "") or target.value in (None, ""):
        return False
    if not source.known or not target.known:
        return UNKNOWN
    flow = (source.value, target.value)
    return flow[0] != flow[1] and flow not in stack.settings.zone_flows


def _flow(
    stack: Stack, admitted: Truth, source: Node, target: Node, opening: Opening, *ranges: Node
) -> Iterator[Verdict]:
    yield from breach(
        all_of(admitted, _wrong(stack, source, target)),
        opening.resource,
        f"lets zone {source.text} open connections into zone {target.text}",
        opening.peer,
        source,
        target,
        *ranges,
    )


@policy(
    "NET-17",
    "No machine stands in two zones",
    severity=HIGH,
    level=MANDATORY,
    why="A machine with interfaces in two zones can pass traffic between them around the firewall.",
    fix="Give the machine interfaces of one zone only.",
    references="fsbp:EC2.17 mpa-5.1:T15",
    over=machines,
)
def dual_homed(machine: Machine, stack: Stack) -> Iterator[Verdict]:
    zones = [stack.zone(target) for node in machine.subnets for target in stack.targets(node)]
    known = sorted({str(zone.value) for zone in zones if zone.known and zone.value})
    several = len(machine.subnets) > 1
    unsure = any(node.within or (several and not node.known and not stack.targets(node)) for node in machine.subnets)
    unsure = unsure or (several and any(not zone.known for zone in zones))
    yield from breach(
        len(known) > 1 or (UNKNOWN if unsure else False),
        machine.resource,
        f"has interfaces in {' and '.join(known)}",
        *zones,
        *machine.subnets,
    )


@policy(
    "NET-23",
    "Google content networks deny what is not allowed out",
    severity=HIGH,
    level=ADVISORY,
    content=MANDATORY,
    why="Google lets everything out of a network unless a rule denies it.",
    fix="Add an egress firewall rule that denies all protocols to 0.0.0.0/0 with a priority below 65535, or such a rule in a network "
    "firewall policy that is associated with the network.",
    references="mpa-5.1:T14 mpa-5.1:T18",
    clouds="gcp",
    over=lambda stack: stack.of(GCP_NETWORK),
)
def google_egress(subject: Resource, stack: Stack) -> Iterator[Verdict]:
    rules = stack.parts(subject, (FIREWALL,), "network")
    bound = stack.parts(subject, POLICY_BINDINGS, "attachmentTarget")
    policies = [target for join in bound.found for target in stack.targets(join.get("firewallPolicy"))]
    split = [stack.parts(policy, POLICY_RULES, "firewallPolicy") for policy in policies]
    listed = [rule.root for part in split for rule in part.found]
    listed += [node for policy in policies for node in policy.get("rules").each()]
    denied = any_of(
        False,
        *(
            all_of(
                rule.get("direction").equals("EGRESS"),
                rule.get("denies").is_(lambda value: any(item.get("protocol") == "all" for item in value or [])),
                rule.get("destinationRanges").is_(lambda value: value is None or "0.0.0.0/0" in value),
                rule.get("disabled").is_(lambda value: value is not True),
            )
            for rule in rules.found
        ),
        *map(_denies_all_out, listed),
    )
    if rules.perhaps or bound.perhaps or any(part.perhaps for part in split):
        denied = any_of(denied, UNKNOWN)
    yield from breach(
        all_of(no(denied), stack.in_content(subject)),
        subject,
        "has no rule that denies egress",
        stack.zone(subject),
        *(rule.root for rule in rules.found),
        *listed,
    )


def _denies_all_out(rule: Node) -> Truth:
    """Whether a rule of a firewall policy denies every machine every connection that goes out."""
    return all_of(
        rule.get("direction").equals("EGRESS"),
        rule.get("action").equals("deny"),
        rule.get("disabled").is_(lambda value: value is not True),
        rule.get("match.destIpRanges").is_(lambda value: "0.0.0.0/0" in (value or [])),
        rule.get("match.layer4Configs").is_(lambda value: any(item.get("ipProtocol") == "all" for item in value or [])),
        rule.get("targetServiceAccounts").absent,
        rule.get("targetSecureTags").absent,
    )
