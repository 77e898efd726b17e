"""Openings: every way a firewall lets traffic in or out, one per peer, whatever the spelling of the rule."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from soundstage.core.values import UNKNOWN, Unknown, Value
from soundstage.policies.views.addresses import Ports, wide
from soundstage.policies.views.node import Node, Resource, Truth
from soundstage.policies.views.stack import Stack

GROUP: Final = "aws:ec2/securityGroup:SecurityGroup"
DEFAULT_GROUP: Final = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
RULE: Final = "aws:ec2/securityGroupRule:SecurityGroupRule"
INGRESS_RULE: Final = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS_RULE: Final = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
PREFIX_LIST: Final = "aws:ec2/managedPrefixList:ManagedPrefixList"
PREFIX_LIST_ENTRY: Final = "aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry"
FIREWALL: Final = "gcp:compute/firewall:Firewall"
POLICY_RULES: Final = (
    "gcp:compute/firewallPolicyRule:FirewallPolicyRule",
    "gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule",
    "gcp:compute/regionNetworkFirewallPolicyRule:RegionNetworkFirewallPolicyRule",
)
POLICIES_WITH_RULES: Final = (
    "gcp:compute/firewallPolicyWithRules:FirewallPolicyWithRules",
    "gcp:compute/networkFirewallPolicyWithRules:NetworkFirewallPolicyWithRules",
    "gcp:compute/regionNetworkFirewallPolicyWithRules:RegionNetworkFirewallPolicyWithRules",
)
POLICY_BINDINGS: Final = (
    "gcp:compute/networkFirewallPolicyAssociation:NetworkFirewallPolicyAssociation",
    "gcp:compute/regionNetworkFirewallPolicyAssociation:RegionNetworkFirewallPolicyAssociation",
)
"""What puts a firewall policy into force in a network."""
GROUPS: Final = (GROUP, DEFAULT_GROUP)
SPLIT_RULES: Final = (RULE, INGRESS_RULE, EGRESS_RULE)

Direction: TypeAlias = Literal["in", "out"]
Kind: TypeAlias = Literal["cidr", "list", "group", "self"]


@dataclass(frozen=True, eq=False)
class Opening:
    """One peer that one rule admits. `peer` holds a CIDR, a prefix list or a group, as `kind` says."""

    resource: Resource
    direction: Direction
    kind: Kind
    peer: Node
    ports: tuple[Ports, ...] | Unknown
    port_nodes: tuple[Node, ...]
    description: Node
    group: Resource | None
    """The security group, when it is in this stack; None for GCP, whose rules belong to a network."""

    @property
    def evidence(self) -> tuple[Node, ...]:
        return (self.peer, *self.port_nodes)

    def admits(self, wanted: Sequence[Ports]) -> Truth:
        """Whether any of these ports is open."""
        spans = self.ports
        if isinstance(spans, Unknown):
            return UNKNOWN
        return any(mine.meets(other) for mine in spans for other in wanted)

    def wide(self, prefix_v4: int, prefix_v6: int) -> Truth:
        """Whether the peer is a broad part of the internet."""
        if self.kind in ("group", "self"):
            return False
        if self.kind == "list" or not isinstance(self.peer.value, str):
            return UNKNOWN
        return wide(self.peer.value, prefix_v4, prefix_v6)

    def wide_here(self, stack: Stack) -> Truth:
        return self.wide(stack.settings.wide_prefix_v4, stack.settings.wide_prefix_v6)

    @property
    def span(self) -> str:
        """The ports, for messages."""
        if isinstance(self.ports, Unknown):
            return "ports not known yet"
        parts = []
        for first, last, protocol in self.ports:
            if protocol not in ("any", "tcp", "udp") and (first, last) == (0, 65535):
                parts.append(f"protocol {protocol}")
                continue
            span = "every port" if (first, last) == (0, 65535) else str(first) if first == last else f"{first}-{last}"
            parts.append(span if protocol == "any" else f"{span}/{protocol}")
        return ", ".join(parts)


def openings(stack: Stack) -> list[Opening]:
    """Every opening of the stack, both directions."""
    return [*_inline(stack), *_split(stack), *_gcp(stack), *_beside(stack)]


def inward(stack: Stack) -> list[Opening]:
    return [opening for opening in stack.view(openings) if opening.direction == "in"]


def outward(stack: Stack) -> list[Opening]:
    return [opening for opening in stack.view(openings) if opening.direction == "out"]


_PROTOCOLS: Final = {
    "-1": "any", "all": "any", "6": "tcp", "17": "udp", "1": "icmp", "58": "icmp", "icmpv6": "icmp", "ipv6-icmp": "icmp",
    "4": "ipip", "41": "ipv6", "47": "gre", "50": "esp", "51": "ah", "115": "l2tp", "132": "sctp",
}  # fmt: skip
"""Names of protocols, which rules also give by number (IANA, "Assigned Internet Protocol Numbers", read 2026-11)."""


def _protocol(said: Value) -> str:
    name = str(said).strip().lower().removesuffix(".0")
    return _PROTOCOLS.get(name, name)


def _range(protocol: Node, first: Node, last: Node) -> tuple[Ports, ...] | Unknown:
    """AWS: protocol -1 is everything. Protocols other than tcp and udp have no ports that matter here; of these, the answers and
    errors of ICMP open nothing, and the others carry a tunnel."""
    if not protocol.known:
        return UNKNOWN
    name = _protocol(protocol.value)
    if name == "icmp":
        return ()
    if name not in ("tcp", "udp"):
        return (Ports(0, 65535, name),)
    if not first.known or not last.known:
        return UNKNOWN
    low = 0 if first.value is None else int(first.value)
    high = low if last.value is None else int(last.value)
    return (Ports(max(low, 0), 65535 if (low, high) == (-1, -1) else high, name),)


def _peers(rule: Node, *keys: tuple[str, Kind]) -> Iterator[tuple[Kind, Node]]:
    for key, kind in keys:
        for node in rule.get(key).each():
            if kind != "self" or node.true is not False:
                yield kind, node


def _expand(stack: Stack, kind: Kind, peer: Node) -> list[tuple[Kind, Node]]:
    """A prefix list of this stack becomes its entries; others stay a list, whose content cannot be judged."""
    if kind != "list":
        return [(kind, peer)]
    entries: list[Node] = []
    stack.of(PREFIX_LIST)  # its entries are judged with the rules that name it
    for found in stack.targets(peer, PREFIX_LIST):
        entries += [entry.get("cidr") for entry in found.get("entries").each()]
        parts = stack.parts(found, (PREFIX_LIST_ENTRY,), "prefixListId")
        entries += [part.get("cidr") for part in parts.found]
    return [("cidr", entry) for entry in entries] or [(kind, peer)]


_INLINE_PEERS: Final[tuple[tuple[str, Kind], ...]] = (
    ("cidrBlocks", "cidr"),
    ("ipv6CidrBlocks", "cidr"),
    ("prefixListIds", "list"),
    ("securityGroups", "group"),
    ("self", "self"),
)


def _openings(
    stack: Stack,
    rule: Node,
    direction: Direction,
    peers: Iterator[tuple[Kind, Node]],
    protocol: str,
    group: Resource | None,
) -> Iterator[Opening]:
    nodes = (rule.get(protocol), rule.get("fromPort"), rule.get("toPort"))
    span = _range(*nodes)
    for kind, peer in peers:
        for expanded, node in _expand(stack, kind, peer):
            yield Opening(
                rule.resource,
                direction,
                expanded,
                node,
                span,
                nodes,
                rule.get("description"),
                group,
            )


_INLINE: Final[tuple[tuple[str, Direction], ...]] = (("ingress", "in"), ("egress", "out"))


def _inline(stack: Stack) -> Iterator[Opening]:
    for group in stack.of(*GROUPS):
        for key, direction in _INLINE:
            for rule in group.get(key).each():
                hidden: list[tuple[Kind, Node]] = [("cidr", rule), ("group", rule)]
                peers = iter(hidden) if rule.value is UNKNOWN else _peers(rule, *_INLINE_PEERS)
                yield from _openings(stack, rule, direction, peers, "protocol", group)


def _split(stack: Stack) -> Iterator[Opening]:
    for rule in stack.of(*SPLIT_RULES):
        owner = rule.get("securityGroupId")
        group = next(iter(stack.targets(owner, *GROUPS)), None)
        if rule.type == RULE:
            kind = rule.get("type")
            peers = [*_peers(rule.root, *_INLINE_PEERS, ("sourceSecurityGroupId", "group"))]
            directions = tuple(way for key, way in _INLINE if kind.value in (key, UNKNOWN))
            protocol = "protocol"
        else:
            peers = [
                *_peers(
                    rule.root,
                    ("cidrIpv4", "cidr"),
                    ("cidrIpv6", "cidr"),
                    ("prefixListId", "list"),
                    ("referencedSecurityGroupId", "group"),
                )
            ]
            directions = (_INLINE[rule.type == EGRESS_RULE][1],)
            protocol = "ipProtocol"
        for direction in directions:
            yield from _openings(stack, rule.root, direction, iter(peers), protocol, group)


def _gcp_ports(layers: Node, protocol_key: str) -> tuple[tuple[Ports, ...] | Unknown, tuple[Node, ...]]:
    spans: list[Ports] = []
    nodes: list[Node] = []
    for layer in layers.each():
        protocol, listed = layer.get(protocol_key), layer.get("ports")
        nodes += [protocol, *listed.each()]
        if layer.value is UNKNOWN or protocol.value is UNKNOWN or any(not item.known for item in listed.each()):
            return UNKNOWN, tuple(nodes)
        name = _protocol(protocol.value)
        if name == "icmp":
            continue
        texts = [str(item.value).removesuffix(".0") for item in listed.each()] or ["0-65535"]
        for text in texts:
            first, _, last = text.partition("-")
            spans.append(Ports(int(first), int(last or first), name))
    return tuple(spans), tuple(nodes)


def _directions(rule: Node) -> tuple[Direction, ...]:
    """Google's default is ingress; a direction that is not known yet may be either."""
    direction = rule.get("direction")
    if not direction.known:
        return ("in", "out")
    return ("out",) if direction.value == "EGRESS" else ("in",)


def _gcp(stack: Stack) -> Iterator[Opening]:
    for firewall in stack.of(FIREWALL):
        if firewall.get("disabled").value is not True and firewall.get("allows").value is not None:
            span, nodes = _gcp_ports(firewall.get("allows"), "protocol")
            for direction in _directions(firewall.root):
                for peer in _gcp_peers(firewall, direction):
                    yield _gcp_opening(firewall.root, direction, peer, span, nodes)
    rules = [rule.root for rule in stack.of(*POLICY_RULES)]
    rules += [item for owner in stack.of(*POLICIES_WITH_RULES) for item in owner.get("rules").each()]
    for rule in rules:
        action = rule.get("action")
        if rule.get("disabled").value is True or str(action.value).lower() in ("deny", "goto_next"):
            continue
        span, nodes = _gcp_ports(rule.get("match.layer4Configs"), "ipProtocol")
        for direction in _directions(rule):
            for peer in _policy_peers(rule, direction):
                yield _gcp_opening(rule, direction, peer, span if action.known else UNKNOWN, (*nodes, action))


_ELSE: Final = {
    "in": ("srcRegionCodes", "srcFqdns", "srcAddressGroups", "srcThreatIntelligences", "srcNetworks", "srcSecureTags"),
    "out": ("destRegionCodes", "destFqdns", "destAddressGroups", "destThreatIntelligences"),
}
"""What a rule of a firewall policy may name beside ranges."""


def _policy_peers(rule: Node, direction: Direction) -> list[Node]:
    """Whom a rule of a firewall policy names. One that names nobody, or the countries of the world, is for the internet;
    groups and names of hosts do not show their addresses."""
    side = "dest" if direction == "out" else "src"
    ranges = rule.get(f"match.{side}IpRanges").each()
    if ranges:
        return ranges
    named = [node for key in _ELSE[direction] for node in rule.get(f"match.{key}").each()]
    if not named or "RegionCodes" in named[0].path:
        return [Node(rule.resource, named[0].path if named else rule.get("match").path, "0.0.0.0/0")]
    return [] if "SecureTags" in named[0].path else [Node(rule.resource, named[0].path, UNKNOWN)]


def _gcp_peers(firewall: Resource, direction: Direction) -> list[Node]:
    """Whom a rule names. Google: a rule that names nobody means 0.0.0.0/0."""
    if direction == "out":
        return firewall.get("destinationRanges").each() or [Node(firewall, "destinationRanges", "0.0.0.0/0")]
    narrowed = firewall.get("sourceTags").each() or firewall.get("sourceServiceAccounts").each()
    peers = firewall.get("sourceRanges").each()
    return peers or ([] if narrowed else [Node(firewall, "sourceRanges", "0.0.0.0/0")])


def _gcp_opening(
    rule: Node, direction: Direction, peer: Node, span: tuple[Ports, ...] | Unknown, nodes: tuple[Node, ...]
) -> Opening:
    way = rule.get("direction")
    return Opening(
        rule.resource,
        direction,
        "cidr",
        peer,
        span if way.known else UNKNOWN,
        (*nodes, way),
        rule.get("description"),
        None,
    )


_BALANCERS: Final = ("aws:lb/loadBalancer:LoadBalancer", "aws:alb/loadBalancer:LoadBalancer")
_LISTENERS: Final = ("aws:lb/listener:Listener", "aws:alb/listener:Listener")
_FORWARDING: Final = {
    "gcp:compute/globalForwardingRule:GlobalForwardingRule": ("EXTERNAL", "EXTERNAL_MANAGED", None),
    "gcp:compute/forwardingRule:ForwardingRule": ("EXTERNAL_MANAGED",),
}
"""Rules of Google's load balancers, and the schemes in which a proxy takes what comes, before any firewall."""
_LIGHTSAIL: Final = "aws:lightsail/instancePublicPorts:InstancePublicPorts"
_SPOKEN: Final = {"udp": "udp", "tcp_udp": "any", "quic": "udp", "tcp_quic": "any"}
"""What a network load balancer speaks that does not come over TCP alone."""


def _beside(stack: Stack) -> Iterator[Opening]:
    """What the internet reaches without a security group or a firewall rule: load balancers that face it, and Lightsail's ports."""
    for listener in stack.glimpse(*_LISTENERS):
        if any(_faces_internet(balancer) for balancer in stack.targets(listener.get("loadBalancerArn"), *_BALANCERS)):
            spoken, port = listener.get("protocol"), listener.get("port")
            said = Node(
                listener, spoken.path, _SPOKEN.get(str(spoken.value).lower(), "tcp") if spoken.known else UNKNOWN
            )
            span = (Ports(int(port.value), int(port.value), said.value),) if said.known and _is_port(port) else UNKNOWN
            yield _to_all(listener.root, Node(listener, port.path, "0.0.0.0/0"), span, (spoken, port))
    for rule in stack.glimpse(*_FORWARDING):
        ports, scheme = rule.get("portRange"), rule.get("loadBalancingScheme")
        first, _, last = str(ports.value).partition("-")
        sends_on = first == "80"  # to 443
        if scheme.value in _FORWARDING[rule.type] and first.isdigit() and not sends_on:
            how = "udp" if rule.get("ipProtocol").value == "UDP" else "tcp"
            span = (Ports(int(first), int(last or first), how),)
            yield _to_all(rule.root, Node(rule, ports.path, "0.0.0.0/0"), span, (ports, scheme))
    for opened in stack.glimpse(_LIGHTSAIL):
        for item in opened.get("portInfos").each():
            nodes = (item.get("protocol"), item.get("fromPort"), item.get("toPort"))
            listed = [*item.get("cidrs").each(), *item.get("ipv6Cidrs").each()]
            for peer in listed or [Node(opened, item.path, "0.0.0.0/0")]:
                yield _to_all(item, peer, _range(*nodes), nodes)


def _faces_internet(balancer: Resource) -> bool:
    """Whether a network load balancer has public addresses and no group of its own that says who may come. Others always have one."""
    network = balancer.get("loadBalancerType").equals("network")
    return (
        network is not False
        and balancer.get("internal").true is False
        and balancer.get("securityGroups").absent is True
    )


def _is_port(node: Node) -> bool:
    return str(node.value).removesuffix(".0").isdigit()


def _to_all(rule: Node, peer: Node, span: tuple[Ports, ...] | Unknown, nodes: tuple[Node, ...]) -> Opening:
    says = Node(rule.resource, "port", rule.resource.name)  # such a port takes no description
    return Opening(rule.resource, "in", "cidr", peer, span, nodes, says, None)


def known_networks(openings: Sequence[Opening]) -> list[Opening]:
    """Those whose peer is a CIDR that can be read."""
    return [item for item in openings if item.kind == "cidr" and isinstance(item.peer.value, str)]
