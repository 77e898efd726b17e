"""The genuine provider against a simulated cloud that enforces IAM. Without Terraform and its provider every test is skipped."""

import dataclasses
import json
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))

import terraform as installed

from soundstage.simulator import process
from soundstage.simulator.process import Endpoint
from soundstage.simulator.testing import simulated_cloud

EXAMPLES = HERE.parents[1] / "examples"


@pytest.fixture(scope="session")
def terraform() -> installed.Terraform:
    """The genuine Terraform with its provider."""
    try:
        return installed.find()
    except installed.NoProvider as missing:
        pytest.skip(f"the genuine provider is not here: {missing}")


@dataclasses.dataclass(frozen=True)
class Account:
    """One simulated account."""

    home: Path
    owner: Endpoint

    def empty(self) -> None:
        """Begin anew, with the same credentials."""
        process.reset(self.home)

    def user(self, name: str, policies: Sequence[Mapping[str, Any]]) -> Endpoint:
        """The cloud as a new user with these policies sees it; from now on IAM is enforced."""
        iam = self.owner.client("iam")
        iam.create_user(UserName=name)
        for number, policy in enumerate(policies):
            made = iam.create_policy(PolicyName=f"{name}-{number}", PolicyDocument=json.dumps(policy))
            iam.attach_user_policy(UserName=name, PolicyArn=made["Policy"]["Arn"])
        key = iam.create_access_key(UserName=name)["AccessKey"]
        process.set_enforcement(self.home, True)
        return dataclasses.replace(self.owner, access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"])


@pytest.fixture
def account(soundstage_home: Path) -> Iterator[Account]:
    """An account that holds nothing yet. It is the one that `cloud: simulated` means."""
    with simulated_cloud(soundstage_home) as owner:
        yield Account(soundstage_home, owner)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the example's studio in it."""
    shutil.copy(EXAMPLES / "studio.yaml", tmp_path / "studio.yaml")
    return tmp_path
