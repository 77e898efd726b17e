"""The studio's boundaries: wide enough for every role that our components make, and for one project at a time."""

from collections.abc import Callable
from typing import Any

import pytest

from soundstage.components.aws.access_policies import Project, admin_statements, artist_statements, reviewer_statements
from soundstage.components.aws.audit import delivery_statements
from soundstage.components.aws.boundary_policies import people_boundary, services_boundary
from soundstage.components.aws.bucket_policies import replication_statements
from soundstage.components.aws.budget import stop_statements
from soundstage.components.aws.clock import timer_policy
from soundstage.components.aws.flowlogs import writer_policy
from soundstage.components.aws.place import Place
from soundstage.components.aws.work_disk_snapshots import taker_policy
from soundstage.components.aws.workstation_role import workstation_policy
from soundstage.components.policydoc import Statement, document

HERE = "eu-west-1:123456789012"
BUCKET, BACKUP = "home-media-teaser-0a1b2c3d", "home-media-teaser-4e5f6a7b"
KEY, MACHINE = f"arn:aws:kms:{HERE}:key/1", f"arn:aws:ec2:{HERE}:instance/i-1"
LOGS = f"arn:aws:logs:{HERE}:log-group:/soundstage/home/teaser/edit-1"
TRAIL = f"arn:aws:logs:{HERE}:log-group:/soundstage-studio/home/trail:log-stream:s"
OBJECT = f"arn:aws:s3:::{BUCKET}/footage/A001.mov"
EVERY_TAG = {
    f"aws:ResourceTag/soundstage:{key}": value for key, value in {"studio": "home", "project": "teaser"}.items()
}
ROLE = "arn:aws:iam::123456789012:role/soundstage/home/"
TEASER = {
    "aws:PrincipalArn": f"{ROLE}teaser/some-role",
    "aws:PrincipalTag/soundstage:project": "teaser",
    "aws:PrincipalTag/soundstage:region": "eu-west-1",
    "aws:RequestedRegion": "eu-west-1",
}
STUDIO = {"aws:PrincipalArn": f"{ROLE}delivery", "aws:RequestedRegion": "eu-west-1"}


def _services(place: Place) -> dict[str, list[Statement]]:
    return {
        "workstation": workstation_policy(place, LOGS, KEY, f"arn:aws:s3:::{BUCKET}", "", True, "vpc-1", patched=True),
        "clock": timer_policy(place, MACHINE, KEY),
        "budget": stop_statements(place, "home", "teaser"),
        "replication": replication_statements(place, BUCKET, BACKUP, KEY, KEY, "eu-central-1"),
        "flow-logs": writer_policy(LOGS),
        "snapshots": taker_policy(place, "home.teaser", KEY),
    }


def _people(place: Place) -> dict[str, list[Statement]]:
    project = Project(place, "home", "teaser", BUCKET, KEY)
    return {
        "admin": admin_statements(project),
        "artist": artist_statements(project),
        "reviewer": reviewer_statements(project),
    }


def _met(statement: Statement) -> dict[str, str]:
    """What a call must bring to meet the conditions of a statement."""
    known = {**TEASER, **EVERY_TAG}
    for operator, tests in statement.conditions.items():
        if operator == "Null":  # that a key is there, which another condition gives a value
            continue
        known |= {key: value if isinstance(value, str) else value[0] for key, value in tests.items()}
    return {key: value.replace("*", "x").replace("${aws:userid}", "?") for key, value in known.items()}


def _beyond(statements: list[Statement], boundary: list[Statement], verdict: Callable[..., str]) -> list[str]:
    """What the statements allow and the boundary does not."""
    return [
        f"{statement.sid}: {action} on {resource}"
        for statement in statements
        if statement.effect == "Allow"
        for action in statement.actions
        for resource in statement.resources
        if verdict(boundary, action.replace("*", "x"), resource.replace("${aws:userid}", "?"), _met(statement))
        != "Allow"
    ]


@pytest.mark.parametrize("label", ["workstation", "clock", "budget", "replication", "flow-logs"])
def test_every_service_can_do_its_work_within_the_boundary(
    verdict: Callable[..., str], place: Place, label: str
) -> None:
    assert _beyond(_services(place)[label], services_boundary(place, "home"), verdict) == []


@pytest.mark.parametrize("label", ["admin", "artist", "reviewer"])
def test_people_can_do_their_work_within_the_boundary(verdict: Callable[..., str], place: Place, label: str) -> None:
    assert _beyond(_people(place)[label], people_boundary(place, "home"), verdict) == []


def test_the_trails_delivery_can_write_its_streams(verdict: Callable[..., str], place: Place) -> None:
    (statement,) = delivery_statements(place, "/soundstage-studio/home/trail")
    for action in statement.actions:
        assert verdict(services_boundary(place, "home"), action, statement.resources[0], STUDIO) == "Allow"


MINE = {**TEASER, **EVERY_TAG, "kms:ViaService": "s3.eu-west-1.amazonaws.com"}


@pytest.mark.parametrize("boundary", [people_boundary, services_boundary])
@pytest.mark.parametrize(
    ("action", "resource", "known"),
    [
        pytest.param("s3:GetObject", "arn:aws:s3:::home-media-feature-0a1b2c3d/a", MINE, id="another-project"),
        pytest.param("s3:GetObject", "arn:aws:s3:::home-media-teaser-2-0a1b2c3d/a", MINE, id="a-longer-name"),
        pytest.param("s3:GetObject", "arn:aws:s3:::home-audit-0a1b2c3d/a", MINE, id="the-trail"),
        pytest.param("s3:PutBucketPolicy", f"arn:aws:s3:::{BUCKET}", MINE, id="a-bucket's-policy"),
        pytest.param("s3:DeleteBucket", f"arn:aws:s3:::{BUCKET}", MINE, id="a-bucket"),
        pytest.param("kms:Decrypt", KEY, {**MINE, "aws:ResourceTag/soundstage:project": "feature"}, id="another-key"),
        pytest.param("kms:Decrypt", KEY, {**TEASER, "kms:ViaService": "s3.eu-west-1.amazonaws.com"}, id="a-bare-key"),
        pytest.param("kms:PutKeyPolicy", KEY, MINE, id="a-key's-policy"),
        pytest.param("ec2:StopInstances", MACHINE, {**MINE, "aws:ResourceTag/soundstage:project": "feature"}, id="stop"),
        pytest.param("ec2:TerminateInstances", MACHINE, MINE, id="terminate"),
        pytest.param("ec2:RunInstances", MACHINE, MINE, id="run"),
        pytest.param("logs:PutLogEvents", TRAIL, MINE, id="forging-the-trail"),
        pytest.param("iam:CreateUser", "arn:aws:iam::123456789012:user/eve", MINE, id="a-user"),
        pytest.param("iam:PassRole", f"{ROLE}teaser/some-role", MINE, id="handing-on"),
        pytest.param("sts:AssumeRole", f"{ROLE}feature/some-role", MINE, id="going-on"),
        pytest.param("secretsmanager:GetSecretValue", "*", MINE, id="anything-else"),
        pytest.param("s3:GetObject", OBJECT, {**MINE, "aws:PrincipalArn": f"{ROLE}feature/some-role"}, id="a-false-tag"),
        pytest.param("s3:GetObject", OBJECT, {**MINE, "aws:PrincipalArn": f"{ROLE}some-role"}, id="a-role-of-no-project"),
        pytest.param(
            "s3:GetObject", OBJECT,
            {key: value for key, value in MINE.items() if not key.startswith("aws:PrincipalTag")}, id="no-tag",
        ),
    ],
)  # fmt: skip
def test_no_role_leaves_its_project_whatever_its_policy_says(
    verdict: Callable[..., str], place: Place, boundary: Any, action: str, resource: str, known: dict[str, str]
) -> None:
    assert verdict(boundary(place, "home"), action, resource, known) != "Allow"


@pytest.mark.parametrize("boundary", [people_boundary, services_boundary])
def test_a_boundary_fits_into_a_managed_policy_with_the_longest_name(boundary: Any) -> None:
    """6,144 characters (IAM quotas, read 2026-11)."""
    assert len(document(boundary(Place("123456789012", "ap-southeast-2"), "s" * 20))) <= 6144
