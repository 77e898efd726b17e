"""What `workstation permissions` prints is enough, and nothing of it is too much.

Every lifecycle runs against the simulated cloud with IAM enforced, by a user who has exactly the printed policy.
`SOUNDSTAGE_SOAK=1` (`make soak`) takes away every single action of both examples in turn; otherwise a sample is taken of the small one.
"""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError
from tests.exploring import SOAK

from soundstage.core.errors import CloudError
from soundstage.plan.plan import Operation
from soundstage.simulator import process
from soundstage.simulator.process import Endpoint
from soundstage.stacks.account.operator_policy import LONGEST, documents, length
from soundstage.stacks.account.permissions import LINKED_ROLES, MORE_PURPOSES, PURPOSES, Permissions
from soundstage.stacks.account.provider_calls import genuine
from soundstage.stacks.parking.parking import park, plan_park
from soundstage.stacks.parking.waking import to_wake, wake, waking

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
RICH = Path(__file__).resolve().parents[1] / "provider" / "projects"
"""Projects that say what no example says; `outward` reaches the internet through a NAT gateway."""
LONG = ["teaser", "feature"] if SOAK else ["teaser"]
CONTENT = """
project: content
profile: content
owner: ana@tinyorange.example
workstations:
  edit-1: {for: editing, size: medium, user: ana}
"""
"""A project in whose network only the needed names are resolved, which takes calls that no example does."""
SAMPLE = (
    "ec2:CreateTags",
    "ec2:StartInstances",
    "iam:PassRole",
    "kms:CreateGrant",
    "s3:PutBucketPolicy",
    "ssm:DescribeInstanceInformation",
)
STUDIO_SAMPLE = ("iam:CreateServiceLinkedRole",)
_EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
_ANYBODY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}],
}


@pytest.fixture
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of an example with its studio and its waivers, so that nothing is written beside the original."""
    for name in (f"{request.param}.yaml", f"{request.param}.policy.yaml", "studio.yaml"):
        for folder in (RICH, EXAMPLES):
            if (folder / name).exists():
                shutil.copy(folder / name, tmp_path / name)
    if request.param == "content":
        (tmp_path / "content.yaml").write_text(CONTENT)
    return tmp_path / f"{request.param}.yaml"


def statements_of(permissions: Permissions) -> list[dict[str, Any]]:
    return [statement for policy in documents(permissions) for statement in policy["Statement"]]


def without(policies: list[dict[str, Any]], action: str) -> list[dict[str, Any]]:
    less = []
    for policy in policies:
        kept = [{**each, "Action": [one for one in each["Action"] if one != action]} for each in policy["Statement"]]
        less.append({**policy, "Statement": [each for each in kept if each["Action"]]})
    return [policy for policy in less if policy["Statement"]]


@pytest.mark.parametrize("project", ["teaser", "feature", "content", "outward"], indirect=True)
def test_a_whole_life_runs_with_exactly_the_printed_policy(studio: Any, project: Path) -> None:
    studio.lifecycle(project, documents(studio.permissions(project, "up", "down", "daily")))


@pytest.mark.parametrize("project", ["feature"], indirect=True)
def test_a_studio_comes_up_and_goes_down_with_exactly_its_printed_policy(studio: Any, project: Path) -> None:
    studio.studio_lifecycle(project, documents(studio.permissions(project, "up", "down", studio=True)))


@pytest.mark.parametrize("project", [*LONG, "content"], indirect=True)
def test_what_somebody_changed_by_hand_and_in_the_file_is_put_right_with_the_policy_for_change(
    studio: Any, project: Path
) -> None:
    policies = documents(studio.permissions(project, "up", "change"))
    with studio.operated(project, policies) as deployment:
        outputs = deployment.up().outputs
        _meddle(studio.owner, outputs)
        said = yaml.safe_load(project.read_text())
        said["workstations"]["edit-1"] |= {"size": "large", "idle": {"stop_after_minutes": 60}}
        said["budget"] = {**said.get("budget", {}), "monthly_usd": 4500}
        project.write_text(yaml.safe_dump({**said, "owner": "bea@tinyorange.example"}))
        done = studio.open(project, deployment.cloud.endpoint).up(refresh=True)
        assert done.counts[Operation.UPDATE] > 20
        assert not studio.open(project).preview(refresh=True).plan.changes_anything


def _meddle(owner: Endpoint, outputs: Any) -> None:
    """What a helpful person does in the console."""
    iam, ec2, s3 = owner.client("iam"), owner.client("ec2"), owner.client("s3")
    role = outputs["roles"]["artist"].rpartition("/")[2]
    iam.attach_role_policy(RoleName=role, PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    iam.put_role_policy(RoleName=role, PolicyName="more", PolicyDocument=json.dumps(_EVERYTHING))
    iam.update_role(RoleName=role, MaxSessionDuration=3600)
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(_ANYBODY))
    group = outputs["workstations"]["edit-1"]["security_group_id"]
    ec2.authorize_security_group_ingress(GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0")
    s3.delete_bucket_policy(Bucket=outputs["bucket"])


@pytest.mark.parametrize("project", ["teaser"], indirect=True)
def test_machines_are_parked_and_come_back_with_the_policy_for_it(studio: Any, project: Path) -> None:
    policies = documents(studio.permissions(project, "up", "down", "daily", "park"))
    with studio.operated(project, policies) as deployment:
        deployment.up()
        park(deployment, plan_park(deployment))
        asked = waking(deployment, to_wake(deployment))
        wake(asked)
        assert [one.state for one in deployment.machines()] == ["running"] * len(deployment.project.workstations)
        deployment.down()


@pytest.mark.parametrize("project", LONG, indirect=True)
def test_media_are_deleted_with_the_policy_for_it(studio: Any, project: Path) -> None:
    policies = documents(studio.permissions(project, "up", "down", "delete-media"))
    with studio.operated(project, policies) as deployment:
        bucket = deployment.up().outputs["bucket"]
        studio.owner.client("s3").put_object(
            Bucket=bucket, Key="exports/v1.mov", Body=b"film", ChecksumAlgorithm="SHA256"
        )
        deployment.down(delete_media=True)
        assert bucket not in [each["Name"] for each in studio.owner.client("s3").list_buckets()["Buckets"]]


@pytest.mark.parametrize("project", ["feature"], indirect=True)
def test_nobody_is_given_the_right_to_take_a_boundary_away(studio: Any, project: Path) -> None:
    actions = set(studio.permissions(project, *PURPOSES, *MORE_PURPOSES).actions)
    assert not actions & {"iam:DeleteRolePermissionsBoundary", "iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"}


def ours(permissions: Permissions) -> list[str]:
    """The actions that a life by our own provider takes; what only the genuine one calls is proven by its record."""
    return [item.action for item in permissions.items if item.ours]


@pytest.mark.slow
@pytest.mark.parametrize("project", ["teaser", "feature"], indirect=True)
@pytest.mark.parametrize("of_studio", [False, True])
def test_what_our_provider_does_not_take_the_genuine_one_was_recorded_to_call(
    studio: Any, project: Path, of_studio: bool
) -> None:
    permissions = studio.permissions(project, *PURPOSES, *MORE_PURPOSES, studio=of_studio)
    for item in permissions.items:
        if not item.ours and item.action != LINKED_ROLES:
            called = {each for reason in item.reasons for each in genuine(reason, "create", "read", "update", "delete")}
            assert item.action in called


@pytest.mark.parametrize("project", ["feature"], indirect=True)
def test_the_genuine_provider_may_look_at_everything_that_it_looks_at(studio: Any, project: Path) -> None:
    actions = set(studio.permissions(project, *PURPOSES).actions)
    assert actions >= {
        "ec2:DescribeInstanceTypes",
        "ec2:DescribeTags",
        "kms:ListAliases",
        "s3:GetAccelerateConfiguration",
        "s3:GetBucketAcl",
        "s3:GetBucketCORS",
        "s3:GetBucketRequestPayment",
        "s3:GetBucketWebsite",
        "s3:GetReplicationConfiguration",
    }


@pytest.mark.parametrize("project", ["teaser"], indirect=True)
def test_the_first_alarm_that_stops_a_machine_may_make_the_role_that_it_acts_with(studio: Any, project: Path) -> None:
    found = {each["Sid"]: each for each in statements_of(studio.permissions(project, "up"))}
    assert found["ServiceLinkedRoles"]["Action"] == ["iam:CreateServiceLinkedRole"]
    assert any("events.amazonaws.com" in each for each in found["ServiceLinkedRoles"]["Resource"])


@pytest.mark.slow
@pytest.mark.parametrize("project", LONG, indirect=True)
def test_without_any_one_action_it_fails_and_names_the_action(
    studio: Any, project: Path, record_property: Callable[[str, object], None]
) -> None:
    permissions = studio.permissions(project, *PURPOSES)
    tried = ours(permissions) if SOAK else SAMPLE
    record_property("count", ("actions taken from an operator in turn", len(tried)))
    assert _said_wrongly(permissions, tried, lambda less: studio.lifecycle(project, less)) == {}


@pytest.mark.slow
@pytest.mark.parametrize("project", ["feature"], indirect=True)
def test_without_any_one_action_a_studio_fails_and_names_the_action(
    studio: Any, project: Path, record_property: Callable[[str, object], None]
) -> None:
    permissions = studio.permissions(project, "up", "down", studio=True)
    tried = ours(permissions) if SOAK else STUDIO_SAMPLE
    record_property("count", ("actions taken from who brings a studio up, in turn", len(tried)))
    assert _said_wrongly(permissions, tried, lambda less: studio.studio_lifecycle(project, less)) == {}


def _said_wrongly(permissions: Permissions, tried: Sequence[str], live: Callable[[Any], None]) -> dict[str, str]:
    """What a life without an action ended with, where that does not name the action."""
    assert set(tried) <= set(permissions.actions)
    wrong = {}
    for action in tried:
        try:
            live(without(documents(permissions), action))
        except CloudError as refusal:
            if action not in str(refusal):
                wrong[action] = str(refusal)
        else:
            wrong[action] = "nothing failed"
    return wrong


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


@pytest.mark.parametrize("project", ["outward"], indirect=True)
def test_who_may_have_machines_patched_could_have_any_machine_run_anything(studio: Any, project: Path) -> None:
    """IAM does not look at the targets of an association (AWS Systems Manager User Guide, "Working with associations using IAM")."""
    everybody = [{"Key": "InstanceIds", "Values": ["*"]}]
    told = {"Targets": everybody, "Tags": [{"Key": "soundstage:project", "Value": "sequel"}]}
    theirs = studio.owner.client("ssm").create_association(Name="AWS-RunPatchBaseline", **told)
    theirs = theirs["AssociationDescription"]["AssociationId"]
    operator = studio.person("operator", documents(studio.permissions(project, *PURPOSES, *MORE_PURPOSES))).client(
        "ssm"
    )
    process.set_enforcement(studio.home, True)
    ours = [{"Key": "soundstage:studio", "Value": "tinyorange"}, {"Key": "soundstage:project", "Value": "outward"}]
    about = {"ResourceType": "Association", "ResourceId": theirs}
    for method, arguments in (
        ("create_association", {"Name": "AWS-RunShellScript", "Targets": everybody, "Tags": ours}),
        ("create_association", {"Name": "AWS-RunPatchBaseline", "Targets": everybody}),
        ("update_association", {"AssociationId": theirs, "Name": "AWS-RunShellScript"}),
        ("delete_association", {"AssociationId": theirs}),
        ("add_tags_to_resource", {**about, "Tags": ours}),
        ("remove_tags_from_resource", {**about, "TagKeys": ["soundstage:project"]}),
    ):
        with pytest.raises(ClientError, match="is not authorized to perform"):
            getattr(operator, method)(**arguments)


@pytest.mark.parametrize("project", ["content", "feature"], indirect=True)
def test_the_policy_fits_into_managed_policies(studio: Any, project: Path) -> None:
    for purposes in (PURPOSES, (*PURPOSES, *MORE_PURPOSES)):
        written = documents(studio.permissions(project, *purposes))
        assert len(written) > 1
        assert max(map(length, written)) <= LONGEST
        # A user holds ten managed policies at most ("IAM and AWS STS quotas", read 2026-11).
        assert len(written) <= 10


_TAKEN = {
    "CreateFlowLogs": {"network-interface", "subnet", "vpc"},
    "CreateNatGateway": {"elastic-ip", "subnet"},
    "CreateRouteTable": {"vpc"},
    "CreateSecurityGroup": {"vpc"},
    "CreateSnapshot": {"volume"},
    "CreateSubnet": {"vpc"},
    "CreateVolume": {"snapshot"},
    "CreateVpcEndpoint": {"route-table", "security-group", "subnet", "vpc"},
    "RunInstances": {"image", "key-pair", "launch-template", "security-group", "snapshot", "subnet"},
}
"""What calls take that exists already (Service Authorization Reference, "Amazon EC2", read 2026-11)."""


@pytest.mark.parametrize("project", ["feature"], indirect=True)
def test_a_strangers_thing_named_in_a_call_never_passes_for_what_the_call_makes(studio: Any, project: Path) -> None:
    for statement in statements_of(studio.permissions(project, *PURPOSES, *MORE_PURPOSES)):
        if statement["Sid"].startswith("New") and "kms" not in str(statement["Action"]):
            calls = {action.partition(":")[2] for action in statement["Action"]}
            taken = set().union(*(_TAKEN.get(call, set()) for call in calls))
            made = {resource.rpartition(":")[2].removesuffix("/*") for resource in statement["Resource"]}
            assert not made & taken, statement["Sid"]
            assert "aws:RequestTag/soundstage:project" in statement["Condition"]["StringEquals"]


@pytest.mark.parametrize("project", ["teaser"], indirect=True)
def test_the_default_group_is_known_by_its_network_once_there_is_one(studio: Any, project: Path) -> None:
    def asked() -> dict[str, Any]:
        found = {each["Sid"]: each for each in statements_of(studio.permissions(project, "up"))}
        assert all(action.startswith("ec2:RevokeSecurityGroup") for action in found["DefaultGroup"]["Action"])
        return dict(found["DefaultGroup"]["Condition"])

    tags = {f"aws:ResourceTag/soundstage:{key}": "true" for key in ("studio", "project")}
    assert asked()["Null"] == tags
    network = studio.open(project).up().outputs["network"]["vpc_id"]
    assert asked() == {"ArnLike": {"ec2:Vpc": [f"arn:aws:ec2:*:123456789012:vpc/{network}"]}}
