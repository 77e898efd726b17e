"""Who may do what, tried for real: every row is one boto3 call by one role, against the simulated cloud with IAM enforced.

Two projects of a studio are up, with machines of a third party and of nobody beside them. The rows are those of
`tests/components/policies/access_rows.yaml` (judged there as text) and of `service_rows.yaml`; `calls.yaml` says how an
action is tried.
"""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore.config import Config
from botocore.exceptions import ClientError

from soundstage.simulator import process
from soundstage.simulator.process import Endpoint
from soundstage.simulator.testing import simulated_cloud
from soundstage.stacks.deployment import open_project

pytestmark = pytest.mark.xdist_group("access-matrix")

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
REGION, FAR, ACCOUNT = "eu-west-1", "us-east-1", "123456789012"
EVERYTHING = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}]}
)
PROJECT = """
project: {name}
access: {{via: session}}
workstations:
  edit-1: {{for: editing, user: ana, data_gib: 10, hours: Mon-Fri 09:00-19:00 Europe/Lisbon}}
storage: {{backup_region: eu-central-1}}
budget: {{monthly_usd: 500, at_limit: stop}}
"""
OBJECTS = {
    "footage": "footage/A001.mov",
    "masters": "masters/final.mov",
    "exports": "exports/v1.mp4",
    "exports-lookalike": "exports-internal/v1.mp4",
}
DOCUMENTS = {
    "port-forwarding": "AWS-StartPortForwardingSession",
    "remote-host": "AWS-StartPortForwardingSessionToRemoteHost",
    "ssh": "AWS-StartSSHSession",
    "shell": "SSM-SessionManagerRunShell",
}

Facts = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Scene:
    """Everything that the calls are about, and everybody who makes them."""

    owner: Endpoint
    projects: Mapping[str, Mapping[str, Any]]
    """Outputs of `teaser` and `feature`."""
    machines: Mapping[str, str]
    people: Mapping[str, Mapping[str, str]]
    """Temporary credentials by role."""
    facts: Facts

    def client(self, who: str, service: str, region: str) -> Any:
        client = boto3.client(
            service,
            region_name=region,
            endpoint_url=self.owner.url,
            config=Config(retries={"total_max_attempts": 1}, inject_host_prefix=False),
            **self.people[who],
        )
        client.meta.events.register("before-sign.s3-control", _on_loopback)
        return client

    def about(self, resource: str, context: str) -> Facts:
        """What the names in a call stand for, for this row."""
        project = self.projects["feature" if resource.startswith("other-") else "teaser"]
        facts = {**self.facts, "bucket": project["bucket"], "key": project["key_arn"]}
        facts["machine"] = self.machines.get(context or "mine", self.machines["mine"])
        facts["document"] = DOCUMENTS.get(resource, DOCUMENTS["port-forwarding"])
        facts["object"] = OBJECTS.get(resource.removeprefix("other-"), OBJECTS["footage"])
        facts["under_key"] = "exports/v1.mp4"
        facts["session"] = self.facts["sessions"]["foreign" if context == "foreign-session" else "own"]
        if resource == "other-key":
            facts["under_key"] = "footage/foreign.mov"
            facts["bucket"] = self.projects["teaser"]["bucket"]
            facts["machine"] = self.machines["foreign-key"]
        if resource == "other-logs":
            facts["log_group"] = self.facts["trail_logs"]
        if resource == "trail-logs":
            facts["log_group"], facts["log_stream"] = self.facts["trail_logs"], f"{ACCOUNT}_CloudTrail_{REGION}"
        if resource == "other-metrics":
            facts["namespace"] = "Soundstage/Audit"
        if resource == "shell-runbook":
            facts["automation"] = "AWS-RunShellScript"
        if resource == "machine-role":
            facts["role_arn"] = self.facts["machine_role"]
        return facts


def _on_loopback(request: Any, **_: object) -> None:
    """S3 Control puts the account's number before the host, whatever a client is told."""
    request.url = request.url.replace(f"//{ACCOUNT}.", "//")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    home = tmp_path_factory.mktemp("scene")
    with simulated_cloud(home) as owner, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOUNDSTAGE_HOME", str(home))
        projects = {name: _up(home, name) for name in ("teaser", "feature")}
        machines = _machines(owner, projects)
        facts = _facts(owner, projects)
        _fill_buckets(owner, projects)
        process.set_enforcement(home, True)
        people = _people(owner, projects, facts)
        built = Scene(owner, projects, machines, people, facts)
        facts["sessions"] = {
            "own": _session(built, "artist"),
            "foreign": _session(built, "admin"),
        }
        yield built


def _up(home: Path, name: str) -> dict[str, Any]:
    file = home / "projects" / f"{name}.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(PROJECT.format(name=name))
    outputs: dict[str, Any] = open_project(str(file)).up().outputs
    return outputs


def _machines(owner: Endpoint, projects: Mapping[str, Any]) -> dict[str, str]:
    """Machines by what they are to the project teaser."""
    ec2, far = owner.client("ec2"), owner.client("ec2", FAR)
    image = ec2.describe_images(Owners=["099720109477"])["Images"][0]["ImageId"]
    far_image = far.describe_images()["Images"][0]["ImageId"]
    mine = {"soundstage:studio": "studio", "soundstage:project": "teaser"}
    studio = ec2.describe_tags(Filters=[{"Name": "key", "Values": ["soundstage:studio"]}])["Tags"][0]["Value"]
    mine["soundstage:studio"] = studio
    disk = {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 1, "KmsKeyId": projects["feature"]["key_arn"]}}

    def run(client: Any, image_id: str, tags: Mapping[str, str], **more: Any) -> str:
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        spec = [{"ResourceType": "instance", "Tags": listed}] if listed else []
        made = client.run_instances(ImageId=image_id, MinCount=1, MaxCount=1, TagSpecifications=spec, **more)
        return str(made["Instances"][0]["InstanceId"])

    return {
        "mine": projects["teaser"]["workstations"]["edit-1"]["instance_id"],
        "theirs": projects["feature"]["workstations"]["edit-1"]["instance_id"],
        "untagged": run(ec2, image, {}),
        "other-studio": run(ec2, image, {**mine, "soundstage:studio": "away"}),
        "far": run(far, far_image, mine),
        "foreign-key": run(ec2, image, mine, BlockDeviceMappings=[disk]),
    }


def _facts(owner: Endpoint, projects: Mapping[str, Any]) -> Facts:
    ec2, iam, logs = owner.client("ec2"), owner.client("iam"), owner.client("logs")
    machine = projects["teaser"]["workstations"]["edit-1"]["instance_id"]
    described = ec2.describe_instances(InstanceIds=[machine])["Reservations"][0]["Instances"][0]
    volume = described["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    groups = [each["logGroupName"] for each in logs.describe_log_groups()["logGroups"]]
    roles = {role["RoleName"]: role["Arn"] for role in iam.list_roles()["Roles"]}
    admin = projects["teaser"]["roles"]["admin"]
    sealed = owner.client("kms").encrypt(KeyId=projects["teaser"]["key_arn"], Plaintext=b"film")["CiphertextBlob"]
    return {
        "account": ACCOUNT,
        "alarm": owner.client("cloudwatch").describe_alarms()["MetricAlarms"][0]["AlarmName"],
        "analyzer": owner.client("accessanalyzer").list_analyzers()["analyzers"][0]["name"],
        "automation": "AWS-StopEC2Instance",
        "boundary": iam.list_policies(Scope="Local")["Policies"][0]["Arn"],
        "budget": admin.rpartition("/")[2].removesuffix("-admin"),
        "everything": EVERYTHING,
        "group": described["SecurityGroups"][0]["GroupId"],
        "image": described["ImageId"],
        "log_group": next(name for name in groups if name.startswith("/soundstage/teaser/") and "edit-1" in name),
        "log_stream": "amazon-ssm-agent",
        "machine_role": projects["teaser"]["workstations"]["edit-1"]["role_arn"],
        "mfa": iam.create_virtual_mfa_device(VirtualMFADeviceName="ana")["VirtualMFADevice"]["SerialNumber"],
        "namespace": "Soundstage/Workstation",
        "my_bucket": projects["teaser"]["bucket"],
        "other_bucket": projects["feature"]["bucket"],
        "profile": described["IamInstanceProfile"]["Arn"].rpartition("/")[2],
        "role": admin.rpartition("/")[2],
        "role_arn": admin,
        "roles": roles,
        "sealed": sealed,
        "snapshot": ec2.create_snapshot(VolumeId=volume)["SnapshotId"],
        "subscription": owner.client("sns").list_subscriptions()["Subscriptions"][0]["SubscriptionArn"],
        "trail": owner.client("cloudtrail").list_trails()["Trails"][0]["TrailARN"],
        "trail_logs": next(name for name in groups if name.startswith("/soundstage-studio/")),
        "volume": volume,
    }


def _fill_buckets(owner: Endpoint, projects: Mapping[str, Any]) -> None:
    s3 = owner.client("s3")
    for project in projects.values():
        for key in OBJECTS.values():
            s3.put_object(Bucket=project["bucket"], Key=key, Body=b"film")
    # The bucket's own policy admits no other key, so it steps aside for the one object that should not be there.
    bucket = projects["teaser"]["bucket"]
    policy = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    s3.delete_bucket_policy(Bucket=bucket)
    foreign = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": projects["feature"]["key_arn"]}
    s3.put_object(Bucket=bucket, Key="footage/foreign.mov", Body=b"film", **foreign)
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)


def _people(owner: Endpoint, projects: Mapping[str, Any], facts: Facts) -> dict[str, dict[str, str]]:
    """Credentials of everybody: Ana takes the roles of people with her second factor; services take their own."""
    iam = owner.client("iam")
    iam.create_user(UserName="ana")
    iam.enable_mfa_device(
        UserName="ana", SerialNumber=facts["mfa"], AuthenticationCode1="123456", AuthenticationCode2="654321"
    )
    may = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": list(projects["teaser"]["roles"].values())}
    document = json.dumps({"Version": "2012-10-17", "Statement": [may]})
    iam.put_user_policy(UserName="ana", PolicyName="roles", PolicyDocument=document)
    key = iam.create_access_key(UserName="ana")["AccessKey"]
    ana = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    sts = boto3.client("sts", region_name=REGION, endpoint_url=owner.url, **ana)
    code = {"SerialNumber": facts["mfa"], "TokenCode": "123456"}
    people = {"person": ana}
    for label, arn in projects["teaser"]["roles"].items():
        people[label] = _credentials(sts.assume_role(RoleArn=arn, RoleSessionName=label, **code))
    machine = projects["teaser"]["workstations"]["edit-1"]["instance_id"]
    services = {
        "workstation": (facts["machine_role"], machine),
        "budget": (_role(facts, "teaser-budget-stop"), "budgets"),
        "clock": (_role(facts, "teaser-edit-1-clock"), "scheduler"),
        "replication": (_role(facts, "teaser-media-replication"), "s3"),
        "delivery": (_role(facts, "delivery"), "cloudtrail"),
    }
    for label, (arn, name) in services.items():
        people[label] = _credentials(owner.client("sts").assume_role(RoleArn=arn, RoleSessionName=name))
    return people


def _role(facts: Facts, part: str) -> str:
    (found,) = [arn for name, arn in facts["roles"].items() if part in name]
    return str(found)


def _credentials(answer: Mapping[str, Any]) -> dict[str, str]:
    given = answer["Credentials"]
    return {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }


def _session(scene: Scene, who: str) -> str:
    opened = scene.client(who, "ssm", REGION).start_session(
        Target=scene.machines["mine"], DocumentName=DOCUMENTS["port-forwarding"]
    )
    return str(opened["SessionId"])


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
    try:
        getattr(scene.client(who, service, region), method)(**_filled(parameters, facts))
    except ClientError as error:
        return str(error.response["Error"]["Code"]), str(error.response["Error"]["Message"])
    finally:
        _restore(scene, action, facts)
    return "", ""


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


def test_there_are_at_least_150_rows_and_every_call_is_used() -> None:
    used = {row.values[1] for row in ROWS}
    print(f"{len(ROWS)} rows, {len(used)} actions, {len({row.values[0] for row in ROWS})} roles")
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
    iam.put_role_policy(RoleName=role, PolicyName="administrator", PolicyDocument=_all_but_principal())
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


def _all_but_principal() -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
