"""An operator's permissions as IAM policies: each action on the resources, and under the conditions, that it is needed for.

What the policies keep an operator from is a promise of `docs/security.md`: to write a role that is not under the studio's
boundary, to touch what carries the tags of another project, to make something of nobody's his own by tagging it.

Facts used here: Service Authorization Reference, the pages of each service; AWS IAM User Guide, "Permissions boundaries for
IAM entities"; Amazon EC2 user guide, "Grant permission to tag Amazon EC2 resources during creation" (read 2026-11).
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from soundstage.components.naming import alarm_name, boundary_name, log_group_name, role_path, schedule_name
from soundstage.components.tags import PROJECT, STUDIO
from soundstage.stacks.permissions import Permissions

LONGEST: Final = 6_144
"""Characters in a managed policy, spaces not counted (IAM and AWS STS quotas, read 2026-11)."""

_STATEMENTS: Final = {
    "PassRoles": r"iam:PassRole",
    "RolesUnderBoundary": r"iam:(AttachRolePolicy|CreateRole|PutRolePermissionsBoundary|PutRolePolicy)",
    "ServiceLinkedRoles": r"iam:CreateServiceLinkedRole",
    "Roles": r"iam:(?!\w*AccountPassword)\w*(Role|Policy|InstanceProfile)\w*",
    "Buckets": r"s3:(?!.*Account)\w+",
    "KeysThroughServices": r"kms:(CreateGrant|Decrypt|GenerateDataKey\w*)",
    "OwnResources": r"ec2:(Delete|Attach|Detach|AssociateRouteTable|ModifyInstanceAttribute"
    r"|ModifyVpc|ReleaseAddress|Start|Stop|Terminate)\w*"
    r"|kms:(DisableKey|EnableKey|EnableKeyRotation|PutKeyPolicy|ScheduleKeyDeletion|UpdateKeyDescription)",
    "TagsAtBirth": r"ec2:CreateTags",
    "Budget": r"budgets:\w+",
    "Logs": r"logs:(?!Describe)\w+",
    "Alarms": r"cloudwatch:(?!Describe)\w+",
    "Schedules": r"scheduler:\w+",
    "Global": r"(ce|iam):\w+",
    "Regional": r".*",
}
"""Each action belongs to the first statement whose pattern it fits. `OwnResources` is what is done to something that exists
and carries tags, where the service lets a policy ask for them."""

_ALSO: Final = {"ec2:CreateTags": ("TagsOnDefaultGroups", "OwnResources")}
"""Tags are set at birth, later, and on the default security group of a network, which the cloud makes without any."""

Statement: TypeAlias = dict[str, Any]
Conditions: TypeAlias = dict[str, dict[str, Any]]


def documents(found: Permissions) -> list[dict[str, Any]]:
    """The policies in the form of the IAM JSON policy language: one, or as many as IAM's limit asks for."""
    groups: dict[str, list[str]] = {}
    for action in found.actions:
        sid = next(sid for sid, pattern in _STATEMENTS.items() if re.fullmatch(pattern, action))
        for each in (sid, *_ALSO.get(action, ())):
            groups.setdefault(each, []).append(action)
    resources, conditions = _resources(found), _conditions(found)
    statements = [
        {
            "Sid": sid,
            "Effect": "Allow",
            "Action": groups[sid],
            "Resource": resources.get(sid) or ["*"],
            **({"Condition": conditions[sid]} if sid in conditions else {}),
        }
        for sid in (*_STATEMENTS, "TagsOnDefaultGroups")
        if sid in groups
    ]
    packed: list[list[Statement]] = [[]]
    for statement in statements:
        if packed[-1] and length(_document([*packed[-1], statement])) > LONGEST:
            packed.append([])
        packed[-1].append(statement)
    return [_document(each) for each in packed]


def terraform(found: Permissions) -> str:
    """The policies as resources of Terraform's AWS provider."""
    whose = f"{found.studio}-{found.project}" if found.project else found.studio
    written = documents(found)
    names = [f"{whose}-operator"] + [f"{whose}-operator-{number}" for number in range(2, len(written) + 1)]
    return "\n".join(
        f'resource "aws_iam_policy" "{name}" {{\n  name   = "{name}"\n  policy = jsonencode({_hcl(document, 1)})\n}}\n'
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
    own = found.project or found.studio
    names = (found.studio, found.project)
    logs = log_group_name(*names) if found.project else f"/soundstage-studio/{found.studio}"
    alarms = f"{alarm_name(*names)}/" if found.project else f"{found.studio}-"
    schedules = f"{schedule_name(*names)}." if found.project else f"{found.studio}-"
    kinds = ("role", "instance-profile") if found.project else ("role", "policy")
    return {
        "PassRoles": [f"{iam}role{path}*"],
        "RolesUnderBoundary": [f"{iam}role{path}*"],
        "ServiceLinkedRoles": [f"{iam}role/aws-service-role/access-analyzer.amazonaws.com/*"],
        "Roles": [f"{iam}{kind}{path}*" for kind in kinds],
        "Buckets": [f"arn:aws:s3:::{name}{end}" for name in found.buckets for end in ("", "/*")],
        "Budget": [f"arn:aws:budgets::{account}:budget/{found.studio}-{own}{end}" for end in ("", "/*")],
        "Logs": [f"arn:aws:logs:{region}:{account}:log-group:{logs}/*" for region in found.regions],
        "Alarms": [f"arn:aws:cloudwatch:{region}:{account}:alarm:{alarms}*" for region in found.regions],
        "TagsOnDefaultGroups": [f"arn:aws:ec2:{region}:{account}:security-group/*" for region in found.regions],
        "Schedules": [
            f"arn:aws:scheduler:{region}:{account}:schedule/default/{schedules}*" for region in found.regions
        ],
    }


def _conditions(found: Permissions) -> dict[str, Conditions]:
    tags = {STUDIO: found.studio, **({PROJECT: found.project} if found.project else {})}
    mine = {f"aws:ResourceTag/{key}": value for key, value in tags.items()}
    born = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
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
        "OwnResources": {"StringEquals": {**here, **mine}},
        "TagsAtBirth": {"Null": {"ec2:CreateAction": "false"}, "StringEquals": born},
        "TagsOnDefaultGroups": {"StringEquals": born, "StringEqualsIfExists": mine},
        # What is being made, and much that is only looked at, has no tags yet; what has them must be one's own.
        "Regional": {"StringEquals": here, "StringEqualsIfExists": mine},
    }


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
