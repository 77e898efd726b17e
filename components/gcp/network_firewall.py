"""Who may reach a network's machines, and what they may reach: one firewall policy, whose last rules deny everything."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_gcp as gcp

from soundstage.components.gcp.network_args import Network
from soundstage.components.ports import IAP_PORTS

IAP_RANGE: Final = "35.235.240.0/20"
"""Where connections of Identity-Aware Proxy come from (Google Cloud, "Using IAP for TCP forwarding", read 2026-11)."""
GOOGLE_RANGE: Final = "199.36.153.4/30"
"""Addresses of restricted.googleapis.com, behind which are only services that VPC Service Controls can guard (Google Cloud VPC,
"Configure Private Google Access", read 2026-11)."""
ACTIVATION_RANGE: Final = "35.190.247.13/32"
"""kms.windows.googlecloud.com (Compute Engine, "Windows Server instances", read 2026-11)."""
ACTIVATION_PORT: Final = "1688"
ANYWHERE: Final = "0.0.0.0/0"
"""In rules that deny, and for web connections through NAT. No rule here lets it in."""


@dataclass(frozen=True)
class Rule:
    """One rule of a firewall policy. The lower its priority, the earlier it is asked."""

    name: str
    priority: int
    direction: str
    action: str
    range: str
    about: str
    protocol: str = "all"
    ports: tuple[str, ...] = ()
    logged: bool = True


def rules(wanted: Network) -> list[Rule]:
    """The rules of a network, in the order in which they are asked."""
    found = [
        Rule("in-iap", 1000, "INGRESS", "allow", IAP_RANGE, "People, through Identity-Aware Proxy", "tcp", tuple(map(str, IAP_PORTS))),
        Rule("out-google", 2000, "EGRESS", "allow", GOOGLE_RANGE, "Google APIs, privately", "tcp", ("443",), logged=False),
    ]  # fmt: skip
    if wanted.windows:
        found.append(
            Rule("out-windows", 2010, "EGRESS", "allow", ACTIVATION_RANGE, "Activation of Windows", "tcp", (ACTIVATION_PORT,))
        )  # fmt: skip
    if wanted.nat:
        found.append(
            Rule("out-web", 3000, "EGRESS", "allow", ANYWHERE, "The web, through Cloud NAT", "tcp", ("80", "443"))
        )
    return [
        *found,
        Rule("deny-in", 65_000, "INGRESS", "deny", ANYWHERE, "Nobody else comes in"),
        Rule("deny-out", 65_001, "EGRESS", "deny", ANYWHERE, "Nothing else goes out"),
    ]


def guard(
    component: pulumi.Resource, name: str, network: gcp.compute.Network, wanted: Network
) -> tuple[gcp.compute.NetworkFirewallPolicy, Sequence[pulumi.Resource]]:
    """The policy of a component's network, and what must stand before a machine is made in it."""
    about = f"Who may reach the machines of {wanted.project}, and what they may reach"
    child = pulumi.ResourceOptions(parent=component)
    return firewall(name, network, rules(wanted), about, wanted.project_id, child)


def firewall(
    name: str,
    network: gcp.compute.Network,
    asked: Iterable[Rule],
    about: str,
    project_id: str | None,
    options: pulumi.ResourceOptions,
) -> tuple[gcp.compute.NetworkFirewallPolicy, Sequence[pulumi.Resource]]:
    """The policy of a network, and what must stand before a machine is made: its rules, and what binds it to the network."""

    def also(more: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions.merge(options, more)

    policy = gcp.compute.NetworkFirewallPolicy(f"{name}-firewall", description=about, project=project_id, opts=options)
    made: list[pulumi.Resource] = [
        gcp.compute.NetworkFirewallPolicyRule(
            f"{name}-{rule.name}",
            firewall_policy=policy.name,
            rule_name=rule.name,
            description=rule.about,
            priority=rule.priority,
            direction=rule.direction,
            action=rule.action,
            match=_match(rule),
            enable_logging=rule.logged,
            project=project_id,
            # Its priority is its identity, which no two have at once.
            opts=also(pulumi.ResourceOptions(delete_before_replace=True)),
        )
        for rule in asked
    ]
    # After its rules, so that at no time an empty policy is in force. Until it is, nothing stands in the network.
    bound = gcp.compute.NetworkFirewallPolicyAssociation(
        f"{name}-guard",
        attachment_target=network.id,
        firewall_policy=policy.name,
        project=project_id,
        opts=also(pulumi.ResourceOptions(depends_on=made)),
    )
    return policy, [*made, bound]


def _match(rule: Rule) -> gcp.compute.NetworkFirewallPolicyRuleMatchArgsDict:
    layer: gcp.compute.NetworkFirewallPolicyRuleMatchLayer4ConfigArgsDict = {"ip_protocol": rule.protocol}
    if rule.ports:
        layer["ports"] = list(rule.ports)
    ranges = [rule.range]
    if rule.direction == "INGRESS":
        return {"layer4_configs": [layer], "src_ip_ranges": ranges}
    return {"layer4_configs": [layer], "dest_ip_ranges": ranges}
