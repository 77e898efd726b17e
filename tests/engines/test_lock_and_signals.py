"""Two commands at one stack, and a person who wants to stop one."""

import fcntl
import json
import os
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from soundstage.core.errors import Interrupted, StateLocked
from soundstage.engines import lock
from soundstage.engines.pulumi.signals import stopping
from soundstage.engines.testing import Bench, Thing
from soundstage.plan.plan import Operation


def chain() -> None:
    first = Thing("first")
    Thing("second", first=first.id)


def test_the_second_command_is_told_who_holds_the_stack(bench: Bench) -> None:
    with (
        lock.held(bench.folder, "soundstage/teaser", "up"),
        pytest.raises(StateLocked, match=rf"in use by `up` of .+ on {socket.gethostname()} \(process {os.getpid()}\)"),
    ):
        bench.up(chain)
    assert bench.cloud.calls == []
    bench.up(chain)


@pytest.fixture
def taken(bench: Bench) -> Iterator[int]:
    """The lock of the stack in somebody's hands, who has not noted so yet."""
    bench.folder.mkdir(parents=True, mode=0o700)
    handle = os.open(bench.folder / lock.LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX)
    yield handle
    os.close(handle)


@pytest.mark.parametrize("before", ["", "the note of a killed command"])
def test_the_command_that_comes_before_the_note_is_told_who_holds_the_stack(
    before: str, bench: Bench, taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if before:
        child = os.fork()
        if child == 0:
            lock._note(taken, "down")
            os._exit(0)
        os.waitpid(child, 0)
    monkeypatch.setattr(lock.time, "sleep", lambda _: lock._note(taken, "up"))
    with pytest.raises(StateLocked, match=rf"in use by `up` of .+ \(process {os.getpid()}\)"):
        bench.up(chain)


def test_the_command_that_comes_as_the_lock_is_given_back_takes_it(
    bench: Bench, taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock.time, "sleep", lambda _: fcntl.flock(taken, fcntl.LOCK_UN))
    bench.up(chain)


def test_a_lock_whose_holder_could_not_write_a_note_is_another_commands(
    bench: Bench, taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "_NOTE_SECONDS", 0.0)
    with pytest.raises(StateLocked, match="in use by another command"):
        bench.up(chain)


def test_a_preview_does_not_wait(bench: Bench) -> None:
    bench.up(chain)
    with lock.held(bench.folder, "soundstage/teaser", "up"):
        assert bench.preview(chain) == {"first": Operation.SAME, "second": Operation.SAME}
        assert bench.engine.outputs() == {}


def test_other_stacks_are_free(bench: Bench, tmp_path: Path) -> None:
    with lock.held(bench.folder, "soundstage/teaser", "up"):
        Bench(tmp_path / "other").up(chain)


def test_the_lock_of_a_killed_command_is_gone(bench: Bench) -> None:
    child = os.fork()
    if child == 0:
        with lock.held(bench.folder, "soundstage/teaser", "up"):
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert lock.holder(bench.folder) is not None
    bench.up(chain)
    assert lock.holder(bench.folder) is None


def test_a_note_from_another_host_is_believed_until_it_is_deleted(bench: Bench) -> None:
    bench.up(chain)
    note = {"pid": 1, "host": "elsewhere", "user": "ana", "since": "2026-11-21T09:00:00Z", "command": "up"}
    (bench.folder / lock.LOCK_FILE).write_text(json.dumps(note))
    with pytest.raises(StateLocked, match="`up` of ana on elsewhere") as caught:
        bench.up(chain)
    assert f"delete {bench.folder / lock.LOCK_FILE}" in caught.value.hint
    (bench.folder / lock.LOCK_FILE).unlink()
    bench.up(chain)


@pytest.mark.parametrize("note", ["", "nonsense", "[]", "{}", '{"pid": 1}'])
def test_a_note_that_says_nothing_is_no_obstacle(bench: Bench, note: str) -> None:
    bench.folder.mkdir(parents=True)
    (bench.folder / lock.LOCK_FILE).write_text(note)
    bench.up(chain)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_signal_finishes_the_step_and_starts_no_other(bench: Bench, number: signal.Signals) -> None:
    before = signal.getsignal(number)
    bench.cloud.before_call = lambda verb, _name: os.kill(os.getpid(), number) if verb == "create" else None
    with pytest.raises(Interrupted, match=r"^Stopped\. 1 step is done\. The same command continues\.$"):
        bench.up(chain)
    assert bench.cloud.names() == ["first"]
    assert any(message.startswith("Stopping:") for message in bench.messages())
    assert signal.getsignal(number) is before
    bench.cloud.before_call = lambda _verb, _name: None
    assert bench.up(chain) == {Operation.SAME: 1, Operation.CREATE: 1}


def test_a_signal_stops_a_destroy(bench: Bench) -> None:
    bench.up(chain)
    bench.cloud.before_call = lambda *_: os.kill(os.getpid(), signal.SIGINT)
    with pytest.raises(Interrupted):
        bench.engine.destroy()
    assert bench.cloud.names() == ["first"]
    bench.cloud.before_call = lambda *_: None
    bench.engine.destroy()
    assert bench.cloud.names() == []


def test_a_preview_that_is_stopped_says_that_nothing_was_changed(bench: Bench) -> None:
    def stopped() -> None:
        chain()
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Interrupted, match=r"Stopped\. Nothing was changed\."):
        bench.engine.preview(stopped)
    assert bench.cloud.calls == []


def test_the_second_signal_leaves_at_once_and_nothing_is_lost(bench: Bench) -> None:
    child = os.fork()
    if child == 0:
        twice = threading.Event()

        def strike(_verb: str, _name: str) -> None:
            os.kill(os.getpid(), signal.SIGINT)
            # Two signals that the system delivers at once are one.
            while not any(message.startswith("Stopping:") for message in bench.messages()):
                twice.wait(0.01)
            os.kill(os.getpid(), signal.SIGINT)
            twice.wait(30)

        bench.cloud.before_call = strike
        bench.up(chain)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGINT
    assert bench.up(chain) == {Operation.CREATE: 2}
    assert "first was creating when the last command stopped: it is not there, and is made now." in bench.messages()


def test_in_another_thread_signals_are_left_alone(bench: Bench) -> None:
    before = signal.getsignal(signal.SIGINT)
    seen = []
    bench.cloud.before_call = lambda *_: seen.append(signal.getsignal(signal.SIGINT))
    thread = threading.Thread(target=bench.up, args=(chain,))
    thread.start()
    thread.join()
    assert seen == [before, before]


def test_a_signal_that_the_caller_ignores_stays_ignored(bench: Bench) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        bench.cloud.before_call = lambda *_: os.kill(os.getpid(), signal.SIGHUP)
        assert bench.up(chain) == {Operation.CREATE: 2}
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_signal_that_the_caller_ignores_does_not_reach_the_genuine_engine_either() -> None:
    """Under `nohup`, the end of the terminal must not end an `up`."""
    asked: list[str] = []
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopping(lambda: asked.append("stop")) as interrupted:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not interrupted.is_set()
            os.kill(os.getpid(), signal.SIGTERM)
            assert interrupted.wait(5)
        assert asked == ["stop"]
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
