"""What a person reads of a machine's start."""

from datetime import UTC, datetime

import pytest

from soundstage.cli.display.readiness import timing_lines, wrong_lines
from soundstage.cli.display.screen import Screen
from soundstage.components.boot.report import Check, Occasion, Phase, Report, Result

NINE = datetime(2026, 11, 26, 9, tzinfo=UTC)
SCREEN = Screen(width=100)


def report(result: Result = Result.OK, *, over: bool = True) -> Report:
    checks = (Check("display", result, wrong="Nothing \x1b[31manswers."),)
    return Report(
        Occasion.BOOT, "edit-1", "teaser", NINE, NINE if over else None, (Phase("tools", 12, Result.OK),), checks
    )


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (report(), "edit-1: 12 s from the start to ready"),
        (report(Result.FAILED), "edit-1: 12 s from the start until it was found not ready"),
        (report(over=False), "edit-1: 12 s since the start, which is not over"),
    ],
)
def test_the_time_of_a_start_is_called_what_it_is(told: Report, says: str) -> None:
    first, rows, _ = timing_lines({"edit-1": told}, SCREEN)
    assert first == says
    assert "tools" in rows


def test_what_a_machine_tells_cannot_command_the_terminal() -> None:
    lines = wrong_lines({"edit-1": report(Result.FAILED)}, "teaser", SCREEN)
    assert lines[0] == "edit-1 is not ready: display: Nothing \\x1b[31manswers."
    assert lines[1] == "`workstation logs edit-1 --project teaser` shows its log."
