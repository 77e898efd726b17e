"""A command that is killed at any moment is continued by the same command, and nothing is lost or made twice."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from soundstage.engines.base import StackName
from soundstage.engines.embedded import repair
from soundstage.engines.embedded.engine import EmbeddedEngine
from soundstage.engines.testing import MemoryCloud, MemoryProvider


def end_state(folder: Path, file: Path) -> tuple[Any, Any]:
    """What the cloud has and what the state says, without whatever differs between any two runs."""
    cloud = MemoryCloud(file)
    things = sorted(
        (item["urn"], json.dumps({k: v for k, v in item["properties"].items() if k in ("size", "place", "slot")}))
        for item in cloud.resources.values()
    )
    engine = EmbeddedEngine(StackName("soundstage", "teaser"), folder, lambda _retry: MemoryProvider(cloud))
    state = sorted((entry.urn, entry.id) for entry in engine.resources() if entry.id in cloud.resources)
    assert sorted(id for _, id in state) == sorted(cloud.resources), "the state and the cloud know the same resources"
    return things, [urn for urn, _ in state]


class Stages:
    """A stack and its cloud as they are before each scenario, and operations on copies of them (`killed.py`)."""

    def __init__(self, home: Path, process: "subprocess.Popen[str]") -> None:
        self.home, self.process = home, process
        self.copies = 0
        for scenario, before in (("first", None), ("second", "first"), ("destroy", "second")):
            if before is None:
                (home / scenario).mkdir()
            else:
                shutil.copytree(home / before, home / scenario)
                assert self.run(home / scenario / "stack", home / scenario / "cloud.json", before, 0)[0] == 0

    def copy(self, scenario: str) -> tuple[Path, Path]:
        self.copies += 1
        place = self.home / f"copy-{self.copies}"
        shutil.copytree(self.home / scenario, place)
        return place / "stack", place / "cloud.json"

    def run(self, folder: Path, file: Path, scenario: str, kill_at: int) -> tuple[int, list[str]]:
        """Its wait status and what it printed."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        job = {"folder": str(folder), "file": str(file), "scenario": scenario, "kill_at": kill_at}
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        status, printed = json.loads(self.process.stdout.readline())
        return status, printed


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    words = [sys.executable, str(Path(__file__).parent / "killed.py")]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Stages(tmp_path_factory.mktemp("stages"), process)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ["first", "second", "destroy"])
def test_killed_at_every_moment(scenario: str, stages: Stages) -> None:
    folder, file = stages.copy(scenario)
    status, printed = stages.run(folder, file, scenario, 0)
    assert status == 0
    undisturbed, moments = end_state(folder, file), int(printed[-1])
    assert moments > 20
    resumed = 0
    for moment in range(1, moments + 1):
        folder, file = stages.copy(scenario)
        status, _ = stages.run(folder, file, scenario, moment)
        if status == 0:
            continue  # threads run in another order each time, so the last moments may not come
        assert os.WTERMSIG(status) == signal.SIGKILL, f"moment {moment}"
        assert repair.verify(folder) == [], f"moment {moment}"
        status, printed = stages.run(folder, file, scenario, 0)
        assert status == 0, f"moment {moment}"
        resumed += len(printed) > 1
        assert end_state(folder, file) == undisturbed, f"moment {moment}"
    print(f"{scenario}: killed at {moments} moments, {resumed} resumed with something to find out")
    assert resumed > moments // 8


@pytest.mark.slow
def test_killed_and_once_more_in_the_command_after_it(stages: Stages) -> None:
    """What a killed command noted must not hide what the next command notes, nor the other way round."""
    folder, file = stages.copy("second")
    status, printed = stages.run(folder, file, "second", 0)
    assert status == 0
    undisturbed, moments = end_state(folder, file), int(printed[-1])
    folder, file = stages.copy("first")
    last = int(stages.run(folder, file, "first", 0)[1][-1])
    deaths = 0
    for moment in range(1, moments + 1, 5):
        folder, file = stages.copy("first")
        assert stages.run(folder, file, "first", last - 3)[0] == signal.SIGKILL
        deaths += stages.run(folder, file, "second", moment)[0] == signal.SIGKILL
        assert repair.verify(folder) == [], f"moment {moment}"
        assert stages.run(folder, file, "second", 0)[0] == 0, f"moment {moment}"
        assert end_state(folder, file) == undisturbed, f"moment {moment}"
    assert deaths > moments // 10


def test_a_resource_whose_answer_was_lost_is_found_again(stages: Stages) -> None:
    folder, file = stages.copy("first")
    said = []
    for moment in range(60, 170, 2):
        folder, file = stages.copy("first")
        stages.run(folder, file, "first", moment)
        _, printed = stages.run(folder, file, "first", 0)
        said += printed[:-1]
    assert any(line.endswith("it is there, as thing-1.") for line in said)
    assert any(line.endswith("it is not there, and is made now.") for line in said)
