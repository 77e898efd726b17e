"""The idle guard of a machine goes through recorded traces of real programs to the right stops and keeps."""

from pathlib import Path

import pytest
from tests.components.guard import replay

from soundstage.components.boot.idle_decision import matches
from soundstage.components.boot.rules import rules
from soundstage.components.boot.sources import source

NAMES: list[tuple[list[str], str, bool]] = [
    (["/opt/blender/blender", "-b", "shot.blend"], "blender -b", True),
    (["/opt/blender/blender", "shot.blend"], "blender -b", False),
    (["/opt/blender/blender", "-B", "shot.blend"], "blender -b", True),
    (["blender-4.2", "-b"], "blender -b", True),
    (["/usr/local/Nuke15.0v4/Nuke15.0", "-x", "shot.nk"], "nuke -x", True),
    (["/opt/Nuke13.2v5", "-x", "shot.nk"], "nuke -x", True),
    (["nukex", "-x"], "nuke -x", False),
    (["-x", "nuke"], "nuke -x", False),
    (["/usr/bin/python3.11", "/usr/bin/aws", "s3", "sync", "."], "aws s3", True),
    (["/usr/bin/aws", "ec2", "describe-instances"], "aws s3", False),
    (["rclone", "mount", "media:", "/m"], "rclone copy", False),
    (["grep", "ffmpeg"], "ffmpeg", False),
    (["/opt/hfs/bin/mantra-bin"], "mantra", True),
    (["C:\\Program Files\\Adobe\\aerender.exe", "-project"], "aerender", True),
    (["Adobe Media Encoder 2025.exe"], "adobe media encoder", True),
    (["Adobe.exe", "media", "encoder"], "adobe media encoder", True),
    (["Adobe.exe", "media"], "adobe media encoder", False),
    (["/usr/bin/bash", "/usr/local/bin/render", "scene.ma"], "render", True),
    (["/home/ana/render/notes.sh"], "render", False),
    (["render-notes"], "render", False),
    (["x264"], "x264", True),
    (["x265"], "x264", False),
    (["x"], "x264", False),
    (["bash"], "ffmpeg", False),
    (["bash"], "bash", False),
    ([], "ffmpeg", False),
]
"""A command line, a pattern, and whether the one is the program of the other."""


@pytest.mark.parametrize("path", replay.TRACES, ids=lambda path: str(path.stem))
def test_the_guard_stops_and_keeps_as_the_trace_expects(path: Path) -> None:
    trace = replay.read(path)
    assert replay.fault(trace, list(replay.told(trace))) == ""


@pytest.mark.parametrize(("command", "pattern", "expected"), NAMES)
def test_a_program_is_known_word_by_word(command: list[str], pattern: str, expected: bool) -> None:
    assert matches(rules(), command, pattern) is expected


def test_every_trace_says_where_it_is_from() -> None:
    assert len(replay.TRACES) >= 60
    for path in replay.TRACES:
        trace = replay.read(path)
        assert all(trace[key] for key in ("about", "source", "read")), path
        assert trace["numbers"] in ("published", "assumed"), path
        assert trace["system"] in ("linux", "windows"), path


def test_no_render_of_any_trace_is_cut_while_its_program_works() -> None:
    for path in replay.TRACES:
        trace = replay.read(path)
        working = {
            minute
            for minute, sample in replay.samples(trace)
            if any(
                matches(rules(), command, pattern)
                for command, _ in sample["programs"]
                for pattern in replay.wanted(trace)["patterns"]
            )
            and sample["cores"] >= 0.5
        }
        assert not [
            minute for minute, verdict in replay.told(trace) if verdict["verdict"] == "stop" and minute in working
        ]


@pytest.mark.parametrize("file", ["idle_decision.py", "windows_idle.ps1"])
def test_linux_and_windows_heed_every_entry_of_the_table(file: str) -> None:
    """An entry that one of them passes over would make them decide differently."""
    text = source(file)
    known = {*rules(), *rules()["always"]} - {"activities"}
    assert {name for name in known if name not in text} == set()
