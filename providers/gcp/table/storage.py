"""Buckets, what is in them from the start, and the keys that encrypt."""

from typing import Any, Final

from soundstage.core.values import Properties, Value
from soundstage.providers.entry import Call, Cloud, Entry, sets
from soundstage.providers.gcp.discovery import document
from soundstage.providers.gcp.fields import field
from soundstage.providers.gcp.forms import Caseless, Part, Text
from soundstage.providers.gcp.media import Upload
from soundstage.providers.gcp.members import member
from soundstage.providers.gcp.resources import NAMED, ours, resource
from soundstage.providers.mapping import Field, Form

_BUCKET: Final = {"bucket": "{id}"}
_LOCKED: Final = "{in.retentionPolicy.isLocked}"
_LOCK: Final = (
    Call("buckets.get", _BUCKET, into="now", when=_LOCKED),
    Call(
        "buckets.lockRetentionPolicy",
        {**_BUCKET, "ifMetagenerationMatch": "{seen.now.metageneration}"},
        when=_LOCKED,
        absent=("invalid", "conflict"),  # it is locked
    ),
)
_KEYS: Final = "projects.locations.keyRings.cryptoKeys"


class _Enabled(Form):
    """Whether objects can be kept by single retentions, which the API shows as a mode."""

    def decode(self, found: Any) -> Value:
        return found == "Enabled"


def _empty(cloud: Cloud, id: str, inputs: Properties) -> None:
    """Delete every version of everything in a bucket that may go with it."""
    if not inputs.get("forceDestroy"):
        return
    asked: dict[str, Any] = {"bucket": id, "versions": True}
    while True:
        page = cloud.call("storage", "objects.list", asked, missing_ok=True) or {}
        for one in page.get("items", ()):
            where = {"bucket": id, "object": one["name"], "generation": one["generation"]}
            cloud.call("storage", "objects.delete", where, missing_ok=True)
        if not page.get("nextPageToken"):
            return
        asked["pageToken"] = page["nextPageToken"]


class _Retention(Part):
    """A bucket's retention. Its lock is set by a call of its own, and shown by the bucket."""

    def encode(self, value: Value) -> Any:
        return {key: item for key, item in super().encode(value).items() if key != "isLocked"}


def _bucket() -> Entry:
    about = document("storage.v1")
    retention = field(about, "Bucket", "retentionPolicy")
    return resource(
        "gcp:storage/bucket:Bucket",
        "storage.buckets",
        "{in.name}",
        fixed="name location customPlacementConfig hierarchicalNamespace",
        forms={"location": {"form": Caseless(), "required": True}, "storageClass": {"form": Caseless()}},
        patch="autoclass cors defaultEventBasedHold encryption ipFilter lifecycleRules=lifecycle.rule logging "
        "publicAccessPrevention=iamConfiguration.publicAccessPrevention requesterPays=billing.requesterPays rpo softDeletePolicy storageClass "
        "uniformBucketLevelAccess=iamConfiguration.uniformBucketLevelAccess.enabled versioning website",
        own=(
            Field("retentionPolicy", "retentionPolicy", form=_Retention(*retention.form.fields)),  # type: ignore[attr-defined]
            Field("enableObjectRetention", read="objectRetention.mode", form=_Enabled(), quiet=(False,), replaces=True),
            ours("forceDestroy"),
        ),
        unsent=("enableObjectRetention",),
        labels="merge",
        keys=_BUCKET,
        sends={"project": "{place.project}", "enableObjectRetention": "{in.enableObjectRetention}"},
        outputs="projectNumber selfLink timeCreated updated",
        shown={"url": "gs://{id}"},
        after_create=_LOCK,
        updates=(
            sets("retentionPolicy", Call("buckets.patch", {**_BUCKET, "body": "{patch.retentionPolicy}"}), *_LOCK),
        ),
        last_wish=_empty,
        blockers=(Call("objects.list", _BUCKET, "items[].name"),),
        name=NAMED,
    )


def _object() -> Entry:
    at = {"bucket": "{in.bucket}", "object": "{in.name}"}
    return resource(
        "gcp:storage/bucketObject:BucketObject",
        "storage.objects",
        "{in.bucket}-{in.name}",
        fixed="name cacheControl contentDisposition contentEncoding contentLanguage contentType kmsKeyName storageClass",
        patch="metadata eventBasedHold temporaryHold retention",
        own=(
            Field("bucket", read=None, replaces=True, required=True),
            Field("content", read=None, replaces=True),
            Field("source", read=None, form=Upload(), replaces=True),
            ours("detectMd5hash"),
            ours("sourceMd5hash"),
            ours("forceEmptyContentType"),
        ),
        forms={"kmsKeyName": {"computed": True, "read": None}, "contentType": {"computed": True}},
        keys=at,
        sends={"bucket": "{in.bucket}", "name": "{in.name}", "media": "{any.content|source}"},
        places=(),
        outputs="crc32c generation md5hash=md5Hash mediaLink outputName=name selfLink",
    )


def _ring() -> Entry:
    return resource(
        "gcp:kms/keyRing:KeyRing",
        "cloudkms.projects.locations.keyRings",
        "projects/{place.project}/locations/{in.location}/keyRings/{in.name}",
        own=(
            Field("name", read=None, replaces=True, form=Text()),
            Field("location", read=None, replaces=True, required=True),
        ),
        sends={"keyRingId": "{in.name}"},
        name=NAMED,
    )


def _key() -> Entry:
    versions = f"{_KEYS}.cryptoKeyVersions"
    return resource(
        "gcp:kms/cryptoKey:CryptoKey",
        f"cloudkms.{_KEYS}",
        "{in.keyRing}/cryptoKeys/{in.name}",
        fixed="cryptoKeyBackend destroyScheduledDuration importOnly purpose",
        patch="versionTemplate keyAccessJustificationsPolicy",
        forms={"versionTemplate": {"computed": True}, "purpose": {"default": "ENCRYPT_DECRYPT"}},
        own=(
            Field("name", read=None, replaces=True, form=Text()),
            Field("keyRing", read=None, replaces=True, required=True, form=Text()),
            field(document("cloudkms.v1"), "CryptoKey", "rotationPeriod", computed=False),
            ours("skipInitialVersionCreation"),
        ),
        labels="patch",
        places=(),
        sends={
            "cryptoKeyId": "{in.name}",
            "skipInitialVersionCreation": "{in.skipInitialVersionCreation}",
            "nextRotationTime": "{later.rotationPeriod}",
        },
        updates=(
            sets(
                "rotationPeriod",
                Call(
                    f"{_KEYS}.patch",
                    {
                        "name": "{id}",
                        "updateMask": "rotationPeriod,nextRotationTime",
                        "nextRotationTime": "{later.rotationPeriod}",
                        "rotationPeriod": "{in.rotationPeriod}",
                    },
                ),
            ),
        ),
        name=NAMED,
        # Neither a key nor its ring can ever be deleted: its versions are, after the time that the key says.
        before_delete=(
            Call(f"{versions}.list", {"parent": "{id}"}, "cryptoKeyVersions[].name", into="versions"),
            Call(
                f"{versions}.destroy",
                {"name": "{item}"},
                each="{seen.versions}",
                absent=("FAILED_PRECONDITION", "failedPrecondition"),
            ),
            Call(
                f"{_KEYS}.patch",
                {"name": "{id}", "updateMask": "rotationPeriod,nextRotationTime"},
                when="{seen.rotationPeriod}",
            ),
        ),
    )


TYPES: Final = (
    _bucket(),
    _object(),
    member(
        "gcp:storage/bucketIAMMember:BucketIAMMember",
        "storage.buckets",
        "b/{in.bucket}",
        {"bucket": "{in.bucket}"},
        bucket="",
    ),
    _ring(),
    _key(),
    member(
        "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
        f"cloudkms.{_KEYS}",
        "{in.cryptoKeyId}",
        {"resource": "{in.cryptoKeyId}"},
        cryptoKeyId="",
    ),
)
