"""MediaBucket: where a project's media live, and where they stay when everything else is gone."""

import pulumi
import pulumi_gcp as gcp

from soundstage.components.component import Component
from soundstage.components.gcp.bucket import BucketPlan, private_bucket
from soundstage.components.gcp.key import key_of_its_own
from soundstage.components.gcp.lifecycle import age_rules
from soundstage.components.gcp.naming import media_bucket
from soundstage.components.gcp.place import place_of
from soundstage.components.gcp.storage_args import Media, MediaBucketArgs, resolve
from soundstage.components.layout import FOLDERS
from soundstage.components.lifecycle import media_rules


class MediaBucket(Component):
    """A private, versioned bucket under the customer's key, with the documented folders and a lifecycle.

    Nobody can make it public, and no access list opens an object in it: only IAM does. Cloud Storage speaks TLS alone to its
    clients. What is deleted can be restored for a month. It stays when its stack is destroyed, unless `keep` is False.
    """

    bucket_name: pulumi.Output[str]
    """Name of the bucket, `STUDIO-media-PROJECT-` and eight characters unless it was given."""
    bucket_url: pulumi.Output[str]
    """Address of the bucket, `gs://NAME`."""
    key_id: pulumi.Output[str]
    """Id of the key that encrypts it."""

    def __init__(self, name: str, args: MediaBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        media = resolve(name, args)
        super().__init__(name, args, opts)
        place = place_of(self, media.project_id, media.region)
        key_id = media.key_id if media.key_id is not None else self._key(name, media)
        self.bucket: gcp.storage.Bucket = private_bucket(
            self,
            f"{name}-bucket",
            place,
            BucketPlan(
                name=media.bucket
                or (lambda known: media_bucket(media.studio, media.project, known.project_id, known.region)),
                rules=age_rules(media_rules(media.lifecycle)),
                key_id=key_id,
                keep=media.keep,
                tags=media.tags,
                soft_delete_days=media.soft_delete_days,
                retention_days=media.retention_days,
                lock=media.lock_retention,
                log_bucket=media.log_bucket,
                project_id=media.project_id,
            ),
        )
        """The bucket."""
        self._folders(name, media)
        self.bucket_name = self.bucket.name
        self.bucket_url = pulumi.Output.format("gs://{0}", self.bucket.name)
        self.key_id = pulumi.Output.from_input(key_id)
        self.record_outputs()

    def _key(self, name: str, media: Media) -> pulumi.Output[str]:
        return key_of_its_own(
            self,
            f"{name}-media",
            f"Media of {media.project}",
            "storage",
            keep=media.keep,
            tags=media.tags,
            project_id=media.project_id,
            region=media.region,
        )

    def _folders(self, name: str, media: Media) -> None:
        """Cloud Storage has no folders; a small object in each lets a mounted drive show them on the first day."""
        for folder in FOLDERS:
            gcp.storage.BucketObject(
                f"{name}-{folder.rstrip('/')}",
                bucket=self.bucket.name,
                name=f"{folder}.keep",
                source=pulumi.StringAsset("This file keeps the folder.\n"),
                # A bucket of Cloud Storage is deleted with what is in it, or not at all; a kept one keeps this too.
                opts=pulumi.ResourceOptions(parent=self, protect=media.keep),
            )
