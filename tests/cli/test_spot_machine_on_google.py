"""A spot machine that Google takes back: it stops, nobody can start it until there is room again, and it is said why. And starts that go
wrong on request."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from soundstage.simulator import process

PROJECT = """\
project: render
cloud: simulated-gcp
profile: baseline
workstations:
  node-1: {for: audio, purchase: spot, data_gib: 20}
  edit-1: {for: audio, data_gib: 0}
allow_spot: [node-1]
"""
pytestmark = [pytest.mark.slow]


@pytest.fixture
def render(
    tmp_path: Path, soundstage_home: Path, monkeypatch: pytest.MonkeyPatch, workstation: Callable[..., Any]
) -> Iterator[Callable[..., Any]]:
    (tmp_path / "projects").mkdir()
    (tmp_path / "projects" / "render.yaml").write_text(PROJECT)
    monkeypatch.chdir(tmp_path)
    ran = workstation("up", "render", "--yes")
    assert ran.code == 0, ran.err
    yield workstation
    process.stop(soundstage_home)


def test_a_machine_that_google_takes_back_stops_and_starts_when_there_is_room(render: Callable[..., Any]) -> None:
    refused = render("simulator", "interrupt", "render", "edit-1")
    assert (refused.code, "edit-1 is not a spot machine" in refused.err) == (2, True)
    assert "was taken back: it stops" in render("simulator", "interrupt", "render", "node-1").out
    why = " ".join(render("status", "render", "--why").out.split())
    assert "node-1 was stopped by Google, which took its spot capacity back." in why
    start = render("start", "render", "node-1")
    assert (start.code, "Google Cloud has no n2-standard-8 free" in start.err) == (1, True)
    assert "`workstation start` starts it" in render("simulator", "interrupt", "render", "node-1", "--give").out
    assert render("start", "render", "node-1").code == 0
    assert render("stop", "render", "node-1").code == 0
    assert "by Google" not in render("status", "render", "--why").out
    assert "nothing to change" in render("preview", "render", "--refresh").out


def test_a_start_fails_as_it_was_told_to_and_not_any_more(render: Callable[..., Any]) -> None:
    assert render("simulator", "starts", "render", "node-1", "--failing", "display").code == 0
    render("stop", "render", "node-1")
    ran = render("start", "render", "node-1")
    assert ran.code == 1
    assert "display" in ran.err
    assert "failed: display" in render("status", "render").out
    assert render("simulator", "starts", "render", "node-1", "--failing", "dsiplay").code == 2
    assert render("simulator", "starts", "render", "node-1").code == 0
    render("stop", "render", "node-1")
    assert render("start", "render", "node-1").code == 0
    assert "nothing to change" in render("preview", "render", "--refresh").out
