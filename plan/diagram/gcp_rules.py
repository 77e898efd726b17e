"""What the firewall policy of a network of Google Cloud opens, in words.

The first rule that fits decides, by priority. Where none does, nothing comes in and everything goes out (Cloud NGFW, "Firewall policy rule
evaluation" and "Implied rules", read 2026-11).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from soundstage.plan.diagram.facts import Door, Reach
from soundstage.plan.diagram.links import Links, entry, items, number, text, texts, word
from soundstage.plan.diagram.openings import EVERY_PORT, OUTSIDE, ports, reach
from soundstage.plan.plan import PlannedResource

PROXY: Final = "Identity-Aware Proxy"
_OF_PROXY: Final = "35.235.240.0/20"
"""From where it forwards (Identity-Aware Proxy, "Using IAP for TCP forwarding", read 2026-11)."""
_OF_GOOGLE: Final = ("199.36.153.4/30", "199.36.153.8/30", "35.190.247.13/32")
"""Google's own services by private names, and the activation of Windows: neither is a way to the internet (VPC, "Private Google Access";
Compute Engine, "Windows activation"; read 2026-11)."""
_POLICY: Final = "gcp:compute/networkFirewallPolicy:NetworkFirewallPolicy"
_BINDING: Final = "gcp:compute/networkFirewallPolicyAssociation:NetworkFirewallPolicyAssociation"
_RULE: Final = "gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule"
_OLDER: Final = "gcp:compute/firewall:Firewall"
_NAT: Final = "gcp:compute/routerNat:RouterNat"


def rules_of(links: Links, network: PlannedResource) -> list[PlannedResource]:
    """The rules that hold in a network, the first to decide first."""
    policies = _policies(links, network)
    found = [
        one for one in links.of(_RULE) if any(policy in links.targets(one, "firewallPolicy") for policy in policies)
    ]
    return sorted(found, key=lambda one: number(one.property("priority")) or 0)


def unseen(links: Links, network: PlannedResource) -> bool:
    """Whether rules that this plan does not hold, or does not hold in this form, apply too."""
    return not rules_of(links, network) or bool(links.that_name(network, "network", _OLDER))


def goes_through_proxy(rule: PlannedResource) -> bool:
    """Whether a rule lets Identity-Aware Proxy in, and nobody else."""
    return _allows(rule, "INGRESS") and _ranges(rule, "srcIpRanges") == [_OF_PROXY]


def doors(rules: Iterable[PlannedResource]) -> Iterator[Door]:
    """What these rules let in, but what is behind Identity-Aware Proxy. A source that is not known yet is a door too."""
    for rule in _deciding(rules, "INGRESS", "srcIpRanges"):
        if goes_through_proxy(rule):
            continue
        ranges = _ranges(rule, "srcIpRanges")
        for port in _ports(rule):
            yield from (Door(reach(source), source, port) for source in ranges)
            if not ranges:
                yield Door(Reach.UNKNOWN, "", port)


def ways_out(
    links: Links, networks: Sequence[PlannedResource], rules: Sequence[PlannedResource], *, public: bool
) -> tuple[str, ...] | None:
    """The ports on which a machine may call the internet: a rule lets it, and a NAT or an address of its own leads there. None where the plan
    does not hold its network."""
    if not networks:
        return None
    homes = {one.parent for one in networks}
    if not public and not any(nat.parent in homes for nat in links.of(_NAT)):
        return ()
    said = [
        (target, port)
        for rule in _deciding(rules, "EGRESS", "destIpRanges")
        for target in _ranges(rule, "destIpRanges")
        if reach(target) in OUTSIDE and target not in _OF_GOOGLE
        for port in _ports(rule)
    ]
    if not any(_is_the_end(rule, "EGRESS", "destIpRanges") for rule in rules):
        said.append(("0.0.0.0/0", EVERY_PORT))
    return tuple(dict.fromkeys(port if reach(to) is Reach.WORLD else f"{port} to {to}" for to, port in said))


def _policies(links: Links, network: PlannedResource) -> list[PlannedResource]:
    """The policies that are bound to a network."""
    bound = links.that_name(network, "attachmentTarget", _BINDING)
    return [one for binding in bound for one in links.targets(binding, "firewallPolicy") if one.type == _POLICY]


def _deciding(rules: Iterable[PlannedResource], way: str, ranges: str) -> Iterator[PlannedResource]:
    """The rules of a direction that allow something, up to the one that refuses all that is left."""
    for rule in rules:
        if _is_the_end(rule, way, ranges):
            return
        if _allows(rule, way):
            yield rule


def _is_the_end(rule: PlannedResource, way: str, ranges: str) -> bool:
    every = "all" in [word(one, "ipProtocol") for one in items(entry(rule.property("match"), "layer4Configs"))]
    refuses = (
        text(rule, "direction") == way and text(rule, "action") == "deny" and rule.property("disabled") is not True
    )
    return refuses and every and "0.0.0.0/0" in _ranges(rule, ranges)


def _allows(rule: PlannedResource, way: str) -> bool:
    return text(rule, "direction") == way and text(rule, "action") == "allow" and rule.property("disabled") is not True


def _ranges(rule: PlannedResource, key: str) -> list[str]:
    return texts(entry(rule.property("match"), key) or [])


def _ports(rule: PlannedResource) -> Iterator[str]:
    for one in items(entry(rule.property("match"), "layer4Configs")):
        listed = texts(entry(one, "ports") or [])
        for said in listed:
            first, _, last = said.partition("-")
            yield ports(int(first), int(last or first)) if f"{first}{last}".isdigit() else said
        if not listed:
            yield EVERY_PORT
