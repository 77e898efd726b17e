"""A command that is killed at any moment is continued by the same command, and nothing is lost or made twice.

Each case is a fork, not a new interpreter: importing Pulumi takes longer than everything else here.
"""

import importlib.util
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from soundstage.core.errors import SoundstageError
from soundstage.engines.base import StackName
from soundstage.engines.embedded import repair
from soundstage.engines.embedded.engine import EmbeddedEngine
from soundstage.engines.testing import MemoryCloud, MemoryProvider


def _killed() -> ModuleType:
    path = Path(__file__).parent / "killed.py"
    spec = importlib.util.spec_from_file_location("killed", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


killed = _killed()


def run(folder: Path, file: Path, scenario: str, kill_at: int) -> tuple[int, list[str]]:
    """Run one operation in a fork. Returns its wait status and what it printed."""
    out = folder.parent / "out"
    child = os.fork()
    if child == 0:
        status = 1
        try:
            sys.stdout = out.open("w")
            killed.main(str(folder), str(file), scenario, kill_at)
            sys.stdout.flush()
            status = 0
        except SoundstageError as error:
            sys.stderr.write(str(error))
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    return status, out.read_text().split("\n")[:-1]


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


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, Path]]:
    """A stack and its cloud as they are before each scenario; every call gives a fresh copy."""
    home = tmp_path_factory.mktemp("prepared")
    stages: dict[str, Path] = {}
    number = 0
    for scenario, before in (("first", None), ("second", "first"), ("destroy", "second")):
        stages[scenario] = home / scenario
        if before is None:
            stages[scenario].mkdir()
        else:
            shutil.copytree(stages[before], stages[scenario])
            assert run(stages[scenario] / "stack", stages[scenario] / "cloud.json", before, 0)[0] == 0

    def copy(scenario: str) -> tuple[Path, Path]:
        nonlocal number
        number += 1
        place = home / f"copy-{number}"
        shutil.copytree(stages[scenario], place)
        return place / "stack", place / "cloud.json"

    return copy


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ["first", "second", "destroy"])
def test_killed_at_every_moment(scenario: str, prepared: Callable[[str], tuple[Path, Path]]) -> None:
    folder, file = prepared(scenario)
    status, printed = run(folder, file, scenario, 0)
    assert status == 0
    undisturbed, moments = end_state(folder, file), int(printed[-1])
    assert moments > 20
    resumed = 0
    for moment in range(1, moments + 1):
        folder, file = prepared(scenario)
        status, _ = run(folder, file, scenario, moment)
        if status == 0:
            continue  # threads run in another order each time, so the last moments may not come
        assert os.WTERMSIG(status) == signal.SIGKILL, f"moment {moment}"
        assert repair.verify(folder) == [], f"moment {moment}"
        status, printed = run(folder, file, scenario, 0)
        assert status == 0, f"moment {moment}"
        resumed += len(printed) > 1
        assert end_state(folder, file) == undisturbed, f"moment {moment}"
    print(f"{scenario}: killed at {moments} moments, {resumed} resumed with something to find out")
    assert resumed > moments // 8


@pytest.mark.slow
def test_killed_and_once_more_in_the_command_after_it(prepared: Callable[[str], tuple[Path, Path]]) -> None:
    """What a killed command noted must not hide what the next command notes, nor the other way round."""
    folder, file = prepared("second")
    status, printed = run(folder, file, "second", 0)
    assert status == 0
    undisturbed, moments = end_state(folder, file), int(printed[-1])
    folder, file = prepared("first")
    last = int(run(folder, file, "first", 0)[1][-1])
    deaths = 0
    for moment in range(1, moments + 1, 5):
        folder, file = prepared("first")
        assert run(folder, file, "first", last - 3)[0] == signal.SIGKILL
        deaths += run(folder, file, "second", moment)[0] == signal.SIGKILL
        assert repair.verify(folder) == [], f"moment {moment}"
        assert run(folder, file, "second", 0)[0] == 0, f"moment {moment}"
        assert end_state(folder, file) == undisturbed, f"moment {moment}"
    assert deaths > moments // 10


def test_a_resource_whose_answer_was_lost_is_found_again(prepared: Callable[[str], tuple[Path, Path]]) -> None:
    folder, file = prepared("first")
    said = []
    for moment in range(60, 170, 2):
        folder, file = prepared("first")
        run(folder, file, "first", moment)
        _, printed = run(folder, file, "first", 0)
        said += printed[:-1]
    assert any(line.endswith("it is there, as thing-1.") for line in said)
    assert any(line.endswith("it is not there, and is made now.") for line in said)
