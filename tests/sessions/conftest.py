"""A simulated machine that sessions lead to."""

import pytest
from tests.sessions.machines import CallsOf, new_machine

from soundstage.simulator.process import Endpoint


@pytest.fixture
def machine(cloud: Endpoint) -> str:
    return new_machine(cloud)


@pytest.fixture
def calls(cloud: Endpoint) -> CallsOf:
    return CallsOf(cloud)
