"""What the long nights share with the matrices: a process that runs command lines, and a stage to run them on."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
for folder in (HERE, HERE.parent / "resilience"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from stage import Commands, Stage

from soundstage.simulator import process


@pytest.fixture
def stage(tmp_path: Path, address_of_forks: Callable[[], str]) -> Iterator[Stage]:
    commands = Commands(address_of_forks())
    yield Stage(tmp_path, tmp_path / "home", commands)
    commands.close()
    process.stop(tmp_path / "home", save=False)
