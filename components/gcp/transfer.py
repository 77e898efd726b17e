"""TransferBucket: where files lie on their way to and from a project's machines, and nothing stays."""

from dataclasses import dataclass
from typing import NotRequired, TypedDict

import pulumi
import pulumi_gcp as gcp

from soundstage.components.arguments import refuse
from soundstage.components.component import Component
from soundstage.components.fields import conformed
from soundstage.components.gcp.access import WRITES
from soundstage.components.gcp.bucket import BucketPlan, private_bucket
from soundstage.components.gcp.key import key_of_its_own
from soundstage.components.gcp.lifecycle import age_rules
from soundstage.components.gcp.naming import component_faults, place_faults, transfer_bucket
from soundstage.components.gcp.place import place_of
from soundstage.components.google_members import child_name, people_faults
from soundstage.components.labels import label_carry_faults
from soundstage.components.lifecycle import Rule
from soundstage.components.ownership import Tags, ownership, plain_tags
from soundstage.components.tags import ZONE, tag_faults

_CLEAR = Rule("clear", expire_after_days=1, expire_old_after_days=1, abort_uploads_after_days=1)
"""What a killed copy left goes after a day, the least that a rule of Cloud Storage takes; old versions a day later."""


class TransferBucketArgs(TypedDict):
    studio: str
    """Name of the studio; the bucket's name starts with it."""
    project: NotRequired[str]
    """Name of the project whose files these are. When absent, what the tag `soundstage:project` says, or a name made of those
    of the Pulumi program and its stack."""
    people: NotRequired[list[str]]
    """Who copies files: members of Google's IAM such as `group:editors@studio.example`. Nobody besides those who may use every bucket
    of the Google Cloud project when absent."""
    key_id: NotRequired[pulumi.Input[str]]
    """Id of the Cloud KMS key in the bucket's region, which Cloud Storage may use. A key of its own is made when absent."""
    log_bucket: NotRequired[pulumi.Input[str]]
    """Name of the bucket that receives usage logs, usually of `AccessLogBucket`. No usage logs when absent."""
    project_id: NotRequired[str]
    """Id of the Google Cloud project. That of the provider when absent."""
    region: NotRequired[str]
    """Region of the bucket. That of the provider when absent."""
    tags: NotRequired[Tags]
    """Tags of everything here, such as `soundstage:studio` and `soundstage:project`, which become labels."""


@dataclass(frozen=True)
class _Transfer:
    studio: str
    project: str
    people: tuple[str, ...]
    key_id: pulumi.Input[str] | None
    log_bucket: pulumi.Input[str] | None
    project_id: str | None
    region: str | None
    tags: Tags


def _resolve(name: str, args: TransferBucketArgs) -> _Transfer:
    args, faults = conformed(args, TransferBucketArgs)
    faults += component_faults(name) + place_faults(args)
    owner = ownership(args, faults)
    people = args.get("people", [])
    if isinstance(people, list):
        faults += people_faults("people", people)
    faults += tag_faults(plain_tags(owner.tags)) + label_carry_faults(plain_tags(owner.tags))
    refuse("TransferBucket", name, faults)
    return _Transfer(
        studio=owner.studio,
        project=owner.project,
        people=tuple(sorted(set(people))),
        key_id=args.get("key_id"),
        log_bucket=args.get("log_bucket"),
        project_id=args.get("project_id"),
        region=args.get("region"),
        # What is on its way is not at rest: this bucket passes things on.
        tags={**owner.tags, ZONE: "io"},
    )


class TransferBucket(Component):
    """A private bucket under the customer's key in which nothing stays: there is no soft delete, and what is left goes in a day or two.

    A media bucket keeps whatever is deleted for weeks, so that a file on its way would stay there and be billed. It goes with its stack
    when it is empty; Cloud Storage deletes no bucket with something in it.
    """

    bucket_name: pulumi.Output[str]
    """Name of the bucket, `STUDIO-transfer-PROJECT-` and eight characters."""

    def __init__(self, name: str, args: TransferBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        wanted = _resolve(name, args)
        super().__init__(name, args, opts)
        self.bucket: gcp.storage.Bucket = private_bucket(
            self,
            f"{name}-bucket",
            place_of(self, wanted.project_id, wanted.region),
            BucketPlan(
                name=lambda known: transfer_bucket(wanted.studio, wanted.project, known.project_id, known.region),
                rules=age_rules([_CLEAR]),
                key_id=wanted.key_id if wanted.key_id is not None else self._key(name, wanted),
                keep=False,
                tags=wanted.tags,
                soft_delete_days=0,
                passing=True,
                log_bucket=wanted.log_bucket,
                project_id=wanted.project_id,
            ),
        )
        """The bucket."""
        for person in wanted.people:
            gcp.storage.BucketIAMMember(
                f"{name}-copies-{child_name(person)}",
                bucket=self.bucket.name,
                role=WRITES,
                member=person,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.bucket_name = self.bucket.name
        self.record_outputs()

    def _key(self, name: str, wanted: _Transfer) -> pulumi.Output[str]:
        return key_of_its_own(
            self,
            f"{name}-files",
            f"Files of {wanted.project} on their way",
            "storage",
            keep=False,
            tags=wanted.tags,
            project_id=wanted.project_id,
            region=wanted.region,
        )
