"""Two projects of a studio that are up, with machines of a third party and of nobody beside them, and everybody who makes
calls there: people, services, an operator, and what an operator can make of a role that he writes himself."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from neighbours import neighbours, of_project

from soundstage.components.naming import role_path
from soundstage.simulator import process
from soundstage.simulator.aws.iam.context import THROUGH
from soundstage.simulator.process import Endpoint
from soundstage.stacks.account.operator_policy import documents
from soundstage.stacks.account.permissions import MORE_PURPOSES, PURPOSES, permissions_of
from soundstage.stacks.deployment import open_project

REGION, FAR, ACCOUNT = "eu-west-1", "us-east-1", "123456789012"
EVERYTHING = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}]}
)
TRUSTING = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}]}
)
PROJECT = """
project: {name}
access: {{via: session}}
workstations:
  edit-1: {{for: editing, user: ana, data_gib: 10, hours: Mon-Fri 09:00-19:00 Europe/Lisbon}}
storage: {{backup_region: eu-central-1}}
budget: {{monthly_usd: 500, at_limit: stop}}
"""
PROJECTS = {"teaser": "", "feature": "", "teaser-2": "", "vault": "profile: content"}
"""The project that the roles are of, another one, one whose name begins alike, and one whose media stay in its network; with
what its file says besides."""
OPENING = {"other": "feature", "vault": "vault"}
"""Whose a resource is whose name begins with one of these words; otherwise it is of the project teaser."""
OBJECTS = {
    "footage": "footage/A001.mov",
    "masters": "masters/final.mov",
    "exports": "exports/v1.mp4",
    "exports-lookalike": "exports-internal/v1.mp4",
    "transfer": ".soundstage-transfer/0a1b2c3d",
    "transfer-lookalike": ".soundstage-transfers/0a1b2c3d",
}
DOCUMENTS = {
    "display": "{studio}.teaser.display",
    "other-display": "{studio}.feature.display",
    "vault-display": "{studio}.vault.display",
    "login": "{studio}.teaser.login",
    "other-login": "{studio}.feature.login",
    "own-ssh": "{studio}.teaser.ssh",
    "other-own-ssh": "{studio}.feature.ssh",
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
    """Outputs of all that are up, by name."""
    machines: Mapping[str, str]
    people: Mapping[str, Mapping[str, str]]
    """Temporary credentials by role."""
    facts: Facts

    def way_in(self, who: str, context: str) -> str:
        """The endpoint through which somebody's calls come; empty from outside every network. A machine's come through the
        endpoint of its own network, unless somebody carried its credentials outside."""
        if context.endswith("outside"):
            return ""
        if context.endswith("other-network"):
            return str(self.facts["endpoint"])
        if not (who.endswith("workstation") or context.endswith("inside")):
            return ""
        return str((self.facts["owned_by"]["vault"] if who.startswith("content-") else self.facts)["endpoint"])

    def client(self, who: str, service: str, region: str, *, through: str = "") -> Any:
        """A client with somebody's credentials, whose calls come through this endpoint of a network."""
        client = boto3.client(
            service,
            region_name=region,
            endpoint_url=self.owner.url,
            config=Config(
                retries={"total_max_attempts": 1},
                inject_host_prefix=False,
                signature_version="s3v4" if service == "s3" else None,
            ),
            **self.people[who],
        )
        client.meta.events.register("before-sign.s3-control", _on_loopback)
        if through:
            client.meta.events.register(
                "before-sign", lambda request, **_: request.headers.add_header(THROUGH, through)
            )
        return client

    def about(self, resource: str, context: str) -> Facts:
        """What the names in a call stand for, for this row."""
        whose, _, plain = resource.partition("-")
        project = self.projects[OPENING.get(whose, "teaser")]
        facts = {**self.facts, "bucket": project["bucket"], "key": project["key_arn"]}
        facts["machine"] = self.machines.get(context or "mine", self.machines["mine"])
        facts |= self.facts["owned_by"].get(whose, {})
        facts["document"] = DOCUMENTS.get(resource, DOCUMENTS["display"]).format(**facts)
        facts["object"] = OBJECTS.get(plain if whose in self.facts["owned_by"] else resource, OBJECTS["footage"])
        facts["under_key"] = "exports/v1.mp4"
        facts["named"] = facts.get({"group": "group", "vpc": "vpc"}.get(resource.rpartition("-")[2], "volume"))
        facts["unique"] = f"group-{resource}-{context}"
        facts["session"] = self.facts["sessions"]["foreign" if context == "foreign-session" else "own"]
        if resource == "other-key":
            facts["under_key"] = "footage/foreign.mov"
            facts["bucket"] = self.projects["teaser"]["bucket"]
            facts["machine"] = self.machines["foreign-key"]
        if resource == "other-logs":
            facts["log_group"] = self.facts["trail_logs"]
        if resource in ("neighbours-logs", "other-starts", "alike-logs"):
            named = {"neighbours-logs": "feature", "other-starts": "feature", "alike-logs": "teaser-2"}[resource]
            facts["log_group"] = self.facts["log_group"].replace("/teaser/", f"/{named}/")
        if resource == "trail-logs":
            facts["log_group"], facts["log_stream"] = self.facts["trail_logs"], f"{ACCOUNT}_CloudTrail_{REGION}"
        if resource == "other-metrics":
            facts["namespace"] = "Soundstage/Audit"
        if resource == "shell-runbook":
            facts["automation"] = "AWS-RunShellScript"
        if resource in ("bounded-role", "unbounded-role"):
            facts["role"] = resource
        if resource == "machine-role":
            facts["role_arn"] = self.facts["machine_role"]
        return facts


def _on_loopback(request: Any, **_: object) -> None:
    """S3 Control puts the account's number before the host, whatever a client is told."""
    request.url = request.url.replace(f"//{ACCOUNT}.", "//")


def build(home: Path, owner: Endpoint) -> Scene:
    """Bring everything up in an empty cloud, and enforce IAM."""
    projects = {name: _up(home, name, more) for name, more in PROJECTS.items()}
    machines = _machines(owner, projects)
    facts = _facts(owner, projects)
    _fill_buckets(owner, projects)
    process.set_enforcement(home, True)
    people = _people(home, owner, projects, facts)
    built = Scene(owner, projects, machines, people, facts)
    facts["sessions"] = {
        "own": _session(built, "artist"),
        "foreign": _session(built, "admin"),
    }
    return built


def _up(home: Path, name: str, more: str) -> dict[str, Any]:
    file = home / "projects" / f"{name}.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(PROJECT.format(name=name) + more)
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
        "vault": projects["vault"]["workstations"]["edit-1"]["instance_id"],
        "foreign-key": run(ec2, image, mine, BlockDeviceMappings=[disk]),
    }


def _described(owner: Endpoint, project: Mapping[str, Any]) -> dict[str, Any]:
    machine = project["workstations"]["edit-1"]["instance_id"]
    found: dict[str, Any] = owner.client("ec2").describe_instances(InstanceIds=[machine])["Reservations"][0]
    return dict(found["Instances"][0])


def _disk(owner: Endpoint, project: Mapping[str, Any]) -> str:
    return str(_described(owner, project)["BlockDeviceMappings"][0]["Ebs"]["VolumeId"])


def _facts(owner: Endpoint, projects: Mapping[str, Any]) -> Facts:
    iam, logs = owner.client("iam"), owner.client("logs")
    described = _described(owner, projects["teaser"])
    profiles = [each["InstanceProfileName"] for each in iam.list_instance_profiles()["InstanceProfiles"]]
    groups = [each["logGroupName"] for each in logs.describe_log_groups()["logGroups"]]
    roles = {role["RoleName"]: role["Arn"] for role in iam.list_roles()["Roles"]}
    admin = projects["teaser"]["roles"]["admin"]
    studio = admin.split("/")[2]
    studio_path = role_path(studio)
    tags = {"soundstage:studio": studio, "soundstage:project": "teaser"}
    mine = of_project(owner, projects["teaser"], studio, "teaser")
    sealed = owner.client("kms").encrypt(KeyId=projects["teaser"]["key_arn"], Plaintext=b"film")["CiphertextBlob"]
    return {
        **mine,
        **{f"my_{name}": mine[name] for name in ("group", "key", "machine", "subnet")},
        "my_image": described["ImageId"],
        "owned_by": neighbours(owner, projects, studio, described["ImageId"]),
        "account": ACCOUNT,
        "studio": studio,
        "alarm": f"{studio}/root-use",
        "analyzer": owner.client("accessanalyzer").list_analyzers()["analyzers"][0]["name"],
        "automation": "AWS-StopEC2Instance",
        "boundary": f"arn:aws:iam::{ACCOUNT}:policy{studio_path}{studio}-services-boundary",
        "clock_role": _role({"roles": roles}, "teaser-edit-1-clock"),
        "everything": EVERYTHING,
        "trusting": TRUSTING,
        "flow_role": _role({"roles": roles}, "teaser-network-traffic"),
        "stop": f"arn:aws:automate:{REGION}:ec2:stop",
        "image": described["ImageId"],
        "log_group": next(name for name in groups if f"/{studio}/teaser/" in name and "edit-1" in name),
        "log_stream": "amazon-ssm-agent",
        "machine_role": projects["teaser"]["workstations"]["edit-1"]["role_arn"],
        "mfa": iam.create_virtual_mfa_device(VirtualMFADeviceName="ana")["VirtualMFADevice"]["SerialNumber"],
        "namespace": "Soundstage/Workstation",
        "my_bucket": projects["teaser"]["bucket"],
        "other_bucket": projects["feature"]["bucket"],
        "path": role_path(studio, "teaser"),
        "other_path": role_path(studio, "feature"),
        "other_profile": next(name for name in profiles if name.startswith("feature-")),
        "mine": [{"Key": key, "Value": value} for key, value in tags.items()],
        "of_vault": [{"Key": key, "Value": value} for key, value in {**tags, "soundstage:project": "vault"}.items()],
        "my_names_group": _own_group(owner, studio),
        "mine_of_key": [{"TagKey": key, "TagValue": value} for key, value in tags.items()],
        "other_volume": _disk(owner, projects["feature"]),
        "profile": described["IamInstanceProfile"]["Arn"].rpartition("/")[2],
        "roles": roles,
        "sealed": sealed,
        "subscription": owner.client("sns").list_subscriptions()["Subscriptions"][0]["SubscriptionArn"],
        "trail": owner.client("cloudtrail").list_trails()["Trails"][0]["TrailARN"],
        "trail_logs": next(name for name in groups if name.startswith("/soundstage-studio/")),
    }


def _own_group(owner: Endpoint, studio: str) -> str:
    """The rule group of the project vault."""
    listed = owner.client("route53resolver").list_firewall_rule_groups()["FirewallRuleGroups"]
    return next(str(each["Id"]) for each in listed if each["Name"].startswith(f"{studio}-vault-"))


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


def _people(home: Path, owner: Endpoint, projects: Mapping[str, Any], facts: Facts) -> dict[str, dict[str, str]]:
    """Credentials of everybody: Ana takes the roles of people with her second factor; services take their own."""
    iam = owner.client("iam")
    iam.create_user(UserName="ana")
    iam.enable_mfa_device(
        UserName="ana", SerialNumber=facts["mfa"], AuthenticationCode1="123456", AuthenticationCode2="654321"
    )
    roles = {
        **projects["teaser"]["roles"],
        **{f"content-{who}": arn for who, arn in projects["vault"]["roles"].items()},
    }
    may = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": list(roles.values())}
    document = json.dumps({"Version": "2012-10-17", "Statement": [may]})
    iam.put_user_policy(UserName="ana", PolicyName="roles", PolicyDocument=document)
    key = iam.create_access_key(UserName="ana")["AccessKey"]
    ana = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    sts = boto3.client("sts", region_name=REGION, endpoint_url=owner.url, **ana)
    code = {"SerialNumber": facts["mfa"], "TokenCode": "123456"}
    people = {"person": ana}
    for label, arn in roles.items():
        people[label] = _credentials(sts.assume_role(RoleArn=arn, RoleSessionName=label, **code))
    machine, sealed = (projects[name]["workstations"]["edit-1"] for name in ("teaser", "vault"))
    services = {
        "workstation": (facts["machine_role"], machine["instance_id"]),
        "content-workstation": (sealed["role_arn"], sealed["instance_id"]),
        "budget": (_role(facts, "teaser-budget-stop"), "budgets"),
        "clock": (_role(facts, "teaser-edit-1-clock"), "scheduler"),
        "snapshots": (_role(facts, "teaser-snapshots"), "dlm"),
        "replication": (_role(facts, "teaser-media-replication"), "s3"),
        "delivery": (_role(facts, "delivery"), "cloudtrail"),
    }
    for label, (arn, name) in services.items():
        people[label] = _credentials(owner.client("sts").assume_role(RoleArn=arn, RoleSessionName=name))
    people["operator"] = _operator(owner, home, "operator", "teaser", PURPOSES)
    people["whole-operator"] = _operator(owner, home, "whole-operator", "teaser", (*PURPOSES, *MORE_PURPOSES))
    people["content-operator"] = _operator(owner, home, "content-operator", "vault", (*PURPOSES, *MORE_PURPOSES))
    people |= _written_by_the_operator(owner, people["operator"], projects, facts)
    return people


def _operator(owner: Endpoint, home: Path, name: str, project: str, purposes: Sequence[str]) -> dict[str, str]:
    """Somebody who may do exactly what `workstation permissions` says of these purposes for the project."""
    iam, deployment = owner.client("iam"), open_project(str(home / "projects" / f"{project}.yaml"))
    iam.create_user(UserName=name)
    for number, document in enumerate(documents(permissions_of(deployment, purposes))):
        made = iam.create_policy(PolicyName=f"{name}-{number}", PolicyDocument=json.dumps(document))
        iam.attach_user_policy(UserName=name, PolicyArn=made["Policy"]["Arn"])
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


def _written_by_the_operator(
    owner: Endpoint, operator: Mapping[str, str], projects: Mapping[str, Any], facts: Facts
) -> dict[str, dict[str, str]]:
    """What an operator gets who writes roles that may do everything and hands them out: to a machine, to himself under
    another project's name by a tag of the session, and by a tag of the role. Also a role of before there were
    boundaries."""
    mine = {name: boto3.client(name, region_name=REGION, endpoint_url=owner.url, **operator) for name in ("iam", "sts")}
    ec2 = boto3.client("ec2", region_name=REGION, endpoint_url=owner.url, **operator)
    anybody = {"Principal": {"Service": "ec2.amazonaws.com", "AWS": f"arn:aws:iam::{ACCOUNT}:user/operator"}}
    trust = {"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"], **anybody}
    trusting = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arns = {}
    for name, tagged in (("bounded-role", "teaser"), ("retagged-role", "feature")):
        made = mine["iam"].create_role(
            RoleName=name,
            Path=facts["path"],
            AssumeRolePolicyDocument=trusting,
            PermissionsBoundary=facts["boundary"],
            Tags=[{"Key": "soundstage:project", "Value": tagged}],
        )
        mine["iam"].put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=all_but_principal())
        arns[name] = made["Role"]["Arn"]
    mine["iam"].create_instance_profile(InstanceProfileName="captured", Path=facts["path"])
    mine["iam"].add_role_to_instance_profile(InstanceProfileName="captured", RoleName="bounded-role")
    tags = {"soundstage:studio": facts["path"].split("/")[2], "soundstage:project": "teaser"}
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    machine = ec2.run_instances(
        ImageId=facts["image"], MinCount=1, MaxCount=1, IamInstanceProfile={"Name": "captured"},
        SubnetId=facts["subnet"], SecurityGroupIds=[facts["group"]],
        TagSpecifications=[{"ResourceType": "instance", "Tags": listed}],
    )["Instances"][0]["InstanceId"]  # fmt: skip
    owner.client("iam").create_role(RoleName="unbounded-role", Path=facts["path"], AssumeRolePolicyDocument=trusting)
    other = [{"Key": "soundstage:project", "Value": "feature"}]
    take = mine["sts"].assume_role
    return {
        "captured": _credentials(
            owner.client("sts").assume_role(RoleArn=arns["bounded-role"], RoleSessionName=machine)
        ),
        "disguised": _credentials(take(RoleArn=arns["bounded-role"], RoleSessionName="me", Tags=other)),
        "retagged": _credentials(take(RoleArn=arns["retagged-role"], RoleSessionName="me")),
    }


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
        Target=scene.machines["mine"], DocumentName=DOCUMENTS["display"].format(**scene.facts)
    )
    return str(opened["SessionId"])


def all_but_principal() -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
