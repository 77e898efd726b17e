"""The actions that it takes to bring up, use and tear down a project, and which resource or command needs each.

A pure function of the plan: for every planned resource, the actions that the genuine provider was recorded to call
(`soundstage.stacks.account.provider_calls`), and those that our own provider takes by the resource table. The record knows calls, and so not
what a call needs besides itself: passing a role, setting tags, using a key; and our provider, which the simulated cloud is
worked on with, finds a few things by other calls. As policies that can be attached they are in
`soundstage.stacks.account.operator_policy`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from soundstage.plan.plan import Plan, PlannedResource
from soundstage.stacks.account import google_role
from soundstage.stacks.account.provider_calls import genuine
from soundstage.stacks.clouds.actions import Actions
from soundstage.stacks.deployment import Deployment

PURPOSES: Final = ("up", "down", "daily")
"""What a project cannot live without."""
MORE_PURPOSES: Final = ("change", "park", "delete-media", "bill", "orphans")
"""What is asked for by name: changing or mending what is up, parking machines, deleting what `down` keeps, reading the account's bill, and
finding what no state knows."""
BAKE: Final = "bake"
NOTICES: Final = "notices"
"""What is of a studio and of no project (`soundstage.stacks.account.bake_permissions`)."""

PREFLIGHT: Final = (
    "ec2:DescribeAddresses", "ec2:DescribeAvailabilityZones", "ec2:DescribeInstances", "ec2:DescribeInstanceTypeOfferings",
    "ec2:DescribeSnapshots", "ec2:DescribeVpcs", "servicequotas:GetServiceQuota",
)  # fmt: skip
"""What `up` asks before it makes anything."""
READINESS: Final = ("logs:GetLogEvents",)
"""How `up` learns whether machines are ready."""
COUNTING: Final = ("ce:ListCostAllocationTags", "ce:UpdateCostAllocationTagsStatus")
"""What `up` does so that AWS counts a project's cost."""
BILLING: Final = ("ce:GetCostAndUsage", *COUNTING)
"""What `cost --actual` asks. Cost Explorer knows no resources: whoever may ask sees the bill of the whole account."""
ADVISING: Final = ("ec2:DescribeAddresses", "ec2:DescribeSnapshots", "ec2:DescribeVolumes")
"""What `cost --advice` asks, to find what nothing uses."""
ONE_OF_EACH: Final = ("access-analyzer:ListAnalyzers", "ce:GetAnomalyMonitors", "ec2:DescribeVpcs")
"""What `up` asks of an account before it sets guard-rails there."""
TENANTS: Final = ("iam:ListRoles",)
"""What `studio down` asks about the projects and studios that are still there."""
CHANGING: Final = ("ec2:CreateTags", "ec2:DescribeSnapshots")
"""What `up` asks about the disks of machines that are new, and does to the snapshots of one that gets another name."""
RESTORING: Final = (
    "ec2:CreateVolume",
    "ec2:CreateSnapshot",
    "ec2:DeleteSnapshot",
    "ec2:DeleteVolume",
    "ec2:DescribeSnapshots",
)
"""What `restore` does about a disk, besides what a change of it takes."""
LAST_SNAPSHOTS: Final = ("ec2:DeleteSnapshot", "ec2:DescribeSnapshots")
"""What `down --delete-media` does about disks that earlier teardowns left as snapshots."""
PARKING: Final = dict.fromkeys(
    (
        "ec2:CreateImage", "ec2:CreateTags", "ec2:DeleteSnapshot", "ec2:DeregisterImage", "ec2:DescribeImages",
        "ec2:DescribeSnapshots", "ec2:DescribeVolumes", "ec2:StopInstances",
    ),
    "workstation park",
)  # fmt: skip
"""What `park` does besides what `up` and `down` do: it keeps system disks as images."""
KEPT_SYSTEM_DISKS: Final = ("ec2:DescribeImages",)
"""How `down` finds the system disks that `park` kept."""
DAILY: Final = {
    "cloudwatch:DescribeAlarms": "workstation status --why",
    "cloudwatch:GetMetricData": "workstation list",
    "ec2:CreateTags": "workstation keep-awake",
    "ec2:DeleteTags": "workstation keep-awake --off",
    "ec2:DescribeImages": "workstation list",
    "ec2:DescribeInstances": "workstation status",
    "ec2:DescribeSnapshots": "workstation snapshots",
    "ec2:DescribeVolumes": "workstation status",
    "ec2:StartInstances": "workstation start",
    "ec2:StopInstances": "workstation stop",
    "kms:CreateGrant": "workstation start, of encrypted disks",
    "logs:GetLogEvents": "workstation start, status and logs",
    "ssm:DescribeInstanceInformation": "workstation start, until the machine answers",
    "ssm:DescribeSessions": "workstation list",
}
"""What the commands of a working day call."""

ORPHANS: Final = {
    **dict.fromkeys(
        (
            "ec2:DescribeAddresses", "ec2:DescribeInstances", "ec2:DescribeNatGateways", "ec2:DescribeRegions",
            "ec2:DescribeSnapshots", "ec2:DescribeVolumes", "ec2:DescribeVpcEndpoints", "iam:ListRoles", "kms:DescribeKey",
            "logs:DescribeLogGroups", "tag:GetResources",
        ),
        "workstation orphans",
    ),
    **dict.fromkeys(
        (
            "ec2:DeleteNatGateway", "ec2:DeleteSnapshot", "ec2:DeleteVolume", "ec2:DeleteVpcEndpoints", "ec2:ReleaseAddress",
            "ec2:TerminateInstances",
        ),
        "workstation orphans --clean",
    ),
}  # fmt: skip
"""What it takes to find what no state knows, and to delete that of this project."""


LINKED_ROLES: Final = "iam:CreateServiceLinkedRole"
"""What the first alarm of an account that acts on a machine takes, and its first spot machine: each makes a role of the service's own
(Amazon CloudWatch User Guide, "Using service-linked roles"; Amazon EC2 User Guide, "Service-linked role for Spot Instance
requests"; read 2026-11)."""


OF_COMMANDS: Final = {
    "daily": DAILY,
    "park": PARKING,
    "bill": {
        **dict.fromkeys(BILLING, "workstation cost --actual"),
        **dict.fromkeys(ADVISING, "workstation cost --advice"),
    },
    "orphans": ORPHANS,
    "delete-media": dict.fromkeys(LAST_SNAPSHOTS, "workstation down --delete-media"),
}
"""What commands call on AWS whatever the plan is: purpose → action → command."""


@dataclass(frozen=True)
class Permission:
    """One action and what it is for: the types of the resources that take it, or the commands."""

    action: str
    reasons: tuple[str, ...]
    ours: bool = True
    """Whether our own provider and commands take it too, and not only the genuine provider."""


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
    networks: tuple[str, ...] = ()
    """Ids of the project's networks, as far as they exist."""
    keys: tuple[str, ...] = ()
    """ARNs of the keys that encrypt new disks, as far as they exist; of whoever bakes alone."""
    on_google: bool = False
    """Whether they are Google's: a role (`google_role`), and no policies."""

    @property
    def actions(self) -> tuple[str, ...]:
        return tuple(item.action for item in self.items)


def permissions_of(deployment: Deployment, purposes: Iterable[str], *, studio: bool = False) -> Permissions:
    """What the purposes take for a project as its file describes it, or for its studio's own stack, or for baking its images."""
    backup = deployment.project.storage.backup_region
    regions = {deployment.project.region, *([backup] if backup else [])}
    wanted = tuple(purposes)
    if wanted == (BAKE,):
        from soundstage.stacks.account.bake_permissions import bake_permissions

        return bake_permissions(deployment.home, {deployment.project.region})
    if wanted == (NOTICES,):
        from soundstage.stacks.account.notice_permissions import notice_permissions

        return notice_permissions(deployment.home, {deployment.project.region})
    if studio:
        plan = deployment.home.preview(regions)
        regions |= {deployment.studio.home_region, *deployment.studio.regions}
        wanted = tuple(purpose for purpose in wanted if purpose not in ("daily", "park", "delete-media", "bill"))
    else:
        plan = deployment.preview().plan
    return permissions_for(
        plan,
        deployment.cloud.permissions,
        wanted,
        studio=deployment.studio.studio,
        project="" if studio else deployment.project.project,
        account=deployment.cloud.account_id,
        regions=regions,
    )


def permissions_for(
    plan: Plan,
    table: Actions,
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
    ours: set[str] = set()

    def add(actions: Iterable[str], reason: str) -> None:
        for action in actions:
            reasons.setdefault(action, set()).add(reason)
            ours.add(action)

    def called(type: str, *phases: str) -> None:
        for action in genuine(type, *phases):
            reasons.setdefault(action, set()).add(type)

    resources = [each for each in plan if each.custom and not each.type.startswith("pulumi:")]
    on_google = any(each.type.startswith("gcp:") for each in resources)
    if "up" in wanted:
        for each in resources:
            add(table.creating(each.type, each.inputs), each.type)
            called(each.type, "create", "read")
            if _links_a_role(each):
                reasons.setdefault(LINKED_ROLES, set()).add(each.type)
        if plan.of_type("aws:ec2/vpc:Vpc", "aws:ec2/instance:Instance"):
            add(PREFLIGHT, "workstation up")
            if plan.of_type("aws:ec2/instance:Instance"):
                add(READINESS, "workstation up, until the machines are ready")
        if plan.of_type("aws:budgets/budget:Budget"):
            add(COUNTING, "workstation up")
        if plan.of_type("soundstage:aws:AccountGuardrails"):
            add(ONE_OF_EACH, "workstation studio up")
    if "down" in wanted:
        if plan.of_type("soundstage:aws:AccountGuardrails"):
            add(TENANTS, "workstation studio down")
        kept = staying(plan)
        for each in resources:
            if each.urn not in kept:
                add(table.deleting(each.type, each.inputs), each.type)
                called(each.type, "read", "delete")
        if plan.of_type("aws:ebs/volume:Volume"):
            add(LAST_SNAPSHOTS, "workstation down, of snapshots of which there are enough newer ones")
        if plan.of_type("aws:ec2/vpc:Vpc"):
            add(KEPT_SYSTEM_DISKS, "workstation down, of the system disks that were kept")
    if "change" in wanted:
        for each in resources:
            add(table.changing(each.type, each.inputs), each.type)
            called(each.type, "read", "update")
        if plan.of_type("aws:ebs/volume:Volume"):
            add(CHANGING, "workstation up")
            add(RESTORING, "workstation restore")
    if "delete-media" in wanted:
        kept = staying(plan)
        for each in resources:
            if each.urn in kept:
                # What is protected is first made deletable, with everything in it.
                emptied = {**each.inputs, "forceDestroy": True}
                add(table.changing(each.type, each.inputs) | table.deleting(each.type, emptied), each.type)
                called(each.type, "read", "update", "delete")
    for action, command in _by_commands(wanted, google_role.of_commands(project) if on_google else OF_COMMANDS):
        add([action], command)
    return Permissions(
        purposes=wanted,
        items=tuple(Permission(action, tuple(sorted(reasons[action])), action in ours) for action in sorted(reasons)),
        studio=studio,
        project=project,
        account=account,
        regions=tuple(sorted({*regions, *_regions(resources)})),
        buckets=_buckets(resources),
        receivers=tuple(sorted({to for each in resources if (to := table.passed_to(each.type))})),
        networks=tuple(sorted(_networks(resources))),
        on_google=on_google,
    )


def _by_commands(wanted: Collection[str], tables: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    """The actions of the purposes that are wanted, each with its command."""
    return (pair for purpose, actions in tables.items() if purpose in wanted for pair in actions.items())


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


def _links_a_role(resource: PlannedResource) -> bool:
    """Whether making it makes a role of a service's own, where the account has none yet."""
    if resource.type == "aws:cloudwatch/metricAlarm:MetricAlarm":
        return any(":automate:" in str(each) for each in resource.inputs.get("alarmActions") or ())
    return bool(resource.inputs.get("instanceMarketOptions"))


def _regions(resources: Iterable[PlannedResource]) -> set[str]:
    """Regions that resources name for themselves, such as that of the second copy."""
    named = {each.inputs.get("region") for each in resources}
    return {region for region in named if isinstance(region, str)}


def _buckets(resources: Iterable[PlannedResource]) -> tuple[str, ...]:
    """The names of the buckets; none when not all of them are known."""
    names = [each.inputs.get("bucket") for each in resources if each.type == "aws:s3/bucket:Bucket"]
    return tuple(sorted(str(name) for name in names)) if all(isinstance(name, str) for name in names) else ()


def _networks(resources: Iterable[PlannedResource]) -> set[str]:
    """Ids of the networks whose default groups are emptied; a network that is still to be made has none."""
    groups = (each for each in resources if each.type == "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
    return {network for each in groups if isinstance(network := each.inputs.get("vpcId"), str)}
