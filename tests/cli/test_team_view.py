"""What `list` prints of all machines, and the page for a producer."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.stacks.team.rows import IDLE, NOW, SAMPLE, machine, row

from soundstage.cli.display.overview import overview_document, overview_text
from soundstage.cli.display.producer_page import page
from soundstage.cli.display.screen import Screen
from soundstage.stacks.state.on_record import OnRecord, Standing
from soundstage.stacks.team.overview import Overview

FOUND = [OnRecord("northlight", "teaser", "aws", "eu-west-1", Standing.KEPT, None)]


def test_where_nothing_is_known_of_what_a_machine_costs_the_reason_is_said() -> None:
    unknown = row(replace(machine(), instance_type="z9.huge"))
    assert "one of its disks has no price here" in overview_text(Overview(NOW, (unknown,), ()), Screen(width=400))
    assert "no price here" not in overview_text(Overview(NOW, (row(machine()),), ()), Screen(width=400))


def test_the_table_says_who_is_on_what_since_when_and_what_it_costs() -> None:
    text = overview_text(SAMPLE, Screen(width=400))
    (edit,) = (line for line in text.splitlines() if line.startswith("edit-1"))
    assert re.split(r" {2,}", edit) == [
        "edit-1", "teaser", "eu-west-1", "running", "ana, now", "15 min", "12.61+", "19.84", "2027-03-31", "12 d",
    ]  # fmt: skip
    assert "2026-11-20 (past)" in text
    assert "2 of 4 machines are on. Today 35.56 USD, this month 65.84 USD." in text
    assert "Not shown: aws, eu-central-1: did not answer within 20 s." in text
    assert "estimates" in text


def test_a_machine_of_a_cloud_whose_clock_was_turned_was_seen_by_the_computers() -> None:
    turned = replace(SAMPLE.rows[0], at=NOW + timedelta(days=200))
    both = replace(SAMPLE, rows=(replace(turned, told=replace(IDLE, at=NOW + timedelta(days=200))), SAMPLE.rows[0]))
    first, second = overview_text(both, Screen(width=400)).splitlines()[1:3]
    assert ("12 min" in first, "2027-03-31 (past)" in first) == (True, True)
    assert ("15 min" in second, "(past)" in second) == (True, False)
    assert "31 March 2027: past" in page(both, FOUND)


def test_machines_of_two_studios_are_told_apart() -> None:
    other = replace(SAMPLE.rows[0], studio="northlight2")
    both = replace(SAMPLE, rows=(SAMPLE.rows[0], other))
    lines = [line.split() for line in overview_text(both, Screen(width=400)).splitlines()[:3]]
    assert [line[:2] for line in lines] == [["studio", "machine"], ["northlight", "edit-1"], ["northlight2", "edit-1"]]
    assert "<small>studio northlight2, eu-west-1</small>" in page(both, FOUND)
    assert "studio northlight" not in page(SAMPLE, FOUND)


def test_a_studio_without_a_machine_is_said_to_have_none() -> None:
    assert "There is no machine" in overview_text(Overview(NOW, (), ()), Screen())


def test_the_document_marks_what_is_an_estimate() -> None:
    one: Any = overview_document(SAMPLE)["machines"][0]
    assert one["estimate_today"] == {"usd": 12.6106, "hours": 9.0, "complete": False}
    assert one["last_session"] == {"who": "ana", "at": "2026-11-26T09:00:00+00:00", "open": True}
    assert one["idle_minutes"] == 15


def test_the_page_loads_nothing_runs_nothing_and_lets_no_name_out_of_its_place() -> None:
    text = page(SAMPLE, FOUND)
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert not re.search(r"(?:src|href|url\(|@import|https?:)", text.partition("<body>")[2])
    assert "default-src 'none'" in text


def test_the_page_has_plain_words_with_day_and_hour() -> None:
    text = page(SAMPLE, FOUND)
    assert "As it was on 26 Nov 2026, 18:00 UTC." in text
    assert "20 November 2026: past" in text
    assert "down; its media are kept" in text
    assert "at least, today, estimated" in text
    assert "arn:" not in text


def test_nobody_was_said_to_have_been_on_a_machine_of_a_cloud_that_keeps_no_record_of_sessions() -> None:
    (one,) = (row for row in SAMPLE.rows if row.machine.name == "edit-1")
    silent = replace(one, last=None, image_age_days=1)
    assert "assigned; nobody was on it in 30 days" in page(replace(SAMPLE, rows=(silent,)), FOUND)
    text = page(replace(SAMPLE, rows=(replace(silent, knows_last=False),)), FOUND)
    assert "assigned; who was on it is not known" in text
    assert "1 day old" in text


def test_a_page_that_is_there_is_not_written_over(
    workstation: Callable[..., Any], tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    assert workstation("list", "--html", "all.html").code == 0
    assert workstation("list", "--html", "all.html").code == 2
    assert workstation("list", "--html", "all.html", "--watch").code == 2
    assert workstation("list", "--html", "all.html", "--force", "--json").document["file"] == "all.html"


def test_status_without_a_project_shows_all_where_there_are_several(
    workstation: Callable[..., Any], tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "projects").mkdir()
    for name, net in (("tea", 50), ("teaser", 51)):
        text = f"project: {name}\nnetwork: {{cidr: 10.{net}.0.0/16}}\nworkstations:\n  a: {{for: audio}}\n"
        (tmp_path / "projects" / f"{name}.yaml").write_text(text)
    assert workstation("status", "--json").document["machines"] == []


def test_a_file_that_cannot_be_read_hides_no_machine_and_is_said(
    workstation: Callable[..., Any], tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "projects").mkdir()
    (tmp_path / "projects" / "broken.yaml").write_text("project: [")
    (told,) = workstation("list", "--json").document["told"]
    assert told.startswith("projects/broken.yaml cannot be read, and its machines may be missing here:")


def test_every_way_that_a_project_stands_has_words_on_the_page() -> None:
    for standing in Standing:
        assert "teaser" in page(SAMPLE, [OnRecord("northlight", "teaser", "aws", None, standing, None)])


def test_a_parked_machine_is_listed_from_the_record_and_not_twice() -> None:
    from soundstage.stacks.parking.record import Parked
    from soundstage.stacks.team.parked import with_parked

    parked = Parked("2026-11-01T20:00:00+00:00", "ana", "i-1", "ami-1", "edit-linux", "vol-1")
    both = {"edit-1": parked, "vfx-1": parked}
    record = OnRecord("northlight", "teaser", "aws", "eu-west-1", Standing.PARKED, None, parked=both)
    seen = with_parked(SAMPLE, [record])
    assert [(row.machine.name, row.state) for row in seen.rows[len(SAMPLE.rows) :]] == [("vfx-1", "parked")]
    assert "vfx-1" in overview_text(seen, Screen(width=300))
