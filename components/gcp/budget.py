"""ProjectBudget: who hears what a project costs, and the stop of its machines when the limit is reached."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NotRequired, TypedDict

import pulumi
import pulumi_gcp as gcp

from soundstage.components import choices
from soundstage.components.arguments import LEAST_USD, choice_fault, email_faults, number_faults, refuse
from soundstage.components.budgets import AT_LIMIT, GOOGLE_MOST_EMAILS, google_amount, is_amount
from soundstage.components.component import Component
from soundstage.components.fields import conformed
from soundstage.components.gcp.budget_stop import stop_when_spent
from soundstage.components.gcp.labelled import labels
from soundstage.components.gcp.machine_ids import machine_id_faults
from soundstage.components.gcp.naming import component_faults, place_faults
from soundstage.components.gcp.place import place_of
from soundstage.components.labels import label_carry_faults, label_key
from soundstage.components.naming import budget_name
from soundstage.components.ownership import Tags, ownership, plain_tags
from soundstage.components.tags import PROJECT, STUDIO, tag_faults

LARGEST_PERCENT: Final = 1000
_ACCOUNT: Final = re.compile(r"[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}", re.ASCII)


class ProjectBudgetArgs(TypedDict):
    studio: str
    """Name of the studio."""
    billing_account: str
    """Id of the billing account that pays, `012345-6789AB-CDEF01`. Whoever brings this up needs the right to make budgets on it."""
    project: NotRequired[str]
    """Name of the project; when absent, what the tag `soundstage:project` says, or a name made of those of the Pulumi program and its
    stack. The budget counts what carries it in the label `soundstage-project`."""
    monthly_usd: float
    """Limit for a calendar month, in US dollars, which must be the currency of the billing account; at least one cent."""
    alert_at_percent: NotRequired[list[int]]
    """Percentages of the limit at which to tell, both when spent and when forecast: 1 to 1000, at most five.
    50, 80 and 100 when absent."""
    emails: NotRequired[list[str]]
    """Who is told by e-mail, at most five addresses. The administrators of the billing account are told as well."""
    at_limit: NotRequired[choices.AtLimit]
    """`notify`: tell and nothing else. `stop`: also stop the project's machines when the whole limit has been spent, by a function
    that is called several times a day. Stopped machines keep their disks. `notify` when absent."""
    machines: NotRequired[dict[str, pulumi.Input[str]]]
    """The machines that may be stopped, each with a name of its own: `instance_id` of `Workstation`. When absent, the function may stop
    any machine of the Google Cloud project, and stops those that carry the labels."""
    project_id: NotRequired[str]
    """Id of the Google Cloud project. That of the provider when absent."""
    region: NotRequired[str]
    """Region of the function. That of the provider when absent."""
    tags: NotRequired[Tags]
    """Tags of everything here, such as `soundstage:studio` and `soundstage:project`, which become labels."""


@dataclass(frozen=True)
class _Budget:
    studio: str
    project: str
    billing_account: str
    monthly_usd: float
    alert_at_percent: tuple[int, ...]
    emails: tuple[str, ...]
    at_limit: str
    machines: dict[str, pulumi.Input[str]] | None
    project_id: str | None
    region: str | None
    tags: Tags


def _resolve(name: str, args: ProjectBudgetArgs) -> _Budget:
    args, faults = conformed(args, ProjectBudgetArgs)
    faults += component_faults(name) + place_faults(args)
    owner = ownership(args, faults, tagged=("studio",))
    limit, percents, emails = (
        args.get("monthly_usd", 0.0),
        args.get("alert_at_percent", [50, 80, 100]),
        args.get("emails", []),
    )
    if not is_amount(limit, LEAST_USD):
        faults.append(f"monthly_usd is {limit!r}; allowed: an amount of at least {LEAST_USD}")
    for place, percent in enumerate(percents):
        faults += number_faults(f"alert_at_percent[{place}]", percent, 1, LARGEST_PERCENT)
    if not 1 <= len(set(percents)) == len(percents) <= 5:
        faults.append(f"alert_at_percent is {percents!r}; allowed: one to five different percentages")
    faults += email_faults("emails", emails)
    if len(emails) > GOOGLE_MOST_EMAILS:
        faults.append(f"emails has {len(emails)} addresses; allowed: {GOOGLE_MOST_EMAILS}")
    faults += choice_fault("at_limit", args.get("at_limit", "notify"), AT_LIMIT)
    machines = args.get("machines")
    faults += machine_id_faults(machines or {})
    account = args.get("billing_account", "")
    if not _ACCOUNT.fullmatch(account):
        faults.append(
            f"billing_account is {account!r}; allowed: an id such as 012345-6789AB-CDEF01 (gcloud billing accounts list)"
        )
    tags = {STUDIO: owner.studio, PROJECT: owner.project, **owner.tags}
    faults += tag_faults(plain_tags(owner.tags)) + label_carry_faults(plain_tags(owner.tags))
    refuse("ProjectBudget", name, faults)
    return _Budget(
        studio=owner.studio,
        project=owner.project,
        billing_account=account,
        monthly_usd=limit,
        alert_at_percent=tuple(sorted(percents)),
        emails=tuple(sorted(set(emails))),
        at_limit=args.get("at_limit", "notify"),
        machines=None if machines is None else dict(machines),
        project_id=args.get("project_id"),
        region=args.get("region"),
        tags=tags,
    )


class ProjectBudget(Component):
    """A monthly budget for one project's label, its alerts, and with `at_limit: stop` the stop of its machines.

    Google tells what was spent some hours late, and budgets themselves stop nothing: the function does, which finds running
    machines by the labels of the studio and the project and may do nothing but list all and stop those of `machines`. What is stopped can be started
    again; the function stops it once more while the month lasts. A budget of Google counts by one label alone: two studios in one
    Google Cloud project whose projects have the same name are counted together.
    """

    budget_name: pulumi.Output[str]
    """Name of the budget, `STUDIO.PROJECT`."""
    topic_id: pulumi.Output[str]
    """Id of the topic on which the budget tells what was spent, for subscribers of your own."""

    def __init__(self, name: str, args: ProjectBudgetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        wanted = _resolve(name, args)
        super().__init__(name, args, opts)
        place = place_of(self, wanted.project_id, wanted.region)
        child = pulumi.ResourceOptions(parent=self)
        self.topic: gcp.pubsub.Topic = gcp.pubsub.Topic(
            f"{name}-topic", labels=labels(wanted.tags), project=wanted.project_id, opts=child
        )
        """What the budget tells."""
        units, nanos = google_amount(wanted.monthly_usd)
        cents: gcp.billing.BudgetAmountSpecifiedAmountArgsDict = {"nanos": nanos} if nanos else {}
        self.budget: gcp.billing.Budget = gcp.billing.Budget(
            f"{name}-budget",
            billing_account=wanted.billing_account,
            display_name=budget_name(wanted.studio, wanted.project),
            amount={"specified_amount": {"currency_code": "USD", "units": units, **cents}},
            budget_filter={
                "calendar_period": "MONTH",
                "projects": [place.apply(lambda known: f"projects/{known.number}")],
                "labels": {label_key(PROJECT): wanted.project},
                "credit_types_treatment": "EXCLUDE_ALL_CREDITS",
            },
            threshold_rules=_thresholds(wanted.alert_at_percent),
            all_updates_rule={
                "pubsub_topic": self.topic.id,
                "schema_version": "1.0",
                "monitoring_notification_channels": self._channels(name, wanted),
                "disable_default_iam_recipients": False,
            },
            opts=child,
        )
        """The budget."""
        self.function: gcp.cloudfunctionsv2.Function | None = (
            stop_when_spent(
                self,
                name,
                self.topic,
                place,
                studio=wanted.studio,
                project=wanted.project,
                machines=wanted.machines,
                project_id=wanted.project_id,
                region=wanted.region,
                tags=wanted.tags,
            )
            if wanted.at_limit == "stop"
            else None
        )
        """What stops the machines; None with `notify`."""
        self.budget_name = pulumi.Output.from_input(budget_name(wanted.studio, wanted.project))
        self.topic_id = self.topic.id
        self.record_outputs()

    def _channels(self, name: str, wanted: _Budget) -> list[pulumi.Output[str]]:
        return [
            gcp.monitoring.NotificationChannel(
                f"{name}-email-{number}",
                display_name=f"Budget of {wanted.project}: {email}",
                type="email",
                labels={"email_address": email},
                user_labels=labels(wanted.tags),
                project=wanted.project_id,
                opts=pulumi.ResourceOptions(parent=self),
            ).id
            for number, email in enumerate(wanted.emails, start=1)
        ]


def _thresholds(percents: Sequence[int]) -> list[gcp.billing.BudgetThresholdRuleArgsDict]:
    """Each percentage twice: when spent, and when the month is going to end there."""
    return [
        {"threshold_percent": percent / 100, "spend_basis": basis}
        for percent in percents
        for basis in ("CURRENT_SPEND", "FORECASTED_SPEND")
    ]
