"""What a media bucket may be told, checked and turned into plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NotRequired, TypedDict

import pulumi

from soundstage.components import choices
from soundstage.components.arguments import choice_fault, number_faults, refuse
from soundstage.components.aws.bucket import Lock
from soundstage.components.aws.bucket_statements import BucketStatementArgs, statement_faults
from soundstage.components.aws.place import region_of_provider
from soundstage.components.fields import conformed
from soundstage.components.lifecycle import PRESETS, Rule, own_rule, own_rules_faults
from soundstage.components.naming import bucket_faults
from soundstage.components.ownership import Tags, ownership, plain_tags
from soundstage.components.tags import ZONE, tag_faults

LONGEST_LOCK_DAYS: Final = 3650
"""Ten years. A typing mistake under object lock cannot be taken back, only paid for."""


class LifecycleRuleArgs(TypedDict):
    """How the objects of one folder age, besides what the bucket's preset says."""

    prefix: str
    """The folder, such as `proxies/` or `project-files/cache/`, ending in `/`."""
    tiers: NotRequired[Mapping[str, int]]
    """Storage classes, such as `GLACIER_IR`, and the days after which an object moves there. None when absent."""
    expire_after_days: NotRequired[int]
    """Days after which an object is deleted, which leaves its old version for as long as the preset keeps those. Refused for the
    folders of originals, `audio/`, `footage/` and `masters/`. Never when absent."""
    expire_old_after_days: NotRequired[int]
    """Days after which a replaced or deleted version is gone for good. Refused for `masters/`. As the preset has it when
    absent."""


class MediaBucketArgs(TypedDict):
    studio: str
    """Name of the studio; the bucket's name starts with it, so that the studio's audit trail watches the bucket."""
    project: NotRequired[str]
    """Name of the project whose media these are. When absent, what the tag `soundstage:project` says, or a name made of those
    of the Pulumi program and its stack."""
    bucket: NotRequired[str]
    """Name of the bucket, when it must be one of your own. The studio's audit trail records what is read and written in buckets
    whose names begin with `STUDIO-media-`. `STUDIO-media-PROJECT-` and eight characters when absent."""
    lifecycle: NotRequired[choices.Lifecycle]
    """How media age. `footage` when absent: infrequent access after
    30 days, archive after a year. No preset ever expires a current version, nor any version under `masters/`."""
    extra_lifecycle_rules: NotRequired[list[LifecycleRuleArgs]]
    """Lifecycle rules of your own for single folders, beside those of `lifecycle`. None when absent."""
    extra_statements: NotRequired[list[BucketStatementArgs]]
    """Statements of your own in the bucket's policy, such as one that lets a render farm's role read. They add to ours, which
    still refuse other accounts, other keys and clear text. Not for the copy in `backup_region`. None when absent."""
    key_arn: NotRequired[pulumi.Input[str]]
    """ARN of the KMS key in the bucket's region. A key of its own is made when absent."""
    log_bucket: NotRequired[pulumi.Input[str]]
    """Name of the bucket of the same region that receives access logs. No access logs when absent."""
    backup_region: NotRequired[str]
    """A second region to which every object is copied, into a bucket and under a key of its own. Deletions are not
    copied. No second copy when absent."""
    backup_bucket: NotRequired[str]
    """Name of the copy, when it must be one of your own. As that of the bucket, for its region, when absent."""
    backup_key_arn: NotRequired[pulumi.Input[str]]
    """ARN of the KMS key of the copy, in `backup_region`. A key of its own is made when absent."""
    backup_log_bucket: NotRequired[pulumi.Input[str]]
    """Name of the bucket of `backup_region` that receives the copy's access logs. No access logs when absent."""
    longest_link_minutes: NotRequired[int]
    """How long after it was signed a request is taken: what a link to an object lives at the most, 15 to 10080. As AWS has it
    (seven days) when absent."""
    object_lock_days: NotRequired[int]
    """Days during which no version can be deleted (governance mode: an administrator may, by a right of its own).
    No lock when absent; it can be added later without replacing the bucket."""
    boundary_arn: NotRequired[pulumi.Input[str]]
    """ARN of the permission boundary of the role that copies to `backup_region`, usually `services_arn` of
    `RoleBoundaries`.
    No boundary when absent."""
    region: NotRequired[str]
    """Region of the bucket. That of the provider when absent."""
    keep: NotRequired[bool]
    """Whether bucket, key and media survive when the stack is destroyed. True when absent. False also lets the
    bucket be deleted with everything in it."""
    tags: NotRequired[Tags]
    """Tags of everything here, such as `soundstage:studio` and `soundstage:project`."""
    foreign_tags: NotRequired[list[str]]
    """Keys of tags that somebody else sets on what is made here, such as a tool for cost: whatever they hold stays. None when
    absent: a tag that the program does not set is taken away once it has been seen."""


LONGEST_LINK_MINUTES: Final = 10_080
"""Seven days, the longest that AWS lets a link be (Amazon S3 user guide, "Sharing objects with presigned URLs", read 2026-11)."""


@dataclass(frozen=True)
class Media:
    """A media bucket's arguments, checked."""

    studio: str
    project: str
    bucket: str | None
    backup_bucket: str | None
    lifecycle: str
    own_rules: tuple[Rule, ...]
    own_statements: tuple[BucketStatementArgs, ...]
    backup_key_arn: pulumi.Input[str] | None
    key_arn: pulumi.Input[str] | None
    log_bucket: pulumi.Input[str] | None
    backup_region: str | None
    backup_log_bucket: pulumi.Input[str] | None
    boundary_arn: pulumi.Input[str] | None
    longest_link_minutes: int | None
    lock: Lock | None
    region: str | None
    keep: bool
    tags: Tags


def resolve(name: str, args: MediaBucketArgs, opts: pulumi.ResourceOptions | None) -> Media:
    """Plain values, with every default filled in. Raises `ArgumentError` with all faults at once."""
    args, faults = conformed(args, MediaBucketArgs)
    owner = ownership(args, faults)
    statements, rules = args.get("extra_statements", []), args.get("extra_lifecycle_rules", [])
    faults += statement_faults("extra_statements", statements)
    faults += own_rules_faults("extra_lifecycle_rules", rules)
    days = args.get("object_lock_days")
    media = Media(
        studio=owner.studio,
        project=owner.project,
        bucket=args.get("bucket"),
        backup_bucket=args.get("backup_bucket"),
        lifecycle=args.get("lifecycle", "footage"),
        own_rules=tuple(map(own_rule, rules)) if not faults else (),
        own_statements=tuple(statements),
        backup_key_arn=args.get("backup_key_arn"),
        key_arn=args.get("key_arn"),
        log_bucket=args.get("log_bucket"),
        backup_region=args.get("backup_region"),
        backup_log_bucket=args.get("backup_log_bucket"),
        boundary_arn=args.get("boundary_arn"),
        longest_link_minutes=args.get("longest_link_minutes"),
        lock=Lock(days) if days is not None else None,
        region=args.get("region"),
        keep=args.get("keep", True),
        # Whatever zone the project's network is in: media at rest are content, and no bucket for passing things on.
        tags={**owner.tags, ZONE: "content"},
    )
    faults += choice_fault("lifecycle", media.lifecycle, tuple(PRESETS)) + tag_faults(plain_tags(media.tags))
    if media.longest_link_minutes is not None:
        faults += number_faults("longest_link_minutes", media.longest_link_minutes, 15, LONGEST_LINK_MINUTES)
    if media.lock:
        faults += number_faults("object_lock_days", media.lock.days, 1, LONGEST_LOCK_DAYS)
    if media.backup_region and media.backup_region == (media.region or region_of_provider(opts)):
        faults.append(f"backup_region is {media.backup_region}, where the bucket itself is; name another region")
    for key in ("backup_log_bucket", "backup_bucket", "backup_key_arn"):
        if args.get(key) is not None and not media.backup_region:
            faults.append(f"{key} is given without backup_region")
    for key, given in (("bucket", media.bucket), ("backup_bucket", media.backup_bucket)):
        faults += bucket_faults(key, given) if given is not None else []
    if media.bucket and media.bucket == media.backup_bucket:
        faults.append(f"backup_bucket is {media.bucket}, which is the bucket itself; name another")
    refuse("MediaBucket", name, faults)
    return media
