"""One permission that a call needs, and how services and actions are named in policies."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from soundstage.simulator.aws.conditions import Context
from soundstage.simulator.aws.iam.evaluate import NO_RESOURCE_POLICY, ResourcePolicy
from soundstage.simulator.aws.request import AwsRequest

_PREFIXES: Final = {
    "accessanalyzer": "access-analyzer",
    "efs": "elasticfilesystem",
    "elbv2": "elasticloadbalancing",
    "resourcegroupstaggingapi": "tag",
    "s3control": "s3",
    "service-quotas": "servicequotas",
    "stepfunctions": "states",
}
"""botocore's name of a service → the prefix of its actions, where they differ."""

_ACTIONS: Final = {
    "s3:DeletePublicAccessBlock": "s3:PutAccountPublicAccessBlock",
    "s3:GetPublicAccessBlock": "s3:GetAccountPublicAccessBlock",
    "s3:PutPublicAccessBlock": "s3:PutAccountPublicAccessBlock",
    **{
        f"budgets:{verb}{noun}": f"budgets:{action}"
        for action, verbs in {
            "ModifyBudget": ("Create", "Update", "Delete"),
            "ViewBudget": ("Describe",),
        }.items()
        for verb in verbs
        for noun in ("Budget", "Budgets", "Notification", "NotificationsForBudget", "Subscriber",
                     "SubscribersForNotification")
    },
}  # fmt: skip
"""Calls whose permission is not named after them (Service Authorization Reference: S3 control, Budgets; 2026-11)."""


@dataclass(frozen=True)
class Need:
    """One permission that a call needs. `context` adds to what is known about the call."""

    action: str
    resource: str = "*"
    context: Context = field(default_factory=dict)
    policy: ResourcePolicy = NO_RESOURCE_POLICY


def prefix_of(service: str) -> str:
    """The prefix of a service's actions."""
    return _PREFIXES.get(service, service)


def action_of(request: AwsRequest) -> str:
    """The action that a call needs first of all."""
    action = f"{prefix_of(request.service)}:{request.operation}"
    return _ACTIONS.get(action, action)


def tagged(tags: Mapping[str, str], *prefixes: str) -> dict[str, str]:
    """The condition keys that tell a resource's tags."""
    return {
        f"{prefix}:resourcetag/{key.lower()}": value for prefix in ("aws", *prefixes) for key, value in tags.items()
    }
