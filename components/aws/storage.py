"""MediaBucket: where a project's media live, and where they stay when everything else is gone."""

from collections.abc import Sequence
from typing import cast

import pulumi
import pulumi_aws as aws

from soundstage.components.aws.bucket import BucketPlan, PrivateBucket, private_bucket
from soundstage.components.aws.bucket_policies import media_statements
from soundstage.components.aws.bucket_statements import BucketStatementArgs
from soundstage.components.aws.key import EncryptionKey, EncryptionKeyArgs
from soundstage.components.aws.place import Place, place_of, rendered
from soundstage.components.aws.replication import Copy, replicate
from soundstage.components.aws.storage_args import Media, MediaBucketArgs, resolve
from soundstage.components.component import Component
from soundstage.components.layout import FOLDERS
from soundstage.components.lifecycle import media_rules
from soundstage.components.naming import media_bucket_is_ambiguous, media_bucket_name, role_path


class MediaBucket(Component):
    """A private, versioned bucket under the customer's key, with the documented folders and a lifecycle.

    TLS 1.2 or better only, this account only, this key only, no public access, no ACLs. It stays when its stack is
    destroyed, unless `keep` is False.
    """

    bucket_name: pulumi.Output[str]
    """Name of the bucket, `STUDIO-media-PROJECT-` and eight characters unless it was given."""
    bucket_arn: pulumi.Output[str]
    """ARN of the bucket."""
    bucket_domain_name: pulumi.Output[str]
    """Domain of the bucket, `NAME.s3.amazonaws.com`."""
    bucket_regional_domain_name: pulumi.Output[str]
    """Domain of the bucket in its region, as the origin of a CloudFront distribution takes it."""
    key_arn: pulumi.Output[str]
    """ARN of the key that encrypts it."""
    backup_bucket_name: pulumi.Output[str | None]
    """Name of the second copy in `backup_region`; absent without one."""
    backup_bucket_arn: pulumi.Output[str | None]
    """ARN of the second copy; absent without one."""
    backup_key_arn: pulumi.Output[str | None]
    """ARN of the key that encrypts the second copy; absent without one."""

    def __init__(self, name: str, args: MediaBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        media = resolve(name, args, opts)
        super().__init__(name, args, opts)
        key_arn = media.key_arn if media.key_arn is not None else self._key(f"{name}-media", media, media.region)
        main = self._bucket(name, media, key_arn)
        self._folders(name, media, main)
        backup = self._copy(name, media, main, key_arn) if media.backup_region else None
        self.bucket: aws.s3.Bucket = main.bucket
        """The bucket."""
        self.bucket_policy: aws.s3.BucketPolicy = main.policy
        """Its policy, for what must not be written before it stands."""
        self.backup_bucket: aws.s3.Bucket | None = backup.target.bucket if backup else None
        """The second copy; None without one."""

        self.bucket_name = main.name
        self.bucket_arn = self._arn(media.region, main)
        self.bucket_domain_name = main.bucket.bucket_domain_name
        self.bucket_regional_domain_name = main.bucket.bucket_regional_domain_name
        self.key_arn = pulumi.Output.from_input(key_arn)
        nothing: pulumi.Output[str | None] = pulumi.Output.from_input(None)
        self.backup_bucket_name = backup.target.name.apply(lambda known: known) if backup else nothing
        self.backup_bucket_arn = (
            self._arn(media.backup_region, backup.target).apply(lambda known: known) if backup else nothing
        )
        self.backup_key_arn = pulumi.Output.from_input(backup.target_key_arn if backup else None)
        self.record_outputs()

    def _arn(self, region: str | None, bucket: PrivateBucket) -> pulumi.Output[str]:
        """Built from the name, which a preview knows, so that policies that mean this bucket can be judged there."""
        return pulumi.Output.all(place_of(self, region), bucket.name).apply(
            lambda known: cast("Place", known[0]).bucket_arn(known[1])
        )

    def _copy(self, name: str, media: Media, main: PrivateBucket, key_arn: pulumi.Input[str]) -> Copy:
        """The bucket in the second region, and what keeps it in step."""
        region = media.backup_region or ""
        own = media.backup_key_arn
        target_key_arn = own if own is not None else self._key(f"{name}-backup", media, region)
        copy = Copy(
            main,
            self._bucket(f"{name}-backup", media, target_key_arn, backup=True),
            key_arn,
            target_key_arn,
            region=media.region,
            backup_region=region,
            path=role_path(media.studio, media.project),
            boundary_arn=media.boundary_arn,
            keep=media.keep,
            tags=media.tags,
        )
        replicate(self, name, copy)
        return copy

    def _key(self, name: str, media: Media, region: str | None) -> pulumi.Output[str]:
        wanted: EncryptionKeyArgs = {
            "description": f"Media of {media.project}",
            "keep": media.keep,
            "tags": media.tags,
        }
        if region:
            wanted["region"] = region
        return EncryptionKey(name, wanted, pulumi.ResourceOptions(parent=self)).arn

    def _bucket(self, name: str, media: Media, key_arn: pulumi.Input[str], *, backup: bool = False) -> PrivateBucket:
        region, given = (media.backup_region, media.backup_bucket) if backup else (media.region, media.bucket)
        place = place_of(self, region)
        own: Sequence[BucketStatementArgs] = () if backup else media.own_statements
        plan = BucketPlan(
            bucket=given
            or place.apply(lambda known: media_bucket_name(media.studio, media.project, known.account, known.region)),
            policy=lambda bucket: rendered(
                media_statements,
                place=place,
                bucket=bucket,
                key_arn=key_arn,
                keep=media.keep,
                longest_link_minutes=media.longest_link_minutes,
                own=list(own),
            ),
            rules=[*media_rules(media.lifecycle), *media.own_rules],
            region=region,
            keep=media.keep,
            tags=media.tags,
            key_arn=key_arn,
            lock=media.lock,
            log_bucket=media.backup_log_bucket if backup else media.log_bucket,
            keep_name=not given and media_bucket_is_ambiguous(media.project),
        )
        return private_bucket(self, name, plan)

    def _folders(self, name: str, media: Media, main: PrivateBucket) -> None:
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
