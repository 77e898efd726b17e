"""What `workstation permissions` prints is enough, and nothing of it is too much.

Every lifecycle runs against the simulated cloud with IAM enforced, by a user who has exactly the printed policy.
`SOUNDSTAGE_SOAK=1` (`make soak`) takes away every single action of both examples in turn; otherwise a sample is taken of the small one.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from soundstage.components.errors import CloudError
from soundstage.simulator import process
from soundstage.stacks.operator_policy import LONGEST, documents, length
from soundstage.stacks.permissions import Permissions

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
EVERYTHING = bool(os.environ.get("SOUNDSTAGE_SOAK"))
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


def statements_of(permissions: Permissions) -> list[dict[str, Any]]:
    return [statement for policy in documents(permissions) for statement in policy["Statement"]]


def without(policies: list[dict[str, Any]], action: str) -> list[dict[str, Any]]:
    less = []
    for policy in policies:
        kept = [{**each, "Action": [one for one in each["Action"] if one != action]} for each in policy["Statement"]]
        less.append({**policy, "Statement": [each for each in kept if each["Action"]]})
    return less


@pytest.mark.parametrize("project", ["teaser", "feature"], indirect=True)
def test_a_whole_life_runs_with_exactly_the_printed_policy(studio: Any, project: Path) -> None:
    studio.lifecycle(project, documents(studio.permissions(project, "up", "down", "daily")))


@pytest.mark.slow
@pytest.mark.parametrize("project", ["teaser", "feature"] if EVERYTHING else ["teaser"], indirect=True)
def test_without_any_one_action_it_fails_and_names_the_action(
    studio: Any, project: Path, record_property: Callable[[str, object], None]
) -> None:
    permissions = studio.permissions(project, "up", "down", "daily")
    tried = permissions.actions if EVERYTHING else SAMPLE
    assert set(tried) <= set(permissions.actions)
    wrong = {}
    for action in tried:
        try:
            studio.lifecycle(project, without(documents(permissions), action))
        except CloudError as refusal:
            if action not in str(refusal):
                wrong[action] = str(refusal)
        else:
            wrong[action] = "nothing failed"
    record_property("count", ("actions taken from an operator in turn", len(tried)))
    assert wrong == {}, "\n".join(f"{action}: {said}" for action, said in wrong.items())


@pytest.mark.parametrize("project", ["teaser"], indirect=True)
def test_roles_can_be_passed_and_made_for_this_project_only(studio: Any, project: Path) -> None:
    statements = {each["Sid"]: each for each in statements_of(studio.permissions(project, "up"))}
    path = "role/soundstage/tinyorange/teaser/*"
    assert statements["PassRoles"]["Resource"] == [f"arn:aws:iam::123456789012:{path}"]
    assert statements["PassRoles"]["Condition"]["StringEquals"]["iam:PassedToService"]
    assert all("/soundstage/tinyorange/teaser/" in each for each in statements["Roles"]["Resource"])


@pytest.mark.parametrize("project", ["teaser"], indirect=True)
def test_an_operator_reaches_nothing_of_another_project(studio: Any, project: Path) -> None:
    neighbour = project.with_name("sequel.yaml")
    neighbour.write_text(project.read_text().replace("teaser", "sequel"))
    theirs = studio.open(neighbour).up().outputs
    machine, bucket, key = theirs["workstations"]["edit-1"]["instance_id"], theirs["bucket"], theirs["key_arn"]
    role = theirs["roles"]["admin"].rpartition("/")[2]
    volume = studio.owner.client("ec2").describe_volumes()["Volumes"][0]["VolumeId"]
    operator = studio.person("operator", documents(studio.permissions(project, "up", "down", "daily")))
    process.set_enforcement(studio.home, True)
    for service, method, arguments in (
        ("ec2", "stop_instances", {"InstanceIds": [machine]}),
        ("ec2", "terminate_instances", {"InstanceIds": [machine]}),
        ("ec2", "delete_volume", {"VolumeId": volume}),
        ("ec2", "delete_vpc", {"VpcId": theirs["network"]["vpc_id"]}),
        ("s3", "get_object", {"Bucket": bucket, "Key": "footage/"}),
        ("s3", "put_object", {"Bucket": bucket, "Key": "footage/a", "Body": b""}),
        ("s3", "put_bucket_policy", {"Bucket": bucket, "Policy": "{}"}),
        ("kms", "put_key_policy", {"KeyId": key, "Policy": "{}"}),
        ("kms", "schedule_key_deletion", {"KeyId": key}),
        ("kms", "decrypt", {"KeyId": key, "CiphertextBlob": b"film"}),
        ("iam", "put_role_policy", {"RoleName": role, "PolicyName": "more", "PolicyDocument": "{}"}),
        ("iam", "delete_role", {"RoleName": role}),
        ("iam", "create_user", {"UserName": "eve"}),
        ("iam", "create_access_key", {"UserName": "operator"}),
        (
            "iam",
            "attach_user_policy",
            {"UserName": "operator", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
        ),
        ("sts", "assume_role", {"RoleArn": theirs["roles"]["admin"], "RoleSessionName": "operator"}),
        ("ssm", "start_session", {"Target": machine}),
        ("ssm", "send_command", {"InstanceIds": [machine], "DocumentName": "AWS-RunShellScript"}),
        ("cloudtrail", "stop_logging", {"Name": "tinyorange-audit"}),
    ):
        with pytest.raises(ClientError, match="is not authorized to perform"):
            getattr(operator.client(service), method)(**arguments)


@pytest.mark.parametrize("project", ["feature"], indirect=True)
def test_the_policy_fits_into_managed_policies(studio: Any, project: Path) -> None:
    written = documents(studio.permissions(project, "up", "down", "daily"))
    assert [length(each) <= LONGEST for each in written] == [True, True]
