"""`status`, `list`, `preview` and `start` where somebody deleted by hand what keeps the disks of a parked machine."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.made_once import MadeOnce

from soundstage.simulator import process


@pytest.fixture
def folder(tmp_path: Path, soundstage_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "projects").mkdir()
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    process.stop(soundstage_home)


@pytest.mark.slow
@pytest.mark.parametrize("cloud", ["simulated", "simulated-gcp"])
def test_every_view_of_a_parked_machine_says_that_what_kept_its_disks_is_gone(
    folder: Path, workstation: Callable[..., Any], cloud: str, made_once: MadeOnce
) -> None:
    made_once.put_studio(cloud)
    from soundstage.stacks.deployment import open_project

    file = folder / "projects" / "teaser.yaml"
    file.write_text(
        f"project: teaser\ncloud: {cloud}\nworkstations:\n  edit-1: {{for: audio, size: small, data_gib: 10}}\n"
    )
    workstation("up", "--yes", "--no-wait")
    (parked,) = workstation("park", "--yes", "--json").document["parked"]
    assert workstation("status", "--json").document["parked"][0]["lost"] == []
    here = open_project("teaser").cloud
    here.images.delete(parked["image"], here.region)
    said = f"edit-1 is parked, and {parked['image']}, which kept its system disk, is gone:"
    for command in ("status", "list", "preview"):
        ran = workstation(command)
        assert said in " ".join(f"{ran.out}{ran.err}".split()), command
    assert workstation("status", "--json").document["parked"][0]["lost"] == ["system disk"]
    here.snapshots.delete(parked["snapshot"])
    assert workstation("status", "--json").document["parked"][0]["lost"] == ["system disk", "work disk"]
    assert "no snapshot of its work disk is there any more" in " ".join(workstation("list").out.split())
    refused = workstation("start", "--yes", "--no-wait")
    assert refused.code == 4
    assert "Nothing was changed." in refused.err
    file.write_text(file.read_text().replace("data_gib: 10", "data_gib: 0"))
    assert workstation("start", "--yes", "--no-wait", "--json").document["brought_back"] == ["edit-1"]
    assert "nothing to change" in workstation("preview").out
