"""What a media bucket may be told, checked and turned into plain values."""

from dataclasses import dataclass
from typing import Final, NotRequired, TypedDict

import pulumi

from soundstage.components import choices
from soundstage.components.arguments import choice_fault, number_faults, refuse
from soundstage.components.fields import conformed
from soundstage.components.gcp.naming import bucket_faults, component_faults, place_faults
from soundstage.components.labels import label_carry_faults
from soundstage.components.lifecycle import PRESETS
from soundstage.components.ownership import Tags, ownership, plain_tags
from soundstage.components.tags import ZONE, tag_faults

LONGEST_RETENTION_DAYS: Final = 3650
"""Ten years. A typing mistake in a locked retention cannot be taken back, only paid for."""
SOFT_DELETE_DAYS: Final = 30
LEAST_SOFT_DELETE_DAYS, MOST_SOFT_DELETE_DAYS = 7, 90
"""What Cloud Storage takes (Cloud Storage, "Soft delete", read 2026-11)."""


class MediaBucketArgs(TypedDict):
    studio: str
    """Name of the studio; the bucket's name starts with it."""
    project: NotRequired[str]
    """Name of the project whose media these are. When absent, what the tag `soundstage:project` says, or a name made of those
    of the Pulumi program and its stack."""
    bucket: NotRequired[str]
    """Name of the bucket, when it must be one of your own. `STUDIO-media-PROJECT-` and eight characters when absent."""
    lifecycle: NotRequired[choices.Lifecycle]
    """How media age. `footage` when absent: Nearline after 30 days, Archive after a year. No preset ever expires a current
    version, nor any version under `masters/`."""
    key_id: NotRequired[pulumi.Input[str]]
    """Id of the Cloud KMS key in the bucket's region, which Cloud Storage may use. A key of its own is made when absent."""
    log_bucket: NotRequired[pulumi.Input[str]]
    """Name of the bucket that receives usage logs, usually of `AccessLogBucket`. No usage logs when absent."""
    soft_delete_days: NotRequired[int]
    """Days during which what was deleted, versions included, can still be restored; 7 to 90. 30 when absent."""
    retention_days: NotRequired[int]
    """Days during which no object can be deleted or replaced, for deliveries that are written once. Cloud Storage then keeps no
    versions: it has either one or the other. No retention when absent."""
    lock_retention: NotRequired[bool]
    """Whether `retention_days` can never be shortened again, by nobody, and the bucket goes only when every object is that old. It
    cannot be taken back. False when absent."""
    project_id: NotRequired[str]
    """Id of the Google Cloud project. That of the provider when absent."""
    region: NotRequired[str]
    """Region of the bucket. That of the provider when absent."""
    keep: NotRequired[bool]
    """Whether bucket, key and media survive when the stack is destroyed. True when absent. False also lets the
    bucket be deleted with everything in it."""
    tags: NotRequired[Tags]
    """Tags of everything here, such as `soundstage:studio` and `soundstage:project`, which become labels."""


@dataclass(frozen=True)
class Media:
    """A media bucket's arguments, checked."""

    studio: str
    project: str
    bucket: str | None
    lifecycle: str
    key_id: pulumi.Input[str] | None
    log_bucket: pulumi.Input[str] | None
    soft_delete_days: int
    retention_days: int
    lock_retention: bool
    project_id: str | None
    region: str | None
    keep: bool
    tags: Tags


def resolve(name: str, args: MediaBucketArgs) -> Media:
    """Plain values, with every default filled in. Raises `ArgumentError` with all faults at once."""
    args, faults = conformed(args, MediaBucketArgs)
    faults += component_faults(name) + place_faults(args)
    owner = ownership(args, faults)
    retention = args.get("retention_days")
    media = Media(
        studio=owner.studio,
        project=owner.project,
        bucket=args.get("bucket"),
        lifecycle=args.get("lifecycle", "footage"),
        key_id=args.get("key_id"),
        log_bucket=args.get("log_bucket"),
        soft_delete_days=args.get("soft_delete_days", SOFT_DELETE_DAYS),
        retention_days=retention or 0,
        lock_retention=args.get("lock_retention", False),
        project_id=args.get("project_id"),
        region=args.get("region"),
        keep=args.get("keep", True),
        # Whatever zone the project's network is in: media at rest are content, and no bucket for passing things on.
        tags={**owner.tags, ZONE: "content"},
    )
    faults += choice_fault("lifecycle", media.lifecycle, tuple(PRESETS))
    faults += tag_faults(plain_tags(media.tags)) + label_carry_faults(plain_tags(media.tags))
    faults += number_faults("soft_delete_days", media.soft_delete_days, LEAST_SOFT_DELETE_DAYS, MOST_SOFT_DELETE_DAYS)
    if retention is not None:
        faults += number_faults("retention_days", retention, 1, LONGEST_RETENTION_DAYS)
    elif media.lock_retention:
        faults.append("lock_retention is True without retention_days; say for how many days objects are locked")
    if media.bucket is not None:
        faults += bucket_faults("bucket", media.bucket)
    refuse("MediaBucket", name, faults)
    return media
