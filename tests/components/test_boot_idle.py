"""When a machine stops itself: the decision, on its own and with what a machine shows."""

import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundstage.components.boot import idle_watch
from soundstage.components.boot.activities import activities
from soundstage.components.boot.idle_tags import idle_tags
from soundstage.components.boot.idle_watch import Sample, decide, matches, patterns, reason_to_stay

needs_proc = pytest.mark.skipif(not Path("/proc/stat").exists(), reason="needs /proc, as the machine has it")
STILL: Sample = {"connections": 0, "commands": [["/usr/lib/systemd/systemd"]], "gpu_percent": 0, "busy_cores": 0.1}
ACTIVITIES: dict[str, list[str]] = {name: list(programs) for name, programs in activities().items()}
WATCHED = patterns(["render", "transcode", "upload"], ACTIVITIES)


def sample(**changes: Any) -> Sample:
    return {**STILL, **changes}  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (sample(), ""),
        (sample(connections=1), "somebody is connected"),
        (sample(connections=None), "the display does not answer"),
        (sample(gpu_percent=9), ""),
        (sample(gpu_percent=10), "the GPU is 10 % busy"),
        (sample(busy_cores=0.9), ""),
        (sample(busy_cores=1.5), "1.5 cores are busy"),
        (sample(commands=[["/opt/blender/blender", "-b", "shot.blend"]]), "at work: blender -b"),
        (sample(commands=[["/opt/blender/blender", "shot.blend"]]), ""),
        (sample(commands=[["/usr/local/Nuke15.0v4/Nuke15.0", "-x", "shot.nk"]]), "at work: nuke -x"),
        (sample(commands=[["/opt/Nuke13.2v5", "-x", "shot.nk"]]), "at work: nuke -x"),
        (sample(commands=[["/usr/local/Nuke15.0v4/Nuke15.0", "shot.nk"]]), ""),
        (sample(commands=[["blender-4.2", "-b", "shot.blend"]]), "at work: blender -b"),
        (sample(commands=[["nukex", "-x"]]), ""),
        (sample(commands=[["ffmpeg", "-i", "a.mov", "b.mp4"]]), "at work: ffmpeg"),
        (sample(commands=[["/usr/bin/python3", "/usr/bin/aws", "s3", "sync", "."]]), "at work: aws s3"),
        (sample(commands=[["/usr/bin/aws", "ec2", "describe-instances"]]), ""),
        (sample(commands=[["rclone", "mount", "media:", "/m"]]), ""),
        (sample(commands=[["grep", "ffmpeg"]]), ""),
        (sample(commands=[["/usr/bin/ssm-session-worker", "ana-0a1b"]]), "a session is open"),
        (sample(commands=[[]]), ""),
    ],
)
def test_what_keeps_a_machine_awake(seen: Sample, reason: str) -> None:
    assert reason_to_stay(seen, WATCHED) == reason


@pytest.mark.parametrize(
    ("reason", "since", "now", "expected"),
    [
        ("", None, 100.0, (100.0, False)),
        ("", 100.0, 100.0 + 29 * 60, (100.0, False)),
        ("", 100.0, 100.0 + 30 * 60, (100.0, True)),
        ("somebody is connected", 100.0, 9999.0, (None, False)),
    ],
)
def test_when_it_stops(reason: str, since: float | None, now: float, expected: tuple[float | None, bool]) -> None:
    assert decide(reason, since, now, 30) == expected


@given(st.lists(st.booleans(), min_size=1, max_size=200), st.integers(5, 60))
def test_it_never_stops_within_the_given_minutes_of_work(work: list[bool], minutes: int) -> None:
    since: float | None = None
    last_work = 0.0
    for minute, busy in enumerate(work):
        now = minute * 60.0
        since, stop = decide("at work" if busy else "", since, now, minutes)
        if busy:
            last_work = now
        if stop:
            assert not busy
            assert now - last_work >= minutes * 60


def test_a_program_is_known_by_its_file_name() -> None:
    assert matches(["C:\\Program Files\\Adobe\\aerender.exe", "-project"], "aerender")
    assert matches(["/usr/bin/bash", "/usr/local/bin/render", "scene.ma"], "render")
    assert not matches(["/home/ana/render/notes.sh"], "render")


def test_a_word_that_is_no_activity_is_a_program() -> None:
    assert patterns(["MyRenderer"], ACTIVITIES) == ["myrenderer"]
    assert set(patterns(["upload"], ACTIVITIES)) == set(activities()["upload"])


def settled(folder: Path, monkeypatch: pytest.MonkeyPatch, tags: dict[str, str] | None) -> None:
    """The watch with its files in a folder, on a machine with these tags; with None, nobody tells them."""

    def tag(name: str) -> str:
        if tags is None:
            raise OSError("no way to the metadata service")
        return tags.get(name, "")

    (folder / "activities.json").write_text(json.dumps(ACTIVITIES))
    monkeypatch.setattr(idle_watch, "ACTIVITIES", folder / "activities.json")
    monkeypatch.setattr(idle_watch, "REMEMBERED", folder / "remembered.json")
    monkeypatch.setattr(idle_watch, "tag", tag)


def test_a_change_of_the_tags_is_heeded_without_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settled(tmp_path, monkeypatch, idle_tags(30, ("render",)))
    assert idle_watch.settings() == {"minutes": 30, "patterns": patterns(["render"], ACTIVITIES)}
    settled(tmp_path, monkeypatch, idle_tags(90, ("MyRenderer",)))
    assert idle_watch.settings() == {"minutes": 90, "patterns": ["myrenderer"]}


def test_what_was_known_last_holds_when_nobody_tells_the_tags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settled(tmp_path, monkeypatch, idle_tags(90, ("MyRenderer",)))
    idle_watch.settings()
    settled(tmp_path, monkeypatch, None)
    assert idle_watch.settings() == {"minutes": 90, "patterns": ["myrenderer"]}


@pytest.mark.parametrize("remembered", ["", "{", "[]", '{"minutes": "soon"}'])
def test_a_machine_that_never_knew_its_tags_still_stops(
    remembered: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled(tmp_path, monkeypatch, None)
    (tmp_path / "remembered.json").write_text(remembered)
    assert idle_watch.settings()["minutes"] == 30


@given(
    st.lists(st.from_regex(r"[A-Za-z0-9._+-][A-Za-z0-9 ._+-]{0,63}", fullmatch=True), max_size=20), st.integers(5, 720)
)
def test_every_word_comes_back_from_tags_that_ec2_takes(words: list[str], minutes: int) -> None:
    tags = idle_tags(minutes, words)
    assert all(len(value) <= 256 and "," not in value for value in tags.values())
    assert len(tags) < 9
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
        settled(Path(folder), patch, tags)
        assert idle_watch.settings() == {"minutes": minutes, "patterns": patterns(words, ACTIVITIES)}


def test_a_look_stops_nothing(
    machine: tuple[Path, list[tuple[str, ...]]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    state, asked = machine
    state.write_text(json.dumps({"at": 0.0, "cpu_seconds": 0.0, "idle_since": time.monotonic() - 31 * 60}))
    before = state.read_text()
    monkeypatch.setattr("sys.argv", ["soundstage-idle", "--look"])
    idle_watch.main()
    assert (asked, state.read_text()) == ([], before)
    assert capsys.readouterr().out == "stops after 30 min; idle now\n"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, list[tuple[str, ...]]]:
    """The watch on this machine, with its files in a folder and its commands only noted: the state file and the notes."""
    state, asked = tmp_path / "state.json", list[tuple[str, ...]]()
    settled(tmp_path, monkeypatch, idle_tags(30, ()))
    monkeypatch.setattr(idle_watch, "STATE", state)
    monkeypatch.setattr(idle_watch, "reason_to_stay", lambda _sample, _patterns: "")
    monkeypatch.setattr(idle_watch, "connections", lambda: 0)
    monkeypatch.setattr(idle_watch, "gpu_percent", lambda: 0)
    monkeypatch.setattr(idle_watch, "answer", lambda *command: asked.append(command))
    return state, asked


@needs_proc
def test_the_first_look_after_a_start_stops_nothing(machine: tuple[Path, list[tuple[str, ...]]]) -> None:
    state, asked = machine
    idle_watch.main()
    assert asked == []
    assert json.loads(state.read_text())["idle_minutes"] == 0


@needs_proc
def test_a_damaged_memory_starts_the_count_again(machine: tuple[Path, list[tuple[str, ...]]]) -> None:
    state, asked = machine
    state.write_text("{")
    idle_watch.main()
    assert asked == []


@needs_proc
def test_a_machine_idle_for_long_enough_is_switched_off(machine: tuple[Path, list[tuple[str, ...]]]) -> None:
    state, asked = machine
    state.write_text(json.dumps({"at": 0.0, "cpu_seconds": 0.0, "idle_since": time.monotonic() - 31 * 60}))
    idle_watch.main()
    assert asked == [("/usr/bin/systemctl", "poweroff")]


@needs_proc
def test_what_this_machine_shows_can_be_read() -> None:
    assert idle_watch.cpu_seconds() > 0
    assert any(command for command in idle_watch.commands())
