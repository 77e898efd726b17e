"""What happens by the clock in the simulated account: schedules that start machines and tell them that their hours begin and end, and the
end of a machine at which nobody works.

Schedules of days of the week at a minute, and of one moment, call EC2 (`StartInstances`, `StopInstances`, `CreateTags`, `DeleteTags`) with
the input that they have (EventBridge Scheduler User Guide, "Universal targets", "Context attributes", read 2026-11). Others are only kept.
Nothing runs in a simulated machine and nobody works at it, so that one whose hours are over stops as its idle guard would stop it.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from soundstage.components.boot.idle_watch import AWAKE_TAG, MINUTES_TAG, OVER_TAG, seconds_of
from soundstage.components.boot.rules import rules
from soundstage.simulator.aws.moto_state import machines, used

_DAYS: Final = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_SPAN: Final = rf"(?:{'|'.join(_DAYS)})(?:-(?:{'|'.join(_DAYS)}))?"
_WEEKLY: Final = re.compile(rf"cron\((\d+) (\d+) \? \* (\*|{_SPAN}(?:,{_SPAN})*) \*\)")
_ONCE: Final = re.compile(r"at\((\S+)\)")
_CALL: Final = re.compile(r"arn:[a-z-]+:scheduler:::aws-sdk:ec2:(startInstances|stopInstances|createTags|deleteTags)")
_TIME: Final = "<aws.scheduler.scheduled-time>"
_STOPS: Final = "Client.InstanceInitiatedShutdown"


def next_due(account: str, after: float, until: float) -> float | None:
    """The first moment after `after`, to `until`, at which something happens by the clock; None where nothing does."""
    moments = [moment for one in _schedules(account) if (moment := _next(one, after)) is not None]
    moments += [at for _, at in _ends(account) if at > after]
    return min((moment for moment in moments if moment <= until), default=None)


def act(account: str, at: float) -> None:
    """Do what is due at a moment."""
    for one in list(_schedules(account)):
        if _next(one, at - 1) == at:
            _call(account, one, at)
    for machine, end in list(_ends(account)):
        if end == at:
            _stop(machine)


def _schedules(account: str) -> Iterator[Any]:
    for _, scheduler in used("scheduler", account):
        for group in scheduler.schedule_groups.values():
            yield from (one for one in group.schedules.values() if one.state == "ENABLED")


def _machines(account: str) -> Iterator[tuple[Any, Any]]:
    for _, ec2 in used("ec2", account):
        yield from ((ec2, machine) for machine in machines(ec2))


def _ends(account: str) -> Iterator[tuple[Any, float]]:
    """Each running machine whose hours are over, and when its idle guard stops it: some minutes after, or after it is kept awake no longer.
    One that was started since then is of somebody who works late."""
    minutes = rules()["after_hours_minutes"]
    for ec2, machine in _machines(account):
        tags = ec2.tags.get(machine.id, {}) if machine.state == "running" else {}
        over = seconds_of(str(tags.get(OVER_TAG, ""))) if MINUTES_TAG in tags else 0
        if over and machine.launch_time.replace(tzinfo=UTC).timestamp() < over:
            yield machine, max(over, seconds_of(str(tags.get(AWAKE_TAG, "")).partition(" ")[0])) + minutes * 60


def _next(schedule: Any, after: float) -> float | None:
    """When a schedule is due next; None for one that is over, or of another kind."""
    zone = ZoneInfo(schedule.schedule_expression_timezone or "UTC")
    if once := _ONCE.fullmatch(schedule.schedule_expression):
        at = datetime.fromisoformat(once[1]).replace(tzinfo=zone).timestamp()
        return at if at > after else None
    weekly = _WEEKLY.fullmatch(schedule.schedule_expression)
    if weekly is None:
        return None
    days = {day for span in weekly[3].replace("*", "MON-SUN").split(",") for day in _span(span)}
    start = datetime.fromtimestamp(after, zone).replace(
        hour=int(weekly[2]), minute=int(weekly[1]), second=0, microsecond=0
    )
    for later in range(9):
        moment = start + timedelta(days=later)
        if moment.weekday() in days and moment.timestamp() > after:
            return moment.timestamp()
    return None


def _span(said: str) -> Iterator[int]:
    """The days of `MON`, `MON-FRI` or `SAT-MON`, from Monday, which is 0."""
    first, last = (_DAYS.index(day) for day in (said[:3], said[-3:]))
    yield from ((first + later) % 7 for later in range((last - first) % 7 + 1))


def _call(account: str, schedule: Any, at: float) -> None:
    """Make the call of a schedule. What it names and is not there any more is left."""
    found = _CALL.fullmatch(str(schedule.target.get("Arn", "")))
    if found is None:
        return
    when = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    try:
        said = json.loads(str(schedule.target.get("Input", "{}")).replace(_TIME, when))
        wanted = {str(one) for one in said.get("InstanceIds") or said.get("Resources") or ()}
        tags = {str(tag["Key"]): str(tag.get("Value", "")) for tag in said.get("Tags") or ()}
    except (ValueError, TypeError, KeyError, AttributeError):
        return
    for ec2, machine in list(_machines(account)):
        if machine.id not in wanted:
            continue
        if found[1] == "startInstances" and machine.state == "stopped":
            machine.start()
            machine.launch_time = datetime.fromtimestamp(at, UTC).replace(tzinfo=None)
        elif found[1] == "stopInstances" and machine.state == "running":
            machine.stop()
        elif found[1] == "createTags" and machine.state != "terminated":
            ec2.create_tags([machine.id], tags)
        elif found[1] == "deleteTags" and machine.state != "terminated":
            ec2.delete_tags([machine.id], dict.fromkeys(tags))


def _stop(machine: Any) -> None:
    from moto.ec2.models.instances import StateReason

    machine.stop()
    machine.state_reason = StateReason(f"{_STOPS}: Instance initiated shutdown", _STOPS)
