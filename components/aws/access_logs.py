"""AccessLogBucket: where the buckets of one region write who touched what."""

from dataclasses import dataclass
from typing import Final, NotRequired, TypedDict

import pulumi

from soundstage.components.arguments import number_faults, refuse
from soundstage.components.aws.bucket import BucketPlan, private_bucket
from soundstage.components.aws.bucket_policies import access_log_statements
from soundstage.components.aws.place import place_of, rendered
from soundstage.components.component import Component
from soundstage.components.fields import conformed
from soundstage.components.lifecycle import log_rules
from soundstage.components.naming import access_logs_stem, bucket_name, label_faults
from soundstage.components.ownership import Tags, plain_tags
from soundstage.components.tags import tag_faults

LEAST_LOG_DAYS: Final = 365
"""A year, as the MPA content security best practices ask of logs (v5.1, "central logs", read 2026-11)."""
LONGEST_LOG_DAYS: Final = 3653
"""Ten years."""


class AccessLogBucketArgs(TypedDict):
    studio: str
    """Name of the studio; the bucket's name starts with it."""
    days: NotRequired[int]
    """Days that logs are kept: 365 to 3653. 365 when absent."""
    region: NotRequired[str]
    """Region of the bucket and of the buckets that may log to it. That of the provider when absent."""
    keep: NotRequired[bool]
    """Whether the bucket survives when the stack is destroyed. True when absent."""
    tags: NotRequired[Tags]
    """Tags of the bucket, such as `soundstage:studio` and `soundstage:project`."""
    foreign_tags: NotRequired[list[str]]
    """Keys of tags that somebody else sets on what is made here, such as a tool for cost: whatever they hold stays. None when
    absent: a tag that the program does not set is taken away once it has been seen."""


@dataclass(frozen=True)
class _Logs:
    studio: str
    days: int
    region: str | None
    keep: bool
    tags: Tags


def _resolve(name: str, args: AccessLogBucketArgs) -> _Logs:
    args, faults = conformed(args, AccessLogBucketArgs)
    logs = _Logs(
        studio=args.get("studio", ""),
        days=args.get("days", LEAST_LOG_DAYS),
        region=args.get("region"),
        keep=args.get("keep", True),
        tags=args.get("tags", {}),
    )
    faults += label_faults("studio", logs.studio) + tag_faults(plain_tags(logs.tags))
    faults += number_faults("days", logs.days, LEAST_LOG_DAYS, LONGEST_LOG_DAYS)
    refuse("AccessLogBucket", name, faults)
    return logs


class AccessLogBucket(Component):
    """A private bucket that S3 delivers access logs to, from buckets of this account and region.

    Encrypted with keys of S3 itself and without object lock, because S3 delivers access logs to no other bucket
    (Amazon S3 user guide, "Enabling Amazon S3 server access logging", read 2026-11).
    """

    bucket_name: pulumi.Output[str]
    """Name of the bucket."""
    bucket_arn: pulumi.Output[str]
    """ARN of the bucket."""

    def __init__(self, name: str, args: AccessLogBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        logs = _resolve(name, args)
        super().__init__(name, args, opts)
        place = place_of(self, logs.region)
        bucket = place.apply(lambda known: bucket_name(access_logs_stem(logs.studio), known.account, known.region))
        made = private_bucket(
            self,
            name,
            BucketPlan(
                bucket=bucket,
                policy=lambda bucket: rendered(access_log_statements, place=place, bucket=bucket),
                rules=log_rules(logs.days),
                region=logs.region,
                keep=logs.keep,
                tags=logs.tags,
                lockable=False,
            ),
        )
        self.bucket_name = made.name
        self.bucket_arn = made.bucket.arn
        self.record_outputs()
