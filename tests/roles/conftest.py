"""A simulated cloud that enforces IAM, and people and projects on it."""

import contextlib
import dataclasses
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))

from soundstage.simulator import process
from soundstage.simulator.process import Endpoint
from soundstage.simulator.testing import simulated_cloud
from soundstage.stacks import machines
from soundstage.stacks.account.permissions import Permissions, permissions_of
from soundstage.stacks.deployment import Deployment, open_project


@dataclasses.dataclass(frozen=True)
class Studio:
    """One server, emptied for every lifecycle."""

    home: Path
    owner: Endpoint

    def open(self, project: Path, caller: Endpoint | None = None) -> Deployment:
        """A project, worked on with the credentials of `caller`, or with the owner's."""
        deployment = open_project(str(project))
        for cloud in (deployment.cloud, deployment.home.cloud):
            vars(cloud)["endpoint"] = caller or self.owner
            vars(cloud)["now"] = self.now
        return deployment

    def now(self) -> datetime:
        """The time of the cloud, which is not in the folder where an operator keeps state."""
        return datetime.fromtimestamp(process.clock(self.home)[0], UTC)

    def permissions(self, project: Path, *purposes: str, studio: bool = False) -> Permissions:
        """What the operator of the project, or of its studio, is to be given."""
        return permissions_of(self.open(project), purposes, studio=studio)

    def person(self, name: str, policies: Sequence[Mapping[str, Any]]) -> Endpoint:
        """The cloud as a new user with these policies sees it."""
        iam = self.owner.client("iam")
        iam.create_user(UserName=name)
        for number, policy in enumerate(policies):
            made = iam.create_policy(PolicyName=f"{name}-{number}", PolicyDocument=json.dumps(policy))
            iam.attach_user_policy(UserName=name, PolicyArn=made["Policy"]["Arn"])
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return dataclasses.replace(self.owner, access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"])

    def lifecycle(self, project: Path, policies: Sequence[Mapping[str, Any]]) -> None:
        """Up, stop, start, status and down by an operator with these policies, in an account where the studio is up."""
        with self.operated(project, policies) as deployment:
            deployment.up()
            machines.stop(deployment.cloud.machines, deployment.machines())
            machines.start(deployment.cloud.machines, deployment.machines())
            assert {each.state for each in deployment.status().machines} == {"running"}
            deployment.down()
            assert not deployment.status().is_up

    def studio_lifecycle(self, project: Path, policies: Sequence[Mapping[str, Any]]) -> None:
        """The studio's stack up and down by somebody with these policies, in an empty account."""
        with self.operated(project, policies, studio_first=False) as deployment:
            deployment.home.apply(_regions(deployment))
            deployment.home.down()

    @contextlib.contextmanager
    def operated(
        self, project: Path, policies: Sequence[Mapping[str, Any]], *, studio_first: bool = True
    ) -> Iterator[Deployment]:
        """The project in the hands of an operator with these policies, in a fresh account that enforces them."""
        process.reset(self.home)
        with tempfile.TemporaryDirectory() as state, pytest.MonkeyPatch.context() as patch:
            patch.setenv("SOUNDSTAGE_HOME", state)
            if studio_first:
                deployment = self.open(project)
                deployment.home.apply(_regions(deployment))
            operator = self.person("operator", policies)
            process.set_enforcement(self.home, True)
            yield self.open(project, operator)


def _regions(deployment: Deployment) -> set[str]:
    return {deployment.project.region, deployment.project.storage.backup_region or "eu-west-1"}


@pytest.fixture(scope="session")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    home = tmp_path_factory.mktemp("enforcing")
    with simulated_cloud(home) as owner:
        yield Studio(home, owner)


@pytest.fixture
def studio(_served: Studio) -> Studio:
    """An account that holds nothing yet."""
    process.reset(_served.home)
    return _served
