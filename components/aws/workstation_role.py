"""What a workstation may do in the cloud, as statements: its own media, its own logs, its own sleep, and nothing else."""

from collections.abc import Sequence
from typing import Final

from soundstage.components.aws.endpoints import DRIVER_BUCKETS, licence_bucket
from soundstage.components.aws.place import Place
from soundstage.components.policydoc import Statement, allow, deny, trust

METRIC_NAMESPACE: Final = "Soundstage/Workstation"

# What the Session Manager agent calls. The managed policy AmazonSSMManagedInstanceCore adds to these the right to read
# every parameter of the account (AWS Managed Policy Reference, read 2026-11); a workstation needs none.
AGENT: Final = (
    "ec2messages:AcknowledgeMessage",
    "ec2messages:DeleteMessage",
    "ec2messages:FailMessage",
    "ec2messages:GetEndpoint",
    "ec2messages:GetMessages",
    "ec2messages:SendReply",
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


def machine_trust(place: Place) -> str:
    """The trust policy of a workstation's role: EC2, on behalf of this account only."""
    return trust("ec2.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": place.account}})


def workstation_policy(
    place: Place, log_group_arn: str, key_arn: str, bucket_arn: str, prefix: str, gpu: bool
) -> list[Statement]:
    """What the machine's role may do. `bucket_arn` is empty for a machine without media; `prefix` ends in `/` or is empty."""
    drivers = DRIVER_BUCKETS if gpu else ()
    readable = [place.bucket_arn(bucket) for bucket in (licence_bucket(place.region), *drivers)]
    statements = [
        allow("SessionManagerAgent", AGENT, ["*"]),
        allow(
            "OwnMetrics",
            ["cloudwatch:PutMetricData"],
            ["*"],
            conditions={"StringEquals": {"cloudwatch:namespace": METRIC_NAMESPACE}},
        ),
        allow(
            "OwnLogs",
            ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            [log_group_arn, f"{log_group_arn}:log-stream:*"],
        ),
        allow("LicencesAndDrivers", ["s3:GetObject", "s3:ListBucket"], [*readable, *(f"{arn}/*" for arn in readable)]),
    ]
    if bucket_arn:
        statements += _media(place, bucket_arn, prefix, key_arn)
    return statements


def _media(place: Place, bucket_arn: str, prefix: str, key_arn: str) -> Sequence[Statement]:
    objects = f"{bucket_arn}/{prefix}*"
    only_prefix = {"StringLike": {"s3:prefix": [prefix, f"{prefix}*"]}} if prefix else None
    return (
        allow("ListMedia", ["s3:ListBucket"], [bucket_arn], conditions=only_prefix),
        allow("FindMedia", ["s3:GetBucketLocation", "s3:ListBucketMultipartUploads"], [bucket_arn]),
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


def stop_itself(instance_arn: str) -> list[Statement]:
    """The machine may stop itself, and only when it is the machine that asks."""
    return [
        allow(
            "StopItself",
            ["ec2:StopInstances"],
            [instance_arn],
            conditions={"ArnEquals": {"ec2:SourceInstanceARN": instance_arn}},
        )
    ]
