"""Zones: what may leave a content network, and which network may reach which."""

from collections.abc import Iterator

from soundstage.components.values import UNKNOWN, Unknown
from soundstage.policies.policy import (
    ADVISORY,
    CRITICAL,
    HIGH,
    MANDATORY,
    MEDIUM,
    Verdict,
    Violation,
    breach,
    policy,
)
from soundstage.policies.views.machines import Machine, machines
from soundstage.policies.views.networks import (
    DNS_FIREWALL,
    GCP_NAT,
    GCP_NETWORK,
    GCP_PEERING,
    NAT_GATEWAY,
    NETWORK_FIREWALL,
    PEERING,
    TRANSIT,
    InternetRoute,
    internet_routes,
)
from soundstage.policies.views.node import Node, Resource, Truth, all_of, any_of, no
from soundstage.policies.views.openings import FIREWALL, Opening, inward, outward
from soundstage.policies.views.stack import Stack


def _content(stack: Stack, resource: Resource) -> Truth:
    zone = stack.zone(resource)
    return UNKNOWN if zone is UNKNOWN else zone in stack.settings.content_zones


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
            any_of(everything, _content(stack, opening.resource)),
        ),
        opening.resource,
        f"lets traffic out to {opening.peer.text} ({opening.span})",
        *opening.evidence,
        stack.tags(opening.resource),
    )


@policy(
    "NET-09",
    "Content networks have no route to the internet",
    severity=CRITICAL,
    level=MANDATORY,
    why="What has no route out cannot be leaked, by an artist's mistake or by malware.",
    fix="Remove the route; reach AWS through endpoints and Google APIs through Private Google Access.",
    references="fsbp:EC2.172 mpa-5.1:T15 mpa-5.1:T18",
    over=internet_routes,
)
def internet_route(route: InternetRoute, stack: Stack) -> Iterator[Verdict]:
    yield from breach(
        all_of(route.to_internet, _content(stack, route.resource)),
        route.resource,
        f"leads {route.destination.text} of a content network to the internet",
        route.destination,
        route.gateway,
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
        all_of(not filtered, _content(stack, nat)), nat, "is the only thing between content and the internet"
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
    settings = stack.settings
    if isinstance(subject, Opening):
        if subject.kind == "group" and subject.group is not None:
            for other in stack.targets(subject.peer):
                yield from _flow(stack, stack.zone(other), stack.zone(subject.group), subject.resource, subject.peer)
        return
    ends = {PEERING: ("vpcId", "peerVpcId"), TRANSIT: ("vpcId", "transitGatewayId")}
    here, there = (subject.get(key) for key in ends.get(subject.type, ("network", "peerNetwork")))
    content = [
        item for end in (here, there) for item in stack.targets(end) if stack.zone(item) in settings.content_zones
    ]
    others = [item for end in (here, there) for item in stack.targets(end) if item not in content]
    if content and (len(content) == 1 or others):
        yield Violation(subject, f"joins the content network {content[0].name} to another network", (here, there))


def _flow(stack: Stack, source: object, target: object, resource: Resource, peer: Node) -> Iterator[Verdict]:
    if source is UNKNOWN or target is UNKNOWN:
        yield from breach(UNKNOWN, resource, "", peer)
    elif source and target and source != target and (source, target) not in stack.settings.zone_flows:
        yield Violation(resource, f"lets zone {source} open connections into zone {target}", (peer,))


@policy(
    "NET-17",
    "No machine stands in two zones",
    severity=HIGH,
    level=MANDATORY,
    why="A machine with a foot in each network is a bridge that no firewall watches.",
    fix="Give the machine interfaces of one zone only.",
    references="fsbp:EC2.17 mpa-5.1:T15",
    over=machines,
)
def dual_homed(machine: Machine, stack: Stack) -> Iterator[Verdict]:
    zones = {
        str(stack.zone(target)) for node in machine.subnets for target in stack.targets(node) if stack.zone(target)
    }
    known = sorted(zone for zone in zones if zone != repr(UNKNOWN))
    yield from breach(len(known) > 1, machine.resource, f"has interfaces in {' and '.join(known)}", *machine.subnets)


_DENY_ALL = "0.0.0.0/0"


@policy(
    "NET-23",
    "Google content networks deny what is not allowed out",
    severity=HIGH,
    level=ADVISORY,
    content=MANDATORY,
    why="Google lets everything out of a network unless a rule denies it.",
    fix="Add an egress firewall rule that denies all protocols to 0.0.0.0/0 with a priority below 65535.",
    references="mpa-5.1:T14 mpa-5.1:T18",
    clouds="gcp",
    over=lambda stack: stack.of(GCP_NETWORK),
)
def google_egress(subject: Resource, stack: Stack) -> Iterator[Verdict]:
    rules = stack.parts(subject, (FIREWALL,), "network")
    denied = any_of(
        False,
        *(
            all_of(
                rule.get("direction").equals("EGRESS"),
                rule.get("denies").is_(lambda value: any(item.get("protocol") == "all" for item in value or [])),
                rule.get("destinationRanges").is_(lambda value: value is None or _DENY_ALL in value),
                rule.get("disabled").is_(lambda value: value is not True),
            )
            for rule in rules.found
        ),
    )
    if rules.perhaps:
        denied = any_of(denied, UNKNOWN)
    yield from breach(all_of(no(denied), _content(stack, subject)), subject, "has no rule that denies egress")
