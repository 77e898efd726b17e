"""Who may do what in a project, row by row, and what nobody can do whatever policy is hung on a role."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from soundstage.components.aws import access_policies
from soundstage.components.aws.access_policies import Project
from soundstage.components.aws.boundary_policies import people_boundary
from soundstage.components.aws.place import Place
from soundstage.components.policydoc import Statement, allow, document

ACCOUNT = "123456789012"
HERE = f"eu-west-1:{ACCOUNT}"
BUCKET, OTHER = "home-media-teaser-0a1b2c3d", "home-media-feature-0a1b2c3d"
KEY = f"arn:aws:kms:{HERE}:key/11111111-2222-3333-4444-555555555555"

RESOURCES = {
    "anything": "*",
    "bucket": f"arn:aws:s3:::{BUCKET}",
    "footage": f"arn:aws:s3:::{BUCKET}/footage/A001.mov",
    "masters": f"arn:aws:s3:::{BUCKET}/masters/final.mov",
    "exports": f"arn:aws:s3:::{BUCKET}/exports/v1.mp4",
    "exports-lookalike": f"arn:aws:s3:::{BUCKET}/exports-internal/v1.mp4",
    "transfer": f"arn:aws:s3:::{BUCKET}/.soundstage-transfer/0a1b2c3d",
    "transfer-lookalike": f"arn:aws:s3:::{BUCKET}/.soundstage-transfers/0a1b2c3d",
    "other-transfer": f"arn:aws:s3:::{OTHER}/.soundstage-transfer/0a1b2c3d",
    "other-bucket": f"arn:aws:s3:::{OTHER}",
    "other-footage": f"arn:aws:s3:::{OTHER}/footage/A001.mov",
    "other-exports": f"arn:aws:s3:::{OTHER}/exports/v1.mp4",
    "key": KEY,
    "other-key": f"arn:aws:kms:{HERE}:key/99999999-2222-3333-4444-555555555555",
    "machine": f"arn:aws:ec2:{HERE}:instance/i-0123456789abcdef0",
    "far-machine": f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-0123456789abcdef0",
    "volume": f"arn:aws:ec2:{HERE}:volume/vol-1",
    "snapshot": "arn:aws:ec2:eu-west-1::snapshot/snap-1",
    "image": "arn:aws:ec2:eu-west-1::image/ami-1",
    "group": f"arn:aws:ec2:{HERE}:security-group/sg-1",
    "display": f"arn:aws:ssm:{HERE}:document/home.teaser.display",
    "other-display": f"arn:aws:ssm:{HERE}:document/home.feature.display",
    "login": f"arn:aws:ssm:{HERE}:document/home.teaser.login",
    "other-login": f"arn:aws:ssm:{HERE}:document/home.feature.login",
    "own-ssh": f"arn:aws:ssm:{HERE}:document/home.teaser.ssh",
    "other-own-ssh": f"arn:aws:ssm:{HERE}:document/home.feature.ssh",
    "port-forwarding": "arn:aws:ssm:eu-west-1::document/AWS-StartPortForwardingSession",
    "remote-host": "arn:aws:ssm:eu-west-1::document/AWS-StartPortForwardingSessionToRemoteHost",
    "ssh": "arn:aws:ssm:eu-west-1::document/AWS-StartSSHSession",
    "shell": f"arn:aws:ssm:{HERE}:document/SSM-SessionManagerRunShell",
    "session": f"arn:aws:ssm:{HERE}:session/ana-0123",
    "user": f"arn:aws:iam::{ACCOUNT}:user/ana",
    "role": f"arn:aws:iam::{ACCOUNT}:role/soundstage/home/teaser/home-teaser-admin",
    "boundary": f"arn:aws:iam::{ACCOUNT}:policy/soundstage/home/teaser/home-teaser-boundary",
    "trail": f"arn:aws:cloudtrail:{HERE}:trail/home-audit",
    "logs": f"arn:aws:logs:{HERE}:log-group:/soundstage/home/teaser/edit-1:log-stream:a",
    "starts": f"arn:aws:logs:{HERE}:log-group:/soundstage/home/teaser/edit-1:log-stream:i-0a1b/ready",
    "other-starts": f"arn:aws:logs:{HERE}:log-group:/soundstage/home/feature/edit-1:log-stream:i-0a1b/ready",
    "other-logs": f"arn:aws:logs:{HERE}:log-group:/soundstage-studio/home/trail:log-stream:a",
    "budget": f"arn:aws:budgets::{ACCOUNT}:budget/home.teaser",
}
TAG = "aws:ResourceTag/soundstage"
ROLE = {
    "aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/soundstage/home/teaser/home-teaser-admin",
    "aws:PrincipalTag/soundstage:project": "teaser",
    "aws:PrincipalTag/soundstage:region": "eu-west-1",
}
CONTEXTS: dict[str, dict[str, str]] = {
    "": {},
    "of-starts": {},
    "mine": {f"{TAG}:studio": "home", f"{TAG}:project": "teaser"},
    "theirs": {f"{TAG}:studio": "home", f"{TAG}:project": "feature"},
    "other-studio": {f"{TAG}:studio": "away", f"{TAG}:project": "teaser"},
    "untagged": {},
    "far": {f"{TAG}:studio": "home", f"{TAG}:project": "teaser", "aws:RequestedRegion": "us-east-1"},
    "elsewhere": {"aws:RequestedRegion": "us-east-1"},
    "through-s3": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"},
    "through-ec2": {"kms:ViaService": "ec2.eu-west-1.amazonaws.com"},
    "disk-grant": {"kms:ViaService": "ec2.eu-west-1.amazonaws.com", "kms:GrantIsForAWSResource": "true"},
    "own-grant": {"kms:ViaService": "ec2.eu-west-1.amazonaws.com", "kms:GrantIsForAWSResource": "false"},
    "own-session": {"ssm:resourceTag/aws:ssmmessages:session-id": "AROAEXAMPLE:ana"},
    "foreign-session": {"ssm:resourceTag/aws:ssmmessages:session-id": "AROAEXAMPLE:bea"},
    "exports-prefix": {"s3:prefix": "exports/"},
    "footage-prefix": {"s3:prefix": "footage/"},
}
ROLES = {
    "admin": access_policies.admin_statements,
    "artist": access_policies.artist_statements,
    "reviewer": access_policies.reviewer_statements,
}
TABLE: dict[str, list[list[Any]]] = yaml.safe_load(Path(__file__).with_name("access_rows.yaml").read_text())
ROWS = [
    pytest.param(who, action, resource, expected, context, id=f"{who}-{action}-{resource}-{context}".rstrip("-"))
    for who, rows in TABLE.items()
    for action, resource, expected, context in ([*row, ""][:4] for row in rows)
]

_OUTSIDE = {"theirs", "untagged", "far", "elsewhere", *(name for name in RESOURCES if name.startswith("other-"))}


@pytest.fixture
def project(place: Place) -> Project:
    return Project(place, "home", "teaser", BUCKET, KEY)


@pytest.fixture(params=["the-studio's", "the-project's"])
def boundary(request: pytest.FixtureRequest, project: Project) -> list[Statement]:
    """The studio's boundary serves all projects; without a studio a project makes one of its own."""
    if request.param == "the-project's":
        return access_policies.boundary_statements(project)
    return people_boundary(project.place, project.studio)


def call(action: str, resource: str, context: str) -> tuple[str, str, dict[str, str]]:
    """A call by a role of the project teaser: what is asked, on what, and what is known about it."""
    tags = {"key": CONTEXTS["mine"], "other-key": CONTEXTS["theirs"]}.get(resource, {})
    known = {"aws:RequestedRegion": "eu-west-1", "aws:userid": "AROAEXAMPLE:ana", **tags, **CONTEXTS[context]}
    return action, RESOURCES[resource], {**ROLE, **known}


@pytest.mark.parametrize(("who", "action", "resource", "expected", "context"), ROWS)
def test_each_role_may_do_exactly_its_work(
    verdict: Callable[..., str],
    project: Project,
    boundary: list[Statement],
    who: str,
    action: str,
    resource: str,
    expected: bool,
    context: str,
) -> None:
    asked = call(action, resource, context)
    own, most = verdict(ROLES[who](project), *asked), verdict(boundary, *asked)
    assert (own == most == "Allow") is expected, f"own policy: {own}, boundary: {most}"


def test_the_table_holds_at_least_150_rows() -> None:
    assert len(ROWS) >= 150


@pytest.mark.parametrize(
    ("who", "action", "resource", "expected", "context"),
    [row for row in ROWS if row.values[3] is False and (row.values[0] == "admin" or _OUTSIDE & {*row.values})],
)
def test_a_role_stays_inside_the_fence_when_somebody_gives_it_administrator_access(
    verdict: Callable[..., str],
    boundary: list[Statement],
    who: str,
    action: str,
    resource: str,
    expected: bool,
    context: str,
) -> None:
    asked = call(action, resource, context)
    assert verdict([allow("AdministratorAccess", ["*"], ["*"])], *asked) == "Allow"
    assert verdict(boundary, *asked) != "Allow"


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:GetObject", "other-footage"),
        ("s3:PutObject", "other-footage"),
        ("s3:CreateBucket", "other-bucket"),
        ("kms:Decrypt", "other-key"),
        ("iam:PassRole", "role"),
        ("sts:AssumeRole", "role"),
        ("ec2:ModifySnapshotAttribute", "snapshot"),
    ],
)
def test_the_boundary_forbids_even_what_a_bucket_or_key_would_permit(
    verdict: Callable[..., str], boundary: list[Statement], action: str, resource: str
) -> None:
    """A resource's own policy can permit past a boundary that is only silent; it cannot past a denial."""
    assert verdict(boundary, *call(action, resource, "through-s3")) == "Deny"


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "60"}, "Allow"),
        ({"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "43201"}, "None"),
        ({"aws:MultiFactorAuthPresent": "false", "aws:MultiFactorAuthAge": "60"}, "None"),
        ({}, "None"),
    ],
    ids=["fresh", "stale", "absent", "long-lived-key"],
)
def test_a_role_is_taken_with_a_fresh_second_factor_only(
    verdict: Callable[..., str], place: Place, context: dict[str, str], expected: str
) -> None:
    statements = access_policies.trust_statements(place, ())
    assert verdict(statements, "sts:AssumeRole", "*", context) == expected


def test_policies_fit_with_the_longest_names() -> None:
    far = Place("123456789012", "ap-southeast-2", "aws-us-gov")
    key = f"arn:aws-us-gov:kms:ap-southeast-2:123456789012:key/mrk-{'0' * 32}"
    project = Project(far, "s" * 20, "p" * 20, "b" * 63, key)
    assert len(document(access_policies.boundary_statements(project))) <= 6144
    for statements in ROLES.values():
        assert len(document(statements(project))) <= 10240


def test_an_artist_of_a_content_project_reaches_media_from_inside_its_network_alone(
    verdict: Callable[..., str], place: Place
) -> None:
    project = access_policies.Project(place, "home", "teaser", "home-media-teaser-0a1b2c3d", KEY, network="vpc-1")
    media = "arn:aws:s3:::home-media-teaser-0a1b2c3d"
    statements = access_policies.artist_statements(project)
    for action, resource in (
        ("s3:GetObject", f"{media}/masters/final.mov"),
        ("s3:PutObject", f"{media}/footage/a.mov"),
        ("s3:DeleteObject", f"{media}/footage/a.mov"),
        ("s3:ListBucket", media),
    ):
        assert verdict(statements, action, resource, {"aws:SourceVpc": "vpc-1"}) == "Allow"
        assert verdict(statements, action, resource, {"aws:SourceVpc": "vpc-2"}) == "None"
        assert verdict(statements, action, resource, {}) == "None"


def test_a_session_of_identity_center_is_trusted_by_the_name_of_its_permission_set(place: Place) -> None:
    first, second = access_policies.trust_statements(place, (), ["Studio_Artists"])
    assert "aws:MultiFactorAuthPresent" in first.conditions["Bool"]
    assert second.conditions == {
        "ArnLike": {
            "aws:PrincipalArn": [
                f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_Studio_Artists_{'?' * 16}"
            ]
        }
    }
    assert len(access_policies.trust_statements(place, ())) == 1
