"""What a workstation may do in the cloud: its own media and its own logs, and what a program adds. As statements, and as a role."""

from collections.abc import Sequence
from typing import Final, cast

import pulumi
import pulumi_aws as aws

from soundstage.components.aws.endpoints import DRIVER_BUCKETS, licence_bucket
from soundstage.components.aws.exclusive import only_these_policies
from soundstage.components.aws.monthly_patching import reads_patches
from soundstage.components.aws.place import Place, rendered
from soundstage.components.aws.workstation_checks import Machine
from soundstage.components.naming import role_path
from soundstage.components.policydoc import Statement, allow, deny, trust
from soundstage.components.tags import named

# What the Session Manager agent calls. The managed policy AmazonSSMManagedInstanceCore adds to these the right to read
# every parameter of the account (AWS Managed Policy Reference, read 2026-11); a workstation needs none.
AGENT: Final = (
    "ssm:DescribeAssociation",
    "ssm:DescribeDocument",
    "ssm:GetDeployablePatchSnapshotForInstance",
    "ssm:GetDocument",
    "ssm:GetManifest",
    "ssm:ListAssociations",
    "ssm:ListInstanceAssociations",
    "ssm:PutComplianceItems",
    "ssm:PutConfigurePackageResult",
    "ssm:PutInventory",
    "ssm:UpdateAssociationStatus",
    "ssm:UpdateInstanceAssociationStatus",
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
)


MACHINE_TRUST: Final = trust("ec2.amazonaws.com")
"""The trust policy of a workstation's role. Without `aws:SourceAccount`: no page of EC2 says that it sends that key, and a
machine would never get credentials if it does not. A role can be handed to machines of its own account only (IAM User
Guide, "Grant a user permissions to pass a role to an AWS service", read 2026-11)."""


def workstation_policy(
    place: Place,
    log_group_arn: str,
    key_arn: str,
    bucket_arn: str,
    prefix: str,
    gpu: bool,
    vpc_id: str,
    patched: bool = False,
) -> list[Statement]:
    """What the machine's role may do. `bucket_arn` is empty for a machine without media; `prefix` ends in `/` or is empty.
    Media are reached through the gateway to S3 of the network `vpc_id` alone, so that credentials that somebody carries out
    of the machine open nothing outside."""
    drivers = DRIVER_BUCKETS if gpu else ()
    readable = [place.bucket_arn(bucket) for bucket in (licence_bucket(place.region), *drivers)]
    statements = [
        allow("SessionManagerAgent", AGENT, ["*"]),
        allow(
            "OwnLogs",
            ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            [log_group_arn, f"{log_group_arn}:log-stream:*"],
        ),
        allow("LicencesAndDrivers", ["s3:GetObject", "s3:ListBucket"], [*readable, *(f"{arn}/*" for arn in readable)]),
    ]
    if patched:
        statements.append(reads_patches(place))
    if bucket_arn:
        statements += _media(place, bucket_arn, prefix, key_arn, vpc_id)
    return statements


def _media(place: Place, bucket_arn: str, prefix: str, key_arn: str, vpc_id: str) -> Sequence[Statement]:
    objects = f"{bucket_arn}/{prefix}*"
    inside = {"StringEquals": {"aws:SourceVpc": vpc_id}}
    only_prefix = {"StringLike": {"s3:prefix": [prefix, f"{prefix}*"]}} if prefix else {}
    return (
        allow("ListMedia", ["s3:ListBucket"], [bucket_arn], conditions={**inside, **only_prefix}),
        allow("FindMedia", ["s3:GetBucketLocation", "s3:ListBucketMultipartUploads"], [bucket_arn], conditions=inside),
        allow(
            "UseMedia",
            [
                "s3:AbortMultipartUpload",
                "s3:DeleteObject",
                "s3:GetObject",
                "s3:ListMultipartUploadParts",
                "s3:PutObject",
            ],
            [objects],
            conditions=inside,
        ),
        # A denial cannot be undone by a policy that somebody attaches later.
        deny("KeepMasters", ["s3:DeleteObject"], [f"{bucket_arn}/masters/*", f"{bucket_arn}/{prefix}masters/*"]),
        deny(
            "KeepEveryVersion",
            [
                "s3:BypassGovernanceRetention",
                "s3:DeleteObjectVersion",
                "s3:PutBucketVersioning",
                "s3:PutLifecycleConfiguration",
                "s3:PutObjectLegalHold",
                "s3:PutObjectRetention",
            ],
            [bucket_arn, f"{bucket_arn}/*"],
        ),
        allow(
            "UseKeyThroughStorage",
            ["kms:Decrypt", "kms:GenerateDataKey"],
            [key_arn],
            conditions={"StringEquals": {"kms:ViaService": f"s3.{place.region}.amazonaws.com"}},
        ),
    )


def machine_role(
    component: pulumi.Resource,
    name: str,
    machine: Machine,
    place: pulumi.Output[Place],
    log_group_arn: pulumi.Input[str],
) -> aws.iam.Role:
    """The role, with its own policy and those of a program."""
    child = pulumi.ResourceOptions(parent=component)
    role = aws.iam.Role(
        f"{name}-role",
        description=f"What the workstation {machine.workstation} may do",
        path=role_path(machine.studio, machine.project),
        force_detach_policies=True,
        permissions_boundary=machine.boundary_arn,
        assume_role_policy=MACHINE_TRUST,
        tags=named(machine.tags, name),
        opts=child,
    )
    policy = aws.iam.RolePolicy(
        f"{name}-policy",
        role=role.id,
        policy=rendered(
            workstation_policy,
            place=place,
            log_group_arn=log_group_arn,
            key_arn=machine.key_arn,
            bucket_arn=_bucket_arn(machine, place),
            prefix=machine.prefix,
            gpu=machine.type.gpu is not None,
            vpc_id=machine.vpc_id,
            patched=machine.patched,
        ),
        opts=child,
    )
    extra = [
        aws.iam.RolePolicy(f"{name}-extra-{label}", role=role.id, policy=document, opts=child)
        for label, document in machine.policies.items()
    ]
    if machine.exclusive:
        only_these_policies(f"{name}-role", role, [policy, *extra], child)
    return role


def _bucket_arn(machine: Machine, place: pulumi.Output[Place]) -> pulumi.Input[str]:
    """Empty for a machine without media."""
    if machine.bucket_arn is not None:
        return machine.bucket_arn
    if machine.bucket_name is None:
        return ""
    return pulumi.Output.all(place, machine.bucket_name).apply(
        lambda known: cast("Place", known[0]).bucket_arn(known[1])
    )
