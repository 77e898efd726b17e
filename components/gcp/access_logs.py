"""AccessLogBucket: where Cloud Storage writes who read which file."""

from dataclasses import dataclass
from typing import NotRequired, TypedDict

import pulumi
import pulumi_gcp as gcp

from soundstage.components.arguments import refuse
from soundstage.components.component import Component
from soundstage.components.fields import conformed
from soundstage.components.gcp.bucket import BucketPlan, private_bucket
from soundstage.components.gcp.key import key_of_its_own
from soundstage.components.gcp.lifecycle import age_rules
from soundstage.components.gcp.naming import component_faults, place_faults
from soundstage.components.gcp.place import place_of
from soundstage.components.labels import label_carry_faults
from soundstage.components.lifecycle import log_rules
from soundstage.components.naming import access_logs_stem, bucket_name
from soundstage.components.ownership import Tags, ownership, plain_tags
from soundstage.components.retention import SHORTEST_DAYS, retention_faults
from soundstage.components.tags import ZONE, tag_faults

WRITER = "group:cloud-storage-analytics@google.com"
"""Who writes usage logs (Cloud Storage, "Usage logs & storage logs", read 2026-11)."""
_SOFT_DELETE_DAYS = 30


class AccessLogBucketArgs(TypedDict):
    studio: str
    """Name of the studio; the bucket's name starts with it."""
    days: NotRequired[int]
    """How long logs are kept. 365 when absent, and at the least."""
    key_id: NotRequired[pulumi.Input[str]]
    """Id of the Cloud KMS key in the bucket's region, which Cloud Storage may use. A key of its own is made when absent."""
    project_id: NotRequired[str]
    """Id of the Google Cloud project. That of the provider when absent."""
    region: NotRequired[str]
    """Region of the bucket. That of the provider when absent."""
    keep: NotRequired[bool]
    """Whether the logs survive when the stack is destroyed. True when absent."""
    tags: NotRequired[Tags]
    """Tags of everything here, such as `soundstage:studio`, which become labels."""


@dataclass(frozen=True)
class _Logs:
    studio: str
    days: int
    key_id: pulumi.Input[str] | None
    project_id: str | None
    region: str | None
    keep: bool
    tags: Tags


def _resolve(name: str, args: AccessLogBucketArgs) -> _Logs:
    args, faults = conformed(args, AccessLogBucketArgs)
    faults += component_faults(name) + place_faults(args)
    owner = ownership(args, faults, tagged=("studio",), of_stack=False)
    days = args.get("days", SHORTEST_DAYS)
    faults += retention_faults("days", days)
    faults += tag_faults(plain_tags(owner.tags)) + label_carry_faults(plain_tags(owner.tags))
    refuse("AccessLogBucket", name, faults)
    return _Logs(
        studio=owner.studio,
        days=days,
        key_id=args.get("key_id"),
        project_id=args.get("project_id"),
        region=args.get("region"),
        keep=args.get("keep", True),
        tags={**owner.tags, ZONE: "mgmt"},
    )


class AccessLogBucket(Component):
    """A private bucket for the usage logs of a studio's other buckets, which nobody but Google's logging may write to."""

    bucket_name: pulumi.Output[str]
    """Name of the bucket, `STUDIO-access-logs-` and eight characters."""

    def __init__(self, name: str, args: AccessLogBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        logs = _resolve(name, args)
        super().__init__(name, args, opts)
        place = place_of(self, logs.project_id, logs.region)
        key_id = logs.key_id if logs.key_id is not None else self._key(name, logs)
        self.bucket: gcp.storage.Bucket = private_bucket(
            self,
            f"{name}-bucket",
            place,
            BucketPlan(
                name=lambda known: bucket_name(access_logs_stem(logs.studio), known.project_id, known.region),
                rules=age_rules(log_rules(logs.days)),
                key_id=key_id,
                keep=logs.keep,
                tags=logs.tags,
                soft_delete_days=_SOFT_DELETE_DAYS,
                project_id=logs.project_id,
            ),
        )
        """The bucket."""
        gcp.storage.BucketIAMMember(
            f"{name}-writer",
            bucket=self.bucket.name,
            role="roles/storage.objectCreator",
            member=WRITER,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.bucket_name = self.bucket.name
        self.record_outputs()

    def _key(self, name: str, logs: _Logs) -> pulumi.Output[str]:
        return key_of_its_own(
            self,
            f"{name}-logs",
            f"Usage logs of {logs.studio}",
            "storage",
            keep=logs.keep,
            tags=logs.tags,
            project_id=logs.project_id,
            region=logs.region,
        )
