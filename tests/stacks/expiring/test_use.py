"""When a machine counts as in use, and is left."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from soundstage.stacks.clouds.base import LastSession, Machine
from soundstage.stacks.expiring.use import in_use
from soundstage.stacks.why import Told

NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
EDIT = Machine("edit-1", "i-1", "running", "g6.xlarge", NOW - timedelta(hours=9), None, None, (), "ana", "a", "content")
IDLE = Told(NOW - timedelta(minutes=5), "idle", "", 25, 240, hours_over=False)
OPEN = LastSession("ana", NOW - timedelta(hours=1), is_open=True)


@pytest.mark.parametrize(
    ("machine", "told", "last", "why"),
    [
        (EDIT, IDLE, None, ""),
        (EDIT, IDLE, replace(OPEN, is_open=False), ""),
        (EDIT, IDLE, OPEN, "ana has a session with edit-1"),
        (EDIT, replace(IDLE, idle_minutes=3), None, "edit-1 was used 8 min ago"),
        (EDIT, replace(IDLE, verdict="keep", reason="at work: blender"), None, "edit-1 is in use (at work: blender)"),
        (
            replace(EDIT, keep_awake="2026-11-26T08:00:00Z ben"),
            IDLE,
            None,
            "ben keeps edit-1 awake until 2026-11-26 08:00 UTC",
        ),
        (replace(EDIT, keep_awake="2026-11-26T01:00:00Z ben"), IDLE, None, ""),
        (replace(EDIT, state="stopped"), None, None, ""),
        (EDIT, None, None, "the idle guard of edit-1 has not told whether somebody uses it"),
        # Of an earlier start, and of a guard that is dead.
        (replace(EDIT, launched=NOW), IDLE, None, "the idle guard of edit-1 has not told whether somebody uses it"),
        (
            EDIT,
            replace(IDLE, at=NOW - timedelta(hours=3)),
            None,
            "the idle guard of edit-1 has not told whether somebody uses it",
        ),
    ],
)
def test_a_machine_is_left_when_somebody_uses_it_or_nobody_knows(
    machine: Machine, told: Told | None, last: LastSession | None, why: str
) -> None:
    assert in_use(machine, told, last, NOW, simulated=False) == why


def test_nothing_runs_in_a_simulated_machine_and_its_session_counts() -> None:
    assert in_use(EDIT, None, None, NOW, simulated=True) == ""
    assert in_use(EDIT, None, OPEN, NOW, simulated=True) == "ana has a session with edit-1"
