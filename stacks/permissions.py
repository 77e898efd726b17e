"""The smallest IAM policy with which a project can be brought up, used and torn down.

A pure function of the plan: every planned resource says, by the resource table, which actions it takes. Roles can be made
and handed on only under the project's own path, and only to the services that the project gives roles to. Machines, disks,
networks and keys can be taken away only where they carry the project's tags.

What it cannot prevent: who may write a role's policy and hand the role to a machine can give that machine anything. So
the policy is for whoever is trusted with the account's roles; the others take the roles of the project.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from soundstage.components.naming import role_path
from soundstage.components.tags import PROJECT, STUDIO
from soundstage.components.values import Properties
from soundstage.stacks.deployment import Deployment
from soundstage.stacks.plan import Plan, PlannedResource

PURPOSES: Final = ("up", "down", "daily")

PREFLIGHT: Final = ("ec2:DescribeInstances", "servicequotas:GetServiceQuota")
"""What `up` asks before it makes a machine."""
ONE_OF_EACH: Final = ("access-analyzer:ListAnalyzers", "ce:GetAnomalyMonitors")
"""What `up` asks of an account before it sets guard-rails there."""
DAILY: Final = {
    "ec2:DescribeInstances": "workstation status",
    "ec2:DescribeVolumes": "workstation status",
    "ec2:StartInstances": "workstation start",
    "ec2:StopInstances": "workstation stop",
    "kms:CreateGrant": "workstation start, of encrypted disks",
    "ssm:DescribeInstanceInformation": "workstation start, until the machine answers",
}
"""What the commands of a working day call."""

_SIDS: Final = ("Roles", "PassRoles", "Buckets", "KeysThroughServices", "OwnResources", "Global", "Regional")
_TO_OWN: Final = re.compile(
    r"ec2:(Delete(?!Tags).*|ReleaseAddress|StartInstances|StopInstances|TerminateInstances)"
    r"|kms:(DisableKey|EnableKey|EnableKeyRotation|PutKeyPolicy|ScheduleKeyDeletion|UpdateKeyDescription)"
)
"""What is done to something that exists and carries tags, in actions that let a policy ask for them (Service Authorization
Reference, Amazon EC2 and AWS KMS, 2026-11)."""
_USES_OF_KEYS: Final = ("kms:CreateGrant", "kms:Decrypt", "kms:GenerateDataKey")
_ANYWHERE: Final = frozenset({"budgets", "ce", "iam"})
"""Services without a region. A condition on the region would refuse them."""


class ActionTable(Protocol):
    """What is known about the actions that resources take; `soundstage.simulator.permissions` reads it off its table."""

    def creating(self, type: str, inputs: Properties) -> frozenset[str]:
        """The actions that it takes to create a resource; `UsageError` for a type that nobody knows."""

    def deleting(self, type: str, inputs: Properties) -> frozenset[str]:
        """The actions that it takes to delete it."""

    def passed_to(self, type: str) -> str:
        """The service that a resource of this type hands a role to; empty for most."""


@dataclass(frozen=True)
class Permission:
    """One action and what it is for: the types of the resources that take it, or the commands."""

    action: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Permissions:
    """What one purpose takes. Make it with `permissions_for`."""

    purposes: tuple[str, ...]
    items: tuple[Permission, ...]
    studio: str
    project: str
    account: str
    """Twelve digits, or `*` where it is not known."""
    regions: tuple[str, ...]
    buckets: tuple[str, ...]
    receivers: tuple[str, ...]
    """The services that are given roles."""

    @property
    def actions(self) -> tuple[str, ...]:
        return tuple(item.action for item in self.items)

    def document(self) -> dict[str, Any]:
        """The policy in the form of the IAM JSON policy language."""
        groups: dict[str, list[str]] = {sid: [] for sid in _SIDS}
        for action in self.actions:
            groups[self._group(action)].append(action)
        return {
            "Version": "2012-10-17",
            "Statement": [self._statement(name, actions) for name, actions in groups.items() if actions],
        }

    def _group(self, action: str) -> str:
        service, _, operation = action.partition(":")
        if action == "iam:PassRole":
            return "PassRoles"
        if service == "iam":
            return "Roles" if any(word in operation for word in ("Role", "Policy", "InstanceProfile")) else "Global"
        if service == "s3" and self.buckets and "Account" not in operation:
            return "Buckets"
        if action.startswith(_USES_OF_KEYS):
            return "KeysThroughServices"
        if _TO_OWN.fullmatch(action):
            return "OwnResources"
        return "Global" if service in _ANYWHERE else "Regional"

    def _statement(self, sid: str, actions: list[str]) -> dict[str, Any]:
        path = role_path(self.studio, self.project)
        iam = f"arn:aws:iam::{self.account}:"
        resources = ["*"]
        condition: dict[str, dict[str, str | list[str]]] = {}
        match sid:
            case "Roles":
                resources = [f"{iam}{kind}{path}*" for kind in ("role", "policy", "instance-profile")]
            case "PassRoles":
                resources = [f"{iam}role{path}*"]
                condition = {"StringEquals": {"iam:PassedToService": list(self.receivers)}}
            case "Buckets":
                resources = [f"arn:aws:s3:::{name}{end}" for name in self.buckets for end in ("", "/*")]
            case "KeysThroughServices":
                through = [f"{service}.{region}.amazonaws.com" for region in self.regions for service in ("ec2", "s3")]
                condition = {"StringEquals": {"kms:ViaService": through}}
            case "OwnResources":
                tags = {STUDIO: self.studio, **({PROJECT: self.project} if self.project else {})}
                condition = {"StringEquals": {f"aws:ResourceTag/{key}": value for key, value in tags.items()}}
            case "Regional":
                condition = {"StringEquals": {"aws:RequestedRegion": list(self.regions)}}
        said = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}
        return {**said, "Condition": condition} if condition else said

    def terraform(self) -> str:
        """The policy as a resource of Terraform's AWS provider."""
        name = f"{self.studio}-{self.project}-operator" if self.project else f"{self.studio}-operator"
        body = _hcl(self.document(), 1)
        return (
            f'resource "aws_iam_policy" "{name}" {{\n'
            f'  name   = "{name}"\n'
            f"  policy = jsonencode({body})\n"
            "}\n"
        )  # fmt: skip


def permissions_of(
    deployment: Deployment, table: ActionTable, purposes: Iterable[str], *, studio: bool = False
) -> Permissions:
    """What the purposes take for a project as its file describes it, or for its studio's own stack."""
    backup = deployment.project.storage.backup_region
    regions = {deployment.project.region, *([backup] if backup else [])}
    if studio:
        plan = deployment.home.preview(regions)
        regions |= {deployment.studio.home_region, *deployment.studio.regions}
    else:
        plan = deployment.preview().plan
    return permissions_for(
        plan,
        table,
        [purpose for purpose in purposes if not (studio and purpose == "daily")],
        studio=deployment.studio.studio,
        project="" if studio else deployment.project.project,
        account=deployment.cloud.account_id,
        regions=regions,
    )


def permissions_for(
    plan: Plan,
    table: ActionTable,
    purposes: Iterable[str],
    *,
    studio: str,
    project: str,
    account: str,
    regions: Iterable[str],
) -> Permissions:
    """What the purposes take for this plan. `UsageError` for a resource type whose permissions nobody knows.

    `project` is empty for the studio's own stack.
    """
    wanted = tuple(purposes)
    reasons: dict[str, set[str]] = {}

    def add(actions: Iterable[str], reason: str) -> None:
        for action in actions:
            reasons.setdefault(action, set()).add(reason)

    resources = [each for each in plan if each.custom and not each.type.startswith("pulumi:")]
    if "up" in wanted:
        for each in resources:
            add(table.creating(each.type, each.inputs), each.type)
        if plan.of_type("aws:ec2/instance:Instance"):
            add(PREFLIGHT, "workstation up")
        if plan.of_type("soundstage:aws:AccountGuardrails"):
            add(ONE_OF_EACH, "workstation studio up")
    if "down" in wanted:
        kept = staying(plan)
        for each in resources:
            if each.urn not in kept:
                add(table.deleting(each.type, each.inputs), each.type)
    if "daily" in wanted:
        for action, command in DAILY.items():
            add([action], command)
    return Permissions(
        purposes=wanted,
        items=tuple(Permission(action, tuple(sorted(reasons[action]))) for action in sorted(reasons)),
        studio=studio,
        project=project,
        account=account,
        regions=tuple(sorted({*regions, *_regions(resources)})),
        buckets=_buckets(resources),
        receivers=tuple(sorted({to for each in resources if (to := table.passed_to(each.type))})),
    )


def staying(plan: Plan) -> frozenset[str]:
    """URNs of what `down` leaves: what is protected, and all that it depends on."""
    waiting = [each.urn for each in plan if each.options.protect]
    found: set[str] = set()
    while waiting:
        urn = waiting.pop()
        known = plan.by_urn.get(urn)
        if urn not in found and known is not None:
            found.add(urn)
            waiting += [
                *known.dependencies,
                *(inner for each in known.property_dependencies.values() for inner in each),
            ]
    return frozenset(found)


def _regions(resources: Iterable[PlannedResource]) -> set[str]:
    """Regions that resources name for themselves, such as that of the second copy."""
    named = {each.inputs.get("region") for each in resources}
    return {region for region in named if isinstance(region, str)}


def _buckets(resources: Iterable[PlannedResource]) -> tuple[str, ...]:
    """The names of the buckets; none when not all of them are known."""
    names = [each.inputs.get("bucket") for each in resources if each.type == "aws:s3/bucket:Bucket"]
    return tuple(sorted(str(name) for name in names)) if all(isinstance(name, str) for name in names) else ()


def _hcl(value: Any, depth: int) -> str:
    """A value as Terraform writes it. JSON's strings are Terraform's, once `${` is doubled."""
    indent, outer = "  " * (depth + 1), "  " * depth
    if isinstance(value, Mapping):
        lines = [f"{indent}{_hcl_key(key)} = {_hcl(inner, depth + 1)}\n" for key, inner in value.items()]
        return "{\n" + "".join(lines) + outer + "}"
    if isinstance(value, list):
        return "[\n" + "".join(f"{indent}{_hcl(inner, depth + 1)},\n" for inner in value) + outer + "]"
    return json.dumps(value).replace("${", "$${").replace("%{", "%%{")


def _hcl_key(key: str) -> str:
    return key if key.isidentifier() else json.dumps(key)
