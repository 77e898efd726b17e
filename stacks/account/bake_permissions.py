"""The actions that it takes to bake images of a studio, and to list, promote, prune and share them.

From the plan of a builder, as a project's permissions are from the project's, and from what the commands call besides.
"""

from collections.abc import Iterable
from typing import Final

from soundstage.core.values import UNKNOWN
from soundstage.engines.base import StackName
from soundstage.images.recipes import recipes
from soundstage.plan.plan import Plan
from soundstage.stacks.account import google_role
from soundstage.stacks.account.permissions import BAKE, Permission, Permissions
from soundstage.stacks.account.provider_calls import genuine
from soundstage.stacks.images.builder import STACKS
from soundstage.stacks.programs.programs import Site, programs_of
from soundstage.stacks.programs.studio_outputs import Shared
from soundstage.stacks.studio_deployment import StudioDeployment
from soundstage.stacks.target import engine_for

_RECIPE: Final = "render-node"
"""Builders differ in their machine alone."""
_ANY_IMAGE: Final = {"aws": "ami-00000000000000000", "gcp": "projects/nobody/global/images/none"}
_COPIES: Final = "workstation image bake, for copies"
INSIDE: Final = "workstation image bake and verify"

BAKING: Final = {
    "ec2:CopyImage": _COPIES,
    "ec2:CreateImage": "workstation image bake",
    "ec2:CreateTags": "workstation image bake",
    "ec2:DeleteSnapshot": "workstation image prune, and bake where an image failed",
    "ec2:DeregisterImage": "workstation image prune, and bake where an image failed",
    "ec2:DescribeAvailabilityZones": "workstation image bake",
    "ec2:DescribeImages": "workstation image list",
    "ec2:DescribeInstanceTypeOfferings": "workstation image bake",
    "ec2:DescribeInstances": "workstation image bake and prune",
    "ec2:GetConsoleOutput": INSIDE,
    "ec2:GetEbsDefaultKmsKeyId": "workstation image share, and bake for copies",
    "ec2:ModifyImageAttribute": "workstation image share",
    "ec2:StopInstances": "workstation image bake",
    "kms:CreateGrant": "workstation image bake, of encrypted disks",
    "kms:Decrypt": _COPIES,
    "kms:DescribeKey": "workstation image bake, of encrypted disks",
    "kms:GenerateDataKeyWithoutPlaintext": "workstation image bake, of encrypted disks",
    "kms:ReEncryptFrom": _COPIES,
    "kms:ReEncryptTo": _COPIES,
    "ssm:DescribeSessions": INSIDE,
    "ssm:ResumeSession": INSIDE,
    "ssm:StartSession": INSIDE,
    "ssm:TerminateSession": INSIDE,
    "ssmmessages:OpenDataChannel": INSIDE,
}
"""What the commands call besides what brings a builder up and removes it."""
INSTALLERS: Final = {"s3:GetObject": "workstation image bake, of recipes with installers of the studio's own"}


def bake_permissions(studio: StudioDeployment, regions: Iterable[str] = ()) -> Permissions:
    """What baking takes in the studio's regions, and in `regions`. Asks the cloud for the keys that encrypt disks there."""
    file, cloud = studio.studio, studio.cloud
    plan = [each for each in _builder(studio) if each.custom and not each.type.startswith("pulumi:")]
    on_google = any(each.type.startswith("gcp:") for each in plan)
    reasons = {action: {command} for action, command in (google_role.BAKING if on_google else BAKING).items()}
    ours = set(reasons)
    if file.installers_bucket and not on_google:
        reasons |= {action: {command} for action, command in INSTALLERS.items()}
    for each in plan:
        called = cloud.permissions.creating(each.type, each.inputs) | cloud.permissions.deleting(each.type, each.inputs)
        ours |= called
        for action in called | genuine(each.type, "create", "read", "delete"):
            reasons.setdefault(action, set()).add(each.type)
    wanted = sorted({file.home_region, *file.regions, *regions})
    keys = (cloud.images.disk_key(region, file.studio) for region in wanted)
    return Permissions(
        purposes=(BAKE,),
        items=tuple(Permission(action, tuple(sorted(reasons[action])), action in ours) for action in sorted(reasons)),
        studio=file.studio,
        project="",
        account=cloud.account_id,
        regions=tuple(wanted),
        buckets=(file.installers_bucket,) if file.installers_bucket else (),
        receivers=tuple(sorted({to for each in plan if (to := cloud.permissions.passed_to(each.type))})),
        keys=tuple(key for key in keys if key),
        on_google=on_google,
    )


def _builder(studio: StudioDeployment) -> Plan:
    """What a builder consists of, whether one is there or not."""
    file, cloud = studio.studio, studio.cloud
    family = cloud.name.family
    shared = studio.shared() or Shared(boundary_arns={"services": UNKNOWN}, disk_keys={cloud.region: UNKNOWN})
    recipe = recipes(studio.path, family).named(_RECIPE)
    site = Site(file.studio, file.account, cloud.region, f"{cloud.region}a", shared, "", _ANY_IMAGE[family])
    program = programs_of(family).builder_program(recipe, site)
    return engine_for(cloud, StackName(STACKS, f"{recipe.name}.{cloud.region}"), file).preview(program)
