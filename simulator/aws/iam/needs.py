"""Every permission that a call needs: its own, and those for the roles it passes on, the tags it sets and what comes with it.

Source: AWS IAM User Guide, "Granting a user permissions to pass a role to an AWS service"; Service Authorization
Reference (2026-11).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from soundstage.providers.aws.actions import prefix_of
from soundstage.simulator.aws.authorize import Situation
from soundstage.simulator.aws.iam import needs_ec2, needs_iam, needs_kms, needs_other, needs_s3
from soundstage.simulator.aws.iam.context import request_tags
from soundstage.simulator.aws.iam.need import Need, action_of
from soundstage.simulator.aws.iam.world import World
from soundstage.simulator.aws.request import AwsRequest
from soundstage.simulator.aws.tables import table

_TAGGING: Final[Mapping[str, str]] = table("tagging_actions")
"""Actions that make something → what setting tags with them needs besides."""

_LINKED_ROLES: Final = {"access-analyzer:CreateAnalyzer": "access-analyzer.amazonaws.com"}
"""Actions that make the service's own role where it is missing → the service."""

_ROLE: Final = re.compile(r"arn:aws:iam::\d{12}:role/(?!aws-service-role/)[\w+=,.@/-]+")
_ROLE_IN_XML: Final = re.compile(rb"<Role>\s*(arn:aws:iam::[^<\s]+)\s*</Role>")
_NAME_ROLES: Final = frozenset({"access-analyzer", "iam", "kms", "sts", "tag"})
"""Services to which an ARN of a role is a name, and not something to act with."""

_RECEIVERS: Final = {
    "ec2:CreateFlowLogs": "vpc-flow-logs.amazonaws.com",
    "ssm:SendCommand": "sns.amazonaws.com",
}
"""To whom an action passes a role, where it is not the service itself."""


def needs(request: AwsRequest, world: World, situation: Situation) -> list[Need]:
    """All permissions that must be there. Empty for the few calls that everybody may make."""
    found = _own(request, world, situation)
    action = action_of(request)
    tagging = _TAGGING.get(action)
    if tagging and found and any(True for _ in request_tags(request.params)):
        # A key that is being made has no name yet, and is asked for as any key.
        about = world.arn("kms", "key/*") if action == "kms:CreateKey" else found[0].resource
        found.append(Need(tagging, about, found[0].context, found[0].policy))
    if action in _LINKED_ROLES:
        path = f"aws-service-role/{_LINKED_ROLES[action]}"
        facts = {"iam:awsservicename": _LINKED_ROLES[action]}
        found.append(Need("iam:CreateServiceLinkedRole", f"arn:aws:iam::{world.account}:role/{path}/*", facts))
    receiver = _RECEIVERS.get(action, f"{prefix_of(request.service)}.amazonaws.com")
    for arn in dict.fromkeys(_passed(request, world)):
        to = "ec2.amazonaws.com" if request.service == "iam" else receiver
        found.append(Need("iam:PassRole", arn, {"iam:passedtoservice": to, "iam:associatedresourcearn": "*"}))
    return found


def _own(request: AwsRequest, world: World, situation: Situation) -> list[Need]:
    match request.service:
        case "s3":
            return needs_s3.needs(request, world, situation)
        case "ec2":
            return needs_ec2.needs(request, world)
        case "kms":
            return needs_kms.needs(request, world)
        case "iam":
            return needs_iam.needs(request, world)
        case "sts":
            return needs_iam.sts_needs(request, world)
    return needs_other.needs(request, world)


def _passed(request: AwsRequest, world: World) -> Iterator[str]:
    """ARNs of the roles that a call hands to a service, by themselves or in an instance profile."""
    params = request.params
    if request.service == "iam":
        if request.operation == "AddRoleToInstanceProfile":
            yield world.role_arn(params.get("RoleName", ""))
        return
    if request.service == "ec2":
        for name, value in params.items():
            if name.startswith("IamInstanceProfile."):
                yield from world.roles_in_profile(str(value))
    if request.service == "s3":
        yield from (arn.decode() for arn in _ROLE_IN_XML.findall(request.body))
    if prefix_of(request.service) not in _NAME_ROLES and not request.read_only:
        yield from _role_arns(params)


def _role_arns(value: Any) -> Iterator[str]:
    """Every value, at any depth, that is the ARN of a role."""
    if isinstance(value, str):
        if _ROLE.fullmatch(value):
            yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _role_arns(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _role_arns(inner)
