"""What `workstation permissions` prints is enough, and nothing of it is too much.

Every lifecycle runs against the simulated cloud with IAM enforced, by a user who has exactly the printed policy.
`SOAK=1` takes away every single action of both examples in turn; otherwise a sample is taken of the small one.
"""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from soundstage.components.errors import CloudError

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
EVERYTHING = bool(os.environ.get("SOAK"))
SAMPLE = (
    "budgets:TagResource",
    "ec2:CreateTags",
    "ec2:DeleteVpcEndpoints",
    "ec2:StartInstances",
    "iam:PassRole",
    "kms:CreateGrant",
    "kms:GenerateDataKey",
    "s3:PutBucketPolicy",
    "ssm:DescribeInstanceInformation",
)


@pytest.fixture
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of an example with its studio, so that nothing is written beside the original."""
    for name in (f"{request.param}.yaml", "studio.yaml"):
        shutil.copy(EXAMPLES / name, tmp_path / name)
    return tmp_path / f"{request.param}.yaml"


def without(policy: dict[str, Any], action: str) -> dict[str, Any]:
    statements = [{**each, "Action": [one for one in each["Action"] if one != action]} for each in policy["Statement"]]
    return {**policy, "Statement": [each for each in statements if each["Action"]]}


@pytest.mark.parametrize("project", ["teaser", "feature"], indirect=True)
def test_a_whole_life_runs_with_exactly_the_printed_policy(studio: Any, project: Path) -> None:
    studio.lifecycle(project, studio.permissions(project, "up", "down", "daily").document())


@pytest.mark.slow
@pytest.mark.parametrize("project", ["teaser", "feature"] if EVERYTHING else ["teaser"], indirect=True)
def test_without_any_one_action_it_fails_and_names_the_action(studio: Any, project: Path) -> None:
    permissions = studio.permissions(project, "up", "down", "daily")
    tried = permissions.actions if EVERYTHING else SAMPLE
    assert set(tried) <= set(permissions.actions)
    wrong = {}
    for action in tried:
        try:
            studio.lifecycle(project, without(permissions.document(), action))
        except CloudError as refusal:
            if action not in str(refusal):
                wrong[action] = str(refusal)
        else:
            wrong[action] = "nothing failed"
    print(f"{len(tried)} of {len(permissions.actions)} actions were taken away in turn")
    assert wrong == {}, "\n".join(f"{action}: {said}" for action, said in wrong.items())


@pytest.mark.parametrize("project", ["teaser"], indirect=True)
def test_roles_can_be_passed_and_made_for_this_project_only(studio: Any, project: Path) -> None:
    statements = {each["Sid"]: each for each in studio.permissions(project, "up").document()["Statement"]}
    path = "role/soundstage/tinyorange/teaser/*"
    assert statements["PassRoles"]["Resource"] == [f"arn:aws:iam::123456789012:{path}"]
    assert statements["PassRoles"]["Condition"]["StringEquals"]["iam:PassedToService"]
    assert all("/soundstage/tinyorange/teaser/" in each for each in statements["Roles"]["Resource"])


@pytest.mark.parametrize("project", ["feature"], indirect=True)
def test_the_policy_fits_into_one_managed_policy(studio: Any, project: Path) -> None:
    """6,144 characters (IAM quotas, 2026-11)."""
    policy = studio.permissions(project, "up", "down", "daily").document()
    assert len(json.dumps(policy, separators=(",", ":"))) <= 6144
