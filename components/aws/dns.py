"""Which names the machines of a network can resolve, and a record of what they asked for.

A network without a way out still resolves names: a question about `secret.tunnel.example` reaches the servers of `tunnel.example`
through the VPC's own resolver, and with it whatever is written in the name. Rules for addresses do not see it.

About what it costs in US East in 2026, to be checked on AWS's own price pages (Amazon Route 53, Amazon CloudWatch): DNS Firewall
0.0005 USD a month for each name in a list and 0.60 USD for a million queries; a query log, as any log that AWS delivers to
CloudWatch, 0.50 USD for a gigabyte.
"""

from collections.abc import Iterable
from typing import Final

import pulumi
import pulumi_aws as aws

from soundstage.components.aws.endpoints import Door
from soundstage.components.aws.flowlogs import logs_key
from soundstage.components.aws.network_args import Network
from soundstage.components.aws.place import Place
from soundstage.components.naming import log_group_name
from soundstage.components.ownership import UNNAMED
from soundstage.components.tags import named

EVERY_NAME: Final = "*."
"""Names are written with the dot of the root, as AWS shows them: the genuine provider would see a change otherwise (5.100)."""
ALLOW_FIRST, BLOCK_REST, RULES = 100, 200, 101
"""Priorities: of the two rules, the smaller is looked at first; of the group among a network's groups, 101 is the smallest that is
not kept for AWS Firewall Manager (API reference, `AssociateFirewallRuleGroup`, read 2026-11)."""


def needed_names(region: str, endpoints: Iterable[Door]) -> list[str]:
    """What every machine must resolve: the network's endpoints, S3 in each of its spellings, and the network's own names.

    Nobody but AWS answers for these names, so that nothing can be carried out in a question about them. S3 is asked for under
    its global name for AWS's own buckets (`endpoints`). Own names: Amazon VPC User Guide, "DNS attributes for your VPC" (read 2026-11).
    """
    doors = [door.name(region) for door in endpoints]
    storage = [
        f"{below}{name}"
        for name in (f"s3.{region}.amazonaws.com", f"s3.dualstack.{region}.amazonaws.com", "s3.amazonaws.com")
        for below in ("", "*.")
    ]
    own = "*.ec2.internal" if region == "us-east-1" else f"*.{region}.compute.internal"
    return [*doors, *storage, own]


def watch_names(
    component: pulumi.Resource, name: str, *, vpc_id: pulumi.Input[str], place: pulumi.Output[Place], wanted: Network
) -> None:
    """Let only the needed names be resolved, and record every question, as far as the network wants it."""
    if wanted.dns_firewall:
        _firewall(component, name, vpc_id, place, wanted)
    if wanted.dns_query_log:
        _query_log(component, name, vpc_id, wanted)


def _firewall(
    component: pulumi.Resource, name: str, vpc_id: pulumi.Input[str], place: pulumi.Output[Place], wanted: Network
) -> None:
    child = pulumi.ResourceOptions(parent=component)
    region = wanted.region

    def domains(label: str, names: pulumi.Input[list[str]]) -> aws.route53.ResolverFirewallDomainList:
        title = f"{name}-{label}"
        return aws.route53.ResolverFirewallDomainList(
            title, name=_title(wanted, title), domains=names, region=region, tags=named(wanted.tags, title), opts=child
        )

    allowed = domains(
        "allowed-names",
        place.apply(
            lambda known: sorted(
                f"{each}." for each in {*needed_names(known.region, wanted.endpoints), *wanted.dns_domains}
            )
        ),
    )
    rest = domains("other-names", [EVERY_NAME])
    label = f"{name}-names"
    group = aws.route53.ResolverFirewallRuleGroup(
        label, name=_title(wanted, label), region=region, tags=named(wanted.tags, label), opts=child
    )
    rules = [
        aws.route53.ResolverFirewallRule(
            f"{label}-allow",
            name="allow",
            action="ALLOW",
            priority=ALLOW_FIRST,
            firewall_rule_group_id=group.id,
            firewall_domain_list_id=allowed.id,
            # An allowed name may lead on to another (S3 to its servers, a licence server to its host), which nobody lists.
            firewall_domain_redirection_action="TRUST_REDIRECTION_DOMAIN",
            region=region,
            opts=child,
        ),
        aws.route53.ResolverFirewallRule(
            f"{label}-block",
            name="block",
            action="BLOCK",
            block_response="NXDOMAIN",
            priority=BLOCK_REST,
            firewall_rule_group_id=group.id,
            firewall_domain_list_id=rest.id,
            region=region,
            opts=child,
        ),
    ]
    aws.route53.ResolverFirewallConfig(
        f"{label}-fail-closed", resource_id=vpc_id, firewall_fail_open="DISABLED", region=region, opts=child
    )
    aws.route53.ResolverFirewallRuleGroupAssociation(
        f"{label}-rules",
        name=_title(wanted, label),
        firewall_rule_group_id=group.id,
        vpc_id=vpc_id,
        priority=RULES,
        # With protection neither `up` nor `down` could change or end it: AWS refuses both until somebody takes it off by hand.
        mutation_protection="DISABLED",
        region=region,
        tags=named(wanted.tags, label),
        # A group without its rules would let everything pass.
        opts=pulumi.ResourceOptions(parent=component, depends_on=rules),
    )


def _query_log(component: pulumi.Resource, name: str, vpc_id: pulumi.Input[str], wanted: Network) -> None:
    child = pulumi.ResourceOptions(parent=component)
    label = f"{name}-queries"
    group = aws.cloudwatch.LogGroup(
        label,
        name=log_group_name(wanted.studio or UNNAMED, wanted.project, name, "queries"),
        retention_in_days=wanted.flow_log_days,
        kms_key_id=wanted.key_arn or logs_key(component, label, f"DNS queries of {name}", wanted.region, wanted.tags),
        region=wanted.region,
        tags=named(wanted.tags, label),
        opts=child,
    )
    log = aws.route53.ResolverQueryLogConfig(
        f"{label}-log",
        name=_title(wanted, label),
        destination_arn=group.arn,
        region=wanted.region,
        tags=named(wanted.tags, label),
        opts=child,
    )
    aws.route53.ResolverQueryLogConfigAssociation(
        f"{label}-of-network",
        resolver_query_log_config_id=log.id,
        resource_id=vpc_id,
        region=wanted.region,
        opts=child,
    )


def _title(wanted: Network, label: str) -> str:
    """What the console shows; at most 64 characters, and names of several studios in one account side by side."""
    return f"{wanted.studio or UNNAMED}-{label}"[:64]
