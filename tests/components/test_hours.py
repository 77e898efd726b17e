"""Working hours become the scheduler's expressions."""

from typing import Any

import pytest

from soundstage.components.hours import Hours, hours_faults, resolve_hours


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (
            {"days": ["MON", "TUE"], "start": "09:00", "stop": "19:05", "timezone": "Europe/Lisbon"},
            Hours("Europe/Lisbon", "cron(5 19 ? * MON,TUE *)", "cron(0 9 ? * MON,TUE *)"),
        ),
        ({"days": ["SUN"], "stop": "00:00"}, Hours("UTC", "cron(0 0 ? * SUN *)", None)),
        (
            {"days": ["FRI", "SUN"], "start": "20:00", "stop": "04:00"},
            Hours("UTC", "cron(0 4 ? * MON,SAT *)", "cron(0 20 ? * FRI,SUN *)"),
        ),
        (
            {"days": ["SAT"], "start": "09:00", "stop": "09:00"},
            Hours("UTC", "cron(0 9 ? * SUN *)", "cron(0 9 ? * SAT *)"),
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
