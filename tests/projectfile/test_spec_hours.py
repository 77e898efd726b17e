"""Weekly hours: what people write, what it means, what is refused."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundstage.components import timezones
from soundstage.components.hours import hours_faults
from soundstage.core.errors import SpecError
from soundstage.projectfile.hours import DAYS, Hours, HoursError, Window, parse_hours
from soundstage.projectfile.public_holidays import check_holidays
from soundstage.projectfile.spec import load_project


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
    assert parse_hours(text) == Hours((Window(days, time(9), time(19)),), "UTC")


def test_night_ends_the_day_after() -> None:
    night = parse_hours("Mon 22:30-06:15 Europe/Lisbon")
    assert night == Hours((Window(("Mon",), time(22, 30), time(6, 15)),), "Europe/Lisbon")


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("Mon-Fry 09:00-19:00 UTC", "Fri"),
        ("Mon 09:00-19:00 Europe/Lisboa", "Europe/Lisbon"),
        ("Mon 09:00-19:00 europe/lisbon", "Europe/Lisbon"),
        ("Mon 09:00-19:00 Lisbon", "Europe/Lisbon"),
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
    monkeypatch.setattr(timezones, "zones", frozenset)
    assert parse_hours("Mon 09:00-19:00 Europe/Lisbon").zone == "Europe/Lisbon"


@pytest.mark.parametrize(
    ("zone", "meant"),
    [
        ("PST", "America/Los_Angeles"), ("EST", "America/New_York"), ("EST5EDT", "America/New_York"),
        ("BST", "Europe/London"), ("IST", "Asia/Kolkata"), ("CET", "Europe/Berlin"), ("cest", "Europe/Berlin"),
        ("Japan", "Asia/Tokyo"), ("Zulu", "UTC"), ("Etc/GMT+2", ""), ("Etc/GMT", "UTC"), ("Factory", ""), ("localtime", ""),
    ],
)  # fmt: skip
def test_an_abbreviation_or_a_pretended_zone_was_taken_for_a_place(zone: str, meant: str) -> None:
    with pytest.raises(HoursError) as refused:
        parse_hours(f"Mon-Fri 09:00-19:00 {zone}")
    assert (refused.value.nearest, "Europe/Lisbon" in refused.value.allowed) == (meant, True)
    [fault] = hours_faults("hours", {"days": ["MON"], "stop": "19:00", "timezone": zone})
    assert zone in fault
    assert meant in fault


def test_every_zone_that_is_suggested_is_one() -> None:
    suggested = {timezones.zone_meant(word) for zone in timezones.zones() for word in (zone, zone.rpartition("/")[2])}
    assert [zone for zone in suggested if zone and not timezones.is_zone(zone)] == []


@pytest.mark.parametrize("zone", ["UTC", "America/Argentina/Buenos_Aires", "US/Pacific", "America/Port-au-Prince"])
def test_the_name_of_a_place_is_a_zone_to_file_and_component_alike(zone: str) -> None:
    args = parse_hours(f"Mon-Fri 09:00-19:00 {zone}").arguments()
    assert hours_faults("hours", args) == []


@given(
    st.sets(st.sampled_from(DAYS), min_size=1).map(lambda days: tuple(sorted(days, key=DAYS.index))),
    st.times(),
    st.times(),
)
def test_written_hours_read_back_the_same(days: tuple[str, ...], start: time, end: time) -> None:
    window = Window(days, start.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0))
    meant = Hours((window,), "Europe/Lisbon")
    if window.start != window.end:
        assert parse_hours(str(meant)) == meant


def test_several_stretches_of_work() -> None:
    hours = parse_hours("Mon-Thu 09:00-12:00, 13:00-19:00; Fri 9:00-15:00 Europe/Lisbon")
    assert str(hours) == "Mon-Thu 09:00-12:00; Mon-Thu 13:00-19:00; Fri 09:00-15:00 Europe/Lisbon"
    assert parse_hours(str(hours)) == hours
    assert hours_faults("hours", hours.arguments()) == []
    assert hours.per_week == 4 * 9 + 6
    assert hours.arguments()["more"][1] == {"days": ["FRI"], "start": "09:00", "stop": "15:00"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Mon-Fri 09:00-12:00,11:00-19:00 UTC", "has Mon 09:00-12:00 and Mon 11:00-19:00, which overlap"),
        ("Mon 05:00-09:00; Sun 22:00-06:00 UTC", "has Sun 22:00-06:00 and Mon 05:00-09:00, which overlap"),
        ("Mon-Fri 09:00-12:00,12:00-12:00 UTC", "starts and ends at 12:00"),
    ],
)
def test_stretches_that_overlap_or_never_open_are_refused(text: str, said: str) -> None:
    with pytest.raises(HoursError, match=said):
        parse_hours(text)


def holidays_of(text: str, **more: Any) -> Hours:
    return replace(parse_hours(text), **more)


@pytest.mark.parametrize(
    ("holidays", "now", "next_start"),
    [
        # The first of December is a holiday of Portugal, a Tuesday in 2026.
        ("PT", "2026-11-30T18:00+00:00", "2026-12-02T09:00+00:00"),
        (None, "2026-11-30T18:00+00:00", "2026-12-01T09:00+00:00"),
        # New Year's Day 2027 is a Friday, known in the year before.
        ("PT", "2026-12-31T10:00+00:00", "2027-01-04T09:00+00:00"),
        # Saint Anthony is a holiday of Lisbon alone, a Monday in 2033.
        ("PT-11", "2033-06-12T10:00+00:00", "2033-06-14T09:00+01:00"),
        ("PT", "2033-06-12T10:00+00:00", "2033-06-13T09:00+01:00"),
        # Easter Monday 2026 is no holiday of Portugal; the change to summer time was on the Sunday before Palm Sunday.
        ("PT", "2026-03-27T12:00+00:00", "2026-03-30T09:00+01:00"),
    ],
)
def test_the_next_start_leaves_holidays_out(holidays: str | None, now: str, next_start: str) -> None:
    hours = holidays_of("Mon-Fri 09:00-19:00 Europe/Lisbon", holidays=holidays)
    found = hours.next_start(datetime.fromisoformat(now))
    assert found is not None
    assert found.isoformat(timespec="minutes") == next_start


def test_the_plan_of_a_year_does_not_change_from_day_to_day_and_holds_the_next_year() -> None:
    closed = holidays_of("Mon-Fri 09:00-19:00 America/Los_Angeles", holidays="US-CA").arguments(2026)["closed"]
    assert closed[0] == "2026-01-01"
    assert closed[-1].startswith("2027-1")
    # Independence Day 2026 is a Saturday; its day in lieu is not.
    assert "2026-07-03" in closed


def test_days_of_ones_own_are_closed_besides_the_holidays() -> None:
    own = frozenset({date(2026, 12, 24), date(2026, 12, 26), date(2025, 12, 24)})
    hours = holidays_of("Mon-Fri 09:00-19:00 Europe/Lisbon", holidays="PT", closed=own)
    closed = hours.arguments(2026)["closed"]
    assert ("2026-12-24" in closed, "2026-12-25" in closed) == (True, True)
    # A Saturday, on which nothing starts, and a day of a year that is over.
    assert {"2026-12-26", "2025-12-24"} & set(closed) == set()
    assert hours_faults("hours", hours.arguments(2026)) == []


def test_every_country_and_every_part_of_it_fits_into_the_policy_of_a_role() -> None:
    for country in ("IR", "NP", "MM", "AZ", "TH", "IN"):
        hours = holidays_of("Mon-Sun 09:00-19:00 Europe/Lisbon", holidays=country)
        assert hours_faults("hours", hours.arguments(2026)) == [], country


def test_every_name_of_a_country_or_of_its_part_has_the_form_that_the_schema_demands() -> None:
    from holidays import list_supported_countries

    for country, parts in list_supported_countries().items():
        if len(country) == 2:
            for name in (country, *(f"{country}-{part}" for part in parts)):
                check_holidays(name)


@pytest.mark.parametrize(("first", "opens"), [("2026-11-01", False), ("2026-12-01", True)])
def test_hours_that_closed_days_swallow_whole_never_opened_and_nobody_said_so(
    first: str, opens: bool, tmp_path: Path
) -> None:
    days = [str(date.fromisoformat(first) + timedelta(days=number)) for number in range(425)]
    file = tmp_path / "teaser.yaml"
    weekly = f"{{weekly: 'Mon-Fri 09:00-19:00 UTC', except: [{', '.join(days)}]}}"
    file.write_text(f"project: teaser\nworkstations:\n  edit-1: {{for: editing, hours: {weekly}}}\n")
    if opens:
        assert load_project(file, today=date(2026, 11, 21)).workstations["edit-1"].hours
        return
    with pytest.raises(
        SpecError, match=r"hours: never opens: every day .* is closed, for a year from today \(allowed: other days"
    ):
        load_project(file, today=date(2026, 11, 21))
    load_project(file, allow_expired=True)
