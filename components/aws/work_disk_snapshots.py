"""WorkDiskSnapshots: a snapshot of every work disk of a project, every day, for as long as the disks are there."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from soundstage.components.arguments import number_faults, refuse
from soundstage.components.aws.exclusive import only_these_policies
from soundstage.components.aws.place import Place, place_of, region_of_provider, rendered
from soundstage.components.component import Component
from soundstage.components.fields import conformed
from soundstage.components.naming import role_path
from soundstage.components.ownership import UNNAMED, Tags, ownership, plain_tags
from soundstage.components.policydoc import Statement, allow, trust
from soundstage.components.sizes import DEFAULT_REGION
from soundstage.components.tags import TAKEN, WORK_DISKS, named, tag_faults

LONGEST_DAYS: Final = 365
DEFAULT_DAYS: Final = 7
_HOUR: Final = re.compile(r"([01][0-9]|2[0-3]):00", re.ASCII)
_NIGHT: Final = {
    "af": "01:00",
    "ap": "18:00",
    "ca": "08:00",
    "cn": "18:00",
    "eu": "02:00",
    "il": "00:00",
    "me": "23:00",
    "mx": "08:00",
    "sa": "06:00",
    "us": "09:00",
}
"""An hour of UTC that lies in the night, 23 to 5 o'clock, where the regions of these names are."""


class WorkDiskSnapshotsArgs(TypedDict):
    project: NotRequired[str]
    """The project's name. When absent, what the tag `soundstage:project` says, or a name made of those of the Pulumi program and
    its stack."""
    studio: NotRequired[str]
    """The studio's name. When absent, what the tag `soundstage:studio` says."""
    key_arn: pulumi.Input[str]
    """KMS key of the disks. It must let EC2 use it."""
    keep_days: NotRequired[int]
    """Days for which a snapshot is kept, 1 to 365. Seven when absent."""
    at: NotRequired[str]
    """The hour in which they are taken, in UTC, such as `02:00`. An hour of the night where the region is when absent."""
    boundary_arn: NotRequired[pulumi.Input[str]]
    """ARN of the permission boundary of the role that takes them, usually `services_arn` of `RoleBoundaries`. No boundary when
    absent."""
    region: NotRequired[str]
    """Region of the disks. That of the provider when absent."""
    tags: NotRequired[Tags]
    """Tags of everything here, such as `soundstage:studio` and `soundstage:project`."""
    foreign_tags: NotRequired[list[str]]
    """Keys of tags that somebody else sets on what is made here, such as a tool for cost: whatever they hold stays. None when
    absent: a tag that the program does not set is taken away once it has been seen."""


@dataclass(frozen=True)
class _Daily:
    studio: str
    project: str
    key_arn: pulumi.Input[str]
    keep_days: int
    at: str
    boundary_arn: pulumi.Input[str] | None
    region: str | None
    tags: Tags

    @property
    def disks(self) -> str:
        """The tag of the disks that are meant, and of no others."""
        return f"{self.studio}.{self.project}"


def night(region: str) -> str:
    """An hour of the night in a region, in UTC."""
    return _NIGHT.get(region.partition("-")[0], _NIGHT["eu"])


def _resolve(name: str, args: WorkDiskSnapshotsArgs, region: Callable[[], str | None]) -> _Daily:
    args, faults = conformed(args, WorkDiskSnapshotsArgs)
    owner = ownership(args, faults, tagged=("studio",))
    days = args.get("keep_days", DEFAULT_DAYS)
    at = args["at"] if "at" in args else night(args.get("region") or region() or DEFAULT_REGION)
    faults += number_faults("keep_days", days, 1, LONGEST_DAYS) + tag_faults(plain_tags(owner.tags))
    if not _HOUR.fullmatch(at):
        faults.append(f"at is {at!r}; allowed: a whole hour of the day in UTC, 00:00 to 23:00")
    refuse("WorkDiskSnapshots", name, faults)
    return _Daily(
        studio=owner.studio or UNNAMED,
        project=owner.project,
        key_arn=args["key_arn"],
        keep_days=days,
        at=at,
        boundary_arn=args.get("boundary_arn"),
        region=args.get("region"),
        tags=owner.tags,
    )


def taker_trust(place: Place) -> str:
    """The trust policy of the role that takes snapshots: the service, for policies of this account and region only (Amazon EBS User
    Guide, "Cross-service confused deputy prevention", 2026-11)."""
    return trust(
        "dlm.amazonaws.com",
        conditions={
            "StringEquals": {"aws:SourceAccount": place.account},
            "ArnLike": {"aws:SourceArn": place.arn("dlm", "policy/*")},
        },
    )


def taker_policy(place: Place, disks: str, key_arn: str) -> list[Statement]:
    """What the role may do: take snapshots of these disks alone, and delete those that were taken by the clock.

    Less than AWS's own `AWSDataLifecycleManagerServiceRole` (version 10, read 2026-11), which takes and deletes any snapshot.
    """
    snapshots = [f"arn:{place.partition}:ec2:{place.region}::snapshot/*"]
    ours = {f"aws:ResourceTag/{WORK_DISKS}": disks}
    return [
        allow(
            "FromTheseDisks",
            ["ec2:CreateSnapshot"],
            [place.arn("ec2", "volume/*")],
            conditions={"StringEquals": ours},
        ),
        allow("NewSnapshots", ["ec2:CreateSnapshot", "ec2:CreateTags"], snapshots),
        allow(
            "DeletesWhatTheClockTook",
            ["ec2:DeleteSnapshot"],
            snapshots,
            conditions={"StringEquals": {**ours, f"aws:ResourceTag/{TAKEN}": "daily"}},
        ),
        allow("Looks", ["ec2:DescribeSnapshots", "ec2:DescribeVolumes"], ["*"]),
        allow(
            "EncryptedDisks",
            ["kms:CreateGrant"],
            [key_arn],
            conditions={
                "StringEquals": {"kms:ViaService": f"ec2.{place.region}.amazonaws.com"},
                "Bool": {"kms:GrantIsForAWSResource": "true"},
            },
        ),
    ]


class WorkDiskSnapshots(Component):
    """Daily snapshots of the work disks of a project's workstations, by Amazon Data Lifecycle Manager.

    It finds the data volumes of every `Workstation` of the same studio and project by a tag that they carry. Each snapshot carries the
    tags of its volume. They are kept by age while this is there; those that are left when it goes stay.
    """

    policy_id: pulumi.Output[str]
    """Id of the lifecycle policy."""

    def __init__(self, name: str, args: WorkDiskSnapshotsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        wanted = _resolve(name, args, lambda: region_of_provider(opts))
        super().__init__(name, args, opts)
        child = pulumi.ResourceOptions(parent=self)
        place = place_of(self, wanted.region)
        role = aws.iam.Role(
            f"{name}-role",
            description=f"Takes daily snapshots of the work disks of {wanted.project}",
            path=role_path(wanted.studio, wanted.project),
            force_detach_policies=True,
            permissions_boundary=wanted.boundary_arn,
            assume_role_policy=place.apply(taker_trust),
            tags=named(wanted.tags, f"{name}-role"),
            opts=child,
        )
        permission = aws.iam.RolePolicy(
            f"{name}-policy",
            role=role.id,
            policy=rendered(taker_policy, place=place, disks=wanted.disks, key_arn=wanted.key_arn),
            opts=child,
        )
        only_these_policies(f"{name}-role", role, [permission], child)
        policy = aws.dlm.LifecyclePolicy(
            f"{name}-daily",
            description=f"Work disks of project {wanted.project} of {wanted.studio}",
            execution_role_arn=role.arn,
            state="ENABLED",
            policy_details={
                "policy_type": "EBS_SNAPSHOT_MANAGEMENT",
                "resource_types": ["VOLUME"],
                "target_tags": {WORK_DISKS: wanted.disks},
                "schedules": [
                    {
                        "name": "daily",
                        "copy_tags": True,
                        "tags_to_add": {TAKEN: "daily"},
                        "create_rule": {"interval": 24, "interval_unit": "HOURS", "times": wanted.at},
                        "retain_rule": {"interval": wanted.keep_days, "interval_unit": "DAYS"},
                    }
                ],
            },
            region=wanted.region,
            tags=named(wanted.tags, f"{name}-daily"),
            # Without its permission the policy is made and then takes nothing.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[permission]),
        )
        self.policy_id = policy.id
        self.record_outputs()
