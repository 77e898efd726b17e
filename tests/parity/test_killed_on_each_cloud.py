"""The genuine engine, or its plugin, is killed in the middle, on each cloud: the same command goes on, and nothing is made twice."""

import os
import signal
import threading
from pathlib import Path

import pytest
from tests.parity.played import PLAYED, Played
from tests.parity.steps import at_the_third_step

from soundstage.core.errors import EngineError, OperationError
from soundstage.engines.base import Event, EventKind
from soundstage.engines.pulumi.plugin_home import plugin_file
from soundstage.plan.plan import Operation
from soundstage.simulator import process
from soundstage.simulator.process import Endpoint

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    # The SDK leaves the event loop of an inline program open (pulumi 3.272, `automation/_server.py`).
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(params=PLAYED)
def on(request: pytest.FixtureRequest, cloud_home: Path) -> Played:
    process.reset(cloud_home)
    return PLAYED[request.param]


def test_a_killed_command_is_continued_and_nothing_is_doubled(
    on: Played, cloud: Endpoint, cloud_home: Path, tmp_path: Path
) -> None:
    running = on.genuine(tmp_path, cloud, cloud_home)
    killed = threading.Event()

    def kill() -> None:
        child = running._command._running
        if child is not None:
            os.killpg(child.pid, signal.SIGKILL)
            killed.set()

    with pytest.raises(OperationError):
        running.up(on.many(20), parallel=2, on_event=at_the_third_step(kill))
    assert killed.is_set()
    again = on.genuine(tmp_path, cloud, cloud_home, "other")
    events: list[Event] = []
    again.up(on.many(20), on_event=events.append)
    assert EventKind.RESUMING in {event.kind for event in events}
    assert len(on.contents(cloud)[on.made]) == 20
    assert again.unfinished() == []
    assert again.preview(on.many(20)).counts() == {Operation.SAME: 20}


def test_a_plugin_that_is_killed_midway_is_said_and_the_same_command_goes_on(
    on: Played, cloud: Endpoint, cloud_home: Path, tmp_path: Path
) -> None:
    running = on.genuine(tmp_path, cloud, cloud_home)
    real, note_of = tmp_path / "launcher", tmp_path / "plugin.pid"
    real.write_text(on.launcher(cloud_home))
    real.chmod(0o700)
    file = plugin_file(tmp_path / "plugins", on.package)
    file.write_text(f'#!/bin/sh\necho $$ > "{note_of}"\nexec "{real}" "$@"\n')

    def kill() -> None:
        os.kill(int(note_of.read_text()), signal.SIGKILL)

    with pytest.raises(EngineError, match="plugin of the engine crashed") as caught:
        running.up(on.many(40), parallel=2, on_event=at_the_third_step(kill))
    assert "the same command again" in caught.value.hint
    again = on.genuine(tmp_path, cloud, cloud_home, "other")
    again.up(on.many(40))
    assert len(on.contents(cloud)[on.made]) == 40
    assert again.unfinished() == []
