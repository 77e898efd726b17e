"""The permission boundaries of a studio: one for the roles of people, one for those of machines and services, each for
all projects.

A boundary cannot name the projects, which come and go without touching the studio. It reads the project off the role's
tag `soundstage:project` instead, and holds that tag to the role's path: a session may bring tags of its own, which win
over those of the role, and whoever may write a role of one project must not become another project by a tag.

Facts of IAM used here (AWS IAM user guide, "IAM policy elements: Variables and tags", "Permissions boundaries for IAM
entities", "Pass session tags in AWS STS" and "AWS global condition context keys", read 2026-11): a variable may stand in
the last part of an ARN and in the values of string and ARN conditions; session tags replace a role's tags of the same key;
`aws:PrincipalArn` of a session is the role's ARN with its path; a value's `*` and `?` are taken literally.
"""

from dataclasses import dataclass, replace
from typing import Final

from soundstage.components.aws.access_policies import Project, boundary_statements
from soundstage.components.aws.clock import ONLY_HOURS_OVER
from soundstage.components.aws.endpoints import DRIVER_BUCKETS, licence_bucket
from soundstage.components.aws.monthly_patching import PATCH_BUCKETS
from soundstage.components.aws.place import Place
from soundstage.components.aws.workstation_role import AGENT
from soundstage.components.naming import media_bucket_stem, role_path
from soundstage.components.policydoc import Statement, allow, deny
from soundstage.components.tags import PROJECT, REGION

OWN_PROJECT: Final = f"${{aws:PrincipalTag/{PROJECT}}}"
"""The project of whoever asks, as a variable of a policy."""
OWN_REGION: Final = f"${{aws:PrincipalTag/{REGION}}}"
FINGERPRINT: Final = "?" * 8
"""The end of a bucket's name. Exactly eight, so that `teaser` does not mean the buckets of `teaser-2`."""


@dataclass(frozen=True)
class _OwnProject(Project):
    """Whichever project the asking role belongs to."""

    @property
    def region(self) -> str:
        return OWN_REGION

    @property
    def own_key(self) -> dict[str, str]:
        return self.mine

    def other_keys(self, sid: str) -> Statement:
        return deny(sid, ["kms:*"], ["*"], conditions={"StringNotEquals": {f"aws:ResourceTag/{PROJECT}": self.name}})


def people_boundary(place: Place, studio: str) -> list[Statement]:
    """The most that people of any project can do, each in their own project and region."""
    return [*boundary_statements(_own_project(place, studio)), _tag_is_true(place, studio)]


def services_boundary(place: Place, studio: str) -> list[Statement]:
    """The most that a workstation, a clock, a budget, a second copy or a recorder of the studio can do.

    It is the sum of what these roles ask for, less the particulars that their own policies name.
    """
    own = _own_project(place, studio)
    through = {"StringLike": {"kms:ViaService": ["ec2.*.amazonaws.com", "s3.*.amazonaws.com"]}}
    patches = [f"{start}*" for start in PATCH_BUCKETS]
    licences = [own.place.bucket_arn(name) for name in (licence_bucket("*"), *DRIVER_BUCKETS, *patches)]
    runbook = f"arn:{place.partition}:ssm:*"
    snapshots = f"arn:{place.partition}:ec2:*::snapshot/*"
    return [
        allow(
            "Media",
            [
                "s3:Abort*",
                "s3:DeleteObject",
                "s3:Get*",
                "s3:List*",
                "s3:PutObject",
                "s3:ReplicateObject",
                "s3:ReplicateTags",
            ],
            [own.bucket_arn, f"{own.bucket_arn}/*"],
        ),
        allow("LicencesAndDrivers", ["s3:GetObject", "s3:ListBucket"], [*licences, *(f"{arn}/*" for arn in licences)]),
        allow(
            "OwnKeys",
            ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],
            [own.key_arn],
            conditions={"StringEquals": own.mine, **through},
        ),
        allow(
            "OwnDisks",
            ["kms:CreateGrant"],
            [own.key_arn],
            conditions={"StringEquals": own.mine, **through, "Bool": {"kms:GrantIsForAWSResource": "true"}},
        ),
        allow(
            "OwnMachines",
            ["ec2:StartInstances", "ec2:StopInstances"],
            own.machines,
            conditions={"StringEquals": own.mine},
        ),
        allow("OwnHours", ["ec2:CreateTags"], own.machines, conditions={"StringEquals": own.mine, **ONLY_HOURS_OVER}),
        allow(
            "OwnWorkDisks",
            ["ec2:CreateSnapshot", "ec2:DeleteSnapshot"],
            [own.place.arn("ec2", "volume/*"), snapshots],
            conditions={"StringEquals": own.mine},
        ),
        allow("NewSnapshots", ["ec2:CreateSnapshot", "ec2:CreateTags"], [snapshots]),
        allow(
            "LooksAtMachines",
            ["ec2:DescribeInstanceStatus", "ec2:DescribeInstances", "ec2:DescribeSnapshots", "ec2:DescribeVolumes"],
            ["*"],
        ),
        allow(
            "StopRunbook",
            ["ssm:StartAutomationExecution"],
            [
                f"{runbook}:*:automation-definition/AWS-StopEC2Instance:*",
                f"{runbook}:*:document/AWS-StopEC2Instance",
                f"{runbook}:{place.account}:automation-execution/*",
            ],
        ),
        allow("SessionManagerAgent", AGENT, ["*"]),
        allow("OwnLogs", ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"], own.log_groups),
        allow("FindsLogs", ["logs:DescribeLogGroups"], ["*"]),
        allow(
            "Trail",
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            [own.place.arn("logs", f"log-group:/soundstage-studio/{studio}/*")],
            conditions={"ArnNotLike": {"aws:PrincipalArn": _roles(place, studio, "*")}},
        ),
        deny("NoPermissions", ["iam:*", "organizations:*", "account:*", "sso:*", "sts:AssumeRole*"], ["*"]),
        _tag_is_true(place, studio),
    ]


def _own_project(place: Place, studio: str) -> Project:
    anywhere = replace(place, region="*")
    bucket = f"{media_bucket_stem(studio, OWN_PROJECT)}-{FINGERPRINT}"
    return _OwnProject(anywhere, studio, OWN_PROJECT, bucket, anywhere.arn("kms", "key/*"))


def _roles(place: Place, studio: str, project: str) -> str:
    return f"arn:{place.partition}:iam::{place.account}:role{role_path(studio, project)}*"


def _tag_is_true(place: Place, studio: str) -> Statement:
    """Nothing at all for a role or session whose tag names another project than the role's path. Without the tag,
    nothing above fits."""
    return deny(
        "TagAndPathAgree",
        ["*"],
        ["*"],
        conditions={
            "ArnNotLike": {"aws:PrincipalArn": _roles(place, studio, OWN_PROJECT)},
            "Null": {f"aws:PrincipalTag/{PROJECT}": "false"},
        },
    )
