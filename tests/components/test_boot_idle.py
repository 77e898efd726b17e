"""The idle guard on a machine: what it reads of tags and of the machine, what it remembers, and what it does."""

import datetime
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundstage.components.aws.clock import NOT_OVER
from soundstage.components.boot import idle_watch
from soundstage.components.boot.idle_decision import matches, patterns
from soundstage.components.boot.idle_tags import idle_tags
from soundstage.components.boot.rules import rules

needs_proc = pytest.mark.skipif(not Path("/proc/stat").exists(), reason="needs /proc, as the machine has it")
NOW = 1_795_000_000.0
AT_FIRST = {"minutes": 30, "warn": 5, "words": ["render", "transcode", "upload"], "awake": "", "over": ""}


def told(folder: Path, monkeypatch: pytest.MonkeyPatch, tags: dict[str, str] | None) -> None:
    """The guard with its files in a folder, on a machine with these tags; with None, nobody tells them."""

    def answered() -> tuple[dict[str, str], float]:
        if tags is None:
            raise OSError("no way to the metadata service")
        return tags, NOW

    (folder / "guard-rules.json").write_text(json.dumps(rules()))
    monkeypatch.setattr(idle_watch, "RULES", folder / "guard-rules.json")
    monkeypatch.setattr(idle_watch, "REMEMBERED", folder / "remembered.json")
    monkeypatch.setattr(idle_watch, "RUN", folder)
    monkeypatch.setattr(idle_watch, "tags", answered)


def test_a_word_that_is_no_activity_is_a_program() -> None:
    assert patterns(["MyRenderer"], rules()["activities"]) == ["myrenderer"]
    assert set(patterns(["upload"], rules()["activities"])) == set(rules()["activities"]["upload"])


def test_a_change_of_the_tags_is_heeded_without_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told(tmp_path, monkeypatch, idle_tags(30, ("render",)))
    assert idle_watch.settings()[0] == {**AT_FIRST, "words": ["render"]}
    told(tmp_path, monkeypatch, idle_tags(90, ("MyRenderer",), 10))
    assert idle_watch.settings() == ({**AT_FIRST, "minutes": 90, "warn": 10, "words": ["MyRenderer"]}, NOW)


def test_what_was_known_last_holds_when_nobody_tells_the_tags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told(tmp_path, monkeypatch, {**idle_tags(90, ("MyRenderer",)), idle_watch.AWAKE_TAG: "2026-11-26T20:00:00Z ana"})
    known = idle_watch.settings()[0]
    told(tmp_path, monkeypatch, None)
    assert idle_watch.settings()[0] == known
    assert known["awake"] == "2026-11-26T20:00:00Z ana"


def test_a_look_goes_through_on_a_python_that_has_no_datetime_utc(
    machine: tuple[Path, list[tuple[str, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It came with Python 3.11. Red Hat Enterprise Linux 9 and Amazon Linux 2023 have 3.9, and Ubuntu 22.04 has 3.10."""
    folder, asked = machine
    monkeypatch.delattr(datetime, "UTC")
    remember(folder, 31, 6)
    idle_watch.main()
    assert asked[-1] == ("/usr/bin/systemctl", "poweroff")


@pytest.mark.parametrize("damaged", ["", "{", "[]", "null", '{"minutes": "soon"}', '{"minutes": null}'])
def test_a_machine_whose_memory_of_its_tags_is_damaged_still_stops(
    damaged: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(tmp_path, monkeypatch, None)
    (tmp_path / "remembered.json").write_text(damaged)
    assert idle_watch.settings()[0] == AT_FIRST


@pytest.mark.parametrize("tags", [{}, {idle_watch.MINUTES_TAG: "soon"}, {idle_watch.MINUTES_TAG: ""}])
def test_tags_that_somebody_broke_by_hand_are_not_heeded(
    tags: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(tmp_path, monkeypatch, tags)
    assert idle_watch.settings()[0] == AT_FIRST


def test_on_a_full_disk_the_tags_are_heeded_and_the_memory_of_them_stays_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told(tmp_path, monkeypatch, idle_tags(90, ("render",)))
    idle_watch.settings()
    before = (tmp_path / "remembered.json").read_text()

    def full(path: Path, _what: Any) -> None:
        raise OSError(28, "No space left on device", str(path))

    told(tmp_path, monkeypatch, idle_tags(45, ("upload",)))
    monkeypatch.setattr(idle_watch, "keep", full)
    assert idle_watch.settings()[0]["minutes"] == 45
    assert (tmp_path / "remembered.json").read_text() == before
    assert "No space left" in capsys.readouterr().out


@given(
    st.lists(st.from_regex(r"[A-Za-z0-9._+-][A-Za-z0-9 ._+-]{0,63}", fullmatch=True), max_size=20), st.integers(5, 720)
)
def test_every_word_comes_back_from_tags_that_ec2_takes(words: list[str], minutes: int) -> None:
    tags = idle_tags(minutes, words)
    assert all(len(value) <= 256 and "," not in value for value in tags.values())
    assert len(tags) < 9
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
        told(Path(folder), patch, tags)
        known = idle_watch.settings()[0]
    activities = rules()["activities"]
    assert known["minutes"] == minutes
    assert patterns(known["words"], activities) == patterns(words, activities)


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("2026-11-18T13:06:40Z ana", "ana keeps it awake until 2026-11-18T13:06:40Z"),
        ("2026-11-18T13:06:40Z", "somebody keeps it awake until 2026-11-18T13:06:40Z"),
        ("2026-11-18T11:06:40Z ana", ""),
        # A wrong clock, or a tag that somebody set by hand, keeps no machine awake for weeks.
        ("2026-12-24T13:06:40Z ana", ""),
        ("tomorrow ana", ""),
        ("", ""),
    ],
)
def test_keep_awake_ends_by_the_clock_of_the_host_and_is_bounded(tag: str, expected: str) -> None:
    assert idle_watch.awake(tag, NOW) == expected


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, list[tuple[str, ...]]]:
    """The guard on this machine at rest, with its files in a folder and its commands only noted: the folder and the notes."""
    asked = list[tuple[str, ...]]()
    told(tmp_path, monkeypatch, idle_tags(30, ()))

    def noted(*command: str) -> str:
        asked.append(command)
        return ""

    for name, seen in {
        "people": 0,
        "input_minutes": None,
        "gpus": [0, 0],
        "programs": [],
        "spot_notice": "",
        "spot_risk": "",
    }.items():
        monkeypatch.setattr(idle_watch, name, lambda seen=seen: seen)
    monkeypatch.setattr(idle_watch, "counted", lambda: {"cores": 0.0, "disk": 0.0, "network": 0.0})
    monkeypatch.setattr(idle_watch, "answer", noted)
    monkeypatch.setattr(sys, "argv", ["soundstage-idle", "/soundstage/home/teaser/edit-1"])
    return tmp_path, asked


def test_the_most_that_was_used_since_the_last_report_is_told(
    machine: tuple[Path, list[tuple[str, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = machine
    remember(folder, 1, None)
    for gpu, memory in ((62, 5.0), (10, 9.26)):
        monkeypatch.setattr(idle_watch, "gpus", lambda gpu=gpu: [gpu, 0])
        monkeypatch.setattr(idle_watch, "room", lambda memory=memory: {"memory_gib": memory, "vram_gib": 3.0})
        idle_watch.main()
    assert not (folder / "guard.json").exists(), "nothing new to tell"
    monkeypatch.setattr(idle_watch, "people", lambda: 1)
    idle_watch.main()
    told = json.loads((folder / "guard.json").read_text())["most"]
    assert told == {"gpu": 62, "cores": 0.0, "memory_gib": 9.3, "vram_gib": 3.0}
    assert json.loads((folder / "idle.json").read_text())["most"] == {}, "counted anew from here"


def test_a_machine_whose_memory_cannot_be_read_still_decides(
    machine: tuple[Path, list[tuple[str, ...]]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder, asked = machine
    monkeypatch.setattr(idle_watch, "PROC", tmp_path / "none")
    remember(folder, 31, 6)
    idle_watch.main()
    assert asked[-1] == ("/usr/bin/systemctl", "poweroff")
    assert "memory_gib" not in json.loads((folder / "guard.json").read_text())["most"]


def test_the_memory_of_a_machine_whose_gpu_does_not_answer_was_lost(
    machine: tuple[Path, list[tuple[str, ...]]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder, _ = machine
    (tmp_path / "meminfo").write_text("MemTotal:       16777216 kB\nMemAvailable:    7340032 kB\n")

    def broken(*command: str) -> str:
        if command[0].endswith("nvidia-smi"):
            raise subprocess.CalledProcessError(9, command)
        return ""

    monkeypatch.setattr(idle_watch, "PROC", tmp_path)
    monkeypatch.setattr(idle_watch, "Path", lambda _: tmp_path)  # so that there is an nvidia-smi
    monkeypatch.setattr(idle_watch, "answer", broken)
    remember(folder, 31, 6)
    idle_watch.main()
    assert json.loads((folder / "guard.json").read_text())["most"] == {"gpu": 0, "cores": 0.0, "memory_gib": 9.0}


@needs_proc
def test_the_memory_that_is_taken_is_read() -> None:
    assert 0 < idle_watch.room()["memory_gib"] < 1e5


def remember(folder: Path, worked_minutes_ago: float, warned_minutes_ago: float | None) -> None:
    now = time.monotonic()
    memory = {
        "at": now - 60,
        "looks": [],
        "life": {},
        "worked": now - worked_minutes_ago * 60,
        "dark": None,
        "warned": None if warned_minutes_ago is None else now - warned_minutes_ago * 60,
    }
    state = {"at": now - 60, "used": {}, "memory": memory, "kind": ["idle", ""], "told": now - 60}
    (folder / "idle.json").write_text(json.dumps(state))


def test_the_first_look_after_a_start_stops_nothing(machine: tuple[Path, list[tuple[str, ...]]]) -> None:
    folder, asked = machine
    idle_watch.main()
    assert asked == [("/usr/local/sbin/soundstage-ship", "/soundstage/home/teaser/edit-1", "guard")]
    report = json.loads((folder / "guard.json").read_text())
    assert (report["verdict"], report["idle_minutes"], report["stops_after"]) == ("idle", 0, 30)


@pytest.mark.parametrize("damaged", ["{", "[]", "7", '{"memory": null, "at": 0, "told": 0}'])
def test_a_damaged_memory_starts_the_count_again(damaged: str, machine: tuple[Path, list[tuple[str, ...]]]) -> None:
    folder, _ = machine
    (folder / "idle.json").write_text(damaged)
    idle_watch.main()
    assert json.loads((folder / "guard.json").read_text())["idle_minutes"] == 0


def test_a_machine_idle_for_long_enough_is_warned_then_switched_off(
    machine: tuple[Path, list[tuple[str, ...]]],
) -> None:
    folder, asked = machine
    remember(folder, 26, None)
    idle_watch.main()
    assert [command[0] for command in asked][:2] == ["/usr/local/sbin/soundstage-ship", "wall"]
    assert "stops in 5 minutes" in asked[1][1]
    remember(folder, 31, 6)
    idle_watch.main()
    assert asked[-1] == ("/usr/bin/systemctl", "poweroff")
    assert json.loads((folder / "guard.json").read_text())["verdict"] == "stop"


def test_a_warning_after_hours_says_when_the_machine_does_stop(
    machine: tuple[Path, list[tuple[str, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After its hours it stops after five minutes, however long before its stop it warns otherwise."""
    folder, asked = machine
    ended = datetime.datetime.fromtimestamp(NOW, datetime.UTC).isoformat()
    told(folder, monkeypatch, {**idle_tags(30, (), 15), idle_watch.OVER_TAG: ended})
    remember(folder, 0, None)
    idle_watch.main()
    assert "stops in 5 minutes" in next(words for program, words, *_ in asked if program == "wall")


@pytest.mark.parametrize("said", [NOT_OVER, ""])
def test_hours_that_have_begun_again_are_not_over(
    said: str, machine: tuple[Path, list[tuple[str, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that worked through the night, or through the break, has its whole allowance in the next stretch."""
    folder, _ = machine
    told(folder, monkeypatch, {**idle_tags(30, ()), idle_watch.OVER_TAG: said})
    idle_watch.main()
    report = json.loads((folder / "guard.json").read_text())
    assert (report["hours_over"], report["stops_after"]) == (False, 30)


def test_a_look_stops_nothing(
    machine: tuple[Path, list[tuple[str, ...]]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, asked = machine
    remember(folder, 31, 6)
    before = (folder / "idle.json").read_text()
    monkeypatch.setattr(sys, "argv", ["soundstage-idle", "--look"])
    idle_watch.main()
    assert (asked, (folder / "idle.json").read_text()) == ([], before)
    assert capsys.readouterr().out == "stops after 30 min; idle now\n"


def test_a_report_that_cannot_be_sent_stops_no_guard(
    machine: tuple[Path, list[tuple[str, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = machine

    def fails(*_: str) -> str:
        raise OSError("no ship")

    monkeypatch.setattr(idle_watch, "answer", fails)
    idle_watch.main()
    assert (folder / "guard.json").exists()


def test_a_gpu_query_that_fails_is_no_reason_to_stop(
    machine: tuple[Path, list[tuple[str, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, asked = machine

    def fails() -> None:
        raise subprocess.TimeoutExpired("nvidia-smi", 10)

    monkeypatch.setattr(idle_watch, "gpus", fails)
    remember(folder, 31, 6)
    idle_watch.main()
    report = json.loads((folder / "guard.json").read_text())
    assert (report["verdict"], report["reason"]) == ("keep", "what it does cannot be read")
    assert ("/usr/bin/systemctl", "poweroff") not in asked


def test_a_query_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that sleeps in the kernel ignores even being killed, so that its end must not be waited for."""
    process = type("Hung", (), {"killed": False})()

    def communicate(timeout: float) -> None:
        raise subprocess.TimeoutExpired("nvidia-smi", timeout)

    process.communicate, process.kill = communicate, lambda: setattr(process, "killed", True)
    monkeypatch.setattr(subprocess, "Popen", lambda *_args, **_more: process)
    with pytest.raises(subprocess.TimeoutExpired):
        idle_watch.answer("nvidia-smi")
    assert process.killed


def test_a_gpu_that_counts_no_encoder_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(idle_watch, "answer", lambda *_: "3, [Not Supported], 0\n41, 12, 7\n")
    monkeypatch.setattr(idle_watch, "Path", lambda _: tmp_path)
    assert idle_watch.gpus() == [41, 12]


@pytest.fixture
def spawned(tmp_path: Path) -> Iterator[Any]:
    """Real processes under other programs' names; all are ended."""
    processes: list[subprocess.Popen[bytes]] = []

    def spawn(name: str, *words: str, busy: bool) -> int:
        program = tmp_path / name
        if not program.exists():
            program.symlink_to(shutil.which("sh") or "/bin/sh")
        script = "while :; do :; done" if busy else "read line"
        process = subprocess.Popen([program, "-c", script, *words], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        processes.append(process)
        until = time.monotonic() + 60
        # A program that the kernel has just begun has no command line yet.
        while not (idle_watch.PROC / str(process.pid) / "cmdline").read_bytes():
            assert time.monotonic() < until
        return process.pid

    yield spawn
    for process in processes:
        process.kill()
        process.wait()
        if process.stdin:
            process.stdin.close()


def seen(pid: int) -> tuple[list[str], float]:
    """A process as the guard sees it among all of this machine."""
    found = idle_watch.programs()
    mine = (idle_watch.PROC / str(pid) / "cmdline").read_bytes().decode().split("\0")[:-1]
    return next((command, seconds) for command, seconds in found if command == mine)


@needs_proc
@pytest.mark.parametrize(
    ("name", "words", "pattern"),
    [
        ("ffmpeg", (), "ffmpeg"),
        ("mantra-bin", (), "mantra"),
        ("Nuke15.0", ("-x",), "nuke -x"),
        ("blender-4.2", ("-b",), "blender -b"),
        ("rclone", ("copy",), "rclone copy"),
    ],
)
def test_a_real_process_is_found_by_its_name_and_counted_while_it_works(
    name: str, words: tuple[str, ...], pattern: str, spawned: Any
) -> None:
    pid = spawned(name, *words, busy=True)
    until = time.monotonic() + 60
    while seen(pid)[1] < 0.05:
        assert time.monotonic() < until
    command, _ = seen(pid)
    assert matches(rules(), command, pattern)


@needs_proc
def test_a_real_process_that_waits_uses_nothing(spawned: Any) -> None:
    command, seconds = seen(spawned("kick", "-i", busy=False))
    assert matches(rules(), command, "kick")
    assert seconds < 1


@needs_proc
def test_real_work_of_this_machine_is_counted() -> None:
    before = idle_watch.counted()
    until = time.monotonic() + 60
    while idle_watch.counted()["cores"] - before["cores"] < 0.05:
        assert time.monotonic() < until
    assert before["disk"] >= 0
    assert before["network"] >= 0


@needs_proc
def test_a_terminal_in_use_says_when_somebody_typed_last() -> None:
    minutes = idle_watch.input_minutes()
    assert minutes is None or minutes >= 0


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "idle.json"
    idle_watch.keep(target, {"minutes": 30})
    with pytest.raises(TypeError):
        idle_watch.keep(target, {"minutes": os})
    assert json.loads(target.read_text()) == {"minutes": 30}


@pytest.mark.parametrize("jump", [-86_400 * 400, 86_400 * 400], ids=["back", "forth"])
def test_a_clock_that_jumps_changes_nothing_of_the_count(
    jump: int, machine: tuple[Path, list[tuple[str, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, asked = machine
    remember(folder, 12, None)
    before = json.loads((folder / "idle.json").read_text())["memory"]["worked"]
    there = time.time() + jump
    monkeypatch.setattr(time, "time", lambda: there)
    idle_watch.main()
    assert json.loads((folder / "idle.json").read_text())["memory"]["worked"] == before
    assert asked == []


def test_a_spot_machine_that_is_taken_back_warns_saves_and_tells_it_once(
    machine: tuple[Path, list[tuple[str, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, asked = machine
    hook = folder / "hook"
    hook.touch()
    monkeypatch.setattr(idle_watch, "HOOK", hook)
    monkeypatch.setattr(idle_watch, "spot_notice", lambda: "2026-11-26T19:02:00Z")
    # It would have stopped for want of use in this minute.
    remember(folder, 31, 6)
    idle_watch.main()
    idle_watch.main()
    # As a service of its own: systemd ends what a look started together with the look.
    assert asked.count(("/usr/bin/systemd-run", "--no-block", str(hook))) == 1
    report = json.loads((folder / "guard.json").read_text())
    assert (report["verdict"], report["reason"]) == (
        "taken",
        "AWS takes its spot capacity back at 2026-11-26T19:02:00Z",
    )
    walls = [command for command in asked if command[0] == "wall"]
    assert [("Save your work now" in words) for _, words in walls] == [True]
    assert ("/usr/bin/systemctl", "poweroff") not in asked


def test_a_spot_machine_that_is_likely_to_be_taken_said_nothing_until_two_minutes_before(
    machine: tuple[Path, list[tuple[str, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, asked = machine
    monkeypatch.setattr(idle_watch, "spot_risk", lambda: "2026-11-26T18:40:00Z")
    idle_watch.main()
    monkeypatch.setattr(idle_watch, "spot_risk", lambda: "")  # the service does not answer for once
    idle_watch.main()
    monkeypatch.setattr(idle_watch, "spot_risk", lambda: "2026-11-26T18:41:00Z")
    idle_watch.main()
    report = json.loads((folder / "guard.json").read_text())
    assert report["verdict"] in ("idle", "keep")
    assert report["reason"].endswith("; AWS may soon take its spot capacity back (told 2026-11-26T18:41:00Z)")
    walls = [words for name, *words in asked if name == "wall"]
    assert [("Save your work often" in words[0]) for words in walls] == [True]
    monkeypatch.setattr(idle_watch, "spot_notice", lambda: "2026-11-26T19:02:00Z")
    idle_watch.main()
    assert json.loads((folder / "guard.json").read_text())["verdict"] == "taken"
    assert sum(name == "wall" for name, *_ in asked) == 2


def test_a_machine_that_nobody_takes_back_hears_nothing_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Page:
        def __enter__(self) -> Any:
            return self

        def __exit__(self, *_: object) -> None: ...

        def read(self) -> bytes:
            return b'{"action": "stop", "time": "2026-11-26T19:02:00Z", "noticeTime": "2026-11-26T18:40:00Z"}'

    def answered(path: str, **_: Any) -> Page:
        if path.startswith(("meta-data/spot", "meta-data/events")) and not taken:
            raise idle_watch.urllib.error.HTTPError(path, 404, "Not Found", {}, None)  # type: ignore[arg-type]
        return Page()

    taken = False
    monkeypatch.setattr(idle_watch, "asked", answered)
    assert (idle_watch.spot_notice(), idle_watch.spot_risk()) == ("", "")
    taken = True
    assert idle_watch.spot_risk() == "2026-11-26T18:40:00Z"
    assert idle_watch.spot_notice() == "2026-11-26T19:02:00Z"
