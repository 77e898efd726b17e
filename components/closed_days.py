"""Days on which the clock starts nothing, although a machine's hours say so: public holidays, and days that somebody named.

EventBridge Scheduler fires on them as on any other day. The role under which it starts the machine may not do so then, which takes no
further schedule, no code of ours that runs, and no laptop that is on.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from soundstage.components import choices

DAYS: Final[tuple[choices.Day, ...]] = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
MOST_CLOSED: Final = 40
"""Times that fit into the policy of one role: the policies of a role have 10,240 characters together (IAM User Guide "IAM and AWS STS
quotas", read 2026-11), and each time takes 225 of them. Days in a row are one time."""
START_RETRIED: Final = timedelta(hours=1)
"""For how long a start is tried again that EC2 could not do. The scheduler's own 24 hours would start a machine at night, or the morning
after a holiday at the wrong time."""
_EARLY: Final = timedelta(minutes=1)
"""The scheduler fires within the minute."""


@dataclass(frozen=True, slots=True)
class Closed:
    """A time in which the clock may not start the machine, in UTC."""

    since: datetime
    until: datetime
    day: date
    """The first closed day in it."""


def starts(
    stretches: Sequence[tuple[Sequence[str], str]], before_minutes: int, zone: str, days: Iterable[date]
) -> Iterator[tuple[datetime, date]]:
    """When the clock starts a machine on these days, in UTC, with the day to which each start belongs: with `before_minutes` it may come the
    evening before. Each stretch is its days and its `HH:MM`. A time that comes twice on a day counts the first time."""
    clocks = ZoneInfo(zone)
    for day in days:
        for named, start in stretches:
            if DAYS[day.weekday()] in named:
                # By the wall, as the scheduler reckons: `start_before_minutes` is taken off before it becomes a cron expression.
                wall = datetime.combine(day, time.fromisoformat(start)) - timedelta(minutes=before_minutes)
                yield wall.replace(tzinfo=clocks).astimezone(UTC), day


def closed_times(
    stretches: Sequence[tuple[Sequence[str], str]], before_minutes: int, zone: str, closed: Iterable[date]
) -> list[Closed]:
    """The times in which a machine with these hours may not be started, one for each run of starts that fall on closed days."""
    found = set(closed)
    if not found:
        return []
    first, last = min(found), max(found)
    span = [first + timedelta(days=number) for number in range(-8, (last - first).days + 9)]
    times: list[Closed] = []
    runs = [
        (shut, list(run))
        for shut, run in groupby(sorted(starts(stretches, before_minutes, zone, span)), lambda each: each[1] in found)
    ]
    for number, (shut, run) in enumerate(runs):
        if not shut:
            continue
        until = run[-1][0] + START_RETRIED + _EARLY
        if number + 1 < len(runs):
            until = min(until, runs[number + 1][1][0][0] - _EARLY)
        times.append(Closed(run[0][0] - _EARLY, until, run[0][1]))
    return times
