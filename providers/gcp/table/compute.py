"""Machines and their disks, what is done to them by the clock, and who signs in."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from soundstage.core.values import Properties, Value
from soundstage.providers.entry import Call, Cloud, Entry, Pause, Update, sets
from soundstage.providers.gcp.discovery import Document, document
from soundstage.providers.gcp.fields import field
from soundstage.providers.gcp.forms import MARK, Items, Listed, Map, Names, Number, Part, Parts, Text
from soundstage.providers.gcp.members import member
from soundstage.providers.gcp.resources import KEPT, NAMED, REGIONAL, ZONAL, ours, resource
from soundstage.providers.mapping import Field

_P: Final = "projects/{place.project}"
_Z: Final = f"{_P}/zones/{{place.zone}}"
_DISK: Final = {"project": "{seg.1}", "zone": "{seg.3}", "disk": "{seg.5}"}
_ATTACHMENT: Final = {"project": "{seg.0}", "zone": "{seg.1}", "disk": "{seg.2}", "policy": "{seg.3}"}
_USES_POLICY: Final = ("compute.resourcePolicies.use",)
_SELF: Final = {"project": "{seg.1}", "zone": "{seg.3}", "instance": "{seg.5}"}
_ONCE: Final = {"requestId": "{once}"}
"""For what Google refuses to do twice: a call whose answer was lost is answered again."""
_RESOURCE: Final = {"project": "{seg.1}", "zone": "{seg.3}", "resource": "{seg.5}"}


def _text(name: str, api: str = "", *, form: Any = None, **how: Any) -> Field:
    return Field(name, api or name, form=form or Text(), **{"computed": True, "replaces": True, **how})


class _Persistent(Parts):
    """The disks beside the boot disk that outlive a stop."""

    def decode(self, found: Any) -> Value:
        return super().decode([one for one in found if one.get("type") != "SCRATCH"])


class _Scratch(Parts):
    """Local SSDs. All that a program says of one is how it is connected."""

    def encode(self, value: Value) -> Any:
        kind = {
            "type": "SCRATCH",
            "autoDelete": True,
            "mode": "READ_WRITE",
            "initializeParams": {"diskType": "local-ssd"},
        }
        return [{**kind, **one} for one in super().encode(value)]

    def decode(self, found: Any) -> Value:
        return super().decode([one for one in found if one.get("type") == "SCRATCH"])


class _Boot(Part):
    """The boot disk, made together with its machine."""

    def chosen(self, found: Value) -> bool:  # noqa: ARG002
        return False

    def encode(self, value: Value) -> Any:
        return {"boot": True, "autoDelete": True, "type": "PERSISTENT", "mode": "READ_WRITE", **super().encode(value)}


_KEY: Final = _text("kmsKeySelfLink", "diskEncryptionKey.kmsKeyName")
_BOOT: Final = _Boot(
    Field("autoDelete", "autoDelete", quiet=(True,)),
    _text("deviceName"),
    _KEY,
    _text("mode"),
    _text("source"),
    _text("interface"),
    Field("forceAttach", "forceAttach", read=None, computed=True),
    Field(
        "initializeParams",
        "initializeParams",
        read=None,
        form=Part(
            _text("image", "sourceImage"),
            _text("snapshot", "sourceSnapshot"),
            Field("size", "diskSizeGb", form=Number(), computed=True, replaces=True),
            _text("type", "diskType"),
            _text("architecture"),
            Field("labels", "labels", form=Map(), computed=True, replaces=True),
            Field("provisionedIops", "provisionedIops", form=Number(), computed=True, replaces=True),
            Field("provisionedThroughput", "provisionedThroughput", form=Number(), computed=True, replaces=True),
            Field("resourceManagerTags", "resourceManagerTags", form=Map(), computed=True, replaces=True),
            _text("storagePool"),
        ),
        computed=True,
    ),
)
_ATTACHED: Final = _Persistent(
    _text("source", required=True, replaces=False),
    _text("deviceName", replaces=False),
    _text("mode", replaces=False),
    replace(_KEY, replaces=False),
    Field("forceAttach", "forceAttach", read=None),
)
"""One that changes is taken off and another put on: none of it is `ForceNew` (Terraform Google provider, `attached_disk`, read 2026-11)."""
_SCRATCH: Final = _Scratch(
    _text("interface"), _text("deviceName", read=None), Field("size", read=None, form=Number(), computed=True)
)
_LIVE: Final = ("automaticRestart", "onHostMaintenance")
_RESTING: Final = (
    "instanceTerminationAction",
    "maxRunDuration",
    "onInstanceStopAction",
    "localSsdRecoveryTimeout",
    "minNodeCpus",
)


def _detached(field: str) -> tuple[Call, Call]:
    """What is no longer given is taken off, and what is new put on."""
    return (
        Call(
            "instances.detachDisk",
            {**_SELF, **_ONCE, "deviceName": "{item.deviceName}"},
            each="{removed." + field + "}",
        ),
        Call("instances.attachDisk", {**_SELF, **_ONCE, "body": "{item}"}, each="{added." + field + "}"),
    )


def _while_stopped(name: str, operation: str, params: dict[str, Any]) -> Update:
    """What Google changes only on a machine that is stopped (Compute Engine, "Edit instances", read 2026-11)."""
    return sets(name, Call(operation, {**_SELF, **params}), paused=True)


_MARK_READ: Final = f"labels.{MARK}"
_WAS_RUNNING: Final = "{seen." + _MARK_READ + "}"
_RUNNING: Final = "{is.status=RUNNING}"
_PAUSE: Final = Pause(
    rests=("status", ("RUNNING", "TERMINATED", "SUSPENDED")),
    mark=_MARK_READ,
    begin=(
        Call("instances.addLabel", {**_SELF, "label": MARK, "value": "start-again"}, when=_RUNNING),
        # What a local disk held is gone after every stop, and Google wants to hear that one knows.
        Call("instances.stop", {**_SELF, "discardLocalSsd": True}, when=_RUNNING, until=("status", ("TERMINATED",))),
    ),
    end=(
        # One that a command which was cut off has started already is no more ready to be started.
        Call("instances.start", _SELF, when=_WAS_RUNNING, until=("status", ("RUNNING",)), absent=("resourceNotReady",)),
        Call("instances.removeLabel", {**_SELF, "label": MARK}, when=_WAS_RUNNING),
    ),
)
_UPDATES: Final = (
    sets("metadata", Call("instances.putMetadata", {**_SELF, "items": "{in.metadata}", "gone": "{old.metadata}"})),
    sets("tags", Call("instances.setTags", {**_SELF, "fingerprint": "{seen.tags.fingerprint}", "body": "{api.tags}"})),
    sets("attachedDisks", *_detached("attachedDisks")),
    sets(
        "resourcePolicies",
        Call(
            "instances.removeResourcePolicies",
            {**_SELF, "resourcePolicies": "{seen.resourcePolicies}"},
            when="{seen.resourcePolicies}",
        ),
        Call(
            "instances.addResourcePolicies",
            {**_SELF, "resourcePolicies": "{api.resourcePolicies}"},
            when="{api.resourcePolicies}",
        ),
    ),
    sets(
        "deletionProtection",
        Call(
            "instances.setDeletionProtection",
            {**_RESOURCE, "deletionProtection": "{in.deletionProtection}"},
            when="{in.deletionProtection}",
        ),
        Call(
            "instances.setDeletionProtection",
            {**_RESOURCE, "deletionProtection": False},
            when="{off.deletionProtection}",
        ),
    ),
    sets(
        "bootDisk.autoDelete",
        Call(
            "instances.setDiskAutoDelete",
            {**_SELF, "autoDelete": "{in.bootDisk.autoDelete}", "deviceName": "{seen.disks[boot=True].deviceName}"},
        ),
    ),
    sets(
        tuple(f"scheduling.{name}" for name in _LIVE),
        Call("instances.setScheduling", {**_SELF, "body": "{api.scheduling}"}),
    ),
    sets(
        tuple(f"scheduling.{name}" for name in _RESTING),
        Call("instances.setScheduling", {**_SELF, "body": "{api.scheduling}"}),
        paused=True,
    ),
    _while_stopped("machineType", "instances.setMachineType", {"machineType": "{in.machineType}"}),
    _while_stopped("minCpuPlatform", "instances.setMinCpuPlatform", {"minCpuPlatform": "{in.minCpuPlatform}"}),
    _while_stopped("serviceAccount", "instances.setServiceAccount", {"body": "{api.serviceAccount}"}),
    _while_stopped(
        "shieldedInstanceConfig", "instances.updateShieldedInstanceConfig", {"body": "{api.shieldedInstanceConfig}"}
    ),
    sets(
        "desiredStatus",
        Call("instances.start", _SELF, when="{in.desiredStatus}"),
    ),
)


class _MachineType(Text):
    """A type of machine, which the API takes as a part of an address."""

    def decode(self, found: Any) -> Value:
        return str(found).rpartition("/")[2]


class _Accounts(Part):
    """The account of a machine, of which it can have one."""

    def decode(self, found: Any) -> Value:
        return super().decode(found[0]) if found else None


def _scheduling(about: Document) -> Field:
    """When it runs. How it is bought is settled when it is made (`ForceNew`, Terraform Google provider, read 2026-11)."""
    whole = field(about, "Instance", "scheduling", computed=True)
    bought = ("provisioningModel", "preemptible")
    parts = (replace(one, replaces=one.name in bought) for one in whole.form.fields)  # type: ignore[attr-defined]
    return replace(whole, form=Part(*parts))


def _instance() -> Entry:
    about = document("compute.v1")
    return resource(
        "gcp:compute/instance:Instance",
        "compute.instances",
        f"{_Z}/instances/{{in.name}}",
        fixed="name description canIpForward advancedMachineFeatures confidentialInstanceConfig guestAccelerators hostname "
        "instanceEncryptionKey keyRevocationActionType networkInterfaces networkPerformanceConfig params reservationAffinity",
        forms={
            "keyRevocationActionType": {"computed": True},
            "reservationAffinity": {"computed": True},
            "networkInterfaces": {"required": True},
        },
        own=(
            Field("bootDisk", "disks[]", read="disks[boot=True]", form=_BOOT, required=True),
            Field("attachedDisks", "disks[]", read="disks[*boot=False]", form=_ATTACHED),
            Field("scratchDisks", "disks[]", read="disks[*type=SCRATCH]", form=_SCRATCH, replaces=True),
            Field("machineType", "machineType", form=_MachineType(), required=True),
            Field("metadata", "metadata", form=Items()),
            Field("tags", "tags", form=Listed()),
            Field(
                "serviceAccount",
                "serviceAccounts[]",
                read="serviceAccounts",
                form=_Accounts(_text("email", replaces=False), Field("scopes", "scopes", form=Names())),
            ),
            field(about, "Instance", "resourcePolicies"),
            field(about, "Instance", "deletionProtection"),
            field(about, "Instance", "minCpuPlatform"),
            _scheduling(about),
            field(about, "Instance", "shieldedInstanceConfig", computed=True),
            ours("desiredStatus"),
            ours("allowStoppingForUpdate"),
            ours("enableDisplay"),
        ),
        labels="set",
        places=ZONAL,
        updates=_UPDATES,
        pause=_PAUSE,
        outputs="cpuPlatform creationTimestamp currentStatus=status instanceId=id labelFingerprint "
        "metadataFingerprint=metadata.fingerprint selfLink tagsFingerprint=tags.fingerprint",
        # Addresses are Google's to choose.
        shown={"networkInterfaces": field(about, "Instance", "networkInterfaces", whole=True)},
        pending=("status", ("PROVISIONING", "STAGING")),
        name=NAMED,
    )


def _last_snapshot(cloud: Cloud, id: str, inputs: Properties) -> None:
    """A snapshot of a disk that is to go, as the genuine provider takes it (`create_snapshot_before_destroy`), and in the region of the disk:
    without a place Google keeps it in the continent (Compute Engine, "Snapshot storage location", read 2026-11)."""
    if not inputs.get("createSnapshotBeforeDestroy"):
        return
    _, project, _, zone, _, disk = id.split("/")
    prefix = str(inputs.get("createSnapshotBeforeDestroyPrefix") or disk)[:48]
    name = f"{prefix}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    key = (inputs.get("diskEncryptionKey") or {}).get("kmsKeySelfLink")
    sealed = {"snapshotEncryptionKey": {"kmsKeyName": key}} if key else {}
    kept_in = {"storageLocations": [zone.rpartition("-")[0]]}
    asked = {"project": project, "zone": zone, "disk": disk, "name": name, **kept_in, **sealed}
    # With the same id, a call whose answer was lost is not a second snapshot of a name that is taken.
    cloud.call("compute", "disks.createSnapshot", {**asked, "requestId": uuid4().hex}, missing_ok=True)


def _disk() -> Entry:
    about = document("compute.v1")
    return resource(
        "gcp:compute/disk:Disk",
        "compute.disks",
        f"{_Z}/disks/{{in.name}}",
        fixed="name description architecture asyncPrimaryDisk diskEncryptionKey enableConfidentialCompute guestOsFeatures image=sourceImage "
        "licenses params physicalBlockSizeBytes snapshot=sourceSnapshot sourceDisk sourceImageEncryptionKey sourceInstantSnapshot "
        "sourceSnapshotEncryptionKey sourceStorageObject storagePool type",
        own=(
            field(about, "Disk", "sizeGb", "size"),
            field(about, "Disk", "accessMode"),
            field(about, "Disk", "provisionedIops"),
            field(about, "Disk", "provisionedThroughput"),
            # What is attached by a resource of its own is none of this one's.
            ours("resourcePolicies", form=Names()),
            ours("createSnapshotBeforeDestroy"),
            ours("createSnapshotBeforeDestroyPrefix"),
            ours("eraseWindowsVssSignature"),
            ours("interface"),
            ours("multiWriter"),
        ),
        forms={
            "guestOsFeatures": {"computed": True},
            "licenses": {"computed": True},
            "image": {"read": None},
            "snapshot": {"read": None},
        },
        labels="set",
        places=ZONAL,
        updates=(
            sets("size", Call("disks.resize", {**_DISK, **_ONCE, "sizeGb": "{api.size}"})),
            sets(
                ("accessMode", "provisionedIops", "provisionedThroughput"),
                Call(
                    "disks.update",
                    {
                        **_DISK,
                        "updateMask": "{mask.accessMode|provisionedIops|provisionedThroughput}",
                        "body": "{patch.accessMode|provisionedIops|provisionedThroughput}",
                    },
                ),
            ),
        ),
        outputs="creationTimestamp diskId=id labelFingerprint lastAttachTimestamp lastDetachTimestamp selfLink sourceDiskId "
        "sourceImageId sourceSnapshotId users",
        pending=("status", ("CREATING", "RESTORING")),
        last_wish=_last_snapshot,
        name=NAMED,
    )


TYPES: Final = (
    _instance(),
    _disk(),
    resource(
        "gcp:compute/resourcePolicy:ResourcePolicy",
        "compute.resourcePolicies",
        f"{_P}/regions/{{place.region}}/resourcePolicies/{{in.name}}",
        fixed="name description instanceSchedulePolicy snapshotSchedulePolicy groupPlacementPolicy workloadPolicy",
        own=(ours("diskConsistencyGroupPolicy"),),
        places=REGIONAL,
        outputs="selfLink",
        name=NAMED,
    ),
    Entry(
        "gcp:compute/diskResourcePolicyAttachment:DiskResourcePolicyAttachment",
        "compute",
        (
            Field("name", "name", replaces=True, required=True, form=Text()),
            Field("disk", read=None, replaces=True, required=True),
            *(ours(place) for place in ZONAL),
            KEPT,
        ),
        id="{place.project}/{place.zone}/{in.disk}/{in.name}",
        create=Call(
            "disks.attachPolicy",
            {"project": "{place.project}", "zone": "{place.zone}", "disk": "{in.disk}", "policy": "{in.name}"},
            needs=_USES_POLICY,
        ),
        read=Call("disks.getAttachedPolicy", _ATTACHMENT),
        delete=Call("disks.removeAttachedPolicy", _ATTACHMENT, needs=_USES_POLICY),
        unsent=("name", "disk", *ZONAL, "deletionPolicy"),
        proof="name",
        settle=True,
        regional=False,
        places=ZONAL,
    ),
    member(
        "gcp:compute/instanceIAMMember:InstanceIAMMember",
        "compute.instances",
        f"{_Z}/instances/{{last.instanceName}}",
        {"project": "{place.project}", "zone": "{place.zone}", "resource": "{last.instanceName}"},
        places=ZONAL,
        instanceName="",
    ),
)
