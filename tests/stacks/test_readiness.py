"""`up` and `start` end when machines are ready, and fail with what is wrong."""

from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from soundstage.components.boot.report import Check, Occasion, Phase, Report, Result, written
from soundstage.core.errors import CloudError
from soundstage.engines.base import Event, EventKind
from soundstage.stacks import readiness
from soundstage.stacks.clouds.base import Cloud, Machine
from soundstage.stacks.readiness import NotReady, reports, wait_until_ready

NINE = datetime(2026, 11, 26, 9, tzinfo=UTC)


def report(
    *checks: Check, doing: str = "", phases: tuple[str, ...] = ("tools",), failed: str = "", over: bool = True
) -> str:
    steps = tuple(
        Phase(name, 1.5, Result.FAILED if name == failed else Result.OK, "its log")
        for name in (*phases, failed)
        if name
    )
    return written(Report(Occasion.BOOT, "edit-1", "teaser", NINE, NINE if over else None, steps, checks, doing))


BROKEN = Check("display", Result.FAILED, wrong="Nothing answers.", log="\n".join(f"line {n}" for n in range(30)))


def machine(name: str, state: str = "running") -> Machine:
    return Machine(name, f"i-{name}", state, "g5.xlarge", NINE, None, None, (), "ana", "eu-west-1a", "content")


class Clock:
    """A clock that goes on by itself when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(readiness, "time", clock)
    return clock


def cloud(*, is_real: bool = True, **told: Any) -> Cloud:
    """A cloud whose machines tell one thing after the other, and the last for ever. An error is raised."""
    each: dict[str, Iterator[Any]] = {name: iter(texts) for name, texts in told.items()}
    last: dict[str, Any] = {}

    def tells(one: Machine) -> Any:
        last[one.name] = next(each[one.name], last.get(one.name))
        if isinstance(last[one.name], Exception):
            raise last[one.name]
        return last[one.name]

    return cast("Cloud", SimpleNamespace(name=SimpleNamespace(is_real=is_real), machines=SimpleNamespace(told=tells)))


def test_it_waits_until_each_is_ready_and_tells_the_steps() -> None:
    events: list[Event] = []
    told = [None, report(doing="install_display", over=False), report(doing="display", over=False), report()]
    ready = wait_until_ready(cloud(a=told, b=[report()]), [machine("a"), machine("b")], "teaser", events.append)
    assert ready.keys() == {"a", "b"}
    assert all(each.ready for each in ready.values())
    assert [(e.name, e.message) for e in events if e.kind is EventKind.STEP_DONE] == [
        ("b", "ready"),
        ("a: tools", "done"),
        ("a", "ready"),
    ]
    assert "getting ready: install_display" in [e.message for e in events if e.name == "a"]


def test_a_stopped_machine_is_not_waited_for() -> None:
    assert wait_until_ready(cloud(), [machine("a", "stopped")], "teaser") == {}


def test_the_failing_check_is_told_with_the_end_of_its_log() -> None:
    with pytest.raises(NotReady) as failure:
        wait_until_ready(cloud(a=[report(BROKEN, failed="install_display")]), [machine("a")], "teaser")
    first, *log = failure.value.message.splitlines()
    assert first == "a is not ready: display failed. Nothing answers. Also failed: install_display."
    assert log == [f"  line {n}" for n in range(18, 30)]
    assert "`workstation logs a --project teaser`" in failure.value.hint


def test_the_others_are_waited_for_though_one_has_failed() -> None:
    events: list[Event] = []
    late = [report(doing="display", over=False)] * 3 + [report()]
    with pytest.raises(NotReady):
        wait_until_ready(cloud(a=[report(BROKEN)], b=late), [machine("a"), machine("b")], "teaser", events.append)
    assert ("b", "ready") in [(e.name, e.message) for e in events]


def test_a_machine_that_tells_nothing_is_not_waited_for_for_ever(clock: Clock) -> None:
    with pytest.raises(NotReady, match="told nothing of its start for 600 seconds") as failure:
        wait_until_ready(cloud(a=[None]), [machine("a")], "teaser")
    assert "CloudWatch Logs" in failure.value.hint
    assert 600 <= clock.now < 610


def test_a_simulated_machine_that_tells_nothing_is_given_up_soon(clock: Clock) -> None:
    with pytest.raises(NotReady) as failure:
        wait_until_ready(cloud(a=[None], is_real=False), [machine("a")], "teaser")
    assert "workstation simulator stop" in failure.value.hint
    assert clock.now < 5


def test_a_start_that_never_ends_is_given_up_at_its_step(clock: Clock) -> None:
    with pytest.raises(NotReady, match="not ready after 40 minutes: it is still at data_disk"):
        wait_until_ready(cloud(a=[report(doing="data_disk", over=False)]), [machine("a")], "teaser")


def test_between_two_steps_no_step_is_named(clock: Clock) -> None:
    events: list[Event] = []
    with pytest.raises(NotReady, match=r"it is still at its start\."):
        wait_until_ready(cloud(a=[report(over=False)]), [machine("a")], "teaser", events.append)
    assert {each.message for each in events if each.kind is EventKind.STEP_STARTED} == {"getting ready"}


def test_a_torn_report_is_passed_over() -> None:
    assert "a" in wait_until_ready(cloud(a=["{", report()]), [machine("a")], "teaser")


def test_who_may_not_read_what_machines_tell_does_not_wait() -> None:
    events: list[Event] = []
    denied = CloudError("no", code="AccessDeniedException")
    assert wait_until_ready(cloud(a=[denied]), [machine("a")], "teaser", events.append) == {}
    assert any(e.kind is EventKind.WARNING and "may not read" in e.message for e in events)
    assert reports(cloud(a=[denied]).machines, [machine("a")]) == {}


def test_another_refusal_is_no_silence() -> None:
    broken = CloudError("throttled", code="ThrottlingException")
    with pytest.raises(CloudError, match="throttled"):
        wait_until_ready(cloud(a=[broken]), [machine("a")], "teaser")
    with pytest.raises(CloudError, match="throttled"):
        reports(cloud(a=[broken]).machines, [machine("a")])
