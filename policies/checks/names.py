"""Names: which of them a filter lets pass, and whom they are told."""

from collections.abc import Iterator

from soundstage.policies.policy import HIGH, MANDATORY, Blind, Verdict, breach, policy
from soundstage.policies.views import addresses
from soundstage.policies.views.networks import DNS_FIREWALL
from soundstage.policies.views.node import Node, Resource, all_of, any_of
from soundstage.policies.views.stack import Stack

_DNS_GROUP = "aws:route53/resolverFirewallRuleGroup:ResolverFirewallRuleGroup"
_DNS_RULE = "aws:route53/resolverFirewallRule:ResolverFirewallRule"
_DNS_LIST = "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList"
_DNS_CONFIG = "aws:route53/resolverFirewallConfig:ResolverFirewallConfig"
_RESOLVER = "AmazonProvidedDNS"
_DHCP = "aws:ec2/vpcDhcpOptions:VpcDhcpOptions"
_DHCP_JOIN = "aws:ec2/vpcDhcpOptionsAssociation:VpcDhcpOptionsAssociation"
_GOOGLE_SERVERS = {
    "gcp:dns/managedZone:ManagedZone": "forwardingConfig.targetNameServers",
    "gcp:dns/policy:Policy": "alternativeNameServerConfig.targetNameServers",
}
"""Where Google's DNS is told which servers to ask (Cloud DNS documentation, "Forwarding zones", "DNS server policies", read 2026-11)."""
_DNS_FORWARD = "aws:route53/resolverRule:ResolverRule"


@policy(
    "NET-24",
    "Filters of names let no name pass that leads out",
    severity=HIGH,
    level=MANDATORY,
    why="Whoever may ask for any name can send media out inside the names, without a route to the internet.",
    fix="Allow the names that are needed and block `*` after them; set `firewall_fail_open` to DISABLED; forward names to "
    "servers of the studio only.",
    references="mpa-5.1:T17 mpa-5.1:T18",
    over=lambda stack: stack.of(
        _DNS_GROUP, _DNS_CONFIG, _DNS_FORWARD, _DHCP, _DHCP_JOIN, DNS_FIREWALL, *_GOOGLE_SERVERS
    ),
)
def filtered_names(subject: Resource, stack: Stack) -> Iterator[Verdict]:
    if subject.type == _DNS_CONFIG:
        state = subject.get("firewallFailOpen")
        opens = state.is_(lambda value: str(value).upper() in ("ENABLED", "USE_LOCAL_RESOURCE_SETTING"))
        yield from breach(opens, subject, "lets every name pass when the filter fails", state)
    elif subject.type == _DNS_FORWARD:
        for target in subject.get("targetIps").each():
            server = target.get("ip")
            public = server.is_(lambda value: bool(value) and not addresses.private(str(value)))
            yield from breach(public, subject, f"sends names to {server.text}", server)
    elif subject.type == _DHCP:
        for server in subject.get("domainNameServers").each():
            public = server.is_(lambda value: str(value) != _RESOLVER and not addresses.private(str(value)))
            yield from breach(public, subject, f"asks {server.text} for names, past every filter", server)
    elif subject.type in _GOOGLE_SERVERS:
        for target in subject.get(_GOOGLE_SERVERS[subject.type]).each():
            server = target.get("ipv4Address")
            public = server.is_(lambda value: bool(value) and not addresses.private(str(value)))
            yield from breach(public, subject, f"sends names to {server.text}", server)
    elif subject.type in (DNS_FIREWALL, _DHCP_JOIN):
        named = subject.get("firewallRuleGroupId" if subject.type == DNS_FIREWALL else "dhcpOptionsId")
        if isinstance(named.value, str) and named.value != "default" and not stack.targets(named):
            yield Blind(subject, named.path, f"what {named.text} lets pass is not part of this stack")
    elif subject.type == _DNS_GROUP:
        parts = stack.parts(subject, (_DNS_RULE,), "firewallRuleGroupId")
        rules = sorted(parts.found, key=lambda rule: _priority(rule.get("priority")))
        blocks = [rule for rule in rules if rule.get("action").equals("BLOCK") is not False]
        unread = [node for rule in rules for node in (rule.get("action"), rule.get("priority")) if not node.known]
        for node in unread:
            yield Blind(node.resource, node.path, "what the filter does is known only after up")
        if unread:
            return
        if not parts.perhaps:
            yield from breach(not blocks, subject, "blocks no name", *(rule.get("action") for rule in rules))
        first = _priority(blocks[0].get("priority")) if blocks else 0
        for rule in rules:
            names = [
                node
                for target in stack.targets(rule.get("firewallDomainListId"))
                for node in target.get("domains").each()
            ]
            every = any_of(False, *(node.equals("*", "*.") for node in names))
            early = _priority(rule.get("priority")) < first
            yield from breach(
                all_of(rule.get("action").equals("ALLOW"), every, early),
                rule,
                "allows every name before any is blocked",
                rule.get("action"),
                rule.get("priority"),
                *(other.get(key) for other in blocks for key in ("action", "priority")),
                *names,
            )


def _priority(node: Node) -> int:
    return int(node.value) if isinstance(node.value, (int, float)) else 0
