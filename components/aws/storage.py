"""MediaBucket: where a project's media live, and where they stay when everything else is gone."""

from dataclasses import dataclass
from typing import Final, NotRequired, TypedDict, cast

import pulumi
import pulumi_aws as aws

from soundstage.components import choices
from soundstage.components.arguments import choice_fault, number_faults, refuse
from soundstage.components.aws.bucket import BucketPlan, Lock, PrivateBucket, private_bucket
from soundstage.components.aws.bucket_policies import media_statements
from soundstage.components.aws.key import EncryptionKey, EncryptionKeyArgs
from soundstage.components.aws.place import Place, place_of, region_of_provider, rendered
from soundstage.components.aws.replication import Copy, replicate
from soundstage.components.component import Component
from soundstage.components.fields import conformed
from soundstage.components.layout import FOLDERS
from soundstage.components.lifecycle import PRESETS, media_rules
from soundstage.components.naming import label_faults, media_bucket_is_ambiguous, media_bucket_name, role_path
from soundstage.components.tags import ZONE, tag_faults

LONGEST_LOCK_DAYS: Final = 3650
"""Ten years. A typing mistake under object lock cannot be taken back, only paid for."""


class MediaBucketArgs(TypedDict):
    studio: str
    """Name of the studio; the bucket's name starts with it, so that the studio's audit trail watches the bucket."""
    project: str
    """Name of the project whose media these are."""
    lifecycle: NotRequired[choices.Lifecycle]
    """How media age. `footage` when absent: infrequent access after
    30 days, archive after a year. No preset ever expires a current version, nor any version under `masters/`."""
    key_arn: NotRequired[pulumi.Input[str]]
    """ARN of the KMS key in the bucket's region. A key of its own is made when absent."""
    log_bucket: NotRequired[pulumi.Input[str]]
    """Name of the bucket of the same region that receives access logs. No access logs when absent."""
    backup_region: NotRequired[str]
    """A second region to which every object is copied, into a bucket and under a key of its own. Deletions are not
    copied. No second copy when absent."""
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
    tags: NotRequired[dict[str, str]]
    """Tags of everything here, such as `soundstage:studio` and `soundstage:project`."""


LONGEST_LINK_MINUTES: Final = 10_080
"""Seven days, the longest that AWS lets a link be (Amazon S3 user guide, "Sharing objects with presigned URLs", read 2026-11)."""


@dataclass(frozen=True)
class _Media:
    studio: str
    project: str
    lifecycle: str
    key_arn: pulumi.Input[str] | None
    log_bucket: pulumi.Input[str] | None
    backup_region: str | None
    backup_log_bucket: pulumi.Input[str] | None
    boundary_arn: pulumi.Input[str] | None
    longest_link_minutes: int | None
    lock: Lock | None
    region: str | None
    keep: bool
    tags: dict[str, str]


def _resolve(name: str, args: MediaBucketArgs, opts: pulumi.ResourceOptions | None) -> _Media:
    args, faults = conformed(args, MediaBucketArgs)
    days = args.get("object_lock_days")
    media = _Media(
        studio=args.get("studio", ""),
        project=args.get("project", ""),
        lifecycle=args.get("lifecycle", "footage"),
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
        tags={**args.get("tags", {}), ZONE: "content"},
    )
    faults += label_faults("studio", media.studio) + label_faults("project", media.project)
    faults += choice_fault("lifecycle", media.lifecycle, tuple(PRESETS)) + tag_faults(media.tags)
    if media.longest_link_minutes is not None:
        faults += number_faults("longest_link_minutes", media.longest_link_minutes, 15, LONGEST_LINK_MINUTES)
    if media.lock:
        faults += number_faults("object_lock_days", media.lock.days, 1, LONGEST_LOCK_DAYS)
    if media.backup_region and media.backup_region == (media.region or region_of_provider(opts)):
        faults.append(f"backup_region is {media.backup_region}, where the bucket itself is; name another region")
    if media.backup_log_bucket is not None and not media.backup_region:
        faults.append("backup_log_bucket is given without backup_region")
    refuse("MediaBucket", name, faults)
    return media


class MediaBucket(Component):
    """A private, versioned bucket under the customer's key, with the documented folders and a lifecycle.

    TLS 1.2 or better only, this account only, this key only, no public access, no ACLs. It stays when its stack is
    destroyed, unless `keep` is False.
    """

    bucket_name: pulumi.Output[str]
    """Name of the bucket, `STUDIO-media-PROJECT-` and eight characters."""
    bucket_arn: pulumi.Output[str]
    """ARN of the bucket."""
    key_arn: pulumi.Output[str]
    """ARN of the key that encrypts it."""
    backup_bucket_name: pulumi.Output[str | None]
    """Name of the second copy in `backup_region`; absent without one."""

    def __init__(self, name: str, args: MediaBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        media = _resolve(name, args, opts)
        super().__init__(name, args, opts)
        key_arn = media.key_arn if media.key_arn is not None else self._key(f"{name}-media", media, media.region)
        main = self._bucket(name, media, media.region, key_arn, media.log_bucket)
        self._folders(name, media, main)
        self.bucket_name = main.name
        # Built from the name, which a preview knows, so that policies that mean this bucket can be judged there.
        self.bucket_arn = pulumi.Output.all(place_of(self, media.region), main.name).apply(
            lambda known: cast("Place", known[0]).bucket_arn(known[1])
        )
        self.key_arn = pulumi.Output.from_input(key_arn)
        self.backup_bucket_name = pulumi.Output.from_input(None)
        if media.backup_region:
            backup_key_arn = self._key(f"{name}-backup", media, media.backup_region)
            backup = self._bucket(f"{name}-backup", media, media.backup_region, backup_key_arn, media.backup_log_bucket)
            replicate(
                self,
                name,
                Copy(
                    main,
                    backup,
                    key_arn,
                    backup_key_arn,
                    region=media.region,
                    backup_region=media.backup_region,
                    path=role_path(media.studio, media.project),
                    boundary_arn=media.boundary_arn,
                    keep=media.keep,
                    tags=media.tags,
                ),
            )
            self.backup_bucket_name = backup.name.apply(lambda known: known)
        self.record_outputs()

    def _key(self, name: str, media: _Media, region: str | None) -> pulumi.Output[str]:
        wanted: EncryptionKeyArgs = {
            "description": f"Media of {media.project}",
            "keep": media.keep,
            "tags": media.tags,
        }
        if region:
            wanted["region"] = region
        return EncryptionKey(name, wanted, pulumi.ResourceOptions(parent=self)).arn

    def _bucket(
        self,
        name: str,
        media: _Media,
        region: str | None,
        key_arn: pulumi.Input[str],
        log_bucket: pulumi.Input[str] | None,
    ) -> PrivateBucket:
        place = place_of(self, region)
        plan = BucketPlan(
            bucket=place.apply(
                lambda known: media_bucket_name(media.studio, media.project, known.account, known.region)
            ),
            policy=lambda bucket: rendered(
                media_statements,
                place=place,
                bucket=bucket,
                key_arn=key_arn,
                keep=media.keep,
                longest_link_minutes=media.longest_link_minutes,
            ),
            rules=media_rules(media.lifecycle),
            region=region,
            keep=media.keep,
            tags=media.tags,
            key_arn=key_arn,
            lock=media.lock,
            log_bucket=log_bucket,
            keep_name=media_bucket_is_ambiguous(media.project),
        )
        return private_bucket(self, name, plan)

    def _folders(self, name: str, media: _Media, main: PrivateBucket) -> None:
        """S3 has no folders; an empty object in each lets a mounted drive show them on the first day."""
        for folder in FOLDERS:
            aws.s3.BucketObjectv2(
                f"{name}-{folder.rstrip('/')}",
                bucket=main.bucket.bucket,
                key=f"{folder}.keep",
                content="",
                # Under object lock even an empty version stays until it may be forced.
                force_destroy=not media.keep,
                region=media.region,
                # The bucket's lock puts its mode and its day on each object, and neither is the program's to change.
                opts=pulumi.ResourceOptions(
                    parent=self,
                    protect=media.keep,
                    depends_on=main.ready,
                    ignore_changes=["objectLockMode", "objectLockRetainUntilDate"] if media.lock else None,
                ),
            )
