"""What machines did themselves, among what people did."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from soundstage.cli.display.history import history_document, history_text
from soundstage.cli.display.screen import Screen
from soundstage.stacks.journal.entry import Entry, moment, name_of, read, text_of, written_at
from soundstage.stacks.journal.history import Happening, History, stops
from soundstage.stacks.why import Told

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
STOP = Told(NOON, "stop", "", 30, 30, hours_over=False)
MINUTE = timedelta(minutes=1)


def test_a_guard_that_says_stop_until_the_machine_is_off_is_one_stop() -> None:
    again = [replace(STOP, at=NOON + number * MINUTE) for number in range(3)]
    later = [
        replace(STOP, at=NOON + 60 * MINUTE, verdict="keep"),
        replace(STOP, at=NOON + 90 * MINUTE, hours_over=True),
    ]
    found = stops("edit-1", [*later, *again])
    assert [one.at for one in found] == [NOON, NOON + 90 * MINUTE]
    assert found[1].detail == "its hours had ended, and nobody used it for 30 min, and it stops after 30"
    assert {(one.who, one.source) for one in found} == {("edit-1", "machine")}


def test_an_entry_reads_as_it_was_written_and_names_sort_by_time() -> None:
    one = Entry(NOON, "ana", "desk", "up", ("edit-1",), "done", "well", 3.5, "x", ("y",))
    assert read(text_of(one).encode()) == one
    early, late = name_of(NOON, text_of(one)), name_of(NOON + MINUTE, text_of(one))
    assert early < late
    assert early >= moment(NOON)
    assert written_at(early) == NOON
    assert written_at("notes.json") is None
    assert read(b"[]") is None
    assert read(b"\xff") is None


def test_what_would_command_a_terminal_is_escaped() -> None:
    one = Entry(NOON, "ana\x1b[31m", "desk", "up", (), "failed", "a\x07b\nmore")
    found = read(text_of(one).encode())
    assert found
    assert found.who == "ana\\x1b[31m"
    assert found.detail == "a\\x07b"


def test_the_table_says_where_a_colleague_is_not_in_it() -> None:
    happening = Happening(NOON, "ana", "desk", "stop", ("edit-1",), "done", "", 12.0)
    found = History(NOON, "/state/journal", False, (happening, *stops("edit-1", [STOP])), ("The entry x is gone.",))
    text = history_text(found, "teaser", "7d", Screen(width=200))
    assert "2026-11-26 12:00  ana on desk    stop edit-1  done    took 12 s" in text
    assert "edit-1 itself" in text
    assert "The entry x is gone." in text
    assert "Kept on this machine alone" in text
    assert history_document(found)["entries"][1] == {
        "at": "2026-11-26T12:00:00+00:00", "who": "edit-1", "host": None, "command": "stop", "machines": ["edit-1"],
        "result": "done", "seconds": None, "detail": "nobody used it for 30 min, and it stops after 30", "source": "machine",
    }  # fmt: skip
