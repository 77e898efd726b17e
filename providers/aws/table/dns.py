"""Route 53 Resolver: DNS Firewall and query logs.

Permissions: Service Authorization Reference, "Amazon Route 53 Resolver"; Amazon CloudWatch Logs User Guide, "Logs sent to
CloudWatch Logs" (read 2026-11).
"""

from typing import Any, Final

from soundstage.core.values import Properties, Value
from soundstage.providers.aws.table.tagging import retag, tags_of
from soundstage.providers.entry import AutoName, Call, Cloud, Entry, Update, resent, sets
from soundstage.providers.mapping import Field, Form, Tags

_ARN: Final = "arn:{partition}:route53resolver:{region}:{account}:"
_TAG: Final = "route53resolver:TagResource"
_TOKEN: Final = {"CreatorRequestId": "{token}"}
_SEES_NETWORKS: Final = ("ec2:DescribeVpcs",)
_DELIVERS: Final = (
    "logs:CreateLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:PutResourcePolicy",
)
"""With these AWS writes the log group's policy itself, which lets `delivery.logs.amazonaws.com` write to it."""


class _Names(Form):
    """A set of domain names, which the cloud shows with the dot of the root."""

    def decode(self, found: Any) -> Value:
        return sorted(name.removesuffix(".") for name in found) or None

    def same(self, left: Value, right: Value) -> bool:
        return {str(name).removesuffix(".") for name in left or ()} == {
            str(name).removesuffix(".") for name in right or ()
        }


def _tagged(
    token: str,
    word: str,
    *,
    fields: tuple[Field, ...],
    updates: tuple[Update, ...] = (),
    needs: tuple[str, ...] = (),
    **more: Any,
) -> Entry:
    """A type with tags, made, shown and deleted by calls that are named after it. `word` is what ARNs call it, and `more` what is
    otherwise or besides."""
    kind = token.rpartition(":Resolver")[2]
    kind = kind if kind.startswith("Firewall") else f"Resolver{kind}"
    arn = f"{_ARN}{word}/{{id}}"
    common = {
        "create": Call(f"Create{kind}", _TOKEN, kind, needs=(_TAG, *needs)),
        "more": (tags_of({"ResourceArn": arn}),),
        "delete": Call(f"Delete{kind}", {f"{kind}Id": "{id}"}),
        "name": AutoName(prefix="", longest=64),
        "finder": Call(f"List{kind}s", {}, f"{kind}s[Name={{in.name}}].Id"),
        "recorded": "No name is resolved or blocked.",
    }
    return Entry(
        token,
        "route53resolver",
        fields=(*fields, Field("tags", form=Tags())),
        id="@Id",
        read=Call(f"Get{kind}", {f"{kind}Id": "{id}"}, kind),
        updates=(*updates, retag({"ResourceArn": arn})),
        arn=arn,
        **{**common, **more},
    )


_RULE_OF = {"FirewallRuleGroupId": "{in.firewallRuleGroupId}", "FirewallDomainListId": "{in.firewallDomainListId}"}
_RULE_CHANGES = (
    "action",
    "blockOverrideDnsType",
    "blockOverrideDomain",
    "blockOverrideTtl",
    "blockResponse",
    "firewallDomainRedirectionAction",
    "name",
    "priority",
)


def _lost_association(cloud: Cloud, inputs: Properties, _token: str) -> str | None:
    """An association of a query log has no token: it is the one of its two sides."""
    listed = cloud.call("route53resolver", "ListResolverQueryLogConfigAssociations", {})
    for each in listed["ResolverQueryLogConfigAssociations"]:
        if (each["ResolverQueryLogConfigId"], each["ResourceId"]) == (
            inputs["resolverQueryLogConfigId"],
            inputs["resourceId"],
        ):
            return str(each["Id"])
    return None


TYPES: Final = (
    _tagged(
        "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList",
        "firewall-domain-list",
        fields=(Field("name", replaces=True), Field("domains", form=_Names())),
        more=(
            Call("ListFirewallDomains", {"FirewallDomainListId": "{id}"}, "Domains", into="Domains", drift=True),
            tags_of({"ResourceArn": _ARN + "firewall-domain-list/{id}"}),
        ),
        updates=(
            sets(
                "domains",
                Call(
                    "UpdateFirewallDomains",
                    {"FirewallDomainListId": "{id}", "Operation": "REPLACE", "Domains": "{in.domains}"},
                ),
                on_create=True,
            ),
        ),
    ),
    _tagged(
        "aws:route53/resolverFirewallRuleGroup:ResolverFirewallRuleGroup",
        "firewall-rule-group",
        fields=(Field("name", replaces=True),),
        outputs={"ownerId": "@OwnerId", "shareStatus": "@ShareStatus"},
    ),
    Entry(
        "aws:route53/resolverFirewallRule:ResolverFirewallRule",
        "route53resolver",
        fields=(
            Field("firewallRuleGroupId", required=True, replaces=True),
            Field("firewallDomainListId", replaces=True),
            Field("name"),
            Field("action", required=True),
            Field("priority", required=True),
            Field("blockResponse"),
            Field("blockOverrideDnsType"),
            Field("blockOverrideDomain"),
            Field("blockOverrideTtl"),
            Field("firewallDomainRedirectionAction", default="INSPECT_REDIRECTION_DOMAIN"),
            Field("qType", "Qtype", replaces=True),
        ),
        id="{in.firewallRuleGroupId}:{in.firewallDomainListId}",
        create=Call("CreateFirewallRule", _TOKEN),
        read=Call(
            "ListFirewallRules",
            {"FirewallRuleGroupId": "{in.firewallRuleGroupId}"},
            "FirewallRules[FirewallDomainListId={in.firewallDomainListId}]",
        ),
        updates=(resent(_RULE_CHANGES, Call("UpdateFirewallRule", _RULE_OF)),),
        delete=Call("DeleteFirewallRule", _RULE_OF),
        name=AutoName(prefix="", longest=64),
        recorded="No name is resolved or blocked.",
    ),
    _tagged(
        "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation",
        "firewall-rule-group-association",
        fields=(
            Field("firewallRuleGroupId", required=True, replaces=True),
            Field("vpcId", required=True, replaces=True),
            Field("name"),
            Field("priority", required=True),
            Field("mutationProtection", default="DISABLED"),
        ),
        create=Call(
            "AssociateFirewallRuleGroup", _TOKEN, "FirewallRuleGroupAssociation", needs=(_TAG, *_SEES_NETWORKS)
        ),
        updates=(
            resent(
                ("name", "priority", "mutationProtection"),
                Call("UpdateFirewallRuleGroupAssociation", {"FirewallRuleGroupAssociationId": "{id}"}),
            ),
        ),
        delete=Call("DisassociateFirewallRuleGroup", {"FirewallRuleGroupAssociationId": "{id}"}, needs=_SEES_NETWORKS),
        pending=("Status", ("UPDATING",)),
        gone=("Status", ("DELETING",)),
        finder=Call(
            "ListFirewallRuleGroupAssociations",
            {"FirewallRuleGroupId": "{in.firewallRuleGroupId}", "VpcId": "{in.vpcId}"},
            "FirewallRuleGroupAssociations.0.Id",
        ),
    ),
    Entry(
        "aws:route53/resolverFirewallConfig:ResolverFirewallConfig",
        "route53resolver",
        fields=(Field("resourceId", required=True, replaces=True), Field("firewallFailOpen", default="DISABLED")),
        id="@Id",
        create=Call("UpdateFirewallConfig", {}, "FirewallConfig", needs=_SEES_NETWORKS),
        puts=True,
        read=Call("ListFirewallConfigs", {}, "FirewallConfigs[Id={id}]"),
        delete=Call(
            "UpdateFirewallConfig",
            {"ResourceId": "{in.resourceId}", "FirewallFailOpen": "DISABLED"},
            needs=_SEES_NETWORKS,
        ),
        outputs={"ownerId": "@OwnerId"},
        finder=Call("ListFirewallConfigs", {}, "FirewallConfigs[ResourceId={in.resourceId}].Id"),
        recorded="No name is resolved, so that none is let through.",
    ),
    _tagged(
        "aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig",
        "resolver-query-log-config",
        fields=(Field("name", replaces=True), Field("destinationArn", required=True, replaces=True)),
        needs=_DELIVERS,
        delete=Call(
            "DeleteResolverQueryLogConfig", {"ResolverQueryLogConfigId": "{id}"}, needs=("logs:DeleteLogDelivery",)
        ),
        outputs={"ownerId": "@OwnerId", "shareStatus": "@ShareStatus"},
        recorded="No queries are logged.",
    ),
    Entry(
        "aws:route53/resolverQueryLogConfigAssociation:ResolverQueryLogConfigAssociation",
        "route53resolver",
        fields=(
            Field("resolverQueryLogConfigId", required=True, replaces=True),
            Field("resourceId", required=True, replaces=True),
        ),
        id="@Id",
        create=Call("AssociateResolverQueryLogConfig", {}, "ResolverQueryLogConfigAssociation", needs=_SEES_NETWORKS),
        read=Call(
            "GetResolverQueryLogConfigAssociation",
            {"ResolverQueryLogConfigAssociationId": "{id}"},
            "ResolverQueryLogConfigAssociation",
        ),
        delete=Call(
            "DisassociateResolverQueryLogConfig",
            {"ResolverQueryLogConfigId": "{in.resolverQueryLogConfigId}", "ResourceId": "{in.resourceId}"},
            needs=_SEES_NETWORKS,
        ),
        pending=("Status", ("CREATING",)),
        gone=("Status", ("DELETING",)),
        finder=_lost_association,
        recorded="No queries are logged.",
    ),
)
