"""One simulated cloud for all scenarios, and both engines on it, one after the other."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from soundstage.simulator.process import Endpoint
from soundstage.simulator.testing import simulated_cloud


@pytest.fixture(scope="session", autouse=True)
def genuine_engine() -> None:
    """The directory's tests are about the genuine engine; without it there is nothing to see."""
    if shutil.which("pulumi") is None:
        pytest.skip("there is no `pulumi` on PATH (`make parity` fails instead)")


@pytest.fixture(scope="session")
def cloud_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cloud")


@pytest.fixture(scope="session")
def cloud(cloud_home: Path) -> Iterator[Endpoint]:
    with simulated_cloud(cloud_home) as endpoint:
        yield endpoint
