"""Who may do what, tried for real: every row is one boto3 call by one role, against the simulated cloud with IAM enforced.

Two projects of a studio are up, with machines of a third party and of nobody beside them. The rows are those of
`tests/components/policies/access_rows.yaml` (judged there as text) and of `service_rows.yaml`; `calls.yaml` says how an
action is tried.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import boto3
import botocore.auth
import pytest
import urllib3
import yaml
from botocore.exceptions import ClientError
from scene import FAR, REGION, Facts, Scene, all_but_principal, build

from soundstage.components.aws.access_policies import trust_statements
from soundstage.components.aws.place import Place
from soundstage.components.boot.login import read_display
from soundstage.components.policydoc import allow, document
from soundstage.core.errors import SessionError
from soundstage.sessions.program import run_program
from soundstage.sessions.session import Request
from soundstage.simulator.aws.iam.context import THROUGH
from soundstage.simulator.testing import simulated_cloud
from soundstage.stacks.clouds.aws.sessions import AwsSessions

HERE = Path(__file__).parent
CALLS: dict[str, dict[str, Any]] = yaml.safe_load((HERE / "calls.yaml").read_text())
TABLES = (HERE.parent / "components/policies/access_rows.yaml", HERE / "service_rows.yaml")
ROWS = [
    pytest.param(who, action, resource, expected, context, id=f"{who}-{action}-{resource}-{context}".rstrip("-"))
    for table in TABLES
    for who, rows in yaml.safe_load(table.read_text()).items()
    for action, resource, expected, context in ([*row, ""][:4] for row in rows)
]
DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    home = tmp_path_factory.mktemp("scene")
    with simulated_cloud(home) as owner, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOUNDSTAGE_HOME", str(home))
        yield build(home, owner)


def _filled(value: Any, facts: Facts) -> Any:
    if isinstance(value, str):
        if value.startswith("{") and value.endswith("}") and value[1:-1] in facts:
            return facts[value[1:-1]]
        for name, fact in facts.items():
            value = value.replace(f"{{{name}}}", fact) if isinstance(fact, str) else value
        return value
    if isinstance(value, dict):
        return {key: _filled(inner, facts) for key, inner in value.items()}
    return [_filled(inner, facts) for inner in value] if isinstance(value, list) else value


def attempt(scene: Scene, who: str, action: str, resource: str, context: str) -> tuple[str, str]:
    """Code and message of the error that a row's call ends with; empty when it succeeds."""
    how = CALLS.get(f"{action} {context}") or CALLS[action]
    service, method, parameters = how["call"]
    facts = scene.about(resource, context)
    if "{version}" in str(parameters):
        put = scene.owner.client("s3").put_object(Bucket=facts["bucket"], Key=facts["object"], Body=b"film")
        facts["version"] = put["VersionId"]
    region = FAR if context in ("far", "elsewhere") else REGION
    through = scene.way_in(who, context)
    try:
        if "link" in context:
            return _by_link(scene, who, method, _filled(parameters, facts), through, old="old" in context)
        getattr(scene.client(who, service, region, through=through), method)(**_filled(parameters, facts))
    except ClientError as error:
        return str(error.response["Error"]["Code"]), str(error.response["Error"]["Message"])
    finally:
        _restore(scene, action, facts)
    return "", ""


def _by_link(scene: Scene, who: str, method: str, parameters: Any, through: str, *, old: bool) -> tuple[str, str]:
    """The same by whoever has a link that is good for seven days, and that somebody made just now or 61 minutes ago."""
    made = datetime.now(UTC) - timedelta(minutes=61 if old else 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.auth, "get_current_datetime", lambda: made.replace(tzinfo=None))
        link = scene.client(who, "s3", REGION).generate_presigned_url(method, Params=parameters, ExpiresIn=7 * 86_400)
    answer = urllib3.request("GET", link, headers={THROUGH: through} if through else {}, retries=False)
    if answer.status == 200:
        return "", ""
    error = ElementTree.fromstring(answer.data)
    return str(error.findtext("Code")), str(error.findtext("Message"))


def _restore(scene: Scene, action: str, facts: Facts) -> None:
    """Put back what a permitted call took away."""
    if action == "s3:DeleteObject":
        scene.owner.client("s3").put_object(Bucket=facts["bucket"], Key=facts["object"], Body=b"film")
    if action in ("ec2:StopInstances", "ssm:StartAutomationExecution"):
        scene.owner.client("ec2").start_instances(InstanceIds=[scene.machines["mine"]])


@pytest.mark.parametrize(("who", "action", "resource", "expected", "context"), ROWS)
def test_each_role_can_do_exactly_its_work(
    scene: Scene, who: str, action: str, resource: str, expected: bool, context: str
) -> None:
    how = CALLS.get(f"{action} {context}") or CALLS[action]
    code, message = attempt(scene, who, action, resource, context)
    if expected:
        assert code in ("", how.get("then", "")), message
    elif "refused" in how:
        assert code == how["refused"]
    else:
        assert code in DENIED, message or "it was permitted"
        named = [action, *how.get("instead", action).split("|")]
        assert any(f"is not authorized to perform: {each} on resource" in message for each in named), message


def test_there_are_at_least_150_rows_and_every_call_is_used(record_property: Callable[[str, object], None]) -> None:
    used = {row.values[1] for row in ROWS}
    record_property("count", ("rows of who may do what", len(ROWS)))
    assert len(ROWS) >= 150
    assert {name.partition(" ")[0] for name in CALLS} == used


@pytest.mark.parametrize("label", ["admin", "artist", "reviewer"])
def test_a_role_is_not_given_without_the_second_factor(scene: Scene, label: str) -> None:
    arn = scene.projects["teaser"]["roles"][label]
    with pytest.raises(ClientError, match="is not authorized to perform: sts:AssumeRole"):
        scene.client("person", "sts", REGION).assume_role(RoleArn=arn, RoleSessionName="ana")


def test_a_second_factor_of_somebody_else_is_worth_nothing(scene: Scene) -> None:
    arn = scene.projects["teaser"]["roles"]["artist"]
    with pytest.raises(ClientError, match="AccessDenied"):
        scene.client("person", "sts", REGION).assume_role(
            RoleArn=arn, RoleSessionName="ana", SerialNumber="arn:aws:iam::123456789012:mfa/bea", TokenCode="123456"
        )


def test_nobody_takes_the_roles_of_another_project(scene: Scene) -> None:
    for arn in scene.projects["feature"]["roles"].values():
        with pytest.raises(ClientError, match="is not authorized to perform: sts:AssumeRole"):
            scene.client("person", "sts", REGION).assume_role(
                RoleArn=arn, RoleSessionName="ana", SerialNumber=scene.facts["mfa"], TokenCode="123456"
            )


@pytest.mark.parametrize("seconds", [43200, 28801])
def test_a_session_ends_within_a_working_day(scene: Scene, seconds: int) -> None:
    with pytest.raises(ClientError, match="DurationSeconds"):
        scene.client("person", "sts", REGION).assume_role(
            RoleArn=scene.projects["teaser"]["roles"]["artist"],
            RoleSessionName="ana",
            SerialNumber=scene.facts["mfa"],
            TokenCode="123456",
            DurationSeconds=seconds,
        )


def test_administrator_access_hung_on_a_role_does_not_lead_out_of_the_project(scene: Scene) -> None:
    """The boundary holds, whatever policy somebody attaches."""
    iam = scene.owner.client("iam")
    role = scene.projects["teaser"]["roles"]["admin"].rpartition("/")[2]
    iam.put_role_policy(RoleName=role, PolicyName="administrator", PolicyDocument=all_but_principal())
    try:
        permitted = [
            row.id
            for row in ROWS
            if row.values[0] == "admin" and row.values[3] is False
            if attempt(scene, *row.values[:3], row.values[4])[0] not in {*DENIED, "MissingAuthenticationToken"}
        ]
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="administrator")
    assert permitted == []


@pytest.mark.parametrize(
    "parameters",
    [{"portNumber": ["22"]}, {"portNumber": ["9999"]}, {"host": ["10.0.0.1"]}, {"localPortNumber": ["22; id"]}],
)
def test_the_session_of_an_artist_reaches_the_display_and_no_other_port(scene: Scene, parameters: Any) -> None:
    ssm, target = scene.client("artist", "ssm", REGION), scene.machines["mine"]
    document = f"{scene.facts['studio']}.teaser.display"
    assert ssm.start_session(Target=target, DocumentName=document, Parameters={"localPortNumber": ["8444"]})[
        "SessionId"
    ]
    with pytest.raises(ClientError, match="InvalidParameters"):
        ssm.start_session(Target=target, DocumentName=document, Parameters=parameters)
    with pytest.raises(ClientError, match="is not authorized to perform: ssm:StartSession"):
        ssm.start_session(Target=target, DocumentName="AWS-StartPortForwardingSession", Parameters=parameters)


class _ClientsOf:
    """An account as one of the people reaches it."""

    def __init__(self, scene: Scene, who: str) -> None:
        self._scene = scene
        self._who = who

    def client(self, service: str, region: str | None = None) -> Any:
        return self._scene.client(self._who, service, region or REGION)


def test_an_artist_gets_in_with_what_the_role_permits_and_a_reviewer_does_not(scene: Scene) -> None:
    machine, studio = scene.machines["mine"], scene.facts["studio"]
    login = Request(machine, f"{studio}.teaser.login", {"way": ["display"]})
    calls = AwsSessions(_ClientsOf(scene, "artist"))
    assert read_display(asyncio.run(run_program(calls, login)).output).token
    for name in ("display", "ssh"):
        grant = calls.start(Request(machine, f"{studio}.teaser.{name}"))
        assert calls.resume(grant.session)
        calls.terminate(grant.session)
        assert calls.resume(grant.session) is None
    with pytest.raises(SessionError, match="may not open a session"):
        AwsSessions(_ClientsOf(scene, "reviewer")).start(login)
    with pytest.raises(SessionError, match="may not open a session"):
        calls.start(Request(scene.machines["theirs"], f"{studio}.teaser.login", {"way": ["display"]}))


@pytest.mark.parametrize("parameters", [{"way": ["root"]}, {"way": ["ssh"], "key": ["x; id"]}, {"command": ["id"]}])
def test_the_login_of_an_artist_runs_its_one_program_and_no_other(scene: Scene, parameters: Any) -> None:
    document = f"{scene.facts['studio']}.teaser.login"
    with pytest.raises(ClientError, match="InvalidParameters"):
        scene.client("artist", "ssm", REGION).start_session(
            Target=scene.machines["mine"], DocumentName=document, Parameters=parameters
        )


def _sign_in(scene: Scene, role_name: str, path: str) -> Any:
    """A session of a role as IAM Identity Center makes it, which may take every role."""
    iam, sts = scene.owner.client("iam"), scene.owner.client("sts")
    root = {"AWS": (f"arn:aws:iam::{scene.facts['account']}:root",)}
    trusting = document([allow("AccountTakes", ["sts:AssumeRole"], principals=root)])
    made = iam.create_role(RoleName=role_name, Path=path, AssumeRolePolicyDocument=trusting)["Role"]
    iam.put_role_policy(RoleName=role_name, PolicyName="take", PolicyDocument=all_but_principal())
    given = sts.assume_role(RoleArn=made["Arn"], RoleSessionName="ana")["Credentials"]
    return boto3.client(
        "sts",
        region_name=REGION,
        endpoint_url=scene.owner.url,
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )


def test_a_federated_session_takes_a_role_only_where_its_permission_set_is_named(scene: Scene) -> None:
    arn = scene.projects["teaser"]["roles"]["artist"]
    path = "/aws-reserved/sso.amazonaws.com/eu-west-1/"
    named = _sign_in(scene, "AWSReservedSSO_Artists_0123456789abcdef", path)
    other = _sign_in(scene, "AWSReservedSSO_Artists_2_0123456789abcdef", path)
    with pytest.raises(ClientError, match="is not authorized to perform: sts:AssumeRole"):
        named.assume_role(RoleArn=arn, RoleSessionName="ana")
    iam, name = scene.owner.client("iam"), arn.rpartition("/")[2]
    before = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    place = Place(account=scene.facts["account"], region=REGION)
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=document(trust_statements(place, (), ["Artists"])))
    try:
        assert named.assume_role(RoleArn=arn, RoleSessionName="ana")["Credentials"]
        with pytest.raises(ClientError, match="is not authorized to perform: sts:AssumeRole"):
            other.assume_role(RoleArn=arn, RoleSessionName="ana")
    finally:
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(before))
