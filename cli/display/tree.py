"""A plan as a tree: resources under the component that makes them, what happens to each, and what changes in it."""

import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from soundstage.cli.display.changes import change_lines
from soundstage.cli.display.operations import counts_ahead, mark, resources, short_type
from soundstage.cli.display.screen import Screen
from soundstage.cli.display.text import columns, escaped, fit, pad, spoken
from soundstage.plan.plan import Operation, Plan, PlannedResource

_GONE: Final = (Operation.DELETE, Operation.FORGET)
_QUIET: Final = (Operation.SAME, Operation.READ)
_INDENT: Final = "  "
_NARROWEST_KIND: Final = 8
_DOING_NOTHING: Final = {
    "aws:accessanalyzer/analyzer:Analyzer": "searches for access from outside",
    "aws:budgets/budget:Budget": "budgets",
    "aws:budgets/budgetAction:BudgetAction": "budgets",
    "aws:cloudwatch/logGroup:LogGroup": "log groups",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "alarms",
    "aws:cloudtrail/trail:Trail": "the audit trail",
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": "log rules",
    "aws:costexplorer/anomalyMonitor:AnomalyMonitor": "cost anomaly alerts",
    "aws:costexplorer/anomalySubscription:AnomalySubscription": "cost anomaly alerts",
    "aws:ec2/flowLog:FlowLog": "flow logs",
    "aws:iam/accountPasswordPolicy:AccountPasswordPolicy": "password rules",
    "aws:route53/resolverFirewallConfig:ResolverFirewallConfig": "the DNS firewall",
    "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList": "the DNS firewall",
    "aws:route53/resolverFirewallRule:ResolverFirewallRule": "the DNS firewall",
    "aws:route53/resolverFirewallRuleGroup:ResolverFirewallRuleGroup": "the DNS firewall",
    "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation": "the DNS firewall",
    "aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig": "DNS query logs",
    "aws:route53/resolverQueryLogConfigAssociation:ResolverQueryLogConfigAssociation": "DNS query logs",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": "lifecycle rules",
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig": "copies in another region",
    "aws:dlm/lifecyclePolicy:LifecyclePolicy": "daily snapshots",
    "aws:ssm/association:Association": "monthly patches",
    "aws:scheduler/schedule:Schedule": "hours",
    "aws:sns/topicSubscription:TopicSubscription": "e-mails",
}
"""What a person calls the types that the simulated cloud stores and does not act on."""


Inside: TypeAlias = Callable[[PlannedResource, str], list[str]]
"""Draws what changes in a resource, with an indent."""


def tree(plan: Plan, screen: Screen, *, everything: bool = False, inside: Inside | None = None, title: str = "") -> str:
    """The whole plan: its resources and the counts.

    Unchanged resources are hidden unless `everything`; a component is shown when anything in it is. `inside`
    draws the changes of a resource; left out, they are shown value by value. `title` is what people call the stack; left out, its name.
    """
    rows = list(_rows(plan, everything=everything))
    width = min(max((_width(depth, row) for depth, row, _ in rows), default=0), screen.width * 6 // 10)
    lines: list[str] = []
    for depth, resource, operation in rows:
        indent = _INDENT * depth
        name = pad(fit(resource.name, width - len(indent)), width - len(indent))
        kind = fit(short_type(resource.type), max(screen.width - width - 4, _NARROWEST_KIND))
        lines.append(f"{indent}{mark(operation, screen)} {screen.plain(name)}  {screen.paint(kind, 'dim')}".rstrip())
        indent = _INDENT * (depth + 2)
        lines += inside(resource, indent) if inside else change_lines(resource.changes, screen, indent)
    summary = _summary_line(plan, screen, title or plan.stack)
    return "\n".join([*lines, "", summary] if lines else [summary])


def _summary_line(plan: Plan, screen: Screen, title: str) -> str:
    """`12 to create, 3 unchanged.`, or that nothing changes."""
    counts = plan.counts()
    if plan.changes_anything:
        return screen.paint(f"{title}: {counts_ahead(counts)}.", "bold")
    total = sum(counts.values())
    return screen.paint(f"{title}: nothing to change, {resources(total)} as described.", "bold")


def recorded_only(screen: Screen, *plans: Plan) -> list[str]:
    """A line about what the simulated cloud is about to store and will not act on; none when there is no such thing."""
    types = {r.type for plan in plans for r in plan if r.type in plan.recorded_only and r.operation is Operation.CREATE}
    if not types:
        return []
    kinds = spoken(sorted({_DOING_NOTHING.get(type, short_type(type)) for type in types}))
    words = f"Simulated: {kinds} are shown but do nothing."
    return [screen.lines(textwrap.fill(words, screen.width, break_long_words=False), "dim")]


def changing(plan: Plan) -> int:
    """How many cloud resources would change."""
    return sum(number for operation, number in plan.counts().items() if operation not in _QUIET)


def _rows(plan: Plan, *, everything: bool) -> Iterator[tuple[int, PlannedResource, Operation]]:
    """Depth, resource and operation to show, parents first."""
    children: dict[str | None, list[PlannedResource]] = defaultdict(list)
    for resource in plan:
        children[_visible_parent(plan, resource)].append(resource)
    changed: set[str] = set()
    for resource in reversed(plan.resources):  # children come after their parents
        parent = _visible_parent(plan, resource)
        if resource.operation not in _QUIET:
            changed.add(resource.urn)
        if resource.urn in changed and parent:
            changed.add(parent)
    stack = [(0, resource) for resource in reversed(children[None])]
    while stack:
        depth, resource = stack.pop()
        if (everything or resource.urn in changed) and not _hidden(resource):
            stays = resource.custom or resource.operation not in _QUIET or resource.urn not in changed
            # A component has nothing of its own in the cloud: it changes when anything inside it does.
            yield depth, resource, resource.operation if stays else Operation.UPDATE
        stack += [(depth + 1, child) for child in reversed(children[resource.urn])]


def _visible_parent(plan: Plan, resource: PlannedResource) -> str | None:
    """The component that a resource is shown under. The stack itself and providers are not shown."""
    parent = plan.by_urn.get(resource.parent or "")
    return None if parent is None or _hidden(parent) else parent.urn


def _hidden(resource: PlannedResource) -> bool:
    return resource.type.startswith("pulumi:")


def _width(depth: int, resource: PlannedResource) -> int:
    return len(_INDENT) * depth + columns(escaped(resource.name))
