"""A running operation: lines for a log, a board for a terminal."""

import io
import sys

import pytest

from soundstage.cli.display.screen import Screen
from soundstage.cli.display.steps import Board, event_line
from soundstage.cli.display.text import columns
from soundstage.cli.progress import Progress
from soundstage.engines.base import Event, EventKind
from soundstage.plan.plan import Operation

WIDE = Screen(width=100)
INSTANCE = {"urn": "u:1", "type": "aws:ec2/instance:Instance", "name": "edit-1-instance"}


def step(kind: EventKind, operation: Operation = Operation.CREATE, **more: object) -> Event:
    return Event(kind, operation=operation, **{**INSTANCE, **more})  # type: ignore[arg-type]


def test_a_finished_step_is_one_line() -> None:
    assert event_line(step(EventKind.STEP_DONE, seconds=2.31), WIDE) == (
        f"+ {'edit-1-instance (ec2 Instance)':<66}  created, 2.3 s"
    )


@pytest.mark.parametrize(
    "event",
    [
        step(EventKind.STEP_STARTED),
        step(EventKind.STEP_DONE, Operation.SAME),
        step(EventKind.STEP_DONE, Operation.READ),
        Event(EventKind.FINISHED),
    ],
    ids=lambda event: f"{event.kind} {event.operation}",
)
def test_what_says_nothing_new_is_no_line(event: Event) -> None:
    assert event_line(event, WIDE) is None


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (Event(EventKind.RETRY, name="edit-1", message="throttled; again in 2 s"), "! edit-1: throttled; again in 2 s"),
        (Event(EventKind.WARNING, message="two\nlines"), "! two\nlines"),
        (Event(EventKind.RESUMING, message="found what was made"), "! found what was made"),
        (
            step(EventKind.STEP_FAILED, message="no capacity\nmore"),
            "✗ edit-1-instance (ec2 Instance): failed: no capacity",
        ),
        (Event(EventKind.STEP_DONE, name="edit-1", message="stopped", seconds=1), f"✓ {'edit-1':<66}  stopped, 1.0 s"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_person_must_know_is_a_line(event: Event, line: str) -> None:
    assert event_line(event, WIDE) == line


def test_the_board_shows_what_runs_and_how_far_it_is() -> None:
    board = Board(total=3, started=100.0)
    board.take(step(EventKind.STEP_STARTED), 101.0)
    board.take(step(EventKind.STEP_STARTED, urn="u:2", name="edit-2-instance"), 102.0)
    board.take(step(EventKind.STEP_DONE), 103.0)
    lines = board.lines(104.0, WIDE)
    assert [line[2:].split("  ")[0] for line in lines] == ["edit-2-instance (ec2 Instance)", "1 of 3 done, 4.0 s"]
    assert lines[0].endswith("creating 2.0 s")


def test_the_board_does_not_outgrow_a_screen() -> None:
    board = Board(total=0, started=0.0)
    for number in range(50):
        board.take(step(EventKind.STEP_STARTED, urn=f"u:{number}", name="n" * 80), 0.0)
    lines = board.lines(1.0, Screen(width=60))
    assert len(lines) == 10
    assert "and 42 more" in lines[-2]
    assert "0 done" in lines[-1]
    assert all(columns(line) <= 60 for line in lines)


def test_a_row_was_created_and_creating_at_once_among_a_hundred_and_forty() -> None:
    """On a terminal a component is one row while it is made, and one line when it is done."""
    groups = {f"u:{number}": "teaser-network (StudioNetwork)" for number in range(3)} | {
        "u:9": "teaser-edit-1 (Workstation)"
    }
    board = Board(total=4, started=0.0, groups=groups)
    finished = []
    for number in range(3):
        board.take(step(EventKind.STEP_STARTED, urn=f"u:{number}", name=f"net-{number}"), 1.0)
    board.take(step(EventKind.STEP_STARTED, urn="u:9", name="edit-1-instance"), 1.0)
    for number in range(3):
        rows = [line[2:].split("  ")[0] for line in board.lines(2.0, WIDE)][:-1]
        assert rows == ["teaser-network (StudioNetwork)", "teaser-edit-1 (Workstation)"]
        finished.append(board.take(step(EventKind.STEP_DONE, urn=f"u:{number}", name=f"net-{number}"), 3.0))
    assert finished[:2] == [None, None]
    assert finished[2] is not None
    assert finished[2].line(3.0, WIDE) == f"+ {'teaser-network (StudioNetwork)':<66}  3 created, 2.0 s"
    assert [line[2:].split("  ")[0] for line in board.lines(4.0, WIDE)][:-1] == ["teaser-edit-1 (Workstation)"]


def test_a_component_with_a_failure_is_never_folded_as_done() -> None:
    board = Board(total=2, started=0.0, groups={"u:1": "teaser (A)", "u:2": "teaser (A)"})
    for urn in ("u:1", "u:2"):
        board.take(step(EventKind.STEP_STARTED, urn=urn), 0.0)
    assert board.take(step(EventKind.STEP_FAILED, urn="u:1", message="no"), 1.0) is None
    assert board.take(step(EventKind.STEP_DONE, urn="u:2"), 1.0) is None


def test_a_pipe_gets_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(1) as progress:
        progress(step(EventKind.STEP_STARTED))
        progress(step(EventKind.STEP_DONE, seconds=0.2))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("+ edit-1-instance")
    assert len(captured.err.splitlines()) == 1


def test_a_preview_only_tells_what_a_person_must_know(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(preview=True) as progress:
        progress(step(EventKind.STEP_STARTED))
        progress(step(EventKind.STEP_DONE))
        progress(Event(EventKind.RESUMING, message="found what was made"))
        progress(step(EventKind.STEP_FAILED, message="refused"))
    assert [line[0] for line in capsys.readouterr().err.splitlines()] == ["!", "✗"]


class _Terminal(io.StringIO):
    encoding = "utf-8"  # type: ignore[assignment]

    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_board_that_is_gone_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    with Progress(2) as progress:
        progress(step(EventKind.STEP_STARTED))
        progress(step(EventKind.STEP_DONE, seconds=0.2))
    drawn = terminal.getvalue()
    assert "created, 0.2 s" in drawn
    assert "\x1b[?25h" in drawn  # the cursor is shown again


def test_a_terminal_that_went_away_does_not_stop_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stderr", Gone())
    with Progress(1) as progress:
        progress(step(EventKind.STEP_DONE))


def test_secrets_in_a_message_are_masked(capsys: pytest.CaptureFixture[str]) -> None:
    Progress(1)(Event(EventKind.WARNING, message="https://ana:hunter2@git.example failed"))
    assert "hunter2" not in capsys.readouterr().err
