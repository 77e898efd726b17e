"""Cost Explorer's anomaly detection: monitors and subscriptions are kept, and nothing is ever found to be one. Tags of cost allocation.

Source: AWS Billing and Cost Management API Reference, Cost Explorer (2026-11).
"""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from moto.moto_api._internal import mock_random

from soundstage.simulator.answer import Refusal
from soundstage.simulator.aws.billing.spending import CostTags
from soundstage.simulator.aws.gaps import Call, Shape, held
from soundstage.simulator.aws.gaps.tagging import given, handlers
from soundstage.simulator.aws.moto_state import backends
from soundstage.simulator.memory import GLOBAL


@dataclass
class Anomalies:
    """Monitors, subscriptions and their tags, by ARN."""

    monitors: dict[str, dict[str, Any]] = field(default_factory=dict)
    subscriptions: dict[str, dict[str, Any]] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)


def _own(call: Call) -> Anomalies:
    return call.own(Anomalies, GLOBAL)


def _arn(call: Call, kind: str) -> str:
    arn = f"arn:aws:ce::{call.caller.account_id}:{kind}/{mock_random.uuid4()}"
    _own(call).tags[arn] = given(call, "ResourceTags")
    return arn


def _one(known: dict[str, dict[str, Any]], kind: str, arn: str) -> dict[str, Any]:
    message = f"The cost anomaly {kind.lower()} does not exist for the account."
    return held(known, arn, f"Unknown{kind}Exception", message)


def _monitor(call: Call) -> dict[str, Any]:
    return _one(_own(call).monitors, "Monitor", call.params.get("MonitorArn", ""))


def create_anomaly_monitor(call: Call) -> Shape:
    told = deepcopy(call.params["AnomalyMonitor"])
    dimension = told.get("MonitorDimension")
    same = (known for known in _own(call).monitors.values() if known.get("MonitorDimension") == dimension)
    if told.get("MonitorType") == "DIMENSIONAL" and any(same):
        raise Refusal("LimitExceededException", f"Limit exceeded on dimensional spend monitor creation: {dimension}")
    arn = _arn(call, "anomalymonitor")
    today = call.now.strftime("%Y-%m-%d")
    _own(call).monitors[arn] = {
        **told, "MonitorArn": arn, "CreationDate": today, "LastUpdatedDate": today, "DimensionalValueCount": 0,
    }  # fmt: skip
    return {"MonitorArn": arn}


def get_anomaly_monitors(call: Call) -> Shape:
    return {"AnomalyMonitors": _wanted(call, _own(call).monitors, "Monitor")}


def _wanted(call: Call, known: dict[str, dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [_one(known, kind, arn) for arn in call.params.get(f"{kind}ArnList") or known]


def update_anomaly_monitor(call: Call) -> Shape:
    monitor = _monitor(call)
    monitor["MonitorName"] = call.params.get("MonitorName", monitor["MonitorName"])
    return {"MonitorArn": monitor["MonitorArn"]}


def delete_anomaly_monitor(call: Call) -> None:
    own, arn = _own(call), _monitor(call)["MonitorArn"]
    del own.monitors[arn], own.tags[arn]
    for subscription in own.subscriptions.values():
        subscription["MonitorArnList"] = [known for known in subscription["MonitorArnList"] if known != arn]


def _check_monitors(call: Call, arns: list[str]) -> None:
    for arn in arns:
        _one(_own(call).monitors, "Monitor", arn)


def _subscription(call: Call) -> dict[str, Any]:
    return _one(_own(call).subscriptions, "Subscription", call.params.get("SubscriptionArn", ""))


def create_anomaly_subscription(call: Call) -> Shape:
    told = deepcopy(call.params["AnomalySubscription"])
    _check_monitors(call, told["MonitorArnList"])
    kinds = {subscriber["Type"] for subscriber in told["Subscribers"]}
    if told["Frequency"] == "IMMEDIATE" and "EMAIL" in kinds:
        raise Refusal("ValidationException", "Immediate alerts go to a topic; e-mail is daily or weekly.")
    if told["Frequency"] != "IMMEDIATE" and "SNS" in kinds:
        raise Refusal("ValidationException", "Daily and weekly alerts go to e-mail addresses; a topic needs IMMEDIATE.")
    arn = _arn(call, "anomalysubscription")
    for subscriber in told["Subscribers"]:
        subscriber.setdefault("Status", "CONFIRMED")
    _own(call).subscriptions[arn] = {**told, "SubscriptionArn": arn, "AccountId": call.caller.account_id}
    return {"SubscriptionArn": arn}


def get_anomaly_subscriptions(call: Call) -> Shape:
    found = _wanted(call, _own(call).subscriptions, "Subscription")
    monitor = call.params.get("MonitorArn")
    return {"AnomalySubscriptions": [known for known in found if monitor is None or monitor in known["MonitorArnList"]]}


def update_anomaly_subscription(call: Call) -> Shape:
    subscription = _subscription(call)
    _check_monitors(call, call.params.get("MonitorArnList") or [])
    for part in ("Threshold", "Frequency", "MonitorArnList", "Subscribers", "SubscriptionName", "ThresholdExpression"):
        if part in call.params:
            subscription[part] = deepcopy(call.params[part])
    return {"SubscriptionArn": subscription["SubscriptionArn"]}


def delete_anomaly_subscription(call: Call) -> None:
    own, arn = _own(call), _subscription(call)["SubscriptionArn"]
    del own.subscriptions[arn], own.tags[arn]


def _tagged(call: Call) -> dict[str, str]:
    arn = call.params.get("ResourceArn", "")
    return held(_own(call).tags, arn, "ResourceNotFoundException", "The resource does not exist.")


def _project_tags(call: Call) -> list[dict[str, str]]:
    """The tag keys that were seen on anything, here at once. AWS needs up to a day."""
    seen: set[str] = set()
    for ec2 in backends("ec2")[call.caller.account_id].values():
        seen |= {key for tags in ec2.tags.values() for key in tags}
    active = call.own(CostTags, GLOBAL).active
    return [
        {"TagKey": key, "Type": "UserDefined", "Status": "Active" if key in active else "Inactive"}
        for key in sorted(seen | active)
    ]


def list_cost_allocation_tags(call: Call) -> Shape:
    wanted = call.params.get("TagKeys")
    status = call.params.get("Status")
    found = [
        tag
        for tag in _project_tags(call)
        if (not wanted or tag["TagKey"] in wanted) and status in (None, tag["Status"])
    ]
    return {"CostAllocationTags": found}


def update_cost_allocation_tags_status(call: Call) -> Shape:
    known = {tag["TagKey"] for tag in _project_tags(call)}
    errors, active = [], call.own(CostTags, GLOBAL).active
    for entry in call.params.get("CostAllocationTagsStatus") or ():
        key = entry["TagKey"]
        if key not in known:
            errors.append({"TagKey": key, "Code": "TagKeysNotFound", "Message": "Tag keys not found: " + key})
        elif entry["Status"] == "Active":
            active.add(key)
        else:
            active.discard(key)
    return {"Errors": errors}


def get_anomalies(_call: Call) -> Shape:
    return {"Anomalies": []}


HANDLERS = handlers(_tagged, tags="ResourceTags", keys="ResourceTagKeys")
