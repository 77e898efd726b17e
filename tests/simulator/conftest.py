"""One server for all tests of the simulated cloud; each test finds it empty."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from soundstage.simulator import process
from soundstage.simulator.process import Endpoint
from soundstage.simulator.testing import simulated_cloud


@pytest.fixture(scope="session")
def cloud_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state folder of the shared server."""
    return tmp_path_factory.mktemp("cloud")


@pytest.fixture(scope="session")
def _shared_cloud(cloud_home: Path) -> Iterator[Endpoint]:
    with simulated_cloud(cloud_home) as endpoint:
        yield endpoint


@pytest.fixture
def cloud(cloud_home: Path, _shared_cloud: Endpoint) -> Endpoint:
    """An empty simulated cloud."""
    process.reset(cloud_home)
    return _shared_cloud
