"""Working hours: when a machine is started and stopped by the clock."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NotRequired, TypedDict

from soundstage.components import choices
from soundstage.components.arguments import choice_fault
from soundstage.components.timezones import FORM, is_zone, zone_meant

DAYS: Final[tuple[choices.Day, ...]] = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


class HoursArgs(TypedDict):
    """Working hours, by the clock."""

    days: list[choices.Day]
    """Days on which work begins: `MON` to `SUN`."""
    stop: str
    """When the machine is stopped, `HH:MM`. A time not after `start` means the next day. It is stopped whatever it is
    doing; the idle stop is what waits for renders."""
    start: NotRequired[str]
    """When the machine is started, `HH:MM`. It is only stopped, and started by hand, when absent."""
    timezone: NotRequired[str]
    """Time zone of both by the name of a place, such as `Europe/Lisbon`, with its summer time; no abbreviation. UTC when
    absent."""


@dataclass(frozen=True, slots=True)
class Hours:
    """Working hours as Amazon EventBridge Scheduler understands them."""

    timezone: str
    stop: str
    """Cron expression."""
    start: str | None
    """Cron expression; None when the machine is started by hand."""


def hours_faults(key: str, args: HoursArgs) -> list[str]:
    """What is wrong with working hours whose fields are of the right types; empty when nothing is."""
    faults: list[str] = []
    days = args["days"]
    for day in days:
        faults += choice_fault(f"{key}.days", day, DAYS)
    if not days or len(set(days)) != len(days):
        faults.append(f"{key}.days is {days!r}; name each day once")
    for field, time in (("start", args.get("start")), ("stop", args["stop"])):
        if time is not None and not _TIME.fullmatch(time):
            faults.append(f"{key}.{field} is {time!r}; expected HH:MM")
    zone = args.get("timezone", "UTC")
    if not is_zone(zone):
        meant = f'; did you mean "{found}"?' if (found := zone_meant(zone)) else ""
        faults.append(f"{key}.timezone is {zone!r}; allowed: {FORM}{meant}")
    return faults


def resolve_hours(args: HoursArgs) -> Hours:
    """Working hours, already found free of faults, as cron expressions."""
    days = sorted(args["days"], key=DAYS.index)
    start, stop = args.get("start"), args["stop"]
    if start is not None and stop <= start:
        stop_days = sorted((DAYS[(DAYS.index(day) + 1) % 7] for day in days), key=DAYS.index)
    else:
        stop_days = days
    return Hours(
        timezone=args.get("timezone", "UTC"),
        stop=_cron(stop, stop_days),
        start=_cron(start, days) if start is not None else None,
    )


def _cron(time: str, days: Sequence[str]) -> str:
    """`cron(minute hour day-of-month month day-of-week year)`; EventBridge Scheduler User Guide, read 2026-11."""
    hour, minute = time.split(":")
    return f"cron({int(minute)} {int(hour)} ? * {','.join(days)} *)"
