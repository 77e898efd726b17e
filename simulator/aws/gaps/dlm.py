"""Amazon Data Lifecycle Manager: policies are kept. No snapshot is taken by the clock.

Source: Amazon Data Lifecycle Manager API Reference; Amazon EBS User Guide, "Amazon Data Lifecycle Manager" (2026-11).
"""

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any, Final

from soundstage.simulator.answer import Refusal
from soundstage.simulator.aws.gaps import Call, Shape, held
from soundstage.simulator.aws.gaps.tagging import given, handlers

MOST_POLICIES: Final = 100
"""Policies of a region (Amazon EBS User Guide, "Quotas for Amazon Data Lifecycle Manager", 2026-11)."""
_DESCRIPTION: Final = re.compile(r"[0-9A-Za-z _-]+", re.ASCII)
_CHANGED: Final = ("Description", "ExecutionRoleArn", "State", "PolicyDetails")


@dataclass
class Policies:
    """Policies of a region by id, as the API shows them."""

    known: dict[str, dict[str, Any]] = field(default_factory=dict)
    made: int = 0


def create_lifecycle_policy(call: Call) -> Shape:
    kept, params = call.own(Policies), call.params
    _check(params)
    if len(kept.known) >= MOST_POLICIES:
        raise Refusal("LimitExceededException", f"There can be {MOST_POLICIES} policies in a region.", 400)
    kept.made += 1
    where = f"{call.caller.account_id}/{call.request.region}/{kept.made}"
    id = f"policy-{hashlib.sha256(where.encode()).hexdigest()[:17]}"
    now = call.now.isoformat()
    kept.known[id] = {
        "PolicyId": id,
        "PolicyArn": f"arn:aws:dlm:{call.request.region}:{call.caller.account_id}:policy/{id}",
        "DateCreated": now,
        "DateModified": now,
        "DefaultPolicy": False,
        "Tags": given(call),
        **{name: params[name] for name in _CHANGED if name in params},
    }
    _complete(kept.known[id])
    return {"PolicyId": id}


def get_lifecycle_policy(call: Call) -> Shape:
    return {"Policy": _find(call)}


def get_lifecycle_policies(call: Call) -> Shape:
    wanted = call.repeated("policyIds")
    found = [each for each in call.own(Policies).known.values() if not wanted or each["PolicyId"] in wanted]
    return {"Policies": [_summary(each) for each in found]}


def update_lifecycle_policy(call: Call) -> Shape:
    policy = _find(call)
    _check({**policy, **call.params})
    policy.update({name: call.params[name] for name in _CHANGED if name in call.params})
    policy["DateModified"] = call.now.isoformat()
    _complete(policy)
    return {}


def delete_lifecycle_policy(call: Call) -> Shape:
    del call.own(Policies).known[_find(call)["PolicyId"]]
    return {}


def _check(params: Any) -> None:
    for name in ("Description", "ExecutionRoleArn", "State"):
        if not params.get(name):
            raise Refusal("InvalidRequestException", f"{name} is required.", 400)
    if not _DESCRIPTION.fullmatch(params["Description"]):
        raise Refusal("InvalidRequestException", "Description holds characters other than [0-9A-Za-z _-].", 400)
    details = params.get("PolicyDetails") or {}
    if not details.get("TargetTags") or not details.get("Schedules"):
        raise Refusal("InvalidRequestException", "A policy needs target tags and a schedule.", 400)
    for schedule in details["Schedules"]:
        create, retain = schedule.get("CreateRule") or {}, schedule.get("RetainRule") or {}
        if create.get("Interval") not in (None, 1, 2, 3, 4, 6, 8, 12, 24):
            raise Refusal("InvalidRequestException", f"{create['Interval']} is no interval of hours.", 400)
        if not create.get("Interval") and not create.get("CronExpression"):
            raise Refusal("InvalidRequestException", "A schedule needs an interval or a cron expression.", 400)
        if not retain.get("Count") and not retain.get("Interval"):
            raise Refusal("InvalidRequestException", "A schedule needs to say how long snapshots are kept.", 400)


def _complete(policy: dict[str, Any]) -> None:
    """What the service fills in."""
    details = policy["PolicyDetails"]
    details.setdefault("PolicyType", "EBS_SNAPSHOT_MANAGEMENT")
    details.setdefault("ResourceLocations", ["CLOUD"])
    details.setdefault("PolicyLanguage", "STANDARD")
    for schedule in details["Schedules"]:
        schedule.setdefault("CopyTags", False)
        if "Interval" in schedule["CreateRule"]:
            schedule["CreateRule"].setdefault("IntervalUnit", "HOURS")
            schedule["CreateRule"].setdefault("Times", ["09:00"])
        schedule["CreateRule"].setdefault("Location", "CLOUD")


def _summary(policy: dict[str, Any]) -> dict[str, Any]:
    shown = ("PolicyId", "Description", "State", "Tags", "DefaultPolicy")
    return {**{name: policy[name] for name in shown}, "PolicyType": policy["PolicyDetails"]["PolicyType"]}


def _find(call: Call) -> dict[str, Any]:
    id = call.params.get("PolicyId") or call.params.get("policyId") or call.request.labels.get("policyId", "")
    return held(call.own(Policies).known, id, *_missing("policy", id))


def _tags(call: Call) -> dict[str, str]:
    arn = call.params.get("ResourceArn") or call.request.labels.get("resourceArn", "")
    known = {policy["PolicyArn"]: policy["Tags"] for policy in call.own(Policies).known.values()}
    return held(known, arn, *_missing("resource", arn))


def _missing(what: str, name: str) -> tuple[str, str, int]:
    return "ResourceNotFoundException", f"The {what} {name} does not exist.", 404


HANDLERS = handlers(_tags, keys="tagKeys", pairs=False)
