"""A stack on the embedded engine, over a cloud in memory."""

from pathlib import Path

import pytest

from soundstage.engines.testing import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "stack")
