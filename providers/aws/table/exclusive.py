"""Types that answer for all of a list: what the program does not name is taken away, whoever added it.

They hold nothing of their own. Making one looks at what is there and takes away the rest, so does changing one, and
deleting one only ends the watch (Pulumi registry, aws 7.51, pages of the three types, 2026-11).
"""

from typing import Any, Final

from soundstage.core.values import Value
from soundstage.providers.aws.table.ec2 import filters
from soundstage.providers.entry import Call, Entry, Update, sets
from soundstage.providers.mapping import WORDS, Field, Words


class _RuleIds(Words):
    """The ids of a group's rules in one direction."""

    def __init__(self, *, egress: bool) -> None:
        self._egress = egress

    def decode(self, found: Any) -> Value:
        return [rule["SecurityGroupRuleId"] for rule in found if rule["IsEgress"] == self._egress]


def _revoke(direction: str, field: str) -> Update:
    revoke = Call(
        f"RevokeSecurityGroup{direction}",
        # One by one: a single rule that is gone already would make EC2 refuse them all.
        {"GroupId": "{id}", "SecurityGroupRuleIds": ["{item}"]},
        each="{removed." + field + "}",
        absent=("InvalidSecurityGroupRuleId.NotFound",),
    )
    return sets(field, revoke, on_create=True)


def _rules_of(group: str) -> Call:
    return Call("DescribeSecurityGroupRules", filters(group_id=group))


_RULES = Entry(
    "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive",
    "ec2",
    fields=(
        Field("securityGroupId", read=None, required=True, replaces=True),
        Field("ingressRuleIds", read="SecurityGroupRules", required=True, form=_RuleIds(egress=False)),
        Field("egressRuleIds", read="SecurityGroupRules", required=True, form=_RuleIds(egress=True)),
    ),
    unsent=("securityGroupId",),
    id="{in.securityGroupId}",
    create=_rules_of("{in.securityGroupId}"),
    read=_rules_of("{id}"),
    updates=(_revoke("Ingress", "ingressRuleIds"), _revoke("Egress", "egressRuleIds")),
    adopts=True,
    settle=True,
)

_ROLE = {"RoleName": "{id}"}


def _role_entry(token: str, field: str, where: str, read: str, updates: tuple[Call, ...]) -> Entry:
    return Entry(
        token,
        "iam",
        fields=(
            Field("roleName", read=None, required=True, replaces=True),
            Field(field, read=where, required=True, form=WORDS),
        ),
        unsent=("roleName",),
        id="{in.roleName}",
        create=Call(read, {"RoleName": "{in.roleName}"}),
        read=Call(read, _ROLE),
        updates=(sets(field, *updates, on_create=True),),
        regional=False,
        adopts=True,
        settle=True,
    )


_INLINE = _role_entry(
    "aws:iam/rolePoliciesExclusive:RolePoliciesExclusive",
    "policyNames",
    "PolicyNames",
    "ListRolePolicies",
    (Call("DeleteRolePolicy", {**_ROLE, "PolicyName": "{item}"}, each="{removed.policyNames}"),),
)
_ATTACHED = _role_entry(
    "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive",
    "policyArns",
    "AttachedPolicies[].PolicyArn",
    "ListAttachedRolePolicies",
    (
        Call("AttachRolePolicy", {**_ROLE, "PolicyArn": "{item}"}, each="{added.policyArns}"),
        Call("DetachRolePolicy", {**_ROLE, "PolicyArn": "{item}"}, each="{removed.policyArns}"),
    ),
)

TYPES: Final = (_RULES, _INLINE, _ATTACHED)
