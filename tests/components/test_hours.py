"""Working hours become the scheduler's expressions."""

from calendar import isleap
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from soundstage.components.hours import DAYS, Hours, Window, hours_faults, overlap, resolve_hours


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (
            {"days": ["MON", "TUE"], "start": "09:00", "stop": "19:05", "timezone": "Europe/Lisbon"},
            Hours("Europe/Lisbon", (Window("cron(5 19 ? * MON,TUE *)", "cron(0 9 ? * MON,TUE *)"),)),
        ),
        ({"days": ["SUN"], "stop": "00:00"}, Hours("UTC", (Window("cron(0 0 ? * SUN *)", None),))),
        (
            {"days": ["FRI", "SUN"], "start": "20:00", "stop": "04:00"},
            Hours("UTC", (Window("cron(0 4 ? * MON,SAT *)", "cron(0 20 ? * FRI,SUN *)"),)),
        ),
        (
            {"days": ["SAT"], "start": "09:00", "stop": "09:00"},
            Hours("UTC", (Window("cron(0 9 ? * SUN *)", "cron(0 9 ? * SAT *)"),)),
        ),
    ],
)
def test_hours_as_cron(args: Any, expected: Hours) -> None:
    assert hours_faults("hours", args) == []
    assert resolve_hours(args) == expected


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        ({"days": ["MON"], "stop": "9:00"}, "expected HH:MM"),
        ({"days": ["MON"], "stop": "19:00", "start_before_minutes": 61}, "start_before_minutes"),
        ({"days": ["MON"], "stop": "19:00", "stop_after_minutes": -1}, "stop_after_minutes"),
        (
            {"days": ["MON"], "stop": "19:00", "more": [{"days": ["TUE"], "start": "09:00", "stop": "10:00"}]},
            "without hours.start",
        ),
        (
            {
                "days": ["MON"],
                "start": "09:00",
                "stop": "12:00",
                "more": [{"days": ["MON"], "start": "11:00", "stop": "13:00"}],
            },
            "MON 09:00-12:00 and MON 11:00-13:00 overlap",
        ),
        # Its end at noon would count at 15:00, in the middle of the afternoon's work.
        (
            {
                "days": ["MON"],
                "start": "09:00",
                "stop": "12:00",
                "more": [{"days": ["MON"], "start": "13:00", "stop": "19:00"}],
                "stop_after_minutes": 180,
            },
            "hours: MON 09:00-12:00 and MON 13:00-19:00 overlap by their start_before_minutes and stop_after_minutes; give fewer minutes",
        ),
        (
            {
                "days": list(DAYS),
                "start": "20:00",
                "stop": "18:00",
                "start_before_minutes": 60,
                "stop_after_minutes": 61,
            },
            "overlap by their",
        ),
        (
            {
                "days": ["MON"],
                "start": "05:00",
                "stop": "12:00",
                "more": [{"days": ["SUN"], "start": "22:00", "stop": "06:00"}],
            },
            "overlap",
        ),
        (
            {
                "days": ["MON"],
                "start": "09:00",
                "stop": "12:00",
                "more": [{"days": ["Tue"], "start": "x", "stop": "13:00"}],
            },
            "hours.more[0].days",
        ),
        ({"days": ["MON"], "stop": "24:00"}, "expected HH:MM"),
        ({"days": ["MON"], "stop": "09:00\n"}, "expected HH:MM"),
        ({"days": ["MON", "MON"], "stop": "09:00"}, "once"),
        ({"days": ["Monday"], "stop": "09:00"}, "hours.days"),
        ({"days": ["MON"], "stop": "09:00", "timezone": "Europe"}, "timezone"),
        ({"days": ["MON"], "stop": "09:00", "timezone": "../etc/passwd"}, "timezone"),
        ({"days": ["MON"], "stop": "09:00", "timezone": ""}, "timezone"),
    ],
)
def test_hours_that_cannot_be_are_refused(args: Any, problem: str) -> None:
    assert problem in "; ".join(hours_faults("hours", args))


def test_several_stretches_start_before_and_stop_after_over_midnight() -> None:
    args: Any = {
        "days": ["MON", "TUE"],
        "start": "00:05",
        "stop": "12:00",
        "more": [{"days": ["SAT"], "start": "20:00", "stop": "23:45"}],
        "start_before_minutes": 15,
        "stop_after_minutes": 30,
    }
    assert hours_faults("hours", args) == []
    assert resolve_hours(args).windows == (
        Window("cron(30 12 ? * MON,TUE *)", "cron(50 23 ? * MON,SUN *)"),
        Window("cron(15 0 ? * SUN *)", "cron(45 19 ? * SAT *)"),
    )


def test_stretches_that_touch_do_not_overlap() -> None:
    assert overlap([(["MON"], "09:00", "12:00"), (["MON"], "12:00", "09:00")]) is None
    assert overlap([(DAYS, "09:00", "09:00")]) is None
    assert overlap([(["MON"], "09:00", "12:00"), (["MON"], "13:00", "19:00")], 15, 45) is None


def fires(cron: str, zone: str, year: int) -> list[datetime]:
    """When Amazon EventBridge Scheduler fires in a year, in UTC: by the clocks of the zone, once where an hour comes twice, and not at
    all at a time that a change of the clocks skips (EventBridge Scheduler User Guide, "Daylight savings time", read 2026-11)."""
    minute, hour, _, _, days, _ = cron.removeprefix("cron(").removesuffix(")").split()
    clocks, found = ZoneInfo(zone), []
    for number in range(366 + isleap(year) - 1):
        day = date(year, 1, 1) + timedelta(days=number)
        local = datetime.combine(day, time(int(hour), int(minute)), clocks)
        there = local.astimezone(UTC).astimezone(clocks).replace(fold=0) == local.replace(fold=0)
        if DAYS[day.weekday()] in days.split(",") and there:
            found.append(local.astimezone(UTC))
    return found


@pytest.mark.parametrize(
    "zone",
    [
        "Europe/Lisbon",
        "America/New_York",
        "Australia/Sydney",
        "America/Santiago",
        "Asia/Kolkata",
        "Europe/Dublin",
        "UTC",
    ],
)
@pytest.mark.parametrize("year", [2026, 2027, 2028])
def test_a_machine_starts_at_the_same_hour_by_the_wall_on_both_sides_of_each_change_of_clocks(
    zone: str, year: int
) -> None:
    args: Any = {"days": list(DAYS), "start": "09:00", "stop": "19:30", "timezone": zone}
    [window] = resolve_hours(args).windows
    clocks = ZoneInfo(zone)
    for cron, wall in ((window.start, time(9)), (window.stop, time(19, 30))):
        found = fires(str(cron), zone, year)
        assert len(found) == 365 + isleap(year)
        assert {at.astimezone(clocks).time() for at in found} == {wall}
        offsets = {at.astimezone(clocks).utcoffset() for at in found}
        assert len(offsets) == (1 if zone in ("Asia/Kolkata", "UTC") else 2)


def test_a_time_that_a_change_of_clocks_skips_is_not_there_on_that_night() -> None:
    assert len(fires("cron(30 1 ? * SUN *)", "Europe/Lisbon", 2027)) == 51
    assert len(fires("cron(30 0 ? * SUN *)", "Europe/Lisbon", 2027)) == 52
