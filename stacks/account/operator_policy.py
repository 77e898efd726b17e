"""An operator's permissions as IAM policies: each action on the resources, and under the conditions, that it is needed for.

What the policies keep an operator from is a promise of `docs/security.md`: to write a role that is not under the studio's
boundary, to touch what does not carry the tags of the project, whether it is another project's, the studio's or a stranger's,
and to make something of nobody's his own by tagging it.

Facts used here: Service Authorization Reference, the pages of each service; AWS IAM User Guide, "Permissions boundaries for
IAM entities"; Amazon EC2 user guide, "Grant permission to tag Amazon EC2 resources during creation" (read 2026-11).
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from soundstage.components.naming import (
    account_budget_name,
    alarm_name,
    baker_name,
    boundary_name,
    budget_name,
    key_alias,
    log_group_name,
    operator_name,
    role_path,
    schedule_name,
    session_documents,
    tools_document_name,
)
from soundstage.components.tags import PROJECT, STUDIO
from soundstage.stacks.account import bake_policy, notice_permissions
from soundstage.stacks.account.permissions import BAKE, NOTICES, Permissions

LONGEST: Final = 6_144
"""Characters in a managed policy, spaces not counted (IAM and AWS STS quotas, read 2026-11)."""

_STATEMENTS: Final = {
    "PassRoles": r"iam:PassRole",
    "RolesUnderBoundary": r"iam:(AttachRolePolicy|CreateRole|PutRolePermissionsBoundary|PutRolePolicy)",
    "ServiceLinkedRoles": r"iam:CreateServiceLinkedRole",
    "Roles": r"iam:(?!\w*AccountPassword|ListRoles$)\w*(Role|Policy|InstanceProfile)\w*",
    "Buckets": r"s3:(?!.*Account)\w+",
    "KeysThroughServices": r"kms:(CreateGrant|Decrypt|GenerateDataKey\w*)",
    "NewKeys": r"kms:CreateKey",
    "KeyAliases": r"kms:(Create|Delete|Update)Alias",
    "NewNetworks": r"ec2:(AllocateAddress|CreateInternetGateway|CreateVpc)",
    "OwnResources": r"ec2:(?!Describe|Get|CancelSpot|\w*(BlockPublicAccess|ByDefault|EbsDefault|MetadataDefaults))\w+"
    r"|ec2:(Describe(Instance|Snapshot|Volume|Vpc)Attribute|GetPasswordData)"
    r"|kms:(?!Describe|EnableKeyRotation|Get|List)\w+",
    "Budget": r"budgets:\w+",
    "Starts": r"logs:GetLogEvents",
    "Logs": r"logs:(?!Describe|\w+LogDelivery|PutResourcePolicy)\w+",
    "OwnAlarms": r"cloudwatch:PutMetricAlarm",
    "Alarms": r"cloudwatch:(?!Describe|GetMetricData)\w+",
    "Schedules": r"scheduler:\w+",
    "Documents": r"ssm:(\w+Document\w*|AddTagsToResource|ListTagsForResource|RemoveTagsFromResource)",
    "NewAssociations": r"ssm:CreateAssociation",
    "OwnAssociations": r"ssm:(Delete|Describe|Update)Association",
    "NewNameRules": r"route53resolver:(AssociateFirewallRuleGroup|Create(FirewallDomainList|FirewallRuleGroup|\w+Config))",
    "OwnNameRules": r"route53resolver:(AssociateResolverQueryLogConfig|CreateFirewallRule|TagResource"
    r"|(Delete|Disassociate|Untag|Update)(?!FirewallConfig)\w+)",
    "Global": r"(ce|iam):\w+",
    "Regional": r".*",
}
"""Each action belongs to the first of these statements whose pattern it fits. `OwnResources` is what is done to or with
something that exists, where the service lets a policy ask for its tags; an action of EC2 that is named nowhere is among it.
`Regional` is what looks, what the service asks no tags for, and the first things that happen to a new key: KMS may need five
minutes before tags count (AWS KMS Developer Guide, "ABAC for AWS KMS", read 2026-11)."""

_MADE: Final = {
    "NewNetworks": {"AllocateAddress": "elastic-ip", "CreateInternetGateway": "internet-gateway", "CreateVpc": "vpc"},
    "NewSubnets": {
        "CreateRouteTable": "route-table",
        "CreateSecurityGroup": "security-group",
        "CreateSnapshot": "snapshot",
        "CreateSubnet": "subnet",
    },
    "NewDisks": {"CreateNatGateway": "natgateway", "CreateVolume": "volume", "CreateVpcEndpoint": "vpc-endpoint"},
    "NewImages": {"CreateImage": "image"},
    "NewImageSnapshots": {"CreateImage": "snapshot"},
    "NewMachines": {"CreateFlowLogs": "vpc-flow-log", "RunInstances": "instance"},
}
"""What calls of EC2 make, and must give the project's tags at once. What something is made in or from (the network of a
subnet, the disk of a snapshot) must have these tags already: `OwnResources` asks for them. So no call of a statement may take
what another one of the statement makes, or a stranger's network, named in a call with the right tags, would pass for a new
one."""
_PARTS: Final = ("network-interface", "security-group-rule", "volume")
"""What belongs to something with tags and may have none itself."""

_BESIDES: Final = {
    **{sid: rf"ec2:({'|'.join(made)})" for sid, made in _MADE.items() if sid not in _STATEMENTS},
    "Parts": r"ec2:(AuthorizeSecurityGroup\w+|DisassociateAddress|RunInstances)",
    "PublicImages": r"ec2:RunInstances",
    "StudioImages": r"ec2:RunInstances",
    "DefaultGroup": r"ec2:RevokeSecurityGroup\w+",
    "TagsAtBirth": r"ec2:CreateTags",
    "TagsOfNewKeys": r"kms:TagResource",
    "OwnKeysNamed": r"kms:(Create|Delete|Update)Alias",
    "NewKeysNamed": r"kms:CreateAlias",
    "TagsOfNewNameRules": r"route53resolver:TagResource",
    "PatchDocument": r"ssm:(Create|Update)Association",
    "TagsOfNewAssociations": r"ssm:AddTagsToResource",
    "TagsOfOwnAssociations": r"ssm:(Add|List|Remove)Tags\w+Resource",
}
"""An action belongs also to each of these statements whose pattern it fits: each is about another of the things that the
action needs."""

_LINKED: Final = ("access-analyzer.amazonaws.com", "events.amazonaws.com", "spot.amazonaws.com")
"""Services whose own role is made with the first analyser, the first alarm that stops a machine, the first spot machine."""
_ALARM_ACTIONS: Final = ("arn:aws:automate:*:ec2:stop", "arn:aws:sns:*")
"""What an alarm may do: stop a machine, which costs nobody work that was saved, and tell somebody. It is not to terminate,
and no condition says of which machine (Amazon CloudWatch User Guide, "Using condition keys to limit alarm actions", read
2026-11)."""

Statement: TypeAlias = dict[str, Any]
Conditions: TypeAlias = dict[str, dict[str, Any]]


def documents(found: Permissions) -> list[dict[str, Any]]:
    """The policies in the form of the IAM JSON policy language: one, or as many as IAM's limit asks for."""
    packed: list[list[Statement]] = [[]]
    for statement in _OTHERS.get(found.purposes, _statements)(found):
        if packed[-1] and length(_document([*packed[-1], statement])) > LONGEST:
            packed.append([])
        packed[-1].append(statement)
    return [_document(each) for each in packed]


def _statements(found: Permissions) -> list[Statement]:
    groups: dict[str, list[str]] = {}
    for action in found.actions:
        sid = next(sid for sid, pattern in _STATEMENTS.items() if re.fullmatch(pattern, action))
        besides = (other for other, pattern in _BESIDES.items() if re.fullmatch(pattern, action))
        for each in (sid, *besides):
            groups.setdefault(each, []).append(action)
    resources, conditions = _resources(found), _conditions(found)
    return [
        {
            "Sid": sid,
            "Effect": "Allow",
            "Action": groups[sid],
            "Resource": resources.get(sid) or ["*"],
            **({"Condition": conditions[sid]} if sid in conditions else {}),
        }
        for sid in (*_STATEMENTS, *_BESIDES)
        if sid in groups
    ]


def terraform(found: Permissions) -> str:
    """The policies as resources of Terraform's AWS provider."""
    whose = f"{found.studio}-notices" if NOTICES in found.purposes else operator_name(found.studio, found.project)
    whose = baker_name(found.studio) if BAKE in found.purposes else whose
    first, written = whose, documents(found)
    names = [first, *(f"{first}-{number}" for number in range(2, len(written) + 1))]
    return "\n".join(
        f'resource "aws_iam_policy" "{name.replace(".", "_")}" {{\n  name   = "{name}"\n  policy = jsonencode({_hcl(document, 1)})\n}}\n'
        for name, document in zip(names, written, strict=True)
    )


def length(document: Mapping[str, Any]) -> int:
    """What IAM counts of a policy's characters."""
    return len(json.dumps(document, separators=(",", ":")))


def _document(statements: list[Statement]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}


def _resources(found: Permissions) -> dict[str, list[str]]:
    """What a statement is about, where names tell it. Everything that a program makes is named after its project."""
    account, path = found.account, role_path(found.studio, found.project)
    iam = f"arn:aws:iam::{account}:"
    names = (found.studio, found.project) if found.project else (found.studio,)
    logs = log_group_name(found.studio, found.project) if found.project else f"/soundstage-studio/{found.studio}"
    # A studio has no schedule of its own.
    budget = budget_name(found.studio, found.project) if found.project else account_budget_name(found.studio)
    schedules = schedule_name(found.studio, found.project)
    kinds = ("role", "instance-profile") if found.project else ("role", "policy")
    alarms = [f"arn:aws:cloudwatch:{region}:{account}:alarm:{alarm_name(*names, '*')}" for region in found.regions]
    return {
        "PassRoles": [f"{iam}role{path}*"],
        "RolesUnderBoundary": [f"{iam}role{path}*"],
        "ServiceLinkedRoles": [f"{iam}role/aws-service-role/{service}/*" for service in _LINKED],
        "Roles": [f"{iam}{kind}{path}*" for kind in kinds],
        "Buckets": [f"arn:aws:s3:::{name}{end}" for name in found.buckets for end in ("", "/*")],
        "KeyAliases": [f"arn:aws:kms:{region}:{account}:{key_alias('*', *names)}" for region in found.regions],
        **{sid: [f"arn:aws:ec2:*:*:{kind}/*" for kind in sorted(made.values())] for sid, made in _MADE.items()},
        "Parts": [f"arn:aws:ec2:*:*:{kind}/*" for kind in _PARTS],
        "PublicImages": ["arn:aws:ec2:*::image/*"],
        "StudioImages": ["arn:aws:ec2:*::image/*"],
        "DefaultGroup": [f"arn:aws:ec2:*:{account}:security-group/*"],
        "TagsOfNewKeys": [f"arn:aws:kms:*:{account}:key/*"],
        "OwnKeysNamed": [f"arn:aws:kms:*:{account}:key/*"],
        "NewKeysNamed": [f"arn:aws:kms:*:{account}:key/*"],
        "Budget": [f"arn:aws:budgets::{account}:budget/{budget}{end}" for end in ("", "/*")],
        "Logs": [f"arn:aws:logs:{region}:{account}:log-group:{logs}/*" for region in found.regions],
        # In which machines tell of their starts; who talked to whom, in the same project's groups, is not read.
        "Starts": [
            f"arn:aws:logs:{region}:{account}:log-group:{logs}/*:log-stream:*/{stream}"
            for region in found.regions
            for stream in ("boot", "guard", "ready")
        ],
        "OwnAlarms": alarms,
        "Alarms": alarms,
        "Documents": [
            f"arn:aws:ssm:{region}:{account}:document/{name}"
            for region in found.regions
            for name in (
                *session_documents(found.studio, found.project),
                tools_document_name(found.studio, found.project, "*"),
            )
        ],
        # Associations with this document alone: with another one, its author could have any machine of the account run anything.
        "PatchDocument": ["arn:aws:ssm:*::document/AWS-RunPatchBaseline"],
        **{
            sid: [f"arn:aws:ssm:*:{account}:association/*"]
            for sid in ("NewAssociations", "OwnAssociations", "TagsOfNewAssociations", "TagsOfOwnAssociations")
        },
        "Schedules": [
            f"arn:aws:scheduler:{region}:{account}:schedule/default/{schedules}.*" for region in found.regions
        ],
    }


def _conditions(found: Permissions) -> dict[str, Conditions]:
    tags = {STUDIO: found.studio, **({PROJECT: found.project} if found.project else {})}
    mine = {f"aws:ResourceTag/{key}": value for key, value in tags.items()}
    born = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    untagged = {f"aws:ResourceTag/{key}": "true" for key in (STUDIO, PROJECT)}
    here = {"aws:RequestedRegion": list(found.regions)}
    through = [f"{service}.{region}.amazonaws.com" for region in found.regions for service in ("ec2", "s3")]
    boundaries = f"arn:aws:iam::{found.account}:policy{role_path(found.studio)}"
    return {
        "PassRoles": {"StringEquals": {"iam:PassedToService": list(found.receivers)}},
        "RolesUnderBoundary": {
            "StringEquals": {
                "iam:PermissionsBoundary": [
                    f"{boundaries}{boundary_name(found.studio, whose)}" for whose in ("people", "services")
                ]
            }
        },
        "KeysThroughServices": {"StringEquals": {"kms:ViaService": through, **mine}},
        "NewKeys": {"StringEquals": {**here, **born}},
        # Who may give tags can also give the tags that make something another project's.
        "OwnResources": {"StringEquals": {**here, **mine}, "StringEqualsIfExists": born},
        **{sid: {"StringEquals": {**here, **born}} for sid in _MADE},
        "NewNameRules": {"StringEquals": {**here, **born}},
        "OwnNameRules": {"StringEquals": {**here, **mine}, "StringEqualsIfExists": born},
        # As a new key, what is being made cannot be told from what exists and has no tags.
        "TagsOfNewNameRules": {"StringEquals": {**here, **born}, "Null": untagged},
        "NewAssociations": {"StringEquals": {**here, **born}},
        "OwnAssociations": {"StringEquals": {**here, **mine}},
        "TagsOfNewAssociations": {"StringEquals": {**here, **born}, "Null": untagged},
        "TagsOfOwnAssociations": {"StringEquals": {**here, **mine}, "StringEqualsIfExists": born},
        "PatchDocument": {"StringEquals": here},
        "Parts": {"StringEquals": here},
        "PublicImages": {"StringEquals": here, "StringNotEquals": {"ec2:Owner": "${aws:PrincipalAccount}"}},
        "StudioImages": {
            "StringEquals": {**here, f"aws:ResourceTag/{STUDIO}": found.studio},
            "StringEqualsIfExists": mine,
        },
        "DefaultGroup": _default_group(found, untagged),
        "TagsAtBirth": {"Null": {"ec2:CreateAction": "false"}, "StringEquals": born},
        # A new key has neither tags nor an alias; what exists and has one of them is not to be taken by tagging it.
        "TagsOfNewKeys": {"StringEquals": born, "Null": {**untagged, "kms:ResourceAliases": "true"}},
        "OwnKeysNamed": {"StringEquals": mine},
        "NewKeysNamed": {"StringEqualsIfExists": mine, "Null": {"kms:ResourceAliases": "true"}},
        "OwnAlarms": {"ForAllValues:StringLike": {"cloudwatch:AlarmActions": list(_ALARM_ACTIONS)}},
        # What is only looked at may have no tags; what has them must be one's own.
        "Regional": {"StringEquals": here, "StringEqualsIfExists": mine},
    }


def _default_group(found: Permissions, untagged: Mapping[str, str]) -> Conditions:
    """The group that the cloud makes with a network, without tags: it is known by its network once there is one. Until then
    the policy can only ask that a group has no tags."""
    if not found.networks:
        return {"StringEquals": {"aws:RequestedRegion": list(found.regions)}, "Null": dict(untagged)}
    return {"ArnLike": {"ec2:Vpc": [f"arn:aws:ec2:*:{found.account}:vpc/{each}" for each in found.networks]}}


def _hcl(value: Any, depth: int) -> str:
    """A value as Terraform writes it. JSON's strings are Terraform's, once `${` is doubled."""
    indent, outer = "  " * (depth + 1), "  " * depth
    if isinstance(value, Mapping):
        lines = [f"{indent}{_hcl_key(key)} = {_hcl(inner, depth + 1)}\n" for key, inner in value.items()]
        return "{\n" + "".join(lines) + outer + "}"
    if isinstance(value, list):
        return "[\n" + "".join(f"{indent}{_hcl(inner, depth + 1)},\n" for inner in value) + outer + "]"
    return json.dumps(value).replace("${", "$${").replace("%{", "%%{")


def _hcl_key(key: str) -> str:
    return key if key.isidentifier() else json.dumps(key)


_OTHERS: Final[Mapping[tuple[str, ...], Callable[[Permissions], list[Statement]]]] = {
    (BAKE,): bake_policy.statements,
    (NOTICES,): notice_permissions.statements,
}
"""Whoever is no operator of a project has a policy of an own form."""
