"""What a machine says of itself, read back."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundstage.components.boot.report import (
    CHECKS,
    LARGEST_REPORT,
    LONGEST_LOG,
    Check,
    Failure,
    Occasion,
    Phase,
    Report,
    Result,
    read,
    written,
)
from soundstage.core.errors import OperationError

NINE = datetime(2026, 11, 26, 9, tzinfo=UTC)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
results = st.sampled_from(Result)
reports = st.builds(
    Report,
    occasion=st.sampled_from(Occasion),
    machine=words,
    project=words,
    began=st.just(NINE),
    ended=st.sampled_from([None, NINE]),
    phases=st.lists(st.builds(Phase, words, st.floats(0, 1e6), results, words), max_size=4).map(tuple),
    checks=st.lists(st.builds(Check, words, results, words, words, words), max_size=4).map(tuple),
    doing=words,
)


def report(*checks: Check, phases: tuple[Phase, ...] = (), ended: datetime | None = NINE) -> Report:
    return Report(Occasion.BOOT, "edit-1", "teaser", NINE, ended, phases, checks)


def document(**changes: Any) -> str:
    return json.dumps({**json.loads(written(report())), **changes})


@given(reports)
def test_what_is_written_is_read_back(each: Report) -> None:
    assert read(written(each)) == each
    assert "\n" not in written(each)


def test_a_machine_is_ready_when_its_start_is_over_and_nothing_failed() -> None:
    fine = Check("driver", Result.OK, "NVIDIA L4, 595.91.07")
    assert report(fine, Check("scratch", Result.NOT_APPLICABLE)).ready
    assert not report(fine, ended=None).ready
    assert not report(fine, Check("data", Result.FAILED)).ready
    assert not report(fine, phases=(Phase("own_commands", 1.0, Result.FAILED),)).ready


def test_what_a_person_misses_is_told_before_the_step_that_led_there() -> None:
    display = Check("display", Result.FAILED, wrong="Nothing listens on port 8443.", log="no dcv")
    failed = report(display, phases=(Phase("install_display", 3.0, Result.FAILED, "404"),)).failures
    assert failed == (
        Failure("display", "Nothing listens on port 8443.", "no dcv"),
        Failure("install_display", "The step install_display of the start failed.", "404"),
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        '{"format": 1}',
        document(format=2),
        document(began="yesterday"),
        document(began="0001-01-01T00:00:00+14:00"),
        document(phases=[1]),
        *(
            document(phases=[{"name": "tools", "seconds": seconds, "result": "ok"}])
            for seconds in (float("nan"), float("inf"), -1, 1e300, 10**400)
        ),
        document(checks=[{"name": 3, "result": "ok"}]),
        document(checks=[{"name": "driver", "result": "perhaps"}]),
        document(machine=None),
        written(report())[:-20],
        "[" * 200_000,
        " " * (LARGEST_REPORT + 1),
    ],
)
def test_what_is_no_report_is_refused_in_words(text: str) -> None:
    with pytest.raises(OperationError, match="cannot be read"):
        read(text)


def test_a_long_log_is_kept_from_its_end() -> None:
    text = document(checks=[{"name": "driver", "result": "failed", "log": "a" * LONGEST_LOG + "the end"}])
    log = read(text).checks[0].log
    assert len(log) == LONGEST_LOG
    assert log.endswith("the end")


def test_every_check_says_what_it_is_about() -> None:
    assert all(about and not about.endswith(".") for about in CHECKS.values())
