"""Weekly hours: what people write, what it means, what is refused."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundstage.stacks import hours
from soundstage.stacks.hours import DAYS, Hours, HoursError, parse_hours


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Mon-Fri 09:00-19:00 UTC", ("Mon", "Tue", "Wed", "Thu", "Fri")),
        ("sat,SUN 09:00-19:00 UTC", ("Sat", "Sun")),
        ("Fri-Mon 09:00-19:00 UTC", ("Mon", "Fri", "Sat", "Sun")),
        ("Wed,Mon-Tue,Wed 09:00-19:00 UTC", ("Mon", "Tue", "Wed")),
        ("Mon-Sun 9:00 - 19:00  UTC", DAYS),
    ],
)
def test_days(text: str, days: tuple[str, ...]) -> None:
    assert parse_hours(text) == Hours(days, time(9), time(19), "UTC")


def test_night_ends_the_day_after() -> None:
    night = parse_hours("Mon 22:30-06:15 Europe/Lisbon")
    assert (night.start, night.end, night.zone) == (time(22, 30), time(6, 15), "Europe/Lisbon")


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("Mon-Fry 09:00-19:00 UTC", "Fri"),
        ("Mon 09:00-19:00 Europe/Lisboa", "Europe/Lisbon"),
        ("Mon 09:00-19:00 europe/lisbon", "Europe/Lisbon"),
    ],
)
def test_nearest_word_is_named(text: str, nearest: str) -> None:
    with pytest.raises(HoursError) as refused:
        parse_hours(text)
    assert refused.value.nearest == nearest


@pytest.mark.parametrize(
    "text",
    ["", "Mon", "Mon 09:00 UTC", "Mon 09:00-19:00", "Mon 24:00-25:00 UTC", "Mon 09:60-10:00 UTC", "Mon- 09:00-19:00 UTC",
     ",Mon 09:00-19:00 UTC", "Mon 09:00-09:00 UTC", "Mon 09:00-19:00 /etc/localtime", "Mon 09:00-19:00 Europe",
     "Mon 09:00-19:00 UTC\n", "Mon ٠٩:00-19:00 UTC"],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(HoursError):
        parse_hours(text)


def test_machine_without_time_zones_takes_any_well_formed_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hours, "_zones", frozenset)
    assert parse_hours("Mon 09:00-19:00 Europe/Lisbon").zone == "Europe/Lisbon"


@given(
    st.sets(st.sampled_from(DAYS), min_size=1).map(lambda days: tuple(sorted(days, key=DAYS.index))),
    st.times(),
    st.times(),
)
def test_written_hours_read_back_the_same(days: tuple[str, ...], start: time, end: time) -> None:
    meant = Hours(days, start.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0), "Europe/Lisbon")
    if meant.start != meant.end:
        assert parse_hours(str(meant)) == meant
