"""Working hours become the scheduler's expressions."""

from calendar import isleap
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundstage.components.aws.clock import timer_policy
from soundstage.components.aws.place import Place
from soundstage.components.hours import DAYS, Hours, Window, hours_faults, overlap, resolve_hours
from soundstage.components.policydoc import document
from soundstage.simulator.aws.conditions import holds


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


LISBON: Any = {
    "days": ["MON", "TUE", "WED", "THU", "FRI"],
    "start": "09:00",
    "stop": "19:00",
    "timezone": "Europe/Lisbon",
}


def is_refused(args: Any, at: str) -> bool:
    """Whether the clock may not start the machine at a time in UTC, as the simulated cloud reads the policy of its role."""
    assert hours_faults("hours", args) == []
    statements = timer_policy(
        Place("123456789012", "eu-west-1", "aws"), "arn:machine", "arn:key", resolve_hours(args).closed
    )
    return any(holds(each.conditions, {"aws:currenttime": at + ":00Z"}) for each in statements if each.effect == "Deny")


@pytest.mark.parametrize(
    ("closed", "more", "at", "refused"),
    [
        ("2026-12-25", {}, "2026-12-25T09:00", True),
        # Tried again for an hour.
        ("2026-12-25", {}, "2026-12-25T10:00", True),
        ("2026-12-25", {}, "2026-12-25T10:02", False),
        ("2026-12-25", {}, "2026-12-24T09:00", False),
        ("2026-12-25", {}, "2026-12-28T09:00", False),
        # Summer time: nine by the wall is eight in UTC, on the day of the change itself too.
        ("2026-06-10", {}, "2026-06-10T08:00", True),
        ("2027-03-28", {"days": ["SUN"]}, "2027-03-28T08:00", True),
        ("2026-10-25", {"days": ["SUN"]}, "2026-10-25T09:00", True),
        # Started before: the work of the first of January is started on the last of December, by the wall of the place.
        ("2027-01-01", {"start": "00:15", "start_before_minutes": 30}, "2026-12-31T23:45", True),
        ("2027-01-01", {"start": "00:15", "start_before_minutes": 30}, "2026-12-30T23:45", False),
        ("2026-12-31", {"start": "00:15", "start_before_minutes": 30}, "2026-12-31T23:45", False),
        ("2027-01-01", {"timezone": "Pacific/Auckland"}, "2026-12-31T20:00", True),
        ("2027-01-01", {"timezone": "America/Los_Angeles"}, "2027-01-01T17:00", True),
        # A night that began on a working day goes on into the holiday, and the next begins on it.
        ("2026-12-25", {"start": "22:00", "stop": "06:00"}, "2026-12-24T22:00", False),
        ("2026-12-25", {"start": "22:00", "stop": "06:00"}, "2026-12-25T22:00", True),
        ("2026-12-25", {"more": [{"days": ["FRI"], "start": "20:00", "stop": "22:00"}]}, "2026-12-25T20:00", True),
        # The next day's start comes within the hour in which a start is tried again.
        (
            "2026-12-25",
            {
                "days": ["FRI"],
                "start": "23:30",
                "stop": "23:50",
                "more": [{"days": ["SAT"], "start": "00:10", "stop": "06:00"}],
            },
            "2026-12-26T00:10",
            False,
        ),
    ],
)
def test_the_clock_starts_nothing_on_a_holiday_and_everything_beside_it(
    closed: str, more: Any, at: str, refused: bool
) -> None:
    assert is_refused({**LISBON, **more, "closed": [closed]}, at) is refused


@settings(max_examples=25)
@given(
    st.sampled_from(["Europe/Lisbon", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Kolkata"]),
    st.sets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=20),
    st.integers(0, 60),
)
def test_of_all_starts_of_a_year_those_of_closed_days_are_refused_and_no_others(
    zone: str, closed: set[date], before: int
) -> None:
    args = {**LISBON, "timezone": zone, "start_before_minutes": before, "closed": sorted(map(str, closed))}
    shut = resolve_hours(args).closed
    for number in range(365):
        day = date(2026, 1, 1) + timedelta(days=number)
        if day.weekday() < 5:
            wall = datetime.combine(day, time(9), ZoneInfo(zone)) - timedelta(minutes=before)
            at = wall.astimezone(UTC) + timedelta(seconds=59)
            assert any(each.since <= at < each.until for each in shut) is (day in closed)


def test_a_closed_fortnight_is_one_time_with_its_weekends() -> None:
    days = [str(date(2026, 12, 21) + timedelta(days=number)) for number in range(12)]
    assert len(resolve_hours({**LISBON, "closed": days}).closed) == 1


def test_the_most_closed_days_fit_into_the_policies_of_a_role() -> None:
    days = [str(date(2026, 1, 5) + timedelta(days=2 * number)) for number in range(80)]
    most = next(days[:n] for n in range(80, 0, -1) if not hours_faults("hours", {**LISBON, "closed": days[:n]}))
    closed = resolve_hours({**LISBON, "closed": most}).closed
    assert len(closed) == 40
    machine = "arn:aws-us-gov:ec2:ap-southeast-3:123456789012:instance/i-0123456789abcdef0"
    key = "arn:aws-us-gov:kms:ap-southeast-3:123456789012:key/" + "0" * 36
    place = Place("123456789012", "ap-southeast-3", "aws-us-gov")
    assert len(document(timer_policy(place, machine, key, closed))) <= 10_240


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"closed": ["2027-02-30"]}, "hours.closed has '2027-02-30'; expected a day that exists, YYYY-MM-DD"),
        ({"closed": ["25.12.2026"]}, "expected a day that exists"),
        ({"closed": [str(date(2026, 1, 1) + timedelta(days=7 * n)) for n in range(41)]}, "holds 41 runs of days"),
    ],
)
def test_closed_days_that_cannot_be_are_refused(more: Any, said: str) -> None:
    assert said in "; ".join(hours_faults("hours", {**LISBON, **more}))


def test_closed_days_without_a_start_close_nothing() -> None:
    args: Any = {"days": ["MON"], "stop": "19:00", "closed": ["2026-12-25"]}
    assert "nothing is started by the clock" in "; ".join(hours_faults("hours", args))
