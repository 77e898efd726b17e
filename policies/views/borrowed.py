"""Roles that something of a stack acts through and that the stack does not make: what they may do does not show."""

from collections.abc import Mapping, Sequence
from typing import Final

from soundstage.policies.views.node import Node
from soundstage.policies.views.stack import Stack

PROFILE: Final = "aws:iam/instanceProfile:InstanceProfile"
ACTS_THROUGH: Final[Mapping[str, tuple[str, ...]]] = {
    PROFILE: ("role",),
    "aws:ec2/instance:Instance": ("iamInstanceProfile",),
    "aws:ec2/spotInstanceRequest:SpotInstanceRequest": ("iamInstanceProfile",),
    "aws:ec2/launchConfiguration:LaunchConfiguration": ("iamInstanceProfile",),
    "aws:ec2/launchTemplate:LaunchTemplate": ("iamInstanceProfile.name", "iamInstanceProfile.arn"),
    "aws:ec2/spotFleetRequest:SpotFleetRequest": (
        "launchSpecifications[*].iamInstanceProfile",
        "launchSpecifications[*].iamInstanceProfileArn",
    ),
    "aws:lambda/function:Function": ("role",),
    "aws:scheduler/schedule:Schedule": ("target.roleArn",),
    "aws:cloudwatch/eventTarget:EventTarget": ("roleArn",),
    "aws:budgets/budgetAction:BudgetAction": ("executionRoleArn",),
    "aws:imagebuilder/infrastructureConfiguration:InfrastructureConfiguration": ("instanceProfileName",),
}
"""Type → where it names the role, or the profile of a role, whose rights it has."""
_OF_SERVICES: Final = (":role/aws-service-role/", ":role/service-role/")


def borrowed(stack: Stack) -> Sequence[Node]:
    """The places where a role is named that is no resource of this stack."""
    return [
        node
        for resource in (*stack.of(PROFILE), *stack.glimpse(*(type for type in ACTS_THROUGH if type != PROFILE)))
        for path in ACTS_THROUGH[resource.type]
        for node in resource.root.all(path)
        if isinstance(node.value, str) and node.value and not stack.targets(node)
        if not any(part in node.value for part in _OF_SERVICES)
    ]
