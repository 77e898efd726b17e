"""AWS Budgets, whole: moto 5.2 cannot update a budget and knows neither subscribers nor actions.

What is spent is the simulated account's own bill (`simulator.aws.billing`), which also crosses thresholds and runs actions. Source: AWS
Budgets API Reference (2026-11).
"""

from copy import deepcopy
from typing import Any, Final

from moto.moto_api._internal import mock_random

from soundstage.simulator.answer import Refusal
from soundstage.simulator.aws.billing.spending import Budgets, Kept, machines_of, spent, stop_machines
from soundstage.simulator.aws.gaps import Call, Shape, held
from soundstage.simulator.aws.gaps.tagging import given, handlers
from soundstage.simulator.memory import GLOBAL

_FAR_FUTURE: Final = 3706473600
"""15 June 2087, which AWS gives to a budget that has no end."""
_MOST_NOTIFICATIONS: Final = 10
_MOST_EMAILS: Final = 10
_COST_TYPES: Final = {
    "IncludeTax": True, "IncludeSubscription": True, "UseBlended": False, "IncludeRefund": True, "IncludeCredit": True,
    "IncludeUpfront": True, "IncludeRecurring": True, "IncludeOtherSubscription": True, "IncludeSupport": True,
    "IncludeDiscount": True, "UseAmortized": False,
}  # fmt: skip


def _all(call: Call) -> dict[str, Kept]:
    return call.own(Budgets, GLOBAL).known


def _find(call: Call, name: str = "") -> Kept:
    wanted = name or call.params.get("BudgetName", "")
    return held(_all(call), wanted, *_unknown(f"budget: {wanted} - the budget doesn't exist"))


def _unknown(what: str) -> tuple[str, str]:
    return "NotFoundException", f"Unable to get {what}."


def _checked(call: Call, budget: dict[str, Any]) -> dict[str, Any]:
    name = budget.get("BudgetName", "")
    if not name or len(name) > 100 or ":" in name or "\\" in name:
        raise Refusal("InvalidParameterException", "A budget name has 1 to 100 characters without colon or backslash.")
    limit = budget.get("BudgetLimit")
    if limit is None and "PlannedBudgetLimits" not in budget and "AutoAdjustData" not in budget:
        raise Refusal("InvalidParameterException", "A budget needs a limit.")
    if limit is not None and not _positive(limit.get("Amount")):
        raise Refusal("InvalidParameterException", "The amount of a budget must be greater than 0.")
    made = deepcopy(budget)
    first = call.now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    period = made.setdefault("TimePeriod", {})
    period.setdefault("Start", first.timestamp())
    period.setdefault("End", _FAR_FUTURE)
    if made.get("BudgetType") == "COST" and "FilterExpression" not in made:
        made["CostTypes"] = {**_COST_TYPES, **made.get("CostTypes", {})}
    unit = (limit or {}).get("Unit", "USD")
    made["CalculatedSpend"] = {
        "ActualSpend": {"Amount": f"{spent(call.memory, call.caller.account_id, made, call.time):.3f}", "Unit": unit}
    }
    made["LastUpdatedTime"] = call.time
    return made


def _positive(amount: object) -> bool:
    try:
        return float(str(amount)) > 0
    except ValueError:
        return False


def create_budget(call: Call) -> None:
    budget = _checked(call, call.params.get("Budget") or {})
    name = budget["BudgetName"]
    if name in _all(call):
        raise Refusal("DuplicateRecordException", f"Error creating budget: {name} - the budget already exists.")
    kept = Kept(budget, tags=given(call, "ResourceTags"))
    for told in call.params.get("NotificationsWithSubscribers") or ():
        _add_notification(kept, told["Notification"], told.get("Subscribers") or [])
    _all(call)[name] = kept


def update_budget(call: Call) -> None:
    new = call.params.get("NewBudget") or {}
    kept = _find(call, new.get("BudgetName", ""))
    kept.budget = _checked(call, new)


def describe_budget(call: Call) -> Shape:
    return {"Budget": _find(call).budget}


def describe_budgets(call: Call) -> Shape:
    return {"Budgets": [kept.budget for kept in _all(call).values()]}


def delete_budget(call: Call) -> None:
    _find(call)
    del _all(call)[call.params["BudgetName"]]


def _same(notification: dict[str, Any]) -> tuple[object, ...]:
    """What makes a notification the one it is."""
    return (
        notification.get("NotificationType"),
        notification.get("ComparisonOperator"),
        float(notification.get("Threshold", 0)),
        notification.get("ThresholdType", "PERCENTAGE"),
    )


def _add_notification(kept: Kept, notification: dict[str, Any], subscribers: list[dict[str, Any]]) -> None:
    if any(_same(known["Notification"]) == _same(notification) for known in kept.notifications):
        raise Refusal("DuplicateRecordException", "The notification exists already.")
    if len(kept.notifications) >= _MOST_NOTIFICATIONS:
        raise Refusal("CreationLimitExceededException", f"A budget has at most {_MOST_NOTIFICATIONS} notifications.")
    _check_subscribers(subscribers)
    whole = {"ThresholdType": "PERCENTAGE", "NotificationState": "OK", **notification}
    kept.notifications.append({"Notification": whole, "Subscribers": deepcopy(subscribers)})


def _check_subscribers(subscribers: list[dict[str, Any]]) -> None:
    kinds = [subscriber.get("SubscriptionType") for subscriber in subscribers]
    if not subscribers or kinds.count("SNS") > 1 or kinds.count("EMAIL") > _MOST_EMAILS:
        raise Refusal("InvalidParameterException", "A notification has 1 to 10 e-mail addresses and at most one topic.")


def _notification(call: Call, parameter: str = "Notification") -> dict[str, Any]:
    wanted = _same(call.params.get(parameter) or {})
    for known in _find(call).notifications:
        if _same(known["Notification"]) == wanted:
            return known
    raise Refusal("NotFoundException", "Unable to find the notification.")


def create_notification(call: Call) -> None:
    _add_notification(_find(call), call.params["Notification"], call.params.get("Subscribers") or [])


def update_notification(call: Call) -> None:
    known = _notification(call, "OldNotification")
    known["Notification"] = {"ThresholdType": "PERCENTAGE", "NotificationState": "OK", **call.params["NewNotification"]}


def delete_notification(call: Call) -> None:
    _find(call).notifications.remove(_notification(call))


def describe_notifications_for_budget(call: Call) -> Shape:
    return {"Notifications": [known["Notification"] for known in _find(call).notifications]}


def create_subscriber(call: Call) -> None:
    known, new = _notification(call), call.params["Subscriber"]
    if new in known["Subscribers"]:
        raise Refusal("DuplicateRecordException", "The subscriber exists already.")
    _check_subscribers([*known["Subscribers"], new])
    known["Subscribers"].append(new)


def update_subscriber(call: Call) -> None:
    subscribers, old = _notification(call)["Subscribers"], call.params["OldSubscriber"]
    if old not in subscribers:
        raise Refusal("NotFoundException", "Unable to find the subscriber.")
    subscribers[subscribers.index(old)] = call.params["NewSubscriber"]


def delete_subscriber(call: Call) -> None:
    subscribers, old = _notification(call)["Subscribers"], call.params["Subscriber"]
    if old not in subscribers:
        raise Refusal("NotFoundException", "Unable to find the subscriber.")
    if len(subscribers) == 1:
        raise Refusal("InvalidParameterException", "A notification keeps at least one subscriber.")
    subscribers.remove(old)


def describe_subscribers_for_notification(call: Call) -> Shape:
    return {"Subscribers": _notification(call)["Subscribers"]}


_ACTION_PARTS: Final = (
    "NotificationType", "ActionType", "ActionThreshold", "Definition", "ExecutionRoleArn", "ApprovalModel", "Subscribers",
)  # fmt: skip


def _action(call: Call) -> dict[str, Any]:
    identity = call.params.get("ActionId", "")
    return held(_find(call).actions, identity, *_unknown(f"action {identity}"))


def create_budget_action(call: Call) -> Shape:
    kept, identity = _find(call), str(mock_random.uuid4())
    parts = {part: deepcopy(call.params[part]) for part in _ACTION_PARTS}
    _check_role(call, parts["ExecutionRoleArn"])
    kept.actions[identity] = {
        "ActionId": identity, "BudgetName": kept.budget["BudgetName"], **parts, "Status": "STANDBY",
    }  # fmt: skip
    kept.action_tags[identity] = given(call, "ResourceTags")
    return _shown(call, BudgetName=kept.budget["BudgetName"], ActionId=identity)


def _check_role(call: Call, arn: str) -> None:
    if not any(role.arn == arn for role in call.moto("iam", GLOBAL).roles.values()):
        raise Refusal("InvalidParameterException", f"The execution role {arn} does not exist.")


def _shown(call: Call, **content: Any) -> Shape:
    return {"AccountId": call.caller.account_id, **content}


def describe_budget_action(call: Call) -> Shape:
    return _shown(call, BudgetName=call.params["BudgetName"], Action=_action(call))


def _describe_actions(call: Call) -> Shape:
    budgets = [_find(call)] if "BudgetName" in call.params else list(_all(call).values())
    return {"Actions": [action for kept in budgets for action in kept.actions.values()]}


def update_budget_action(call: Call) -> Shape:
    action = _action(call)
    before = deepcopy(action)
    if "ExecutionRoleArn" in call.params:
        _check_role(call, call.params["ExecutionRoleArn"])
    action.update({part: deepcopy(call.params[part]) for part in _ACTION_PARTS if part in call.params})
    return _shown(call, BudgetName=action["BudgetName"], OldAction=before, NewAction=action)


def delete_budget_action(call: Call) -> Shape:
    action = _action(call)
    kept = _find(call)
    del kept.actions[action["ActionId"]]
    kept.action_tags.pop(action["ActionId"], None)
    return _shown(call, BudgetName=action["BudgetName"], Action=action)


def execute_budget_action(call: Call) -> Shape:
    action, kind = _action(call), call.params.get("ExecutionType", "")
    if kind in ("APPROVE_BUDGET_ACTION", "RETRY_BUDGET_ACTION"):
        stop_machines(call.caller.account_id, action)
    elif kind == "REVERSE_BUDGET_ACTION":
        for machine in machines_of(call.caller.account_id, action):
            if machine.state == "stopped":
                machine.start()
    status = {"REVERSE_BUDGET_ACTION": "REVERSE_SUCCESS", "RESET_BUDGET_ACTION": "STANDBY"}
    action["Status"] = status.get(kind, "EXECUTION_SUCCESS")
    return _shown(call, BudgetName=action["BudgetName"], ActionId=action["ActionId"], ExecutionType=kind)


def _tagged(call: Call) -> dict[str, str]:
    """The tags of a budget, or of one of its actions, by ARN."""
    name = call.params.get("ResourceARN", "").partition(":budget/")[2]
    budget, _, identity = name.rpartition("/action/")
    if not budget:
        return _find(call, name).tags
    kept = _find(call, budget)
    held(kept.actions, identity, *_unknown(f"action {identity}"))
    return kept.action_tags.setdefault(identity, {})


HANDLERS = {
    "DescribeBudgetActionsForBudget": _describe_actions,
    "DescribeBudgetActionsForAccount": _describe_actions,
    **handlers(_tagged, tags="ResourceTags", keys="ResourceTagKeys"),
}
