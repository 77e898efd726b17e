"""EncryptionKey: a Cloud KMS key that rotates and cannot vanish overnight."""

from dataclasses import dataclass
from typing import Final, NotRequired, TypedDict

import pulumi
import pulumi_gcp as gcp

from soundstage.components import choices
from soundstage.components.arguments import choice_fault, refuse
from soundstage.components.component import Component
from soundstage.components.fields import conformed
from soundstage.components.gcp.labelled import labels
from soundstage.components.gcp.naming import component_faults, place_faults
from soundstage.components.gcp.place import place_of
from soundstage.components.google_keys import AGENT_SERVICES
from soundstage.components.labels import label_carry_faults
from soundstage.components.ownership import Tags, ownership, plain_tags
from soundstage.components.tags import tag_faults

ROTATION_DAYS: Final = 90
"""The longest that the CIS benchmark for Google Cloud (5.0, 1.11) allows. Earlier versions stay and open what they closed."""
DELETION_WINDOW_DAYS: Final = 30
"""Thirty days to notice that somebody wants all media to become unreadable. Google's own default is the same."""
USE: Final = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
_LONGEST: Final = 50


class EncryptionKeyArgs(TypedDict):
    description: str
    """What the key protects. A key of Google Cloud shows no text, so that it is kept with the component alone."""
    used_by: NotRequired[list[choices.GoogleKeyUser]]
    """Services of Google that use the key for what they keep for this project: `compute` (disks and snapshots), `storage`,
    `logging`, `pubsub`, `secretmanager`. `compute` and `storage` when absent."""
    studio: NotRequired[str]
    """Name of the studio, for the labels. When absent, what the tag `soundstage:studio` says, or none."""
    project: NotRequired[str]
    """Name of the project, for the labels. When absent, what the tag `soundstage:project` says, or none."""
    project_id: NotRequired[str]
    """Id of the Google Cloud project. That of the provider when absent."""
    region: NotRequired[str]
    """Region of the key, which must be that of what it encrypts. That of the provider when absent."""
    keep: NotRequired[bool]
    """Whether the key survives when its stack is destroyed. True when absent: without it the media are lost."""
    tags: NotRequired[Tags]
    """Tags of the key, such as `soundstage:studio` and `soundstage:project`, which become labels."""


@dataclass(frozen=True)
class _Key:
    used_by: tuple[str, ...]
    project_id: str | None
    region: str | None
    keep: bool
    tags: Tags


def _resolve(name: str, args: EncryptionKeyArgs) -> _Key:
    args, faults = conformed(args, EncryptionKeyArgs)
    faults += component_faults(name, _LONGEST) + place_faults(args)
    owner = ownership(args, faults, tagged=("studio", "project"), of_stack=False)
    faults += tag_faults(plain_tags(owner.tags)) + label_carry_faults(plain_tags(owner.tags))
    used_by = tuple(dict.fromkeys(args.get("used_by", ("compute", "storage"))))
    for service in used_by:
        faults += choice_fault("used_by", service, AGENT_SERVICES)
    refuse("EncryptionKey", name, faults)
    return _Key(
        used_by=used_by,
        project_id=args.get("project_id"),
        region=args.get("region"),
        keep=args.get("keep", True),
        tags=owner.tags,
    )


def key_of_its_own(
    component: pulumi.Resource,
    name: str,
    protects: str,
    service: choices.GoogleKeyUser,
    *,
    keep: bool,
    tags: Tags,
    project_id: str | None,
    region: str | None,
) -> pulumi.Output[str]:
    """Id of a key that a component makes for itself, with which one service encrypts."""
    wanted: EncryptionKeyArgs = {"description": protects, "used_by": [service], "keep": keep, "tags": tags}
    if project_id:
        wanted["project_id"] = project_id
    if region:
        wanted["region"] = region
    return EncryptionKey(name, wanted, pulumi.ResourceOptions(parent=component)).key_id


class EncryptionKey(Component):
    """A symmetric Cloud KMS key with a new version every 90 days, a 30-day deletion window and a key ring of its own.

    Only the services named in `used_by` encrypt and decrypt with it, each as its own account in the project. People and machines
    reach what it protects through those services. Neither ring nor key can ever be deleted on Google Cloud: what a stack destroys
    are the key's versions, after the window.
    """

    key_id: pulumi.Output[str]
    """Id of the key, `projects/PROJECT/locations/REGION/keyRings/RING/cryptoKeys/KEY`. It is there only after the services may
    use the key."""
    key_name: pulumi.Output[str]
    """Name of the key within its ring."""
    key_ring_id: pulumi.Output[str]
    """Id of the key ring."""

    def __init__(self, name: str, args: EncryptionKeyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        wanted = _resolve(name, args)
        super().__init__(name, args, opts)
        kept = pulumi.ResourceOptions(parent=self, protect=wanted.keep)
        place = place_of(self, wanted.project_id, wanted.region)
        self.key_ring: gcp.kms.KeyRing = gcp.kms.KeyRing(
            f"{name}-ring",
            location=place.apply(lambda known: known.region),
            project=wanted.project_id,
            opts=kept,
        )
        """The key ring."""
        self.key: gcp.kms.CryptoKey = gcp.kms.CryptoKey(
            f"{name}-key",
            key_ring=self.key_ring.id,
            purpose="ENCRYPT_DECRYPT",
            rotation_period=f"{ROTATION_DAYS * 86_400}s",
            destroy_scheduled_duration=f"{DELETION_WINDOW_DAYS * 86_400}s",
            labels=labels(wanted.tags),
            opts=kept,
        )
        """The key."""
        self.uses: dict[str, gcp.kms.CryptoKeyIAMMember] = {
            service: gcp.kms.CryptoKeyIAMMember(
                f"{name}-{service}",
                crypto_key_id=self.key.id,
                role=USE,
                member=place.apply(lambda known, service=service: known.agent(service)),  # type: ignore[misc]
                opts=kept,
            )
            for service in wanted.used_by
        }
        """What lets each service use the key."""
        ready = pulumi.Output.all(self.key.id, *(use.id for use in self.uses.values()))
        self.key_id = ready.apply(lambda known: str(known[0]))
        self.key_name, self.key_ring_id = self.key.name, self.key_ring.id
        self.record_outputs()
