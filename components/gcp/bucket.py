"""A private bucket: what every bucket of ours has, whatever is in it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_gcp as gcp

from soundstage.components.gcp.labelled import labels
from soundstage.components.gcp.lifecycle import AgeRule
from soundstage.components.gcp.place import Place
from soundstage.components.ownership import Tags

DAY_SECONDS: Final = 86_400


@dataclass(frozen=True)
class BucketPlan:
    """What distinguishes one bucket from another."""

    name: str | Callable[[Place], str]
    rules: Sequence[AgeRule]
    key_id: pulumi.Input[str]
    keep: bool
    tags: Tags
    soft_delete_days: int
    passing: bool = False
    """Whether things only pass through: it is empty before it goes, so that nothing is ever deleted along with it."""
    retention_days: int = 0
    """0 for none."""
    lock: bool = False
    log_bucket: pulumi.Input[str] | None = None
    project_id: str | None = None


def private_bucket(
    component: pulumi.Resource, label: str, place: pulumi.Output[Place], plan: BucketPlan
) -> gcp.storage.Bucket:
    """A versioned bucket under the given key, which nobody can make public and no access list opens."""
    name = plan.name
    logging: gcp.storage.BucketLoggingArgsDict | None = None
    if plan.log_bucket is not None:
        logging = {"log_bucket": plan.log_bucket, "log_object_prefix": label}
    retention: gcp.storage.BucketRetentionPolicyArgsDict | None = None
    if plan.retention_days:
        retention = {"retention_period": str(plan.retention_days * DAY_SECONDS), "is_locked": plan.lock}
    return gcp.storage.Bucket(
        label,
        name=name if isinstance(name, str) else place.apply(name),
        location=place.apply(lambda known: known.region.upper()),
        storage_class="STANDARD",
        uniform_bucket_level_access=True,
        public_access_prevention="enforced",
        # Either: "Object Versioning cannot be enabled on a bucket that currently has a retention policy" (Cloud Storage, "Object
        # Versioning", read 2026-11). What cannot be replaced needs no versions.
        versioning={"enabled": not plan.retention_days},
        # For single objects, such as masters; it can be switched on only at the start.
        enable_object_retention=not plan.passing,
        encryption={"default_kms_key_name": plan.key_id},
        soft_delete_policy={"retention_duration_seconds": plan.soft_delete_days * DAY_SECONDS},
        retention_policy=retention,
        logging=logging,
        lifecycle_rules=[_rule(rule) for rule in plan.rules],
        force_destroy=not plan.keep and not plan.passing,
        labels=labels(plan.tags),
        project=plan.project_id,
        opts=pulumi.ResourceOptions(parent=component, protect=plan.keep),
    )


def _rule(rule: AgeRule) -> gcp.storage.BucketLifecycleRuleArgsDict:
    condition: gcp.storage.BucketLifecycleRuleConditionArgsDict = {}
    if rule.age_days is not None:
        condition["age"] = rule.age_days
    if rule.noncurrent_days is not None:
        condition["days_since_noncurrent_time"] = rule.noncurrent_days
    if rule.state:
        condition["with_state"] = rule.state
    if rule.prefixes:
        condition["matches_prefixes"] = list(rule.prefixes)
    if rule.from_classes:
        condition["matches_storage_classes"] = list(rule.from_classes)
    action: gcp.storage.BucketLifecycleRuleActionArgsDict = {"type": rule.action}
    if rule.storage_class:
        action["storage_class"] = rule.storage_class
    return {"action": action, "condition": condition}
