"""Weekly working hours, as people write them: `Mon-Fri 09:00-19:00 Europe/Lisbon`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from soundstage.components.choices import Day
from soundstage.components.closed_days import DAYS as SCHEDULED
from soundstage.components.closed_days import MOST_CLOSED, closed_times, starts
from soundstage.components.hours import OVERLAP_BY_MARGINS, HoursArgs, overlap
from soundstage.components.timezones import FORM as ZONE
from soundstage.components.timezones import is_zone, zone_meant
from soundstage.core.words import nearest, shown
from soundstage.projectfile.public_holidays import public_holidays

DAYS: Final = tuple(day.title() for day in SCHEDULED)
FORM: Final = (
    "days, times and time zone, such as Mon-Fri 09:00-19:00 Europe/Lisbon, or Mon-Thu 09:00-12:00,13:00-19:00; Fri 09:00-15:00 "
    "Europe/Lisbon"
)
_TIMES: Final = r"[0-9]{1,2}:[0-9]{2} *- *[0-9]{1,2}:[0-9]{2}"
_PART: Final = rf"[A-Za-z,-]+ +{_TIMES}(?: *, *{_TIMES})*"
PATTERN: Final = rf"^{_PART}(?: *; *{_PART})* +[A-Za-z0-9_+/-]+$"
"""Without named groups, because JSON Schema shares it and its dialect writes those differently."""
_FORM = re.compile(PATTERN, re.ASCII)


class HoursError(ValueError):
    """The text is no weekly hours. `allowed` and `nearest` are for the person who wrote it and may be empty."""

    def __init__(self, problem: str, allowed: str = "", nearest: str = "") -> None:
        super().__init__(problem)
        self.allowed = allowed
        self.nearest = nearest


@dataclass(frozen=True)
class Window:
    """A stretch of work: on these days a machine is started at `start`, and its work ends at the next `end`."""

    days: tuple[str, ...]
    """Some of `DAYS`, in the order of the week."""
    start: time
    end: time
    """A time before `start` means the day after."""

    @property
    def minutes(self) -> int:
        """Minutes of one day's stretch."""
        return ((self.end.hour - self.start.hour) * 60 + self.end.minute - self.start.minute) % (24 * 60)

    def __str__(self) -> str:
        return f"{','.join(_runs(self.days))} {self.start:%H:%M}-{self.end:%H:%M}"


@dataclass(frozen=True)
class Hours:
    """The hours of a week, by the clocks of `zone`."""

    windows: tuple[Window, ...]
    zone: str
    """An IANA time zone name, such as `Europe/Lisbon`."""
    start_before_minutes: int = 0
    stop_after_minutes: int = 0
    holidays: str | None = None
    """Whose public holidays are no working days: `PT`, or `US-CA`."""
    closed: frozenset[date] = frozenset()
    """Further days on which the clock starts nothing."""

    @property
    def per_week(self) -> float:
        """Hours a week for which a machine is up by the clock."""
        besides = self.start_before_minutes + self.stop_after_minutes
        return min(sum(len(each.days) * (each.minutes + besides) for each in self.windows) / 60, 168)

    def closed_days(self, year: int) -> list[date]:
        """The days of this year and the next on which the clock starts nothing though the week says so, in their order. The last are left
        out where more would not fit (`MOST_CLOSED`)."""
        known = public_holidays(self.holidays, (year, year + 1)) if self.holidays else ()
        days = sorted({*known, *(day for day in self.closed if day.year >= year)})
        days = [day for day in days if self.starts_on(day)]
        while len(closed_times(self._stretches, self.start_before_minutes, self.zone, days)) > MOST_CLOSED:
            days.pop()
        return days

    def never_opens(self, today: date) -> bool:
        """Whether holidays and other closed days leave no day of the year that begins with `today` on which the clock starts the machine."""
        if not self.holidays and not self.closed:
            return False
        closed = set(self.closed_days(today.year))
        days = (today + timedelta(days=number) for number in range(366))
        return not any(self.starts_on(day) for day in days if day not in closed)

    def next_start(self, now: datetime) -> datetime | None:
        """When the clock starts the machine next after `now`, in `zone`; None where it does not for as long as the holidays are known."""
        today = now.astimezone(ZoneInfo(self.zone)).date()
        closed = set(self.closed_days(today.year))
        days = (today + timedelta(days=number) for number in range(-1, 366))
        found = (at for day in days if day not in closed for at in self.starts_on(day) if at > now)
        first = min(found, default=None)
        return first.astimezone(ZoneInfo(self.zone)) if first else None

    def starts_on(self, day: date) -> list[datetime]:
        """When a week without holidays starts the machine for the work of a day, in UTC."""
        return [at for at, _ in starts(self._stretches, self.start_before_minutes, self.zone, [day])]

    @property
    def _stretches(self) -> list[tuple[Sequence[str], str]]:
        return [(_scheduled(each), f"{each.start:%H:%M}") for each in self.windows]

    def arguments(self, year: int | None = None) -> HoursArgs:
        """What the component of a machine takes. `year` is the present one, by which holidays are looked up; none are when absent."""
        first, *more = (
            {"days": _scheduled(each), "start": f"{each.start:%H:%M}", "stop": f"{each.end:%H:%M}"}
            for each in self.windows
        )
        args: HoursArgs = {**first, "timezone": self.zone}  # type: ignore[typeddict-item]
        if more:
            args["more"] = more  # type: ignore[typeddict-item]
        if self.start_before_minutes:
            args["start_before_minutes"] = self.start_before_minutes
        if self.stop_after_minutes:
            args["stop_after_minutes"] = self.stop_after_minutes
        if year and (closed := self.closed_days(year)):
            args["closed"] = [day.isoformat() for day in closed]
        return args

    def __str__(self) -> str:
        return f"{'; '.join(map(str, self.windows))} {self.zone}"


def parse_hours(text: str, start_before_minutes: int = 0, stop_after_minutes: int = 0) -> Hours:
    """The hours that a text names. Raises `HoursError`."""
    if not _FORM.fullmatch(text):
        raise HoursError(f"is {shown(text)}", FORM)
    weekly, _, zone = text.rpartition(" ")
    windows = tuple(_window(days, times) for part in weekly.split(";") for days, times in [part.strip().split(" ", 1)])
    flat = tuple(window for group in windows for window in group)
    hours = Hours(flat, _zone(zone), start_before_minutes, stop_after_minutes)
    stretches = [(_scheduled(each), f"{each.start:%H:%M}", f"{each.end:%H:%M}") for each in flat]
    if both := overlap(stretches):
        raise HoursError(
            f"has {both[0].title()} and {both[1].title()}, which overlap", "stretches of work that do not overlap"
        )
    if both := overlap(stretches, start_before_minutes, stop_after_minutes):
        raise HoursError(f"has {both[0].title()} and {both[1].title()}, which {OVERLAP_BY_MARGINS}", "fewer minutes")
    return hours


def _window(days: str, times: str) -> list[Window]:
    found = []
    for each in times.split(","):
        start, end = (word.strip() for word in each.split("-"))
        if _time(start) == _time(end):
            raise HoursError(f"starts and ends at {start}", "an end that differs from the start")
        found.append(Window(_days(days), _time(start), _time(end)))
    return found


def _scheduled(window: Window) -> list[Day]:
    return [scheduled for scheduled in SCHEDULED if scheduled.title() in window.days]


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
