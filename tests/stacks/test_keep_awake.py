"""Keeping machines awake: how long, who, and what is refused."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundstage.components.boot import idle_watch
from soundstage.core.errors import UsageError
from soundstage.stacks.clouds.base import Machine
from soundstage.stacks.keep_awake import asked, keep_awake, let_sleep, read, span

NOW = datetime(2026, 11, 26, 18, 0, 5, 123, tzinfo=UTC)
EDIT = Machine("edit-1", "i-1", "running", "g6.xlarge", NOW, None, None, (), "ana", "eu-west-1a", "content")


class Marks:
    """Machines of which only the marks are kept."""

    def __init__(self) -> None:
        self.marked: list[tuple[str, str]] = []

    def mark_awake(self, machine: Machine, until: str) -> None:
        self.marked.append((machine.name, until))


@pytest.mark.parametrize(
    ("text", "minutes"), [("2h", 120), ("45m", 45), ("1h30m", 90), ("24h", 1440), (" 5M ", 5), ("0h10m", 10)]
)
def test_a_time_is_hours_and_minutes(text: str, minutes: int) -> None:
    assert span(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["", "2", "h", "2d", "-2h", "2h 30", "1.5h", "٢h", "2h\n3m", "99999999h", "edit-1"])
def test_what_is_no_time_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        span(text)
    assert "2h, 45m or 1h30m" in str(refused.value.hint)


@pytest.mark.parametrize("text", ["25h", "24h1m", "4m", "0m", "0h"])
def test_a_time_is_bounded(text: str) -> None:
    with pytest.raises(UsageError, match="cannot be kept awake"):
        span(text)


def test_a_machine_is_marked_in_a_form_that_its_guard_reads() -> None:
    marks: Any = Marks()
    kept = keep_awake(marks, [EDIT], span("2h"), "Ana María", NOW)
    assert marks.marked == [("edit-1", "2026-11-26T20:00:05Z Ana-Mar-a")]
    assert read(marks.marked[0][1]) == kept["edit-1"]
    said = idle_watch.awake(marks.marked[0][1], NOW.timestamp())
    assert said == "Ana-Mar-a keeps it awake until 2026-11-26T20:00:05Z"


@given(st.text(max_size=200))
def test_whoever_asks_the_tag_is_one_that_ec2_takes(who: str) -> None:
    marks: Any = Marks()
    keep_awake(marks, [EDIT], timedelta(hours=24), who, NOW)
    (_, tag), *_ = marks.marked
    assert len(tag) <= 256
    assert all(letter.isascii() and (letter.isalnum() or letter in " +-=._:/@") for letter in tag)
    assert idle_watch.awake(tag, NOW.timestamp())


def test_only_what_is_kept_awake_is_let_sleep() -> None:
    marks: Any = Marks()
    kept = replace(EDIT, name="mix-1", keep_awake="2026-11-26T20:00:00Z ana")
    assert let_sleep(marks, [EDIT, kept]) == [kept]
    assert marks.marked == [("mix-1", "")]


@pytest.mark.parametrize("tag", ["", "soon", "2026-11-26T20:00:00 ana", "2026-13-01T00:00:00Z ana"])
def test_a_tag_that_somebody_wrote_by_hand_in_another_form_counts_as_none(tag: str) -> None:
    assert read(tag) is None


def test_the_words_of_a_command_line() -> None:
    assert asked("2h", "edit-1", off=False) == (timedelta(hours=2), "edit-1")
    assert asked("2h", None, off=False) == (timedelta(hours=2), None)
    assert asked("edit-1", None, off=True) == (None, "edit-1")
    assert asked(None, None, off=True) == (None, None)
    with pytest.raises(UsageError, match="For how long"):
        asked(None, None, off=False)
    with pytest.raises(UsageError, match="takes no time"):
        asked("2h", "edit-1", off=True)
