"""The second copy of a media bucket, in another region: replication and the role that S3 does it with."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from soundstage.components.aws.bucket import PrivateBucket
from soundstage.components.aws.bucket_policies import replication_statements
from soundstage.components.aws.exclusive import only_these_policies
from soundstage.components.aws.place import place_of, rendered
from soundstage.components.ownership import Tags
from soundstage.components.policydoc import trust
from soundstage.components.tags import named


@dataclass(frozen=True)
class Copy:
    """What is copied where. `region` is that of the source; the provider's when absent. `path` and `boundary_arn` are the role's."""

    source: PrivateBucket
    target: PrivateBucket
    source_key_arn: pulumi.Input[str]
    target_key_arn: pulumi.Input[str]
    region: str | None
    backup_region: str
    path: str
    boundary_arn: pulumi.Input[str] | None
    keep: bool
    tags: Tags


def replicate(parent: pulumi.Resource, name: str, copy: Copy) -> None:
    """Copy every new object of the source, its tags and its lock included, but never a deletion."""
    options = pulumi.ResourceOptions(parent=parent, protect=copy.keep)
    role = aws.iam.Role(
        f"{name}-replication",
        # S3 documents no SourceAccount here, and needs none: only who may pass this role can name it in a bucket.
        assume_role_policy=trust("s3.amazonaws.com"),
        description="Lets S3 copy media to the backup region",
        path=copy.path,
        force_detach_policies=True,
        permissions_boundary=copy.boundary_arn,
        tags=named(copy.tags, f"{name}-replication"),
        opts=options,
    )
    permission = aws.iam.RolePolicy(
        f"{name}-replication-policy",
        role=role.name,
        policy=rendered(
            replication_statements,
            place=place_of(parent, copy.region),
            source=copy.source.bucket.bucket,
            target=copy.target.bucket.bucket,
            source_key_arn=copy.source_key_arn,
            target_key_arn=copy.target_key_arn,
            target_region=copy.backup_region,
        ),
        opts=options,
    )
    only_these_policies(f"{name}-replication", role, [permission], options)
    aws.s3.BucketReplicationConfig(
        f"{name}-replication-rules",
        bucket=copy.source.bucket.bucket,
        role=role.arn,
        rules=[
            {
                "id": "backup",
                "status": "Enabled",
                "priority": 1,
                "filter": {"prefix": ""},
                "delete_marker_replication": {"status": "Disabled"},
                "source_selection_criteria": {"sse_kms_encrypted_objects": {"status": "Enabled"}},
                "destination": {
                    "bucket": copy.target.bucket.arn,
                    "encryption_configuration": {"replica_kms_key_id": copy.target_key_arn},
                },
            }
        ],
        region=copy.region,
        opts=pulumi.ResourceOptions.merge(
            options, pulumi.ResourceOptions(depends_on=[permission, *copy.source.ready, *copy.target.ready])
        ),
    )
