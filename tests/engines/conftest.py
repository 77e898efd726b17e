"""A stack on the embedded engine, over a cloud in memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from soundstage.engines.embedded import secrets
from soundstage.engines.testing import Bench


@pytest.fixture(autouse=True, scope="session")
def quick_keys() -> Iterator[None]:
    """A thousandth of the rounds: the keys protect nothing here, and there are hundreds of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secrets, "_ROUNDS", 1_000)
        yield


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "stack")
