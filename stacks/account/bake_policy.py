"""The IAM policy of whoever bakes images: a builder of the studio's, the images that are made of it, and nothing beside them.

A builder and its image carry the tags of the studio and of a recipe, and never those of a project: so machines of projects, which
carry the studio's tag too, are out of reach. The builder's role has a path that no project's can be.

Facts used here: Service Authorization Reference, "Amazon EC2" and "AWS Key Management Service"; Amazon EC2 User Guide, "Grant
permissions to copy Amazon EC2 AMIs" (source and target of a copy are each asked for since 2024-10) and "Grant permission to tag
Amazon EC2 resources during creation"; AWS Systems Manager User Guide, "Sample IAM policies for Session Manager" (read 2026-11).
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from soundstage.components.naming import boundary_name, builder_path, key_alias, role_path
from soundstage.components.tags import PROJECT, STUDIO
from soundstage.stacks.account.permissions import Permissions
from soundstage.stacks.clouds.aws.builders import DOCUMENT
from soundstage.stacks.images.image_tags import RECIPE

_MADE: Final = {
    "NewNetworks": {"CreateInternetGateway": "internet-gateway", "CreateVpc": "vpc"},
    "NewSubnets": {
        "CreateRouteTable": "route-table",
        "CreateSecurityGroup": "security-group",
        "CreateSubnet": "subnet",
    },
    "NewMachines": {"RunInstances": "instance"},
}
"""What calls make, and must tag at once. No call of a statement may take what another one of the statement makes."""
_IN_TWO: Final = {
    **{sid: rf"ec2:({'|'.join(made)})" for sid, made in _MADE.items()},
    "NewImages": r"ec2:(CopyImage|CreateImage)",
    "Parts": r"ec2:(AuthorizeSecurityGroup\w+|RunInstances)",
    "PublicImages": r"ec2:RunInstances",
    "DefaultGroup": r"ec2:RevokeSecurityGroup\w+",
    "Documents": r"ssm:StartSession",
}
"""An action belongs to each of these statements: each is about another of the things that it needs."""
_STATEMENTS: Final = {
    "PassRoles": r"iam:PassRole",
    "RolesUnderBoundary": r"iam:(AttachRolePolicy|CreateRole|Put\w+)",
    "Roles": r"iam:(?!ListRoles$)\w+",
    "TagsAtBirth": r"ec2:CreateTags",
    "OwnResources": r"ec2:(?!Describe|GetEbs)\w+|ec2:Describe(Instance|Vpc)Attribute",
    "DiskKeys": r"kms:(?!List)\w+",
    "Installers": r"s3:\w+",
    "Sessions": r"ssm:StartSession",
    "OwnSessions": r"ssm:(ResumeSession|TerminateSession)",
    "OwnChannels": r"ssmmessages:\w+",
    "Looks": r".*",
}
"""Each action belongs to the first of these whose pattern it fits. `NewNetworks` and `CreateVpc` alone touch nothing that exists."""
_NOTHING_THERE: Final = ("ec2:CreateInternetGateway", "ec2:CreateVpc")
_CHECKED: Final = {"BoolIfExists": {"ssm:SessionDocumentAccessCheck": "true"}}
"""In every statement that allows a session, or the default document goes unchecked."""


def statements(found: Permissions) -> list[dict[str, Any]]:
    """The policy's statements, in the IAM JSON policy language."""
    groups: dict[str, list[str]] = {}
    for action in found.actions:
        own = next(sid for sid, pattern in _STATEMENTS.items() if re.fullmatch(pattern, action))
        besides = [sid for sid, pattern in _IN_TWO.items() if re.fullmatch(pattern, action)]
        for sid in (*([] if action in _NOTHING_THERE else [own]), *besides):
            groups.setdefault(sid, []).append(action)
    resources, conditions = _resources(found), _conditions(found)
    return [
        {
            "Sid": sid,
            "Effect": "Allow",
            "Action": groups[sid],
            "Resource": resources.get(sid, ["*"]),
            **({"Condition": conditions[sid]} if sid in conditions else {}),
        }
        for sid in (*_STATEMENTS, *_IN_TWO)
        if sid in groups
    ]


def _resources(found: Permissions) -> dict[str, list[str]]:
    account, path = found.account, builder_path(found.studio)
    roles = f"arn:aws:iam::{account}:role{path}*"
    return {
        "PassRoles": [roles],
        "RolesUnderBoundary": [roles],
        "Roles": [roles, f"arn:aws:iam::{account}:instance-profile{path}*"],
        **{sid: [f"arn:aws:ec2:*:{account}:{kind}/*" for kind in sorted(made.values())] for sid, made in _MADE.items()},
        "NewImages": ["arn:aws:ec2:*::image/*", "arn:aws:ec2:*::snapshot/*"],
        "Parts": [
            f"arn:aws:ec2:*:{account}:{kind}/*" for kind in ("network-interface", "security-group-rule", "volume")
        ],
        "PublicImages": ["arn:aws:ec2:*::image/*"],
        "DefaultGroup": [f"arn:aws:ec2:*:{account}:security-group/*"],
        "DiskKeys": list(found.keys) or [f"arn:aws:kms:*:{account}:key/*"],
        "Installers": [f"arn:aws:s3:::{name}/*" for name in found.buckets],
        "Sessions": [f"arn:aws:ec2:*:{account}:instance/*"],
        "Documents": [f"arn:aws:ssm:*::document/{DOCUMENT}"],
        "OwnSessions": [f"arn:aws:ssm:*:{account}:session/*"],
        "OwnChannels": ["arn:aws:ssm:*:*:session/${aws:userid}-*"],
    }


def _conditions(found: Permissions) -> dict[str, Mapping[str, Any]]:
    here = {"aws:RequestedRegion": list(found.regions)}
    mine = _tagged("aws:ResourceTag", found.studio, here)
    born = _tagged("aws:RequestTag", found.studio, here)
    # Who may give tags can also give those that make something a project's.
    unchanged = {**mine, "StringEqualsIfExists": {f"aws:RequestTag/{STUDIO}": found.studio}}
    boundary = f"arn:aws:iam::{found.account}:policy{role_path(found.studio)}{boundary_name(found.studio, 'services')}"
    disks = {"kms:ViaService": [f"ec2.{region}.amazonaws.com" for region in found.regions]}
    alias = (
        {} if found.keys else {"ForAnyValue:StringLike": {"kms:ResourceAliases": key_alias("*-disks-*", found.studio)}}
    )
    return {
        "PassRoles": {"StringEquals": {"iam:PassedToService": list(found.receivers)}},
        "RolesUnderBoundary": {"StringEquals": {"iam:PermissionsBoundary": boundary}},
        "TagsAtBirth": {**born, "Null": {**born["Null"], "ec2:CreateAction": "false"}},
        "OwnResources": unchanged,
        **dict.fromkeys(_MADE, born),
        # As what is being made, and not as the image that is copied, which has an id and the tags of `OwnResources`.
        "NewImages": {**born, "Null": {**born["Null"], "ec2:ImageID": "true"}},
        "Parts": {"StringEquals": here},
        "PublicImages": {"StringEquals": here, "StringNotEquals": {"ec2:Owner": "${aws:PrincipalAccount}"}},
        # The group that the cloud makes with a network has no tags.
        "DefaultGroup": {"StringEquals": here, "Null": {f"aws:ResourceTag/{key}": "true" for key in (STUDIO, PROJECT)}},
        "DiskKeys": {"StringEquals": disks, **alias},
        "Sessions": {**mine, **_CHECKED},
        "Documents": {"StringEquals": here, **_CHECKED},
        "OwnSessions": {"StringLike": {"ssm:resourceTag/aws:ssmmessages:session-id": "${aws:userid}"}},
        "Looks": {"StringEquals": here},
    }


def _tagged(key: str, studio: str, here: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The studio's, of a recipe, and no project's."""
    return {
        "StringEquals": {**here, f"{key}/{STUDIO}": studio},
        "StringLike": {f"{key}/{RECIPE}": "*"},
        "Null": {f"{key}/{PROJECT}": "true"},
    }
