"""Whoever bakes images holds exactly what `workstation permissions --for bake` prints, on an account that enforces it."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.exploring import SOAK

from soundstage.core.errors import CloudError, SessionError
from soundstage.images.recipes import recipes
from soundstage.sessions.session import Request
from soundstage.simulator import process
from soundstage.simulator.process import Endpoint
from soundstage.stacks.account.bake_permissions import INSIDE
from soundstage.stacks.account.operator_policy import LONGEST, documents, length, terraform
from soundstage.stacks.account.permissions import Permissions
from soundstage.stacks.images import keeping
from soundstage.stacks.images.baking import bake
from soundstage.stacks.images.builder import Bakery, builder_of
from soundstage.stacks.studio_deployment import open_studio

STUDIO = """\
studio: {name}
home_region: eu-west-1
regions: [eu-west-1, eu-central-1]
alert_emails: [a@example.com]
installers_bucket: {name}-installers
"""
PROJECT = "project: image\nworkstations:\n  edit-1: {for: audio, data_gib: 0}\n"
"""Named as near to the path of the builders' roles as a project can be."""
RECIPE = "render-node"
SAMPLE = ("ec2:CopyImage", "ec2:CreateImage", "iam:PassRole", "kms:CreateGrant")


class Bakers:
    """A studio that is up with a project in it, and people who bake for it."""

    def __init__(self, studio: Any, folder: Path) -> None:
        self._studio, self._folder, self._number = studio, folder, count(1)
        self.home = folder
        self.owner: Endpoint = studio.owner
        (folder / "studio.yaml").write_text(STUDIO.format(name="northlight"))
        (folder / "image.yaml").write_text(PROJECT)
        self.outputs: Any = studio.open(folder / "image.yaml").up().outputs

    def permissions(self) -> Permissions:
        found: Permissions = self._studio.permissions(self._folder / "image.yaml", "bake")
        return found

    def baker(self, less: str = "") -> Endpoint:
        """One who bakes, without the action `less`."""
        policies = [
            {**policy, "Statement": [said for each in policy["Statement"] if (said := _without(each, less))["Action"]]}
            for policy in documents(self.permissions())
        ]
        found: Endpoint = self._studio.person(f"baker-{next(self._number)}", policies)
        return found

    def bakery(self, caller: Endpoint) -> Bakery:
        studio = open_studio(str(self._folder / "studio.yaml"))
        vars(studio.cloud)["endpoint"] = caller
        return Bakery(studio, "eu-west-1", None, pause=lambda _: None)


def _without(statement: dict[str, Any], less: str) -> dict[str, Any]:
    return {**statement, "Action": [action for action in statement["Action"] if action != less]}


@pytest.fixture(scope="module")
def bakers(_served: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bakers]:
    process.reset(_served.home)
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("home")
        patch.setenv("SOUNDSTAGE_HOME", str(home))
        found = Bakers(_served, home)
        process.set_enforcement(_served.home, True)
        yield found


@pytest.fixture(autouse=True)
def _same_home(bakers: Bakers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUNDSTAGE_HOME", str(bakers.home))


def test_an_image_is_baked_copied_promoted_shared_and_pruned_with_exactly_the_printed_policy(bakers: Bakers) -> None:
    bakery = bakers.bakery(bakers.baker())
    made = bake(bakery, RECIPE, ["eu-central-1"])
    assert sorted(made.ids) == ["eu-central-1", "eu-west-1"]
    assert keeping.promote(bakery, RECIPE).regions == made.ids
    assert keeping.share(bakery, RECIPE, "210987654321") == made.ids
    with builder_of(bakery, recipes(None).named(RECIPE), "verify", image_id=made.ids["eu-west-1"]) as machine:
        assert machine.instance_id
    bakery.pins.unlink()
    gone = keeping.to_prune(bakery, RECIPE, keep=0)
    assert [one.id for one in gone.deleted] == [made.ids["eu-west-1"]]
    keeping.prune(bakery, gone.deleted)
    bakery.cloud.images.delete(made.ids["eu-central-1"], "eu-central-1")


def test_without_any_one_action_a_bake_fails_and_names_it(bakers: Bakers) -> None:
    # A simulated machine has no inside that a bake could enter.
    outside = [item for item in bakers.permissions().items if item.ours and item.reasons != (INSIDE,)]
    ours = [item.action for item in outside]
    tried = ours if SOAK else SAMPLE
    assert set(tried) <= set(ours)
    wrong = {}
    for action in tried:
        bakery = bakers.bakery(bakers.baker(less=action))
        try:
            _whole(bakery)
        except CloudError as refusal:
            if action not in str(refusal):
                wrong[action] = str(refusal)
        else:
            wrong[action] = "nothing failed"
        finally:
            _whole(bakers.bakery(bakers.owner))
    assert wrong == {}


def _whole(bakery: Bakery) -> None:
    """A bake, and everything that is done with its image until that is gone."""
    made = bake(bakery, RECIPE, ["eu-central-1"])
    keeping.share(bakery, RECIPE, "210987654321")
    bakery.pins.unlink()
    for region, id in made.ids.items():
        bakery.cloud.images.delete(id, region)


def test_whoever_bakes_reaches_a_builder_and_nothing_that_is_like_one(bakers: Bakers) -> None:
    caller, owner = bakers.baker(), bakers.owner
    bakery = bakers.bakery(caller)
    sessions = bakery.cloud.sessions
    with builder_of(bakery, recipes(None).named(RECIPE), RECIPE) as builder:
        grant = sessions.start(Request(builder.instance_id, "AWS-StartSSHSession", {"portNumber": ["22"]}))
        assert sessions.resume(grant.session)
        sessions.terminate(grant.session)
        caller.client("ec2").get_console_output(InstanceId=builder.instance_id)
        for document in ("SSM-SessionManagerRunShell", "AWS-StartPortForwardingSession"):
            with pytest.raises(SessionError, match="may not open a session"):
                sessions.start(Request(builder.instance_id, document, {}))
        refused(caller, _beside(owner, bakers.outputs, builder.instance_id))


def refused(caller: Endpoint, calls: list[tuple[str, str, dict[str, Any]]]) -> None:
    done = []
    for service, method, arguments in calls:
        try:
            getattr(caller.client(service), method)(**arguments)
        except ClientError as error:
            if "is not authorized to perform" in str(error):
                continue
            done.append(f"{service} {method}: {error}")
        else:
            done.append(f"{service} {method} {arguments}")
    assert done == []


def _beside(owner: Endpoint, project: Any, builder: str) -> list[tuple[str, str, dict[str, Any]]]:
    """What whoever bakes may not do."""
    ec2, kms, iam = owner.client("ec2"), owner.client("kms"), owner.client("iam")
    machine = project["workstations"]["edit-1"]["instance_id"]
    group = project["workstations"]["edit-1"]["security_group_id"]
    (own,) = ec2.describe_instances(InstanceIds=[builder])["Reservations"][0]["Instances"]
    there = {"SubnetId": own["SubnetId"], "SecurityGroupIds": [own["SecurityGroups"][0]["GroupId"]]}
    launch = {"MinCount": 1, "MaxCount": 1, "InstanceType": "m7i.large", **there}
    tags = [
        {"Key": key, "Value": value}
        for key, value in (("soundstage:studio", "northlight"), ("soundstage:recipe", RECIPE))
    ]
    theirs = [{"Key": "soundstage:studio", "Value": "southlight"}, tags[1]]
    of_theirs = [{"ResourceType": kind, "Tags": theirs} for kind in ("image", "snapshot")]
    of_machine = [{"ResourceType": kind, "Tags": tags} for kind in ("image", "snapshot")]
    image = ec2.create_image(InstanceId=builder, Name="soundstage/theirs", TagSpecifications=of_theirs)["ImageId"]
    plain = ec2.create_image(InstanceId=builder, Name="office")["ImageId"]
    as_machine = [{"ResourceType": "instance", "Tags": tags}]
    as_project = [{"ResourceType": "instance", "Tags": [*tags, {"Key": "soundstage:project", "Value": "image"}]}]
    key = kms.create_key(Tags=[{"TagKey": "soundstage:studio", "TagValue": "northlight"}])["KeyMetadata"]["Arn"]
    disk = [{"DeviceName": "/dev/sda1", "Ebs": {"Encrypted": True, "KmsKeyId": key}}]
    profile = iam.list_instance_profiles(PathPrefix="/soundstage/northlight/image/")["InstanceProfiles"][0]
    role = profile["Roles"][0]["RoleName"]
    mine = iam.list_roles(PathPrefix="/soundstage/northlight/image.builders/")["Roles"][0]["RoleName"]
    own_profile = own["IamInstanceProfile"]["Arn"].rpartition("/")[2]
    copied = {"SourceRegion": "eu-west-1", "Name": "ours", "TagSpecifications": of_machine}
    anything = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
    trust = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}]}'
    return [
        # Another studio's image, and one that carries no tags.
        ("ec2", "deregister_image", {"ImageId": image}),
        ("ec2", "deregister_image", {"ImageId": plain}),
        ("ec2", "modify_image_attribute", {"ImageId": image, "LaunchPermission": {"Add": [{"UserId": "210987654321"}]}}),
        ("ec2", "copy_image", {**copied, "SourceImageId": image}),
        ("ec2", "copy_image", {**copied, "SourceImageId": plain}),
        ("ec2", "run_instances", {**launch, "ImageId": image, "TagSpecifications": as_machine}),
        ("ec2", "create_tags", {"Resources": [plain], "Tags": tags}),
        # Machines of projects, which carry the studio's tag too, and machines that would pass for one.
        ("ec2", "create_image", {"InstanceId": machine, "Name": "theirs", "TagSpecifications": of_machine}),
        ("ec2", "create_image", {"InstanceId": builder, "Name": "untagged"}),
        ("ec2", "stop_instances", {"InstanceIds": [machine]}),
        ("ec2", "terminate_instances", {"InstanceIds": [machine]}),
        ("ec2", "get_console_output", {"InstanceId": machine}),
        ("ec2", "create_tags", {"Resources": [machine], "Tags": tags}),
        ("ec2", "authorize_security_group_egress", {"GroupId": group, "IpPermissions": []}),
        ("ec2", "run_instances", {**launch, "ImageId": _public(ec2), "TagSpecifications": as_project}),
        ("ec2", "run_instances", {**launch, "ImageId": _public(ec2)}),
        ("ssm", "start_session", {"Target": machine, "DocumentName": "AWS-StartSSHSession"}),
        ("ssm", "start_session", {"Target": machine, "DocumentName": "northlight.image.ssh"}),
        ("ssm", "send_command", {"InstanceIds": [builder], "DocumentName": "AWS-RunShellScript"}),
        # Another key.
        ("ec2", "run_instances", {**launch, "ImageId": _public(ec2), "TagSpecifications": as_machine, "BlockDeviceMappings": disk}),
        ("kms", "decrypt", {"KeyId": key, "CiphertextBlob": b"film"}),
        ("kms", "create_grant", {"KeyId": key, "GranteePrincipal": "arn:aws:iam::210987654321:root", "Operations": ["Decrypt"]}),
        ("kms", "schedule_key_deletion", {"KeyId": project["key_arn"]}),
        # Another role, and more for one's own.
        ("ec2", "run_instances", {**launch, "ImageId": _public(ec2), "TagSpecifications": as_machine, "IamInstanceProfile": {"Name": profile["InstanceProfileName"]}}),
        ("iam", "add_role_to_instance_profile", {"InstanceProfileName": own_profile, "RoleName": role}),
        ("iam", "put_role_policy", {"RoleName": role, "PolicyName": "more", "PolicyDocument": anything}),
        ("iam", "create_role", {"RoleName": "free", "Path": "/soundstage/northlight/image.builders/", "AssumeRolePolicyDocument": trust}),
        ("iam", "delete_role_permissions_boundary", {"RoleName": mine}),
        ("iam", "update_assume_role_policy", {"RoleName": mine, "PolicyDocument": trust}),
        ("iam", "attach_role_policy", {"RoleName": role, "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
        # Media, and other objects than the studio's installers.
        ("s3", "get_object", {"Bucket": project["bucket"], "Key": "footage/a.mov"}),
        ("s3", "put_object", {"Bucket": "northlight-installers", "Key": "a", "Body": b""}),
    ]  # fmt: skip


def _public(ec2: Any) -> str:
    found: str = ec2.describe_images(Owners=["099720109477"])["Images"][0]["ImageId"]
    return found


def test_the_policy_fits_into_managed_policies_and_names_the_key_the_bucket_and_no_project(bakers: Bakers) -> None:
    found = bakers.permissions()
    written = documents(found)
    assert max(map(length, written)) <= LONGEST
    said = {each["Sid"]: each for policy in written for each in policy["Statement"]}
    assert all(key.startswith("arn:aws:kms:eu-") for key in said["DiskKeys"]["Resource"])
    assert len(said["DiskKeys"]["Resource"]) == 2
    assert said["Installers"]["Resource"] == ["arn:aws:s3:::northlight-installers/*"]
    assert 'resource "aws_iam_policy" "northlight_image-baker"' in terraform(found)
