"""What a preview spends: no thread, no reading of stacks, and work that grows with the program and not with its square.

How long it takes, `make bench` measures.
"""

import asyncio
import contextvars
import sys
import threading
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks, settings
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.stack import run_pulumi_func

from soundstage.engines.testing import Bench, MemoryProvider, Thing
from soundstage.providers.base import Checked


def test_a_preview_works_in_the_programs_own_thread(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[threading.Thread] = []
    check = MemoryProvider.check

    def watched(*args: Any) -> Checked:
        threads.append(threading.current_thread())
        return check(*args)

    monkeypatch.setattr(MemoryProvider, "check", watched)
    bench.engine.preview(lambda: _many(2))
    assert threads == [threading.main_thread()] * 4


def test_four_times_the_resources_cost_four_times_the_work(bench: Bench) -> None:
    bench.engine.preview(lambda: _many(1))
    once, four = _calls(bench, 30), _calls(bench, 120)
    assert once < four < 4.2 * once, f"{four / once:.1f} times the calls"


def _many(count: int) -> None:
    network = Thing("network")
    things = [Thing(f"thing-{number}", network=network.id) for number in range(count)]
    Thing("last", all=[thing.id for thing in things])
    pulumi.export("things", [thing.id for thing in things])


def _calls(bench: Bench, count: int) -> int:
    """How many calls of functions a preview takes: work that no other load on the machine can stretch."""
    calls = 0

    def one_more(_frame: object, event: str, _arg: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(one_more)
    try:
        bench.engine.preview(lambda: _many(count))
    finally:
        sys.setprofile(None)
    return calls


def _declare() -> None:
    Thing("one")


class _OtherEngine(mocks.MockMonitor):
    """An engine that is told where in the program a resource was made."""

    def __init__(self) -> None:
        super().__init__(None)  # type: ignore[arg-type]  # there are no mocks: the one method that used them is replaced
        self.files: set[str] = set()

    def RegisterResource(self, request: Any) -> Any:
        self.files.update(frame.pc.uri.rpartition("/")[2] for frame in request.stackTrace.frames)
        return resource_pb2.RegisterResourceResponse(urn=f"urn:pulumi:other::other::{request.type}::{request.name}")


def test_other_engines_still_learn_where_in_the_program_a_resource_was_made(bench: Bench) -> None:
    bench.engine.preview(_declare)
    other = _OtherEngine()

    def elsewhere() -> None:
        settings.configure(settings.Settings(project="other", stack="other", monitor=other, dry_run=True))
        asyncio.run(run_pulumi_func(_declare))

    contextvars.copy_context().run(elsewhere)
    assert Path(__file__).name in other.files
