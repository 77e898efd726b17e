"""Route 53 Resolver: DNS Firewall and query logs.

Permissions: Service Authorization Reference, "Amazon Route 53 Resolver"; Amazon CloudWatch Logs User Guide, "Logs sent to
CloudWatch Logs" (read 2026-11).
"""

from typing import Any, Final

from soundstage.core.values import Properties, Value
from soundstage.providers.aws.table.tagging import retag, tags_of
from soundstage.providers.entry import AutoName, Call, Cloud, Entry, Update, sets
from soundstage.providers.mapping import Field, Form, Tags

_ARN: Final = "arn:{partition}:route53resolver:{region}:{account}:"
_TAGS: Final = Field("tags", form=Tags())
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


def _tags_of(arn: str) -> tuple[Call, Update]:
    return tags_of({"ResourceArn": arn}), retag({"ResourceArn": arn})


_LIST_ARN = _ARN + "firewall-domain-list/{id}"
_GROUP_ARN = _ARN + "firewall-rule-group/{id}"
_ASSOCIATION_ARN = _ARN + "firewall-rule-group-association/{id}"
_LOG_ARN = _ARN + "resolver-query-log-config/{id}"
_LIST_TAGS, _LIST_RETAG = _tags_of(_LIST_ARN)
_GROUP_TAGS, _GROUP_RETAG = _tags_of(_GROUP_ARN)
_ASSOCIATION_TAGS, _ASSOCIATION_RETAG = _tags_of(_ASSOCIATION_ARN)
_LOG_TAGS, _LOG_RETAG = _tags_of(_LOG_ARN)
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
    Entry(
        "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList",
        "route53resolver",
        fields=(Field("name", replaces=True), Field("domains", form=_Names()), _TAGS),
        id="@Id",
        create=Call("CreateFirewallDomainList", _TOKEN, "FirewallDomainList", needs=(_TAG,)),
        read=Call("GetFirewallDomainList", {"FirewallDomainListId": "{id}"}, "FirewallDomainList"),
        more=(
            Call("ListFirewallDomains", {"FirewallDomainListId": "{id}"}, "Domains", into="Domains", drift=True),
            _LIST_TAGS,
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
            _LIST_RETAG,
        ),
        delete=Call("DeleteFirewallDomainList", {"FirewallDomainListId": "{id}"}),
        arn=_LIST_ARN,
        name=AutoName(prefix="", longest=64),
        finder=Call("ListFirewallDomainLists", {}, "FirewallDomainLists[Name={in.name}].Id"),
        recorded="No name is resolved or blocked.",
    ),
    Entry(
        "aws:route53/resolverFirewallRuleGroup:ResolverFirewallRuleGroup",
        "route53resolver",
        fields=(Field("name", replaces=True), _TAGS),
        id="@Id",
        create=Call("CreateFirewallRuleGroup", _TOKEN, "FirewallRuleGroup", needs=(_TAG,)),
        read=Call("GetFirewallRuleGroup", {"FirewallRuleGroupId": "{id}"}, "FirewallRuleGroup"),
        more=(_GROUP_TAGS,),
        updates=(_GROUP_RETAG,),
        delete=Call("DeleteFirewallRuleGroup", {"FirewallRuleGroupId": "{id}"}),
        outputs={"ownerId": "@OwnerId", "shareStatus": "@ShareStatus"},
        arn=_GROUP_ARN,
        name=AutoName(prefix="", longest=64),
        finder=Call("ListFirewallRuleGroups", {}, "FirewallRuleGroups[Name={in.name}].Id"),
        recorded="No name is resolved or blocked.",
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
        updates=(sets(_RULE_CHANGES, Call("UpdateFirewallRule", _RULE_OF), sends=_RULE_CHANGES),),
        delete=Call("DeleteFirewallRule", _RULE_OF),
        name=AutoName(prefix="", longest=64),
        recorded="No name is resolved or blocked.",
    ),
    Entry(
        "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation",
        "route53resolver",
        fields=(
            Field("firewallRuleGroupId", required=True, replaces=True),
            Field("vpcId", required=True, replaces=True),
            Field("name"),
            Field("priority", required=True),
            Field("mutationProtection", default="DISABLED"),
            _TAGS,
        ),
        id="@Id",
        create=Call(
            "AssociateFirewallRuleGroup", _TOKEN, "FirewallRuleGroupAssociation", needs=(_TAG, *_SEES_NETWORKS)
        ),
        read=Call(
            "GetFirewallRuleGroupAssociation",
            {"FirewallRuleGroupAssociationId": "{id}"},
            "FirewallRuleGroupAssociation",
        ),
        more=(_ASSOCIATION_TAGS,),
        updates=(
            sets(
                ("name", "priority", "mutationProtection"),
                Call("UpdateFirewallRuleGroupAssociation", {"FirewallRuleGroupAssociationId": "{id}"}),
                sends=("name", "priority", "mutationProtection"),
            ),
            _ASSOCIATION_RETAG,
        ),
        delete=Call("DisassociateFirewallRuleGroup", {"FirewallRuleGroupAssociationId": "{id}"}, needs=_SEES_NETWORKS),
        arn=_ASSOCIATION_ARN,
        name=AutoName(prefix="", longest=64),
        pending=("Status", ("UPDATING",)),
        gone=("Status", ("DELETING",)),
        finder=Call(
            "ListFirewallRuleGroupAssociations",
            {"FirewallRuleGroupId": "{in.firewallRuleGroupId}", "VpcId": "{in.vpcId}"},
            "FirewallRuleGroupAssociations.0.Id",
        ),
        recorded="No name is resolved or blocked.",
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
    Entry(
        "aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig",
        "route53resolver",
        fields=(Field("name", replaces=True), Field("destinationArn", required=True, replaces=True), _TAGS),
        id="@Id",
        create=Call("CreateResolverQueryLogConfig", _TOKEN, "ResolverQueryLogConfig", needs=(_TAG, *_DELIVERS)),
        read=Call("GetResolverQueryLogConfig", {"ResolverQueryLogConfigId": "{id}"}, "ResolverQueryLogConfig"),
        more=(_LOG_TAGS,),
        updates=(_LOG_RETAG,),
        delete=Call(
            "DeleteResolverQueryLogConfig", {"ResolverQueryLogConfigId": "{id}"}, needs=("logs:DeleteLogDelivery",)
        ),
        outputs={"ownerId": "@OwnerId", "shareStatus": "@ShareStatus"},
        arn=_LOG_ARN,
        name=AutoName(prefix="", longest=64),
        finder=Call("ListResolverQueryLogConfigs", {}, "ResolverQueryLogConfigs[Name={in.name}].Id"),
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
