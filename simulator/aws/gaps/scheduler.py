"""EventBridge Scheduler: expressions and time zones that it does not accept.

Source: EventBridge Scheduler User Guide, "Schedule types" (2026-11).
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import available_timezones

from soundstage.simulator.answer import Answer, Refusal
from soundstage.simulator.aws.gaps import Call

_RATE: Final = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_AT: Final = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_CRON: Final = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_MONTHS: Final = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_DAYS: Final = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
_FIELDS: Final = (
    (0, 59, (), ""),
    (0, 23, (), ""),
    (1, 31, (), r"\?|L|LW|\d{1,2}W"),
    (1, 12, _MONTHS, ""),
    (1, 7, _DAYS, r"\?|L|[1-7]L|[1-7]#[1-5]"),
    (1970, 2199, (), ""),
)
"""Of each field of a cron expression: lowest, highest, names, and what else it may be."""
_NOT_ZONES: Final = frozenset({"Factory", "localtime"})


def is_expression(text: str) -> bool:
    """Whether the scheduler takes this for `ScheduleExpression`."""
    if rate := _RATE.fullmatch(text):
        return int(rate[1]) > 0
    if once := _AT.fullmatch(text):
        try:
            datetime.fromisoformat(once[1])
        except ValueError:
            return False
        return True
    cron = _CRON.fullmatch(text)
    if cron is None or "?" not in (cron[3], cron[5]) or cron[3] == cron[5]:
        return False
    return all(_is_field(said, *field) for said, field in zip(cron.groups(), _FIELDS, strict=True))


def _is_field(said: str, low: int, high: int, names: Sequence[str], more: str) -> bool:
    if said == "*" or (more and re.fullmatch(more, said)):
        return True
    for part in said.split(","):
        span, _, step = part.partition("/")
        if step and not (step.isdecimal() and 1 <= int(step) <= high):
            return False
        ends = [low, high] if span == "*" and step else [_number(each, low, names) for each in span.split("-")]
        if len(ends) > 2 or any(end is None or not low <= end <= high for end in ends):
            return False
    return True


def _number(text: str, low: int, names: Sequence[str]) -> int | None:
    if text.upper() in names:
        return names.index(text.upper()) + low
    return int(text) if text.isdecimal() else None


def _check(call: Call) -> Answer:
    expression = str(call.params.get("ScheduleExpression", ""))
    if not is_expression(expression):
        raise Refusal("ValidationException", f"Invalid Schedule Expression {expression}.")
    zone = call.params.get("ScheduleExpressionTimezone")
    if zone is not None and (zone in _NOT_ZONES or zone not in available_timezones()):
        raise Refusal("ValidationException", f"Invalid ScheduleExpressionTimezone {zone}.")
    return call.forward()


HANDLERS = {
    "CreateSchedule": _check,
    "UpdateSchedule": _check,
}
