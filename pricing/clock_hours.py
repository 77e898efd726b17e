"""How many hours a week machines of a plan work by the clock, read off the schedules that start them and tell them that their hours are over."""

import re
from collections.abc import Iterator
from typing import Final

from soundstage.plan.plan import Plan, PlannedResource
from soundstage.pricing.site import known, mapping, text, workstation

SCHEDULE: Final = "aws:scheduler/schedule:Schedule"
_DAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_GOOGLE: Final = "gcp:compute/resourcePolicy:ResourcePolicy"
_UNIX_DAYS: Final = r"(?:\*|[0-7](?:-[0-7])?)"
_UNIX: Final = re.compile(rf"(\d+) (\d+) \* \* ({_UNIX_DAYS}(?:,{_UNIX_DAYS})*)")
"""A schedule of Google Cloud: minute, hour, days of the week from Sunday, which is 0 or 7 (Compute Engine, "Schedule a VM instance to start
and stop", read 2026-11)."""
_WEEKLY: Final = re.compile(r"cron\((\d+) (\d+) \? \* ([A-Z,]+) \*\)")
_DAY: Final = 24 * 60
_WEEK: Final = 7 * _DAY
_STARTS: Final = "startInstances"
_TELLS: Final = "createTags"


def clock_hours(plan: Plan) -> dict[str, float]:
    """Workstation → hours a week, of machines that the clock starts; one without such schedules is left out."""
    starts: dict[str, set[int]] = {}
    ends: dict[str, set[int]] = {}
    for schedule in plan.of_type(SCHEDULE):
        name = _machine(plan, schedule)
        call = str(mapping(known(schedule, "target")).get("arn") or "").rpartition(":")[2]
        moments = set(_moments(text(schedule, "scheduleExpression") or ""))
        if name and call == _STARTS:
            starts.setdefault(name, set()).update(moments)
        elif name and call == _TELLS:
            ends.setdefault(name, set()).update(moments)
    for instance in plan.of_type("gcp:compute/instance:Instance"):
        name = workstation(instance)
        for urn in instance.property_dependencies.get("resourcePolicies", ()):
            policy = plan.by_urn.get(urn)
            said = (
                mapping(known(policy, "instanceSchedulePolicy"))
                if policy is not None and policy.type == _GOOGLE
                else {}
            )
            first, last = (
                str(mapping(said.get(key)).get("schedule") or "") for key in ("vmStartSchedule", "vmStopSchedule")
            )
            if name and (moments := set(_unix_moments(first))):
                starts.setdefault(name, set()).update(moments)
                ends.setdefault(name, set()).update(_unix_moments(last))
    # What tells a machine that its hours have begun is a call of the same kind, at the moment of a start.
    return {name: _hours(begins, ends.get(name, set()) - begins) for name, begins in starts.items()}


def _machine(plan: Plan, schedule: PlannedResource) -> str | None:
    """The workstation that a schedule is about: that of the machine which its target is made of."""
    for urn in schedule.property_dependencies.get("target", ()):
        found = plan.by_urn.get(urn)
        if found is not None and found.type == "aws:ec2/instance:Instance":
            return workstation(found)
    return None


def _moments(expression: str) -> Iterator[int]:
    """The minutes of the week at which it is due."""
    found = _WEEKLY.fullmatch(expression)
    if found is not None:
        days = [day for day in found[3].split(",") if day in _DAYS]
        yield from (_DAYS.index(day) * _DAY + int(found[2]) * 60 + int(found[1]) for day in days)


def _unix_moments(expression: str) -> Iterator[int]:
    """The minutes of the week at which a schedule of Google Cloud is due."""
    found = _UNIX.fullmatch(expression)
    if found is not None:
        for part in found[3].replace("*", "0-6").split(","):
            first, _, last = part.partition("-")
            days = range(int(first), int(last or first) + 1)
            yield from (day % 7 * _DAY + int(found[2]) * 60 + int(found[1]) for day in days)


def _hours(starts: set[int], ends: set[int]) -> float:
    """From each start to the next end."""
    minutes = sum(min(((end - start) % _WEEK or _WEEK) for end in ends) if ends else _WEEK for start in starts)
    return min(minutes, _WEEK) / 60
