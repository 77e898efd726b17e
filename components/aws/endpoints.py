"""What may pass through a network's private doors to AWS: the policies of its endpoints, as statements.

A content network reaches nothing but these doors. Without a policy, each would lead to every bucket and log group of every
account, with anybody's credentials: a way out for media that no firewall sees.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from soundstage.components.aws.place import Place
from soundstage.components.policydoc import ANYONE, Statement, allow


@dataclass(frozen=True, slots=True)
class Door:
    """One interface endpoint: the service's name in AWS PrivateLink, and what its policy admits."""

    service: str
    actions: tuple[str, ...]
    purpose: str
    own_resources: bool = True
    """Whether only resources of this account are meant. Session Manager's documents belong to AWS."""
    always: bool = True
    """Whether a network has it unless it says which it wants."""
    host: str = ""
    """The beginning of its name in the DNS, where that is not the service's."""

    def name(self, region: str) -> str:
        """The name under which machines reach it."""
        return f"{self.host or self.service}.{region}.amazonaws.com"


DOORS: Final = (
    Door("ssm", ("ssm:*",), "Session Manager and patching", own_resources=False),
    Door("ssmmessages", ("ssmmessages:*",), "the channel of a session", own_resources=False),
    Door(
        "kms",
        ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"),
        "the project's key",
    ),
    Door(
        "logs",
        (
            "logs:CreateLogStream",
            "logs:DescribeLogGroups",
            "logs:DescribeLogStreams",
            "logs:PutLogEvents",
        ),
        "the machines' logs",
    ),
    # What follows is made only where a network asks for it.
    Door("ec2", ("ec2:Describe*",), "what is known of machines and disks", own_resources=False, always=False),
    Door("monitoring", ("cloudwatch:PutMetricData",), "metrics of one's own", own_resources=False, always=False),
    Door(
        "secretsmanager",
        ("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"),
        "secrets, such as that of a licence",
        always=False,
    ),
    Door(
        "deadline.management",
        ("deadline:*",),
        "a render farm of AWS Deadline Cloud",
        always=False,
        host="management.deadline",
    ),
    Door(
        "deadline.scheduling", ("deadline:*",), "the workers of such a farm", always=False, host="scheduling.deadline"
    ),
)
"""Interface endpoints that a network may have; AWS PrivateLink "AWS services that integrate", AWS Deadline Cloud User Guide "Access
Deadline Cloud using an interface endpoint", read 2026-11.

There is none for `ec2messages`: the agent uses `ssmmessages` in its place from version 3.3.40 on, which all pinned images
exceed, and regions that opened in 2024 or later have no `ec2messages` (AWS Systems Manager User Guide, "Reference:
ec2messages, ssmmessages, and other API operations", read 2026-11)."""

# Read 2026-11. Amazon DCV Administrator Guide "Licensing requirements"; Amazon EC2 User Guide "NVIDIA drivers".
DRIVER_BUCKETS: Final = ("ec2-linux-nvidia-drivers", "ec2-windows-nvidia-drivers", "nvidia-gaming")


def licence_bucket(region: str) -> str:
    """The bucket that a DCV server must reach to be licensed on Amazon EC2, where DCV costs nothing."""
    return f"dcv-license.{region}"


def package_buckets(region: str) -> tuple[str, ...]:
    """AWS's own buckets that agents, patches and packages of a machine come from.

    Systems Manager User Guide "SSM Agent communications with AWS managed S3 buckets", Amazon Linux 2023 User Guide
    "Repositories", CloudWatch User Guide "Download the CloudWatch agent package", read 2026-11.
    """
    return (
        f"al2023-repos-{region}-de612dc2",
        f"amazon-ssm-packages-{region}",
        f"amazon-ssm-{region}",
        f"amazoncloudwatch-agent-{region}",
        f"aws-ssm-distributor-file-{region}",
        f"aws-ssm-document-attachments-{region}",
        f"aws-ssm-{region}",
        f"aws-windows-downloads-{region}",
        f"patch-baseline-snapshot-{region}",
        f"{region}-birdwatcher-prod",
    )


def storage_door(place: Place, media_buckets: Sequence[str]) -> list[Statement]:
    """The policy of the gateway to S3: this project's buckets for this account, and a few of AWS's own to read.

    `media_buckets` are ARNs. What a role may do inside a bucket is the role's business; which buckets exist at all, seen
    from inside the network, is decided here.
    """
    ours = {"StringEquals": {"aws:PrincipalAccount": place.account}}
    public = (licence_bucket(place.region), *DRIVER_BUCKETS, *package_buckets(place.region))
    statements = [
        allow(
            "ReadLicencesDriversPackages",
            ["s3:GetObject", "s3:ListBucket"],
            [arn for bucket in public for arn in (place.bucket_arn(bucket), f"{place.bucket_arn(bucket)}/*")],
            principals=ANYONE,
        )
    ]
    if media_buckets:
        statements += [
            allow(
                "ListOwnBuckets",
                ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:ListBucketVersions"],
                list(media_buckets),
                principals=ANYONE,
                conditions=ours,
            ),
            allow(
                "UseOwnObjects",
                [
                    "s3:AbortMultipartUpload",
                    "s3:DeleteObject",
                    "s3:GetObject",
                    "s3:GetObjectAttributes",
                    "s3:GetObjectVersion",
                    "s3:ListMultipartUploadParts",
                    "s3:PutObject",
                    "s3:RestoreObject",
                ],
                [f"{bucket}/*" for bucket in media_buckets],
                principals=ANYONE,
                conditions=ours,
            ),
        ]
    return statements


def service_door(place: Place, door: Door) -> list[Statement]:
    """The policy of an interface endpoint: what machines need of the service, with this account's credentials only."""
    condition = {"aws:PrincipalAccount": place.account}
    if door.own_resources:
        condition["aws:ResourceAccount"] = place.account
    return [
        allow("OwnAccountOnly", list(door.actions), ["*"], principals=ANYONE, conditions={"StringEquals": condition})
    ]
