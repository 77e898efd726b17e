"""What the matrices share: a process that runs command lines, and stages to run them on."""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))

from stage import EXAMPLES, Commands, Stage
from tests.exploring import SOAK

from soundstage.simulator import process


@pytest.fixture(scope="session")
def soak() -> bool:
    """Whether every case is tried (`make soak`) or an evenly spread sample (`make test`)."""
    return SOAK


@pytest.fixture(scope="session")
def commands(address_of_forks: Callable[[], str]) -> Iterator[Commands]:
    running = Commands(address_of_forks())
    yield running
    running.close()


@pytest.fixture(scope="module")
def new_stage(tmp_path_factory: pytest.TempPathFactory, commands: Commands) -> Iterator[Callable[..., Stage]]:
    """`new_stage("feature.yaml", "studio.yaml")`: a stage with copies of these examples."""
    made: list[Stage] = []

    def make(*examples: str) -> Stage:
        folder = tmp_path_factory.mktemp("stage")
        for example in examples:
            shutil.copy(EXAMPLES / example, folder)
        made.append(Stage(folder, folder / "home", commands))
        return made[-1]

    yield make
    for stage in made:
        process.stop(stage.home, save=False)
