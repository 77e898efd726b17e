"""StateBucket: where a studio's state is kept, shared by whoever works on its projects."""

from dataclasses import dataclass
from typing import Final, NotRequired, TypedDict

import pulumi

from soundstage.components.arguments import number_faults, refuse
from soundstage.components.aws.bucket import BucketPlan, private_bucket
from soundstage.components.aws.bucket_policies import state_statements
from soundstage.components.aws.key import EncryptionKey, EncryptionKeyArgs
from soundstage.components.aws.place import place_of, rendered
from soundstage.components.component import Component
from soundstage.components.fields import conformed
from soundstage.components.lifecycle import state_rules
from soundstage.components.naming import bucket_faults, bucket_name, label_faults, state_bucket_stem
from soundstage.components.ownership import Tags, plain_tags
from soundstage.components.tags import tag_faults

OLD_STATE_DAYS: Final = 90
"""A season in which a lost or spoilt state can be put back. Every step of every command writes a version."""
LEAST_OLD_STATE_DAYS: Final = 30
LONGEST_OLD_STATE_DAYS: Final = 3650


class StateBucketArgs(TypedDict):
    studio: str
    """Name of the studio whose state is kept."""
    bucket: NotRequired[str]
    """Name of the bucket. `STUDIO-state-` and eight characters of account and region when absent."""
    log_bucket: NotRequired[pulumi.Input[str]]
    """Name of the bucket of the same region that receives access logs. No access logs when absent."""
    old_versions_days: NotRequired[int]
    """Days that an earlier version of a state can be put back: 30 to 3650. 90 when absent."""
    region: NotRequired[str]
    """Region of the bucket. That of the provider when absent."""
    keep: NotRequired[bool]
    """Whether bucket, key and state survive when the stack is destroyed. True when absent: the bucket usually holds the
    state of the very stack that made it."""
    tags: NotRequired[Tags]
    """Tags of bucket and key, such as `soundstage:studio` and `soundstage:project`."""
    foreign_tags: NotRequired[list[str]]
    """Keys of tags that somebody else sets on what is made here, such as a tool for cost: whatever they hold stays. None when
    absent: a tag that the program does not set is taken away once it has been seen."""


@dataclass(frozen=True)
class _State:
    studio: str
    bucket: str | None
    log_bucket: pulumi.Input[str] | None
    old_versions_days: int
    region: str | None
    keep: bool
    tags: Tags


def _resolve(name: str, args: StateBucketArgs) -> _State:
    args, faults = conformed(args, StateBucketArgs)
    state = _State(
        studio=args.get("studio", ""),
        bucket=args.get("bucket"),
        log_bucket=args.get("log_bucket"),
        old_versions_days=args.get("old_versions_days", OLD_STATE_DAYS),
        region=args.get("region"),
        keep=args.get("keep", True),
        tags=args.get("tags", {}),
    )
    faults += label_faults("studio", state.studio) + tag_faults(plain_tags(state.tags))
    faults += number_faults("old_versions_days", state.old_versions_days, LEAST_OLD_STATE_DAYS, LONGEST_OLD_STATE_DAYS)
    if state.bucket is not None:
        faults += bucket_faults("bucket", state.bucket)
    refuse("StateBucket", name, faults)
    return state


class StateBucket(Component):
    """A private, versioned bucket under a key of its own, for the state of a studio's stacks.

    TLS 1.2 or better only, this account only, this key only, no public access, no ACLs. Earlier versions expire after
    `old_versions_days`; until then nobody can delete one. It stays when its stack is destroyed, unless `keep` is False.
    """

    bucket_name: pulumi.Output[str]
    """Name of the bucket, to be used as `s3://NAME?region=REGION`."""
    bucket_arn: pulumi.Output[str]
    """ARN of the bucket."""
    key_arn: pulumi.Output[str]
    """ARN of the key that encrypts it."""

    def __init__(self, name: str, args: StateBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        state = _resolve(name, args)
        super().__init__(name, args, opts)
        wanted: EncryptionKeyArgs = {
            "description": f"State of the studio {state.studio}",
            "used_through": ["s3"],
            "keep": state.keep,
            "tags": state.tags,
        }
        if state.region:
            wanted["region"] = state.region
        key_arn = EncryptionKey(name, wanted, pulumi.ResourceOptions(parent=self)).arn
        place = place_of(self, state.region)
        bucket = place.apply(
            lambda known: state.bucket or bucket_name(state_bucket_stem(state.studio), known.account, known.region)
        )
        made = private_bucket(
            self,
            name,
            BucketPlan(
                bucket=bucket,
                policy=lambda bucket: rendered(
                    state_statements, place=place, bucket=bucket, key_arn=key_arn, keep=state.keep
                ),
                rules=state_rules(state.old_versions_days),
                region=state.region,
                keep=state.keep,
                tags=state.tags,
                key_arn=key_arn,
                lockable=False,
                log_bucket=state.log_bucket,
            ),
        )
        self.bucket_name = made.name
        self.bucket_arn = made.bucket.arn
        self.key_arn = key_arn
        self.record_outputs()
