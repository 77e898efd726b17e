"""The genuine provider against a simulated cloud that enforces IAM. Without Terraform and its provider every test is skipped."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.provider import terraform as installed
from tests.provider.accounts import Account
from tests.provider.cases import STUDIO

from soundstage.simulator.testing import simulated_cloud


@pytest.fixture(scope="session")
def terraform() -> installed.Terraform:
    """The genuine Terraform with its provider."""
    try:
        return installed.find()
    except installed.NoProvider as missing:
        pytest.skip(f"the genuine provider is not here: {missing}")


@pytest.fixture
def account(soundstage_home: Path) -> Iterator[Account]:
    """An account that holds nothing yet. It is the one that `cloud: simulated` means."""
    with simulated_cloud(soundstage_home) as owner:
        yield Account(soundstage_home, owner)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the example's studio in it."""
    shutil.copy(STUDIO, tmp_path / "studio.yaml")
    return tmp_path
