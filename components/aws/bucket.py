"""The one way in which all our buckets are made: private, versioned, encrypted, owner-enforced, with rules."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import pulumi
import pulumi_aws as aws

from soundstage.components.lifecycle import Rule
from soundstage.components.ownership import Tags
from soundstage.components.tags import named

LockMode: TypeAlias = Literal["governance", "compliance"]


@dataclass(frozen=True)
class Lock:
    """Default retention of every new object version. Under `compliance` not even the root user can shorten it."""

    days: int
    mode: LockMode = "governance"


@dataclass(frozen=True)
class BucketPlan:
    """What a bucket is to be. `key_arn` absent means keys of S3 itself (SSE-S3); `keep` protects it from deletion."""

    bucket: pulumi.Input[str]
    policy: Callable[[pulumi.Output[str]], pulumi.Input[str]]
    """The policy of a bucket of this name."""
    rules: Sequence[Rule]
    region: str | None
    keep: bool
    tags: Tags
    key_arn: pulumi.Input[str] | None = None
    lockable: bool = True
    lock: Lock | None = None
    log_bucket: pulumi.Input[str] | None = None
    keep_name: bool = False
    """A bucket that is up keeps the name that it has, whatever `bucket` says."""


@dataclass(frozen=True)
class PrivateBucket:
    """The bucket, and what its first writer has to wait for."""

    bucket: aws.s3.Bucket
    policy: aws.s3.BucketPolicy
    ready: tuple[pulumi.Resource, ...]
    """Versioning, encryption, public access block, policy and lock: what must stand before the first object."""

    @property
    def name(self) -> pulumi.Output[str]:
        """Name of the bucket, for whoever must not come before its policy stands, such as S3 with its access logs."""
        return self.policy.bucket


def private_bucket(parent: pulumi.Resource, name: str, plan: BucketPlan) -> PrivateBucket:
    """Create the bucket and its settings as children of `parent`, named after `name`."""
    options = pulumi.ResourceOptions(parent=parent, protect=plan.keep)
    named_once = pulumi.ResourceOptions(ignore_changes=["bucket"] if plan.keep_name else None)
    bucket = aws.s3.Bucket(
        f"{name}-bucket",
        bucket=plan.bucket,
        # Means nothing until a retention is set, and setting this argument later would replace the bucket.
        object_lock_enabled=plan.lockable,
        force_destroy=not plan.keep,
        region=plan.region,
        tags=named(plan.tags, name),
        opts=pulumi.ResourceOptions.merge(options, named_once),
    )
    access, policy = _closed(name, bucket, plan, options)
    versioning, lock = _kept(name, bucket, plan, options)
    encryption = aws.s3.BucketServerSideEncryptionConfiguration(
        f"{name}-encryption",
        bucket=bucket.bucket,
        rules=[_encryption(plan.key_arn)],
        region=plan.region,
        opts=options,
    )
    if plan.log_bucket is not None:
        aws.s3.BucketLogging(
            f"{name}-access-logs",
            bucket=bucket.bucket,
            target_bucket=plan.log_bucket,
            target_prefix=pulumi.Output.concat(bucket.bucket, "/"),
            region=plan.region,
            opts=options,
        )
    return PrivateBucket(bucket, policy, (versioning, encryption, access, policy, *lock))


def _closed(
    name: str, bucket: aws.s3.Bucket, plan: BucketPlan, options: pulumi.ResourceOptions
) -> tuple[aws.s3.BucketPublicAccessBlock, aws.s3.BucketPolicy]:
    """Who cannot reach it: the public, owners of objects, and whom the policy denies."""
    access = aws.s3.BucketPublicAccessBlock(
        f"{name}-public-access",
        bucket=bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        region=plan.region,
        opts=options,
    )
    aws.s3.BucketOwnershipControls(
        f"{name}-ownership",
        bucket=bucket.bucket,
        rule={"object_ownership": "BucketOwnerEnforced"},
        region=plan.region,
        opts=options,
    )
    policy = aws.s3.BucketPolicy(
        f"{name}-policy",
        bucket=bucket.bucket,
        policy=plan.policy(bucket.bucket),
        region=plan.region,
        opts=pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=[access])),
    )
    return access, policy


def _kept(
    name: str, bucket: aws.s3.Bucket, plan: BucketPlan, options: pulumi.ResourceOptions
) -> tuple[aws.s3.BucketVersioning, list[pulumi.Resource]]:
    """What is kept of each object and for how long: versions, lifecycle rules, and a lock where one is asked for."""
    versioning = aws.s3.BucketVersioning(
        f"{name}-versioning",
        bucket=bucket.bucket,
        versioning_configuration={"status": "Enabled"},
        region=plan.region,
        opts=options,
    )
    versioned = pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=[versioning]))
    aws.s3.BucketLifecycleConfiguration(
        f"{name}-lifecycle",
        bucket=bucket.bucket,
        rules=[_lifecycle_rule(rule) for rule in plan.rules],
        # S3's own default since 2024-09: a file under 128 KiB costs more to move than it would save.
        transition_default_minimum_object_size="all_storage_classes_128K",
        region=plan.region,
        opts=versioned,
    )
    if not plan.lock:
        return versioning, []
    lock = aws.s3.BucketObjectLockConfiguration(
        f"{name}-lock",
        bucket=bucket.bucket,
        rule={"default_retention": {"mode": plan.lock.mode.upper(), "days": plan.lock.days}},
        region=plan.region,
        opts=versioned,
    )
    return versioning, [lock]


def _encryption(key_arn: pulumi.Input[str] | None) -> aws.s3.BucketServerSideEncryptionConfigurationRuleArgsDict:
    if key_arn is None:
        return {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}
    return {
        "apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": key_arn},
        # One data key for many objects instead of one call to KMS for each.
        "bucket_key_enabled": True,
    }


def _lifecycle_rule(rule: Rule) -> aws.s3.BucketLifecycleConfigurationRuleArgsDict:
    settings: aws.s3.BucketLifecycleConfigurationRuleArgsDict = {
        "id": rule.id,
        "status": "Enabled",
        "filter": {"prefix": rule.prefix},
    }
    if rule.tiers:
        settings["transitions"] = [
            {"days": tier.after_days, "storage_class": tier.storage_class} for tier in rule.tiers
        ]
    if rule.old_tiers:
        settings["noncurrent_version_transitions"] = [
            {"noncurrent_days": tier.after_days, "storage_class": tier.storage_class} for tier in rule.old_tiers
        ]
    if rule.expire_after_days is not None:
        settings["expiration"] = {"days": rule.expire_after_days}
    if rule.expire_old_after_days is not None:
        settings["noncurrent_version_expiration"] = {"noncurrent_days": rule.expire_old_after_days}
    if rule.abort_uploads_after_days is not None:
        settings["abort_incomplete_multipart_upload"] = {"days_after_initiation": rule.abort_uploads_after_days}
    return settings
