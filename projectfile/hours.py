"""Weekly working hours, as people write them: `Mon-Fri 09:00-19:00 Europe/Lisbon`."""

import re
from dataclasses import dataclass
from datetime import time
from typing import Final

from soundstage.components.hours import DAYS as SCHEDULED
from soundstage.components.hours import HoursArgs
from soundstage.components.timezones import FORM as ZONE
from soundstage.components.timezones import is_zone, zone_meant
from soundstage.core.words import nearest, shown

DAYS: Final = tuple(day.title() for day in SCHEDULED)
FORM: Final = "days, start-end and time zone, such as Mon-Fri 09:00-19:00 Europe/Lisbon"
PATTERN: Final = r"^([A-Za-z,-]+) +([0-9]{1,2}:[0-9]{2}) *- *([0-9]{1,2}:[0-9]{2}) +([A-Za-z0-9_+/-]+)$"
"""Without named groups, because JSON Schema shares it and its dialect writes those differently."""
_FORM = re.compile(PATTERN, re.ASCII)


class HoursError(ValueError):
    """The text is no weekly hours. `allowed` and `nearest` are for the person who wrote it and may be empty."""

    def __init__(self, problem: str, allowed: str = "", nearest: str = "") -> None:
        super().__init__(problem)
        self.allowed = allowed
        self.nearest = nearest


@dataclass(frozen=True)
class Hours:
    """On these days a machine is started at `start`, and stopped at the next `end`, by the clocks of `zone`."""

    days: tuple[str, ...]
    """Some of `DAYS`, in the order of the week."""
    start: time
    end: time
    """A time before `start` means the day after."""
    zone: str
    """An IANA time zone name, such as `Europe/Lisbon`."""

    @property
    def per_week(self) -> float:
        """Hours a week from start to end."""
        minutes = (self.end.hour - self.start.hour) * 60 + self.end.minute - self.start.minute
        return len(self.days) * (minutes % (24 * 60)) / 60

    def arguments(self) -> HoursArgs:
        """What the component of a machine takes."""
        days = [scheduled for scheduled in SCHEDULED if scheduled.title() in self.days]
        return {"days": days, "start": f"{self.start:%H:%M}", "stop": f"{self.end:%H:%M}", "timezone": self.zone}

    def __str__(self) -> str:
        return f"{','.join(_runs(self.days))} {self.start:%H:%M}-{self.end:%H:%M} {self.zone}"


def parse_hours(text: str) -> Hours:
    """The hours that a text names. Raises `HoursError`."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise HoursError(f"is {shown(text)}", FORM)
    days, start, end, zone = found.groups()
    if _time(start) == _time(end):
        raise HoursError(f"starts and ends at {start}", "an end that differs from the start")
    return Hours(_days(days), _time(start), _time(end), _zone(zone))


def _days(text: str) -> tuple[str, ...]:
    chosen: set[int] = set()
    for part in text.split(","):
        ends = [_day(word) for word in part.split("-")]
        if len(ends) > 2:
            raise HoursError(f"has the days {shown(part)}", "a day or a range of days, such as Mon-Fri")
        first, last = ends[0], ends[-1]
        chosen.update((first + step) % 7 for step in range((last - first) % 7 + 1))
    return tuple(DAYS[day] for day in sorted(chosen))


def _day(word: str) -> int:
    for position, day in enumerate(DAYS):
        if word.lower() == day.lower():
            return position
    raise HoursError(f"has the day {shown(word)}", ", ".join(DAYS), nearest(word, DAYS))


def _time(text: str) -> time:
    hour, minute = (int(part) for part in text.split(":"))
    if hour > 23 or minute > 59:
        raise HoursError(f"has the time {shown(text)}", "00:00 to 23:59")
    return time(hour, minute)


def _zone(name: str) -> str:
    if not is_zone(name):
        raise HoursError(f"has the time zone {shown(name)}", ZONE, zone_meant(name))
    return name


def _runs(days: tuple[str, ...]) -> list[str]:
    """`("Mon", "Tue", "Wed", "Sat")` as `["Mon-Wed", "Sat"]`."""
    runs: list[list[str]] = []
    for day in days:
        if runs and DAYS.index(day) == DAYS.index(runs[-1][-1]) + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return [f"{run[0]}-{run[-1]}" if len(run) > 1 else run[0] for run in runs]
