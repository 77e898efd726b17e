"""Why a machine is on, and why it stopped."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from soundstage.core.errors import CloudError
from soundstage.stacks.clouds.base import Machine
from soundstage.stacks.why import Told, read, why, why_each

NOW = datetime(2026, 11, 26, 18, 0, tzinfo=UTC)
NINE = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
EDIT = Machine("edit-1", "i-1", "running", "g6.xlarge", NINE, None, None, (), "ana", "eu-west-1a", "content")
STOPPED = replace(EDIT, state="stopped")
IDLE = Told(NOW - timedelta(minutes=3), "idle", "", 12, 30, hours_over=False)
RENDERS = replace(IDLE, verdict="keep", reason="at work: blender -b", idle_minutes=0)
STOPS = replace(IDLE, verdict="stop", idle_minutes=30)


@pytest.mark.parametrize(
    ("machine", "told", "sentence"),
    [
        (EDIT, RENDERS, "edit-1 is on: at work: blender -b."),
        (EDIT, IDLE, "edit-1 is on and idle: it stops in about 15 min unless somebody uses it."),
        (EDIT, STOPS, "edit-1 is about to stop: nobody used it for 30 min, and it stops after 30."),
        (
            replace(EDIT, keep_awake="2026-11-26T20:00:00Z ana"),
            IDLE,
            "edit-1 is on: ana keeps it awake until 2026-11-26 20:00 UTC.",
        ),
        (
            replace(EDIT, keep_awake="2026-11-26T10:00:00Z ana"),
            RENDERS,
            "edit-1 is on: at work: blender -b.",
        ),
        (
            replace(EDIT, launched=NOW - timedelta(minutes=4)),
            None,
            "edit-1 is on, and its idle guard has told nothing yet.",
        ),
        # What was told of an earlier start says nothing of this one.
        (
            replace(EDIT, launched=NOW),
            STOPS,
            "edit-1 is on, and its idle guard has told nothing yet.",
        ),
        (
            STOPPED,
            STOPS,
            "edit-1 stopped itself at 2026-11-26 17:57 UTC: nobody used it for 30 min, and it stops after 30.",
        ),
        (
            STOPPED,
            replace(STOPS, hours_over=True, stops_after=5),
            "edit-1 stopped itself at 2026-11-26 17:57 UTC: its hours had ended, and nobody used it for 30 min, and it stops after 5.",
        ),
        (
            replace(STOPPED, stopped_by="Client.UserInitiatedShutdown"),
            RENDERS,
            "edit-1 was stopped from outside: by `workstation stop`, its budget, the alarm of a still machine, or somebody in the console.",
        ),
        (
            replace(STOPPED, stopped_by="Client.InstanceInitiatedShutdown"),
            RENDERS,
            "edit-1 was shut down from inside: by somebody who works on it, or by a program.",
        ),
        (
            replace(STOPPED, stopped_by="Server.SpotInstanceShutdown"),
            None,
            "edit-1 was stopped by AWS, which took its spot capacity back. AWS starts it again when it has some; its disks are kept.",
        ),
        (STOPPED, None, "edit-1 is stopped; nothing says why."),
    ],
)
def test_why(machine: Machine, told: Told | None, sentence: str) -> None:
    assert why(machine, told, "armed", NOW).sentence == sentence


def test_a_guard_that_is_silent_is_named_with_what_stops_the_machine_then() -> None:
    old = replace(RENDERS, at=NOW - timedelta(hours=2))
    found = why(EDIT, old, "armed", NOW)
    assert found.guard_is_silent
    assert found.sentence == (
        "edit-1 is on, and its idle guard has told nothing for long. The alarm of the cloud stops it after six still hours; "
        "`workstation stop` stops it now."
    )
    assert not why(EDIT, RENDERS, "armed", NOW).guard_is_silent


@pytest.mark.parametrize(("backstop", "word"), [("missing", "does not exist"), ("off", "is switched off")])
def test_a_backstop_that_would_not_act_is_named(backstop: Any, word: str) -> None:
    assert word in why(EDIT, RENDERS, backstop, NOW).sentence
    assert "`workstation up --refresh`" in why(EDIT, RENDERS, backstop, NOW).sentence


def test_a_simulated_machine_has_no_guard_and_that_is_no_fault() -> None:
    found = why(replace(EDIT, launched=NINE - timedelta(days=3)), None, "armed", NOW, simulated=True)
    assert (
        found.sentence == "edit-1 is on because it was started. It is simulated: nothing runs in it that would stop it."
    )
    assert not found.guard_is_silent


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "7",
        "{}",
        json.dumps({"at": "soon", "verdict": "keep"}),
        "[" * 100_000,
        '{"at": "2026-11-26T18:00:00Z"}',
    ],
)
def test_what_a_guard_wrote_that_cannot_be_read_counts_as_nothing(text: str) -> None:
    assert read(text) is None


def test_what_a_guard_writes_is_read() -> None:
    text = json.dumps(
        {
            "format": 1,
            "at": "2026-11-26T17:57:00Z",
            "verdict": "keep",
            "reason": "at work: \x1b[31mkick",
            "idle_minutes": 0,
            "stops_after": 30,
            "hours_over": False,
        }
    )
    assert read(text) == replace(RENDERS, reason="at work: \\x1b[31mkick")


class Denying:
    def guard(self, _: Machine) -> str:
        raise CloudError("no", "", action="logs:GetLogEvents", code="AccessDeniedException")

    def backstop(self, _: Machine) -> bool:
        raise CloudError("no", "", action="cloudwatch:DescribeAlarms", code="AccessDenied")


def test_who_may_not_read_is_told_what_is_known() -> None:
    machines: Any = Denying()
    found = why_each(machines, [EDIT], NOW, simulated=True)["edit-1"]
    assert (found.told, found.backstop) == (None, "unknown")
