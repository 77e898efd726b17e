"""One permission that a call needs, and how services and actions are named in policies."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from soundstage.providers.aws import actions
from soundstage.simulator.aws.conditions import Context
from soundstage.simulator.aws.iam.evaluate import NO_RESOURCE_POLICY, ResourcePolicy
from soundstage.simulator.aws.request import AwsRequest


@dataclass(frozen=True)
class Need:
    """One permission that a call needs. `context` adds to what is known about the call."""

    action: str
    resource: str = "*"
    context: Context = field(default_factory=dict)
    policy: ResourcePolicy = NO_RESOURCE_POLICY


def action_of(request: AwsRequest) -> str:
    """The action that a call needs first of all."""
    return actions.action_of(request.service, request.operation)


def tagged(tags: Mapping[str, str], *prefixes: str) -> dict[str, str]:
    """The condition keys that tell a resource's tags."""
    return {
        f"{prefix}:resourcetag/{key.lower()}": value for prefix in ("aws", *prefixes) for key, value in tags.items()
    }
