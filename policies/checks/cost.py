"""What a stack costs, who hears of it, and who owns what."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from soundstage.core.values import UNKNOWN
from soundstage.policies.policy import ADVISORY, HIGH, LOW, MANDATORY, MEDIUM, Verdict, breach, policy
from soundstage.policies.views.buckets import Bucket, encryption_rules, s3
from soundstage.policies.views.machines import running
from soundstage.policies.views.node import Node, Resource, Truth, all_of, any_of, no
from soundstage.policies.views.stack import Stack

BUDGET = "aws:budgets/budget:Budget"
BUDGET_ACTION = "aws:budgets/budgetAction:BudgetAction"
ANOMALY = "aws:costexplorer/anomalySubscription:AnomalySubscription"
GCP_BUDGET = "gcp:billing/budget:Budget"


def _desktops(stack: Stack) -> list[Truth]:
    return [machine.desktop(stack) for machine in stack.view(running)]


def _any_desktop(stack: Stack) -> Truth:
    return any_of(False, *stack.view(_desktops))


def _desktop_evidence(stack: Stack) -> list[Node]:
    return [node for machine in stack.view(running) for node in machine.desktop_evidence(stack)]


def _somebody(subscribers: Node) -> Truth:
    """Whether a list of subscribers names anybody."""
    named = subscribers.is_(lambda value: any("@" in str(item) or str(item).startswith("arn:") for item in value or []))
    made = isinstance(subscribers.value, list) and subscribers.resource.planned.property_dependencies.get(
        "notifications"
    )
    return any_of(named, bool(made)) if named is UNKNOWN else named


def _in_time(notification: Node) -> Truth:
    """Whether an alert comes before everything is spent. One in money cannot be compared here."""
    threshold, unit = notification.get("threshold"), notification.get("thresholdType")
    return any_of(unit.equals("ABSOLUTE_VALUE"), threshold.is_(lambda value: value is None or 0 < float(value) <= 100))


_OF_SOMETHING_ELSE: Final = (
    "USAGE",
    "RI_UTILIZATION",
    "RI_COVERAGE",
    "SAVINGS_PLANS_UTILIZATION",
    "SAVINGS_PLANS_COVERAGE",
)
"""Kinds of budgets that count no money (AWS Budgets API, `BudgetType`, read 2026-11)."""


@policy(
    "COST-01",
    "Every project has a budget that somebody hears of",
    severity=HIGH,
    level=MANDATORY,
    why="Budget alerts tell people about a forgotten GPU machine before the invoice does.",
    fix="Add a monthly budget filtered by the project's tag, with alerts to an address or topic.",
    references="house:cost-control",
)
def budget(stack: Stack) -> Iterator[Verdict]:
    found = stack.of(BUDGET, GCP_BUDGET)
    budgets = [item for item in found if item.get("budgetType").value not in _OF_SOMETHING_ELSE]
    if not budgets:
        yield from breach(_any_desktop(stack), None, "GPU machines and no budget", *stack.view(_desktop_evidence))
    for item in budgets:
        if item.type == GCP_BUDGET:
            yield from _google_budget(item)
            continue
        notifications = item.get("notifications").each()
        yield from breach(not notifications, item, "has no subscriber")
        for node in notifications:
            heard = any_of(
                *(_somebody(node.get(key)) for key in ("subscriberEmailAddresses", "subscriberSnsTopicArns"))
            )
            yield from breach(no(heard), item, "has an alert without a subscriber", node)
        early = any_of(False, *map(_in_time, notifications))
        yield from breach(
            all_of(bool(notifications), no(early)), item, "alerts only when more than all is spent", *notifications
        )
        below = [node.get("comparisonOperator").equals("LESS_THAN", "EQUAL_TO") for node in notifications]
        yield from breach(
            all_of(bool(notifications), *below), item, "alerts only while less than that is spent", *notifications
        )
        end = item.get("timePeriodEnd")
        yield from breach(
            end.is_(lambda value: bool(value) and _day(str(value)[:10]) < stack.settings.day),
            item,
            f"has counted nothing since {end.text}",
            end,
        )
        unit = item.get("timeUnit")
        yield from breach(
            unit.equals("ANNUALLY", "QUARTERLY"), item, f"counts {unit.text.lower()}, not by the month", unit
        )
        filters, older = item.get("costFilters"), item.get("filterExpression")
        limited = any_of(no(filters.absent), no(older.absent))
        yield from breach(
            all_of(_any_desktop(stack), no(limited)),
            item,
            "counts the whole account, not the project",
            filters,
            older,
            *stack.view(_desktop_evidence),
        )


def _google_budget(item: Resource) -> Iterator[Verdict]:
    """Google sends mail at thresholds, and tells a topic several times a day what is spent ("Create, edit, or delete budgets and budget
    alerts", read 2026-11)."""
    rules, filters, thresholds = item.get("allUpdatesRule"), item.get("budgetFilter"), item.get("thresholdRules")
    yield from breach(rules.absent, item, "has no subscriber", rules)
    limits = [filters.get(key) for key in ("projects", "labels", "resourceAncestors")]
    yield from breach(
        all_of(*(limit.absent for limit in limits)), item, "is not limited to a project", filters, *limits
    )
    told = no(rules.get("pubsubTopic").absent)
    yield from breach(
        all_of(no(rules.absent), no(told), thresholds.absent), item, "has no threshold at which it tells anybody", rules
    )
    deaf = [rules.get("disableDefaultIamRecipients").true, rules.get("monitoringNotificationChannels").absent]
    yield from breach(all_of(*deaf, no(told)), item, "tells nobody, not even who pays the bill", rules)
    late = [
        node.get("thresholdPercent").is_(lambda value: value is not None and float(value) > 1)
        for node in thresholds.each()
    ]
    yield from breach(
        all_of(bool(late), no(told), *late), item, "alerts only when more than all is spent", thresholds, rules
    )
    period = filters.get("calendarPeriod")
    yield from breach(
        period.equals("YEAR", "QUARTER"), item, f"counts by the {period.text.lower()}, not by the month", period
    )


@policy(
    "COST-02",
    "Spending that jumps is noticed or stopped",
    severity=LOW,
    level=ADVISORY,
    why="A monthly budget warns late. An anomaly alert comes within a day, and a budget action stops the machines.",
    fix="Add a budget action that stops the project's machines, or an anomaly subscription in the studio's stack.",
    references="house:cost-control",
    clouds="aws",
)
def anomalies(stack: Stack) -> Iterator[Verdict]:
    noticed = stack.of(BUDGET_ACTION, ANOMALY)
    if not noticed and stack.holds_account() is not False:
        # Google Cloud has neither: there a function stops what a budget tells of, and budgets are COST-01's.
        wrong = any_of(False, *(one.desktop(stack) for one in stack.view(running) if one.cloud == "aws"))
        yield from breach(wrong, None, "no budget action and no anomaly alert", *stack.view(_desktop_evidence))


_MUST_CARRY = (
    "aws:ec2/instance:Instance",
    "aws:ec2/spotInstanceRequest:SpotInstanceRequest",
    "aws:ebs/volume:Volume",
    "aws:ec2/vpc:Vpc",
    "aws:ec2/natGateway:NatGateway",
    "aws:ec2/eip:Eip",
    "aws:s3/bucket:Bucket",
    "aws:s3/bucketV2:BucketV2",
    "aws:kms/key:Key",
    "aws:fsx/windowsFileSystem:WindowsFileSystem",
    "aws:fsx/lustreFileSystem:LustreFileSystem",
    "aws:fsx/ontapFileSystem:OntapFileSystem",
    "aws:fsx/openZfsFileSystem:OpenZfsFileSystem",
    "aws:efs/fileSystem:FileSystem",
    "aws:lambda/function:Function",
    "aws:cloudwatch/logGroup:LogGroup",
    "gcp:compute/instance:Instance",
    "gcp:compute/disk:Disk",
    "gcp:storage/bucket:Bucket",
)


def _is_ours(stack: Stack) -> list[Truth]:
    return [stack.ours]


def _tagged(stack: Stack) -> list[Resource]:
    """Resources that cost money or hold data."""
    return stack.of(*_MUST_CARRY)


@policy(
    "COST-03",
    "Whatever costs money says whose it is",
    severity=MEDIUM,
    level=MANDATORY,
    why="Without tags nobody can bill a client, find an owner, or tear a finished project down.",
    fix="Tag the resource with the keys of `required_tags`.",
    references="mpa-5.1:T28",
    over=_tagged,
)
def required_tags(subject: Resource, stack: Stack) -> Iterator[Verdict]:
    settings = stack.settings
    (ours,) = stack.view(_is_ours)
    if {"required_tags", "required_labels"} & set(settings.changed):
        ours = True
    if ours is False:
        return  # another's program, and nobody said which tags it must carry
    tags = stack.tags(subject)
    for key in settings.required_labels if subject.cloud == "gcp" else settings.required_tags:
        present = any_of(*(no(tags.child(name).absent) for name in key.split("|")))
        yield from breach(
            all_of(ours, no(present)), subject, f"has no tag {key.replace('|', ' or ')}", tags.child(key.split("|")[0])
        )


def _day(text: object) -> date:
    return date.fromisoformat(str(text).replace("_", "-"))


@policy(
    "COST-04",
    "Projects end",
    severity=MEDIUM,
    level=ADVISORY,
    why="A project without an end date is easily forgotten, and billed for as long as nobody asks about it.",
    fix="Set `expires` in the project file to the day when the project can go.",
    references="mpa-5.1:OP9",
    over=lambda stack: [
        resource
        for resource in stack.view(_tagged)
        if stack.tag(resource, *stack.settings.expires_tags).value is not None
    ],
)
def expiry(subject: Resource, stack: Stack) -> Iterator[Verdict]:
    settings = stack.settings
    tag = stack.tag(subject, *settings.expires_tags)
    past = tag.is_(lambda value: _day(value) < settings.day)
    yield from breach(past, subject, f"expired on {tag.text}", tag)
    latest = settings.day + timedelta(days=settings.expires_within_days)
    far = tag.is_(lambda value: _day(value) > latest)
    yield from breach(far, subject, f"expires only on {tag.text}", tag)


@policy(
    "COST-05",
    "The budget covers what the plan costs",
    severity=MEDIUM,
    level=ADVISORY,
    why="A budget below the machines' own price raises an alarm every month, and people begin to ignore it.",
    fix="Raise the budget, choose a smaller machine, or set working hours. What it costs is "
    "estimated (`workstation cost`), or given as `monthly_estimate_usd`.",
    references="house:cost-control",
)
def estimate(stack: Stack) -> Iterator[Verdict]:
    settings = stack.settings
    expected = settings.expected_usd
    if expected is None:
        return
    for item in stack.of(BUDGET, GCP_BUDGET):
        limit = item.get("limitAmount") if item.type == BUDGET else item.get("amount.specifiedAmount.units")
        over = limit.is_(lambda value: value is not None and float(value) < expected)
        yield from breach(over, item, f"is {limit.text} USD a month; the plan costs {expected:.0f}", limit)


@policy(
    "COST-06",
    "Buckets ask for their key rarely",
    severity=LOW,
    level=ADVISORY,
    why="Without a bucket key, every read and write of a frame is a call to KMS that is billed.",
    fix="Set `bucket_key_enabled` beside the key.",
    references="house:cost-control",
    clouds="aws",
    over=s3,
)
def bucket_key(bucket: Bucket, _stack: Stack) -> Iterator[Verdict]:
    for rule in encryption_rules(bucket):
        algorithm, key = rule.get("applyServerSideEncryptionByDefault.sseAlgorithm"), rule.get("bucketKeyEnabled")
        yield from breach(
            all_of(algorithm.equals("aws:kms"), no(key.true)),
            rule.resource,
            "asks KMS for every object",
            key,
            algorithm,
        )


NAT: Final = "aws:ec2/natGateway:NatGateway"


@policy(
    "COST-08",
    "One NAT gateway serves a project",
    severity=LOW,
    level=ADVISORY,
    why="Each gateway is billed by the hour whether anybody works or not; a second one serves a zone in which few machines stand.",
    fix="Keep one, and let the private route tables of every zone lead to it; more are for services that must outlive a zone.",
    references="house:cost-control",
    clouds="aws",
)
def gateways(stack: Stack) -> Iterator[Verdict]:
    public = [item for item in stack.of(NAT) if item.get("connectivityType").value != "private"]
    for item in public[1:]:
        yield from breach(True, item, f"is one of {len(public)} NAT gateways", item.get("connectivityType"))
