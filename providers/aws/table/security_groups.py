"""Security groups and their rules."""

from typing import Any, Final

from soundstage.providers.aws.table.ec2 import ARN, RETAG, TAGGING, TAGS, filters, resource
from soundstage.providers.aws.table.rules import Rules
from soundstage.providers.entry import AutoName, Call, Entry, Update, passed, sets
from soundstage.providers.mapping import TEXT, Field

_NO_SUCH_RULE = ("InvalidPermission.NotFound",)
_USED_BY = (
    Call("DescribeNetworkInterfaces", filters(group_id="{id}"), "NetworkInterfaces[].NetworkInterfaceId"),
    Call("DescribeSecurityGroups", filters(**{"ip-permission.group-id": "{id}"}), "SecurityGroups[].GroupId"),
)


def _inline(direction: str) -> Update:
    word = direction.capitalize()
    return sets(
        direction,
        Call(
            f"RevokeSecurityGroup{word}",
            {"GroupId": "{id}", "IpPermissions": "{removed." + direction + "}"},
            when="{removed." + direction + "}",
            absent=_NO_SUCH_RULE,
        ),
        Call(
            f"AuthorizeSecurityGroup{word}",
            {"GroupId": "{id}", "IpPermissions": "{added." + direction + "}"},
            when="{added." + direction + "}",
            absent=("InvalidPermission.Duplicate",),
        ),
        on_create=True,
    )


def _revoke_open_egress(permission: dict[str, Any]) -> Call:
    """EC2 lets a new group out to everywhere; like pulumi-aws, a group here begins closed."""
    return Call(
        "RevokeSecurityGroupEgress",
        {"GroupId": "{id}", "IpPermissions": [{"IpProtocol": "-1", **permission}]},
        absent=_NO_SUCH_RULE,
    )


_GROUP = resource(
    "aws:ec2/securityGroup:SecurityGroup",
    "security-group",
    fields=(
        Field("name", "GroupName", replaces=True),
        Field("description", default="Managed by Pulumi", replaces=True),
        Field("vpcId", replaces=True, computed=True),
        Field("ingress", read=".", form=Rules("IpPermissions"), computed=True),
        Field("egress", read=".", form=Rules("IpPermissionsEgress"), computed=True),
        Field("revokeRulesOnDelete", read=None, default=False),
    ),
    unsent=("revokeRulesOnDelete",),
    id="@GroupId",
    create=Call("CreateSecurityGroup", needs=TAGGING),
    read=Call("DescribeSecurityGroups", {"GroupIds": ["{id}"]}, "SecurityGroups.0"),
    after_create=(
        _revoke_open_egress({"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}),
        _revoke_open_egress({"Ipv6Ranges": [{"CidrIpv6": "::/0"}]}),
    ),
    marked=False,
    updates=(_inline("ingress"), _inline("egress")),
    before_delete=(
        Call(
            "RevokeSecurityGroupIngress",
            {"GroupId": "{id}", "IpPermissions": "{api.ingress}"},
            when="{in.revokeRulesOnDelete}",
            absent=_NO_SUCH_RULE,
        ),
    ),
    delete=Call("DeleteSecurityGroup", {"GroupId": "{id}"}),
    outputs={"ownerId": "{account}"},
    name=AutoName(longest=255),
    every=Call("DescribeSecurityGroups", gives="SecurityGroups[].GroupId"),
    settle=True,
    finder=Call(
        "DescribeSecurityGroups", filters(group_name="{in.name}", vpc_id="{in.vpcId}"), "SecurityGroups[].GroupId"
    ),
    blockers=_USED_BY,
)

_DEFAULT_GROUP = Entry(
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    "ec2",
    fields=(
        Field("vpcId", replaces=True, computed=True),
        Field("ingress", read=".", form=Rules("IpPermissions")),
        Field("egress", read=".", form=Rules("IpPermissionsEgress")),
        TAGS,
    ),
    unsent=("vpcId",),
    id="@GroupId",
    create=Call("DescribeSecurityGroups", filters(vpc_id="{in.vpcId}", group_name="default"), "SecurityGroups.0"),
    read=Call("DescribeSecurityGroups", {"GroupIds": ["{id}"]}, "SecurityGroups.0"),
    updates=(_inline("ingress"), _inline("egress"), sets(RETAG.fields, *RETAG.calls, on_create=True)),
    outputs={"ownerId": "{account}", "name": "@GroupName", "description": "@Description"},
    arn=ARN + "security-group/{id}",
    adopts=True,
    settle=True,
    finder=Call(
        "DescribeSecurityGroups", filters(vpc_id="{in.vpcId}", group_name="default"), "SecurityGroups[].GroupId"
    ),
)

_RULE_FIELDS = (
    Field("securityGroupId", "GroupId", required=True, replaces=True),
    Field("ipProtocol", required=True, form=TEXT),
    Field("fromPort", quiet=(-1,)),
    Field("toPort", quiet=(-1,)),
    Field("cidrIpv4"),
    Field("cidrIpv6"),
    Field("prefixListId"),
    Field("referencedSecurityGroupId", "ReferencedGroupId", "ReferencedGroupInfo.GroupId"),
    Field("description"),
)
_PERMISSION = {
    "IpProtocol": "{api.ipProtocol}",
    "FromPort": "{in.fromPort}",
    "ToPort": "{in.toPort}",
    "IpRanges": [{"?": "{in.cidrIpv4}", "CidrIp": "{in.cidrIpv4}", "Description": "{in.description}"}],
    "Ipv6Ranges": [{"?": "{in.cidrIpv6}", "CidrIpv6": "{in.cidrIpv6}", "Description": "{in.description}"}],
    "PrefixListIds": [
        {"?": "{in.prefixListId}", "PrefixListId": "{in.prefixListId}", "Description": "{in.description}"}
    ],
    "UserIdGroupPairs": [
        {
            "?": "{in.referencedSecurityGroupId}",
            "GroupId": "{in.referencedSecurityGroupId}",
            "Description": "{in.description}",
        }
    ],
}
_PLAIN = ("fromPort", "toPort", "cidrIpv4", "cidrIpv6", "prefixListId", "description")
_MATCHED = ("ipProtocol", "fromPort", "toPort", "cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")
_CHANGEABLE = (*_MATCHED, "description")


def _rule(direction: str) -> Entry:
    return resource(
        f"aws:vpc/securityGroup{direction}Rule:SecurityGroup{direction}Rule",
        "security-group-rule",
        kind="SecurityGroupRule",
        fields=_RULE_FIELDS,
        unsent=(*(field.name for field in _RULE_FIELDS), "tags"),
        create=Call(
            f"AuthorizeSecurityGroup{direction}",
            {"GroupId": "{in.securityGroupId}", "IpPermissions": [_PERMISSION]},
            "SecurityGroupRules.0",
            needs=TAGGING,
        ),
        updates=(
            sets(
                _CHANGEABLE,
                Call(
                    "ModifySecurityGroupRules",
                    {
                        "GroupId": "{in.securityGroupId}",
                        "SecurityGroupRules": [
                            {
                                "SecurityGroupRuleId": "{id}",
                                "SecurityGroupRule": {
                                    "IpProtocol": "{api.ipProtocol}",
                                    "ReferencedGroupId": "{in.referencedSecurityGroupId}",
                                    **passed("in", *_PLAIN),
                                },
                            }
                        ],
                    },
                ),
            ),
        ),
        delete=Call(
            f"RevokeSecurityGroup{direction}",
            {"GroupId": "{in.securityGroupId}", "SecurityGroupRuleIds": ["{id}"]},
            absent=("InvalidSecurityGroupRuleId.NotFound",),
        ),
        outputs={"securityGroupRuleId": "{id}"},
        unique=("securityGroupId", *_MATCHED),
    )


TYPES: Final = (_GROUP, _DEFAULT_GROUP, _rule("Ingress"), _rule("Egress"))
