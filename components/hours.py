"""Working hours: when a machine is started and stopped by the clock."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final, NotRequired, TypeAlias, TypedDict

from soundstage.components import choices
from soundstage.components.arguments import choice_fault, number_faults
from soundstage.components.closed_days import DAYS, MOST_CLOSED, Closed, closed_times
from soundstage.components.timezones import FORM, is_zone, zone_meant

MOST_BEFORE: Final = 60
MOST_AFTER: Final = 180
OVERLAP_BY_MARGINS: Final = "overlap by their start_before_minutes and stop_after_minutes"
"""The end of one would count in the middle of the other."""
_DAY: Final = 24 * 60
_WEEK: Final = 7 * _DAY
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


class WindowArgs(TypedDict):
    """One more stretch of work in a week."""

    days: list[choices.Day]
    """Days on which it begins: `MON` to `SUN`."""
    start: str
    """When it begins, `HH:MM`."""
    stop: str
    """When it ends, `HH:MM`. A time not after `start` means the next day."""


class HoursArgs(TypedDict):
    """Working hours, by the clock."""

    days: list[choices.Day]
    """Days on which work begins: `MON` to `SUN`."""
    stop: str
    """When work ends, `HH:MM`. A time not after `start` means the next day. From then on the machine stops as soon as it has not been
    used for five minutes: a render, a person or `workstation keep-awake` is waited for."""
    start: NotRequired[str]
    """When the machine is started, `HH:MM`. It is only stopped, and started by hand, when absent."""
    timezone: NotRequired[str]
    """Time zone of both by the name of a place, such as `Europe/Lisbon`, with its summer time; no abbreviation. UTC when
    absent."""
    more: NotRequired[list[WindowArgs]]
    """Further stretches of work, such as the afternoon after a break. None may overlap another."""
    start_before_minutes: NotRequired[int]
    """How many minutes before each stretch the machine is started, so that it is ready; 0 to 60. 0 when absent."""
    stop_after_minutes: NotRequired[int]
    """How many minutes after each stretch its end counts; 0 to 180. 0 when absent."""
    closed: NotRequired[list[str]]
    """Days, `YYYY-MM-DD` in `timezone`, on which the clock does not start the machine: holidays. By hand it can be started. At most 40
    runs of days. None when absent."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of work as Amazon EventBridge Scheduler understands it."""

    stop: str
    """Cron expression."""
    start: str | None
    """Cron expression; None when the machine is started by hand."""


@dataclass(frozen=True, slots=True)
class Hours:
    """Working hours as Amazon EventBridge Scheduler understands them."""

    timezone: str
    windows: tuple[Window, ...]
    closed: tuple[Closed, ...] = ()
    """When the clock may not start the machine."""


def hours_faults(key: str, args: HoursArgs) -> list[str]:
    """What is wrong with working hours whose fields are of the right types; empty when nothing is."""
    faults: list[str] = []
    windows = _windows(args)
    for number, (days, start, stop) in enumerate(windows):
        at = key if number == 0 else f"{key}.more[{number - 1}]"
        for day in days:
            faults += choice_fault(f"{at}.days", day, DAYS)
        if not days or len(set(days)) != len(days):
            faults.append(f"{at}.days is {list(days)!r}; name each day once")
        for field, time in (("start", start), ("stop", stop)):
            if time is not None and not _TIME.fullmatch(time):
                faults.append(f"{at}.{field} is {time!r}; expected HH:MM")
    for field, most in (("start_before_minutes", MOST_BEFORE), ("stop_after_minutes", MOST_AFTER)):
        faults += number_faults(f"{key}.{field}", args.get(field, 0), 0, most)
    if "more" in args and "start" not in args:
        faults.append(f"{key}.more is given without {key}.start")
    zone = args.get("timezone", "UTC")
    if not is_zone(zone):
        meant = f'; did you mean "{found}"?' if (found := zone_meant(zone)) else ""
        faults.append(f"{key}.timezone is {zone!r}; allowed: {FORM}{meant}")
    stretches = [(days, start, stop) for days, start, stop in windows if start]
    margins = (args.get("start_before_minutes", 0), args.get("stop_after_minutes", 0))
    if not faults and (both := overlap(stretches)):
        faults.append(f"{key}: {both[0]} and {both[1]} overlap; write them as one")
    elif not faults and (both := overlap(stretches, *margins)):
        faults.append(f"{key}: {both[0]} and {both[1]} {OVERLAP_BY_MARGINS}; give fewer minutes")
    return faults or _closed_faults(key, args)


def _closed_faults(key: str, args: HoursArgs) -> list[str]:
    """What is wrong with the closed days of hours that are right otherwise."""
    days = args.get("closed", [])
    faults = [f"{key}.closed has {day!r}; expected a day that exists, YYYY-MM-DD" for day in days if _date(day) is None]
    if days and "start" not in args:
        faults.append(f"{key}.closed is given without {key}.start: nothing is started by the clock")
    if not faults and len(found := _closed(args)) > MOST_CLOSED:
        faults.append(
            f"{key}.closed holds {len(found)} runs of days; at most {MOST_CLOSED} fit into the policy of a role"
        )
    return faults


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def _closed(args: HoursArgs) -> list[Closed]:
    stretches = [(days, start) for days, start, _ in _windows(args) if start is not None]
    days = [day for day in map(_date, args.get("closed", [])) if day]
    return closed_times(stretches, args.get("start_before_minutes", 0), args.get("timezone", "UTC"), days)


def resolve_hours(args: HoursArgs) -> Hours:
    """Working hours, already found free of faults, as cron expressions."""
    before, after = args.get("start_before_minutes", 0), args.get("stop_after_minutes", 0)
    windows = []
    for days, start, stop in _windows(args):
        next_day = 1 if start is not None and stop <= start else 0
        windows.append(
            Window(
                stop=_cron(stop, days, after, next_day),
                start=_cron(start, days, -before, 0) if start is not None else None,
            )
        )
    return Hours(args.get("timezone", "UTC"), tuple(windows), tuple(_closed(args)))


Stretch: TypeAlias = tuple[Sequence[str], str, str]
"""Days, start and stop."""


def overlap(windows: Sequence[Stretch], before: int = 0, after: int = 0) -> tuple[str, str] | None:
    """Two stretches of a week that overlap, in words such as `MON 09:00-12:00`; None when no two do. Each begins `before` minutes
    earlier, and ends `after` minutes later, than it says."""
    spans = sorted(
        (begin - before, end + after, f"{day} {start}-{stop}")
        for days, start, stop in windows
        for day in days
        for begin, end in [_span(day, start, stop)]
    )
    for (_, end, one), (begin, _, other) in pairwise([*spans, *((b + _WEEK, e, w) for b, e, w in spans[:1])]):
        if begin < end:
            return one, other
    return None


def _span(day: str, start: str, stop: str) -> tuple[int, int]:
    begin = DAYS.index(day) * _DAY + _minutes(start)
    return begin, begin + ((_minutes(stop) - _minutes(start)) % _DAY or _DAY)


def _minutes(time: str) -> int:
    hour, minute = time.split(":")
    return int(hour) * 60 + int(minute)


def _windows(args: HoursArgs) -> list[tuple[Sequence[str], str | None, str]]:
    first = (args["days"], args.get("start"), args["stop"])
    return [first, *((more["days"], more["start"], more["stop"]) for more in args.get("more", ()))]


def _cron(time: str, days: Sequence[str], later: int, next_day: int) -> str:
    """`cron(minute hour day-of-month month day-of-week year)`; EventBridge Scheduler User Guide, read 2026-11."""
    shift, minutes = divmod(_minutes(time) + later, _DAY)
    on = sorted({(DAYS.index(day) + next_day + shift) % 7 for day in days})
    return f"cron({minutes % 60} {minutes // 60} ? * {','.join(DAYS[day] for day in on)} *)"
