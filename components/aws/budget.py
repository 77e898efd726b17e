"""ProjectBudget: who hears what a project costs, and the stop of its machines when the limit is reached."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from soundstage.components import choices
from soundstage.components.arguments import (
    LEAST_USD,
    MOST_EMAILS,
    choice_fault,
    email_faults,
    number_faults,
    refuse,
)
from soundstage.components.aws.exclusive import only_these_policies
from soundstage.components.aws.place import Place, place_of, rendered
from soundstage.components.budgets import AT_LIMIT, is_amount
from soundstage.components.component import Component
from soundstage.components.fields import conformed
from soundstage.components.naming import budget_name, role_path
from soundstage.components.ownership import Tags, ownership, plain_tags
from soundstage.components.policydoc import Conditions, Statement, allow
from soundstage.components.tags import PROJECT, STUDIO, named, tag_faults

LARGEST_PERCENT: Final = 1000

# AWS Cost Management user guide, "Quotas and restrictions", and the API reference of AWS Budgets, read 2026-11.
MOST_NOTIFICATIONS: Final = 10
MOST_MACHINES_PER_ACTION: Final = 100


class ProjectBudgetArgs(TypedDict):
    studio: str
    """Name of the studio."""
    project: NotRequired[str]
    """Name of the project; when absent, what the tag `soundstage:project` says, or a name made of those of the Pulumi program and its
    stack. The budget counts what carries it in the tag `soundstage:project`; that tag must be
    activated once as a cost allocation tag of the account, or AWS counts nothing. `workstation up` does that."""
    monthly_usd: float
    """Limit for a calendar month, in US dollars, more than zero."""
    alert_at_percent: NotRequired[list[int]]
    """Percentages of the limit at which to tell, both when spent and when forecast: 1 to 1000, at most five.
    50, 80 and 100 when absent."""
    emails: NotRequired[list[str]]
    """Who is told by e-mail, at most ten addresses. `emails` or `topic_arn` must be given."""
    topic_arn: NotRequired[pulumi.Input[str]]
    """ARN of a topic that is told, such as that of `AuditTrail`. No topic when absent."""
    at_limit: NotRequired[choices.AtLimit]
    """`notify`: tell and nothing else. `stop`: also stop the machines in `instance_ids` when the whole limit has been
    spent. Stopped machines keep their disks. `notify` when absent."""
    instance_ids: NotRequired[list[pulumi.Input[str]]]
    """Ids of the project's machines, for `stop`. No machine when absent."""
    boundary_arn: NotRequired[pulumi.Input[str]]
    """ARN of the permission boundary of the role that stops machines, usually `services_arn` of `RoleBoundaries`. No
    boundary when absent."""
    region: NotRequired[str]
    """Region of the machines. That of the provider when absent."""
    tags: NotRequired[Tags]
    """Tags of everything here, such as `soundstage:studio` and `soundstage:project`."""
    foreign_tags: NotRequired[list[str]]
    """Keys of tags that somebody else sets on what is made here, such as a tool for cost: whatever they hold stays. None when
    absent: a tag that the program does not set is taken away once it has been seen."""


@dataclass(frozen=True)
class _Budget:
    studio: str
    project: str
    monthly_usd: float
    alert_at_percent: tuple[int, ...]
    emails: tuple[str, ...]
    topic_arn: pulumi.Input[str] | None
    at_limit: str
    instance_ids: tuple[pulumi.Input[str], ...]
    boundary_arn: pulumi.Input[str] | None
    region: str | None
    tags: Tags


def _resolve(name: str, args: ProjectBudgetArgs) -> _Budget:
    args, faults = conformed(args, ProjectBudgetArgs)
    owner = ownership(args, faults)
    budget = _Budget(
        studio=owner.studio,
        project=owner.project,
        monthly_usd=args.get("monthly_usd", 0),
        alert_at_percent=tuple(args.get("alert_at_percent", (50, 80, 100))),
        emails=tuple(args.get("emails", ())),
        topic_arn=args.get("topic_arn"),
        at_limit=args.get("at_limit", "notify"),
        instance_ids=tuple(args.get("instance_ids", ())),
        boundary_arn=args.get("boundary_arn"),
        region=args.get("region"),
        tags=owner.tags,
    )
    faults += choice_fault("at_limit", budget.at_limit, AT_LIMIT)
    faults += email_faults("emails", budget.emails) + tag_faults(plain_tags(budget.tags))
    faults += amount_faults(budget.monthly_usd)
    faults += percent_faults(budget.alert_at_percent)
    if not budget.emails and budget.topic_arn is None:
        faults.append("emails and topic_arn are both absent; give at least one")
    if len(budget.emails) > MOST_EMAILS:
        faults.append(f"emails has {len(budget.emails)} addresses; allowed: {MOST_EMAILS}")
    refuse("ProjectBudget", name, faults)
    return budget


def amount_faults(value: object) -> list[str]:
    """What is wrong with the limit of a budget."""
    if is_amount(value, LEAST_USD):
        return []
    return [f"monthly_usd is {value!r}; allowed: an amount of at least {LEAST_USD}"]


def percent_faults(percents: Sequence[object]) -> list[str]:
    """What is wrong with the shares of a budget at which to tell."""
    most = MOST_NOTIFICATIONS // 2
    faults = [fault for percent in percents for fault in number_faults("alert_at_percent", percent, 1, LARGEST_PERCENT)]
    if not 1 <= len(percents) <= most or len(set(percents)) != len(percents):
        faults.insert(0, f"alert_at_percent is {list(percents)}; allowed: one to {most} different percentages")
    return faults


def alerts(
    percents: Sequence[int], emails: Sequence[str], topic_arn: pulumi.Input[str] | None
) -> list[aws.budgets.BudgetNotificationArgsDict]:
    """Who is told at these shares of a budget, both when spent and when forecast."""
    told: list[aws.budgets.BudgetNotificationArgsDict] = []
    for kind in ("ACTUAL", "FORECASTED"):
        for percent in percents:
            notification: aws.budgets.BudgetNotificationArgsDict = {
                "comparison_operator": "GREATER_THAN",
                "notification_type": kind,
                "threshold": percent,
                "threshold_type": "PERCENTAGE",
            }
            if emails:
                notification["subscriber_email_addresses"] = list(emails)
            if topic_arn is not None:
                notification["subscriber_sns_topic_arns"] = [topic_arn]
            told.append(notification)
    return told


def budget_trust(place: Place) -> list[Statement]:
    """Budgets of this account, and of no other, may use the role that stops machines."""
    conditions: Conditions = {
        "StringEquals": {"aws:SourceAccount": place.account},
        "ArnLike": {"aws:SourceArn": f"arn:{place.partition}:budgets::{place.account}:budget/*"},
    }
    return [
        allow(
            "BudgetAssumesRole",
            ["sts:AssumeRole"],
            principals={"Service": ("budgets.amazonaws.com",)},
            conditions=conditions,
        )
    ]


def stop_statements(place: Place, studio: str, project: str) -> list[Statement]:
    """Run the one runbook that stops machines, and through it stop machines of this project.

    The same shape as AWS's own `AWSBudgetsActions_RolePolicyForResourceAdministrationWithSSM` (read 2026-11), less
    starting, databases, other runbooks and other projects.
    """
    through_runbook = {"ForAnyValue:StringEquals": {"aws:CalledVia": ["ssm.amazonaws.com"]}}
    runbook = f"arn:{place.partition}:ssm:{place.region}"
    return [
        allow(
            "RunsTheRunbook",
            ["ssm:StartAutomationExecution"],
            [
                f"{runbook}:*:automation-definition/AWS-StopEC2Instance:*",
                f"{runbook}:*:document/AWS-StopEC2Instance",
                f"{runbook}:{place.account}:automation-execution/*",
            ],
        ),
        allow(
            "StopsMachinesOfThisProject",
            ["ec2:StopInstances"],
            [place.arn("ec2", "instance/*")],
            conditions={
                "StringEquals": {f"aws:ResourceTag/{STUDIO}": studio, f"aws:ResourceTag/{PROJECT}": project},
                **through_runbook,
            },
        ),
        allow(
            "SeesWhetherTheyStopped",
            ["ec2:DescribeInstanceStatus", "ec2:DescribeInstances"],
            ["*"],
            conditions=through_runbook,
        ),
    ]


class ProjectBudget(Component):
    """A monthly budget for one project's tag, its alerts, and with `at_limit: stop` the stop of its machines."""

    budget_name: pulumi.Output[str]
    """Name of the budget, `STUDIO.PROJECT`."""

    def __init__(self, name: str, args: ProjectBudgetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        wanted = _resolve(name, args)
        super().__init__(name, args, opts)
        budget = aws.budgets.Budget(
            f"{name}-budget",
            name=budget_name(wanted.studio, wanted.project),
            budget_type="COST",
            limit_amount=f"{wanted.monthly_usd:.2f}",
            limit_unit="USD",
            time_unit="MONTHLY",
            cost_filters=[{"name": "TagKeyValue", "values": [f"user:{PROJECT}${wanted.project}"]}],
            notifications=alerts(wanted.alert_at_percent, wanted.emails, wanted.topic_arn),
            tags=named(wanted.tags, budget_name(wanted.studio, wanted.project)),
            opts=pulumi.ResourceOptions(parent=self),
        )
        if wanted.at_limit == "stop" and wanted.instance_ids:
            self._stop(name, wanted, budget)
        self.budget_name = budget.name
        self.record_outputs()

    def _stop(self, name: str, wanted: _Budget, budget: aws.budgets.Budget) -> None:
        place = place_of(self, wanted.region)
        options = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            f"{name}-stop",
            assume_role_policy=rendered(budget_trust, place=place),
            description=f"Lets the budget of {wanted.project} stop its machines",
            path=role_path(wanted.studio, wanted.project),
            force_detach_policies=True,
            permissions_boundary=wanted.boundary_arn,
            tags=named(wanted.tags, f"{name}-stop"),
            opts=options,
        )
        permission = aws.iam.RolePolicy(
            f"{name}-stop-policy",
            role=role.name,
            policy=rendered(stop_statements, place=place, studio=wanted.studio, project=wanted.project),
            opts=options,
        )
        only_these_policies(f"{name}-stop", role, [permission], options)
        subscribers: list[aws.budgets.BudgetActionSubscriberArgsDict] = [
            {"subscription_type": "EMAIL", "address": email} for email in wanted.emails
        ]
        if wanted.topic_arn is not None:
            subscribers.append({"subscription_type": "SNS", "address": wanted.topic_arn})
        machines = wanted.instance_ids
        for first in range(0, len(machines), MOST_MACHINES_PER_ACTION):
            aws.budgets.BudgetAction(
                f"{name}-stop-{first // MOST_MACHINES_PER_ACTION + 1}",
                budget_name=budget.name,
                action_type="RUN_SSM_DOCUMENTS",
                approval_model="AUTOMATIC",
                notification_type="ACTUAL",
                action_threshold={"action_threshold_type": "PERCENTAGE", "action_threshold_value": 100},
                definition={
                    "ssm_action_definition": {
                        "action_sub_type": "STOP_EC2_INSTANCES",
                        "instance_ids": list(machines[first : first + MOST_MACHINES_PER_ACTION]),
                        "region": place.apply(lambda known: known.region),
                    }
                },
                execution_role_arn=role.arn,
                subscribers=subscribers,
                tags=named(wanted.tags, f"{name}-stop"),
                opts=pulumi.ResourceOptions(parent=self, depends_on=[permission]),
            )
