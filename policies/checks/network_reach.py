"""Who can reach what: ports, peers and the arithmetic of address ranges."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from soundstage.core.values import UNKNOWN, Unknown
from soundstage.policies.policy import ADVISORY, CRITICAL, HIGH, LOW, MANDATORY, MEDIUM, Verdict, breach, policy
from soundstage.policies.settings import Settings
from soundstage.policies.views.addresses import GCP_IAP, Ports, network, ports, private, union_size
from soundstage.policies.views.node import Node, Resource, Truth, all_of, no
from soundstage.policies.views.openings import (
    EGRESS_RULE,
    GROUPS,
    INGRESS_RULE,
    RULE,
    Opening,
    inward,
    known_networks,
)
from soundstage.policies.views.stack import Stack


def _group(settings: Settings, name: str) -> list[tuple[str, Sequence[Ports]]]:
    return [(product, [ports(text) for text in ranges]) for product, ranges in settings.ports[name].items()]


def _for_strangers(opening: Opening, stack: Stack) -> Truth:
    """Whether a peer is broader than the studio's own people; Google's proxy asks who they are before it connects."""
    if opening.peer.value == GCP_IAP:
        return False
    return opening.wide(stack.settings.closed_prefix_v4, stack.settings.closed_prefix_v6)


def _wide_group(opening: Opening, stack: Stack, name: str, what: str) -> Iterator[Verdict]:
    """One verdict per opening, naming every product of the group whose ports it opens."""
    table = _group(stack.settings, name)
    every = [item for _, ranges in table for item in ranges]
    products = [product for product, ranges in table if opening.admits(ranges) is True]
    yield from breach(
        all_of(_for_strangers(opening, stack), opening.admits(every)),
        opening.resource,
        f"{what} ({', '.join(products)}) can be reached from {opening.peer.text} ({opening.span})",
        *opening.evidence,
    )


@policy(
    "NET-01",
    "Remote desktop and SSH are not open to the internet",
    severity=CRITICAL,
    level=MANDATORY,
    why="Ports 22 and 3389 are found and attacked within minutes of being opened, and one guessed password is enough.",
    fix="Reach machines through Session Manager or Identity-Aware Proxy, or list the /32 addresses of the people.",
    references="cis-aws-7.0:6.3 cis-aws-7.0:6.4 fsbp:EC2.13 fsbp:EC2.14 cis-gcp-5.0:3.6 cis-gcp-5.0:3.7 mpa-5.1:T14 "
    "mpa-5.1:T16",
    over=inward,
)
def admin_ports(opening: Opening, stack: Stack) -> Iterator[Verdict]:
    yield from _wide_group(opening, stack, "admin", "Remote administration")


@policy(
    "NET-02",
    "Remote display ports are not open to the internet",
    severity=CRITICAL,
    level=MANDATORY,
    why="A display port shows a client's unreleased pictures to whoever gets past one sign-in page.",
    fix="Use `access: {via: session}`, which opens no port, or list the /32 addresses of the artists.",
    references="fsbp:EC2.18 mpa-5.1:T2 mpa-5.1:T21",
    over=inward,
)
def display_ports(opening: Opening, stack: Stack) -> Iterator[Verdict]:
    yield from _wide_group(opening, stack, "display", "A remote display")


@policy(
    "NET-03",
    "Raw VNC is not used over the network",
    severity=HIGH,
    level=ADVISORY,
    why="VNC sends pictures, keys and often its password without encryption.",
    fix="Use DCV, or VNC over a Session Manager or IAP tunnel, and drop the rule.",
    references="mpa-5.1:T21",
    over=inward,
)
def raw_vnc(opening: Opening, stack: Stack) -> Iterator[Verdict]:
    settings = stack.settings
    wanted = [item for _, ranges in _group(settings, "vnc") for item in ranges]
    broad = not isinstance(opening.ports, Unknown) and any(item.last - item.first > 1000 for item in opening.ports)
    if opening.kind != "self" and not broad:
        yield from breach(
            opening.admits(wanted), opening.resource, f"VNC ({opening.span}) is allowed", *opening.port_nodes
        )


@policy(
    "NET-04",
    "Storage ports are not open to the internet",
    severity=CRITICAL,
    level=MANDATORY,
    why="A file share that faces the internet is read and encrypted by ransomware in hours.",
    fix="Admit storage ports from the workstations' security group only.",
    references="cis-aws-7.0:6.1.2 fsbp:EC2.19 mpa-5.1:T15",
    over=inward,
)
def storage_ports(opening: Opening, stack: Stack) -> Iterator[Verdict]:
    yield from _wide_group(opening, stack, "storage", "Shared storage")


@policy(
    "NET-05",
    "Licence, render and database ports are not open to the internet",
    severity=HIGH,
    level=MANDATORY,
    why="Project databases and render managers trust whoever reaches them; they hold shot names, paths and scripts.",
    fix="Admit these ports from the security groups that need them.",
    references="fsbp:EC2.19 mpa-5.1:T14 mpa-5.1:T18",
    over=inward,
)
def pipeline_ports(opening: Opening, stack: Stack) -> Iterator[Verdict]:
    yield from _wide_group(opening, stack, "pipeline", "A pipeline service")


@policy(
    "NET-06",
    "Only listed ports face the internet",
    severity=HIGH,
    level=MANDATORY,
    why="A port that was opened by mistake is a way in that nobody monitors.",
    fix="Remove the rule, or add the port to `open_ports` in the settings and say why in a review.",
    references="fsbp:EC2.18 fsbp:EC2.19 mpa-5.1:T14",
    over=inward,
)
def unlisted_ports(opening: Opening, stack: Stack) -> Iterator[Verdict]:
    settings = stack.settings
    listed = [ports(text) for text in settings.open_ports]
    yield from breach(
        all_of(opening.wide_here(stack), _outside(opening, listed)),
        opening.resource,
        f"{opening.span} can be reached from {opening.peer.text}; only {', '.join(settings.open_ports)} may face the "
        "internet",
        *opening.evidence,
    )


_OWNERS = ("securityGroupId", "network", "firewallPolicy")
"""What a rule says of the group, the network or the policy that it is part of."""


def _owner(opening: Opening) -> Node:
    if opening.group is not None:
        return opening.group.root
    places = [opening.resource.get(key) for key in _OWNERS]
    return next((node for node in places if node.value is not None), opening.resource.root)


def _by_group(stack: Stack) -> list[list[Opening]]:
    """Inward openings by the security group, Google's network or policy that they admit traffic to. One of which that does not show
    stands alone."""
    groups: dict[str, list[Opening]] = defaultdict(list)
    for opening in stack.view(inward):
        owner = _owner(opening)
        targets = stack.targets(owner)
        known = owner.value if isinstance(owner.value, str) else owner.resource.urn
        groups[targets[0].urn if targets else known].append(opening)
    return list(groups.values())


@policy(
    "NET-07",
    "The ranges of one firewall do not add up to the internet",
    severity=HIGH,
    level=MANDATORY,
    why="Two halves of the internet, 0.0.0.0/1 and 128.0.0.0/1, open as much as 0.0.0.0/0 and slip past simple checks.",
    fix="Name the addresses that need access; use a VPN or Session Manager where they change.",
    references="cis-aws-7.0:6.3 mpa-5.1:T14",
    over=_by_group,
)
def summed_ranges(group: list[Opening], stack: Stack) -> Iterator[Verdict]:
    settings = stack.settings
    readable = known_networks(group)
    size = union_size([item.peer.value for item in readable])
    most = 2 ** (32 - settings.union_prefix_v4)
    listed = [ports(text) for text in settings.open_ports]
    narrow = [item for item in group if item not in readable and item.kind in ("cidr", "list")]
    counted = [item for item in readable if not private(item.peer.value)]
    unlisted = [(item, _outside(item, listed)) for item in counted]
    closed = [
        item
        for name in ("admin", "display", "storage", "pipeline")
        for _, ranges in _group(settings, name)
        for item in ranges
    ]
    dear = [(item, item.admits(closed)) for item in counted]
    owner = group[0].group or group[0].resource
    told = f"its rules together admit more than a /{settings.closed_prefix_v4} to ports for the studio's own people"
    too_many = _together(dear, 2 ** (32 - settings.closed_prefix_v4)) if len(dear) > 1 else False
    yield from breach(too_many, owner, told, *_evidence(dear))
    if too_many is True:
        return
    told = f"its rules together admit {size:,} public IPv4 addresses, more than a /{settings.union_prefix_v4}"
    too_many = _together(unlisted, most)
    yield from breach(too_many, owner, told, *_evidence(unlisted))
    if too_many is True:
        return
    for item, outside in unlisted:
        six = network(item.peer.value)
        yield from breach(
            all_of(six.version == 6 and six.prefixlen < settings.wide_prefix_v6, outside),
            item.resource,
            f"{item.peer.value} is broader than a /{settings.wide_prefix_v6}",
            *item.evidence,
        )
    for item in narrow:
        yield from breach(UNKNOWN, item.resource, "", item.peer)
    if not stack.targets(_owner(group[0])):
        yield from breach(_owner(group[0]).absent, group[0].resource, "", _owner(group[0]))


def _outside(opening: Opening, listed: Sequence[Ports]) -> Truth:
    """Whether it opens a port that may not face the internet."""
    if isinstance(opening.ports, Unknown):
        return UNKNOWN
    return any(not span.within(listed) for span in opening.ports)


def _together(openings: Sequence[tuple[Opening, Truth]], most: float) -> Truth:
    """Whether the ranges of these openings are more addresses than so many. Beside each, whether it counts."""
    certain, perhaps = (
        union_size([item.peer.value for item, counts in openings if counts is not False and (counts is True or unsure)])
        for unsure in (False, True)
    )
    return True if certain > most else UNKNOWN if perhaps > most else False


def _evidence(openings: Sequence[tuple[Opening, Truth]]) -> list[Node]:
    meant = [item for item, counts in openings if counts is not False]
    return [*(item.peer for item in meant), *(node for item in meant for node in item.port_nodes)]


@policy(
    "NET-20",
    "Every firewall rule says what it is for",
    severity=LOW,
    level=ADVISORY,
    why="A rule that nobody can explain is never removed, and reviews of the firewall cannot be done.",
    fix="Give the rule a `description`.",
    references="mpa-5.1:T14 mpa-5.1:T16",
    over=lambda stack: _one_per_rule(stack.view(inward)),
)
def described_rules(opening: Opening, _stack: Stack) -> Iterator[Verdict]:
    yield from breach(
        opening.description.absent,
        opening.resource,
        f"the rule for {opening.span} has no description",
        opening.description,
    )


def _one_per_rule(found: Sequence[Opening]) -> list[Opening]:
    return list({(item.resource.urn, item.description.path): item for item in found}.values())


@policy(
    "NET-21",
    "A security group keeps its rules in one place",
    severity=MEDIUM,
    level=MANDATORY,
    why="With inline rules and rule resources mixed, each run removes what the other made, and reviewers see half.",
    fix="Move every inline `ingress` and `egress` into `aws.vpc.SecurityGroupIngressRule` and `…EgressRule`.",
    references="mpa-5.1:T28",
    clouds="aws",
    over=lambda stack: stack.of(*GROUPS),
)
def mixed_rules(group: Resource, stack: Stack) -> Iterator[Verdict]:
    split = stack.parts(group, (RULE, INGRESS_RULE, EGRESS_RULE), "securityGroupId")
    for key in ("ingress", "egress"):
        inline = group.get(key)
        yield from breach(
            all_of(no(inline.absent), no(split.missing)),
            group,
            f"has inline `{key}` and {len(split.found)} rule resources",
            inline,
        )


@policy(
    "NET-22",
    "Administration of Google machines goes through Identity-Aware Proxy",
    severity=MEDIUM,
    level=ADVISORY,
    why="IAP asks who somebody is before a packet reaches the machine.",
    fix=f"Admit administration and display ports from {GCP_IAP} only.",
    references="cis-gcp-5.0:3.12 mpa-5.1:T21",
    clouds="gcp",
    over=lambda stack: [item for item in stack.view(inward) if item.resource.cloud == "gcp"],
)
def only_iap(opening: Opening, stack: Stack) -> Iterator[Verdict]:
    settings = stack.settings
    wanted = [item for name in ("admin", "display") for _, ranges in _group(settings, name) for item in ranges]
    outside = opening.peer.is_(
        lambda text: (
            not private(text) and not network(text).subnet_of(network(GCP_IAP))  # type: ignore[arg-type]
            if network(text).version == 4
            else True
        )
    )
    yield from breach(
        all_of(outside, opening.admits(wanted)),
        opening.resource,
        f"{opening.span} can be reached from {opening.peer.text} and not only through IAP",
        *opening.evidence,
    )
