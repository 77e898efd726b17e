"""Budgets of the simulated account: what each counts, who is told when it passes a threshold, and which machines that stops.

A forecast takes about five weeks of use; before that nobody is told of one (AWS Cost Management User Guide, "Best practices for AWS
Budgets", read 2026-11). A notification is told once in a month, an action runs once in a month, and both begin anew with the next.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from soundstage.simulator.aws.billing.bill import Bill, day_of, month_of
from soundstage.simulator.aws.moto_state import backends
from soundstage.simulator.memory import GLOBAL, Memory

FORECAST_AFTER_SECONDS: Final = 35 * 86400
_FORECAST_FROM_DAYS: Final = 14
"""The days whose average is taken for the rest of the month."""


@dataclass
class Kept:
    """One budget with what hangs on it, in the forms of the API."""

    budget: dict[str, Any]
    notifications: list[dict[str, Any]] = field(default_factory=list)
    actions: dict[str, dict[str, Any]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    action_tags: dict[str, dict[str, str]] = field(default_factory=dict)
    """By the action's id."""
    month: str = ""
    """The first day of the month that states and actions are of."""


@dataclass
class Budgets:
    """Budgets of the account by name."""

    known: dict[str, Kept] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody was told. `to` is an e-mail address or the ARN of a topic."""

    time: float
    to: str
    subject: str
    text: str


@dataclass
class Mail:
    """What was sent to people, oldest first."""

    sent: list[Message] = field(default_factory=list)


@dataclass
class CostTags:
    """Keys of tags that are active for cost allocation: only by those is a bill split."""

    active: set[str] = field(default_factory=set)


def spent(memory: Memory, account: str, budget: dict[str, Any], at: float) -> float:
    """US dollars that a budget counts in the month of `at`, as far as they are on the bill."""
    tags = _counted(memory, account, budget)
    return 0.0 if tags is None else memory.of(Bill, account).usd(*month_of(at), tags)


def look(memory: Memory, account: str, at: float) -> None:
    """Hold every budget to the bill as it is at `at`: tell whom to tell, and run what is to run."""
    for kept in memory.of(Budgets, account).known.values():
        if kept.budget.get("BudgetType") != "COST" or "BudgetLimit" not in kept.budget:
            continue
        first, _ = month_of(at)
        if kept.month != first:
            kept.month = first
            _begin_anew(kept)
        usd, forecast = spent(memory, account, kept.budget, at), _forecast(memory, account, kept.budget, at)
        unit = kept.budget["BudgetLimit"]["Unit"]
        kept.budget["CalculatedSpend"] = {"ActualSpend": {"Amount": f"{usd:.3f}", "Unit": unit}}
        if forecast is not None:
            kept.budget["CalculatedSpend"]["ForecastedSpend"] = {"Amount": f"{forecast:.3f}", "Unit": unit}
        _notify(memory, account, kept, {"ACTUAL": usd, "FORECASTED": forecast}, at)
        _act(memory, account, kept, {"ACTUAL": usd, "FORECASTED": forecast}, at)


def machines_of(account: str, action: dict[str, Any]) -> list[Any]:
    """moto's machines that an action stops."""
    told = action["Definition"].get("SsmActionDefinition")
    if not told or told["ActionSubType"] != "STOP_EC2_INSTANCES":
        return []
    ec2 = backends("ec2")[account][told["Region"]]
    return [machine for identity in told["InstanceIds"] if (machine := ec2.get_instance_by_id(identity))]


def stop_machines(account: str, action: dict[str, Any]) -> list[str]:
    """Stop the machines of an action that run. Returns their ids."""
    running = [machine for machine in machines_of(account, action) if machine.state == "running"]
    for machine in running:
        machine.stop()
    return [machine.id for machine in running]


def _counted(memory: Memory, account: str, budget: dict[str, Any]) -> dict[str, str] | None:
    """The tags that a budget counts by; None where it counts nothing, as by a tag that is not active."""
    found = {}
    for word in (budget.get("CostFilters") or {}).get("TagKeyValue") or ():
        key, _, value = str(word).removeprefix("user:").partition("$")
        if key not in memory.of(CostTags, account).active:
            return None
        found[key] = value
    return found


def _begin_anew(kept: Kept) -> None:
    for known in kept.notifications:
        known["Notification"]["NotificationState"] = "OK"
    for action in kept.actions.values():
        action["Status"] = "STANDBY"


def _forecast(memory: Memory, account: str, budget: dict[str, Any], at: float) -> float | None:
    """What the whole month will cost, by the average of the last days; None while too little is known."""
    bill, tags = memory.of(Bill, account), _counted(memory, account, budget)
    if tags is None or not bill.begun or at - bill.begun < FORECAST_AFTER_SECONDS:
        return None
    now = datetime.fromtimestamp(at, UTC)
    before = (now - timedelta(days=_FORECAST_FROM_DAYS)).strftime("%Y-%m-%d")
    a_day = bill.usd(before, day_of(at), tags) / _FORECAST_FROM_DAYS
    left = (datetime.fromisoformat(month_of(at)[1]).replace(tzinfo=UTC) - now).total_seconds() / 86400
    return bill.usd(*month_of(at), tags) + a_day * left


def _limit(kept: Kept, threshold: float, kind: str) -> float:
    return threshold if kind == "ABSOLUTE_VALUE" else threshold / 100 * float(kept.budget["BudgetLimit"]["Amount"])


def _notify(memory: Memory, account: str, kept: Kept, amounts: dict[str, float | None], at: float) -> None:
    for known in kept.notifications:
        told = known["Notification"]
        usd = amounts.get(told["NotificationType"])
        limit = _limit(kept, float(told["Threshold"]), told["ThresholdType"])
        if usd is None or told["NotificationState"] == "ALARM" or not _passes(usd, limit, told["ComparisonOperator"]):
            continue
        told["NotificationState"] = "ALARM"
        word = "is forecast to cost" if told["NotificationType"] == "FORECASTED" else "has cost"
        name = kept.budget["BudgetName"]
        text = f"{name} {word} {usd:.2f} USD this month; the alert is at {limit:.2f} of {kept.budget['BudgetLimit']['Amount']} USD."
        _tell(memory, account, known["Subscribers"], f"AWS Budgets: {name} has exceeded your alert threshold", text, at)


def _passes(usd: float, limit: float, comparison: str) -> bool:
    return {"GREATER_THAN": usd > limit, "LESS_THAN": usd < limit, "EQUAL_TO": usd == limit}[comparison]


def _act(memory: Memory, account: str, kept: Kept, amounts: dict[str, float | None], at: float) -> None:
    for action in kept.actions.values():
        told = action["ActionThreshold"]
        usd = amounts.get(action["NotificationType"])
        limit = _limit(kept, float(told["ActionThresholdValue"]), told["ActionThresholdType"])
        if usd is None or usd <= limit or action["Status"] != "STANDBY":
            continue
        name = kept.budget["BudgetName"]
        if action["ApprovalModel"] != "AUTOMATIC":
            action["Status"] = "PENDING"
            text = f"{name} has passed {limit:.2f} USD. An action waits for approval."
        else:
            stopped = stop_machines(account, action)
            action["Status"] = "EXECUTION_SUCCESS"
            text = f"{name} has passed {limit:.2f} USD. Stopped: {', '.join(stopped) or 'nothing, no machine was running'}."
        _tell(memory, account, action["Subscribers"], f"AWS Budgets: action of {name}", text, at)


def _tell(memory: Memory, account: str, subscribers: list[dict[str, Any]], subject: str, text: str, at: float) -> None:
    for to in _addresses(account, subscribers, subject, text):
        memory.of(Mail, account, GLOBAL).sent.append(Message(at, to, subject, text))


def _addresses(account: str, subscribers: list[dict[str, Any]], subject: str, text: str) -> Iterator[str]:
    """Whom a message reaches: addresses, and topics, which get it published."""
    for one in subscribers:
        yield one["Address"]
        if one["SubscriptionType"] == "SNS":
            _publish(account, one["Address"], subject, text)


def _publish(account: str, arn: str, subject: str, text: str) -> None:
    sns = backends("sns")[account].get(arn.split(":")[3])
    if sns is not None and arn in sns.topics:
        sns.topics[arn].publish(text, subject=subject)
