"""`up` runs a program that its preview just ran only where it may be told something else than the preview was."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

from soundstage.core.errors import OperationError
from soundstage.core.values import Properties
from soundstage.engines.base import Event, MadeOf
from soundstage.engines.testing import Bench, Group, MemoryProvider, Thing
from soundstage.plan.plan import Operation

SAME = Operation.SAME


class Counted:
    """Programs of a file, each of which counts that it ran."""

    def __init__(self) -> None:
        self.runs = 0

    def __call__(self, *things: str, **more: Any) -> Callable[[], None]:
        def declare() -> None:
            self.runs += 1
            group = Group("group")
            made = {name: Thing(name, pulumi.ResourceOptions(parent=group), **more) for name in things}
            Thing("reader", seen=[thing.arn for thing in made.values()])
            pulumi.export("arns", [thing.arn for thing in made.values()])
            pulumi.export("asked", pulumi.runtime.invoke("test:index:get", {"a": 1}).value)
            group.register_outputs({"count": len(made)})

        return MadeOf((things, tuple(more.items())), declare)


@pytest.fixture
def program() -> Counted:
    return Counted()


def _told(events: list[Event]) -> list[tuple[Any, ...]]:
    return [(event.kind, event.urn, event.operation, event.message) for event in events]


def test_where_nothing_changes_it_runs_once_and_up_says_and_keeps_the_same(program: Counted, tmp_path: Path) -> None:
    once, twice = Bench(tmp_path / "once"), Bench(tmp_path / "twice")
    for bench in (once, twice):
        bench.up(program("a", "b"), parallel=1)  # in one order
        bench.events.clear()
    kept = once.engine.export()["deployment"]["resources"]
    program.runs = 0
    once.preview(program("a", "b"))
    counts = once.up(program("a", "b"), parallel=1)
    assert program.runs == 1
    assert counts == twice.up(program("a", "b"), parallel=1)
    assert _told(once.events) == _told(twice.events)
    assert once.engine.outputs() == twice.engine.outputs() != {}
    assert once.engine.export()["deployment"]["resources"] == kept


def test_what_the_file_no_longer_names_is_deleted_without_a_second_run(bench: Bench, program: Counted) -> None:
    def without(name: str) -> Callable[[], None]:
        return MadeOf((name,), lambda: (setattr(program, "runs", program.runs + 1), Thing("stays"))[0])

    def both() -> None:
        Thing("stays")
        Thing("goes")

    bench.up(both)
    assert bench.preview(without("goes")) == {"stays": SAME, "goes": Operation.DELETE}
    assert bench.up(without("goes")) == {SAME: 1, Operation.DELETE: 1}
    assert program.runs == 1
    assert bench.cloud.names() == ["stays"]


@pytest.mark.parametrize("change", [{"size": 1}, {"place": "there"}])
def test_where_something_changes_it_runs_once(bench: Bench, program: Counted, change: dict[str, Any]) -> None:
    bench.up(program("a"))
    program.runs = 0
    bench.preview(program("a", **change))
    bench.up(program("a", **change))
    assert program.runs == 1
    assert bench.cloud.by_name("reader")["seen"] == bench.outputs()["arns"]


def test_where_something_is_made_it_runs_once_and_takes_up_what_was_unknown(bench: Bench, program: Counted) -> None:
    bench.preview(program("a"))
    bench.up(program("a"))
    assert program.runs == 1
    assert bench.cloud.by_name("reader")["seen"] == ["arn:thing-1"]


def test_another_program_than_the_previewed_one_runs(bench: Bench, program: Counted) -> None:
    bench.up(program("a"))
    bench.preview(program("a"))
    bench.up(program("a", "b"))
    assert bench.cloud.names() == ["a", "b", "reader"]


def test_a_program_that_says_nothing_of_what_it_is_made_of_runs_again(bench: Bench) -> None:
    runs: list[int] = []

    def declared() -> Callable[[], None]:
        return lambda: (runs.append(1), Thing("a"))[0]

    bench.up(declared())
    bench.preview(declared())
    bench.up(declared())
    assert len(runs) == 3


def test_it_runs_again_when_another_command_changed_the_state_meanwhile(bench: Bench, program: Counted) -> None:
    bench.up(program("a"))
    bench.preview(program("a"))
    other = Bench(bench.folder)
    other.cloud = bench.cloud
    other.up(program("a", size=3))
    program.runs = 0
    bench.up(program("a"))
    assert program.runs == 1
    assert "size" not in bench.cloud.by_name("a")


def test_it_runs_again_when_up_finds_by_refreshing_what_the_preview_did_not(bench: Bench, program: Counted) -> None:
    bench.up(program("a"))
    bench.preview(program("a"))
    program.runs = 0
    next(item for item in bench.cloud.resources.values() if item["urn"].endswith("::a"))["properties"]["size"] = 9
    assert bench.up(program("a"), refresh=True)[Operation.UPDATE] == 1
    assert program.runs == 1
    assert "size" not in bench.cloud.by_name("a")


def test_it_runs_again_when_a_data_source_answers_otherwise(
    bench: Bench, program: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.up(program("a"))
    bench.preview(program("a"))

    def answer(_self: MemoryProvider, token: str, args: Properties) -> Properties:
        return {"token": token, **args, "new": True}

    monkeypatch.setattr(MemoryProvider, "invoke", answer)
    bench.up(program("a"))
    assert bench.outputs()["asked"]["new"] is True


def test_what_a_preview_found_serves_one_up_only(bench: Bench, program: Counted) -> None:
    bench.up(program("a"))
    bench.preview(program("a"))
    program.runs = 0
    bench.up(program("a"))
    bench.up(program("a"))
    assert program.runs == 1


def test_after_a_preview_that_failed_it_runs(bench: Bench, program: Counted) -> None:
    bench.up(program("a"))
    bench.preview(program("a"))

    def broken() -> None:
        raise ValueError("broken")

    with pytest.raises(OperationError, match="broken"):
        bench.engine.preview(broken)
    program.runs = 0
    bench.up(program("a"))
    assert program.runs == 1
