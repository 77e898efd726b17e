"""The types of a machine, a disk, a bucket … on every cloud, and the properties that say the same of them.

A type belongs to one cloud, so nobody has to know which cloud a plan is of. Adding a cloud is adding a word to each row.
"""

from collections.abc import Mapping
from typing import Any, Final

from soundstage.components.labels import label_key, tags_of
from soundstage.components.tags import IMAGE
from soundstage.core.values import Value
from soundstage.plan.plan import PlannedResource

MACHINE: Final = ("aws:ec2/instance:Instance", "gcp:compute/instance:Instance")
DISK: Final = ("aws:ebs/volume:Volume", "gcp:compute/disk:Disk")
"""A disk of its own: for work in progress, or for scratch."""
BUCKET: Final = ("aws:s3/bucket:Bucket", "gcp:storage/bucket:Bucket")
NETWORK: Final = ("aws:ec2/vpc:Vpc", "gcp:compute/network:Network")
BUDGET: Final = ("aws:budgets/budget:Budget", "gcp:billing/budget:Budget")
ZONE: Final = ("availabilityZone", "zone")
"""Properties that name the zone of a disk or a machine."""
SNAPSHOT: Final = ("snapshotId", "snapshot")
"""Properties that name what a disk was made from."""
MADE_FROM: Final = frozenset({*SNAPSHOT, "volumeInitializationRate"})
"""What a restore changes of a disk, each of which replaces it."""
STOPPING: Final = (
    "instanceType", "ebsOptimized", "userData", "userDataBase64", "machineType", "serviceAccount", "shieldedInstanceConfig",
)  # fmt: skip
"""Properties that are changed on a stopped machine only (EC2 API Reference, "ModifyInstanceAttribute"; Compute Engine, "Changing the
machine type", "Modifying Shielded VM options"; read 2026-11)."""
DISK_SIZES: Final = {
    "aws:ebs/volume:Volume": "size",
    "aws:ec2/instance:Instance": "rootBlockDevice.volumeSize",
    "gcp:compute/disk:Disk": "size",
    "gcp:compute/instance:Instance": "bootDisk.initializeParams.size",
}
"""Type → the property that is a disk's size in GiB."""
DISK_KIND: Final = {"gcp:compute/disk:Disk": "type"}
"""Type → the property that is a disk's kind, where a machine type may take another kind alone and no disk changes its own (Compute Engine,
"Hyperdisk", machine type support, read 2026-11)."""


def tags_on(resource: PlannedResource) -> Mapping[str, Any]:
    """What its tags say, also where labels carry them."""
    tags = resource.property("tags")
    if isinstance(tags, Mapping):
        return tags
    labels = resource.property("labels")
    if isinstance(labels, Mapping):
        return tags_of({key: str(value) for key, value in labels.items()})
    return {}


def tagged(resource: PlannedResource, tag: str, value: str) -> dict[str, Value]:
    """The inputs of a resource with another value of a tag that it carries."""
    if isinstance(resource.inputs.get("labels"), Mapping):
        labels = resource.inputs["labels"]
        return {**resource.inputs, "labels": {**labels, label_key(tag): value}}
    return {**resource.inputs, "tags": {**tags_on(resource), tag: value}}


def zone_on(resource: PlannedResource) -> str:
    """The zone of a disk or a machine; empty where it does not say."""
    return _first(resource, *ZONE)


def type_on(machine: PlannedResource) -> str:
    """The machine type; empty where it is not known."""
    return _first(machine, "instanceType", "machineType")


def region_on(bucket: PlannedResource) -> str:
    """The region of a bucket; empty where it does not say."""
    return _first(bucket, "region", "location").lower()


def image_on(machine: PlannedResource) -> str:
    """The image that a machine is made from; empty where it is not known."""
    if image := _first(machine, "ami"):
        return image
    boot = machine.property("bootDisk")
    made = boot.get("initializeParams") if isinstance(boot, Mapping) else None
    named = made.get("image") if isinstance(made, Mapping) else None
    return named if isinstance(named, str) else ""


def image_name_on(machine: PlannedResource) -> str:
    """The name of the image that a machine is made from, as its tag says, or its metadata, which hold what no label has room for; empty where
    neither says."""
    metadata = machine.property("metadata")
    told = metadata.get(label_key(IMAGE)) if isinstance(metadata, Mapping) else None
    return str(tags_on(machine).get(IMAGE) or told or "")


def snapshot_on(disk: PlannedResource) -> str:
    """The snapshot that a disk was made from; empty for none."""
    return next((str(disk.inputs[name]) for name in SNAPSHOT if disk.inputs.get(name)), "")


def limit_on(budget: PlannedResource) -> str:
    """US dollars a month of a budget; empty where it is not known."""
    amount = budget.inputs.get("amount")
    said = amount.get("specifiedAmount") if isinstance(amount, Mapping) else None
    if isinstance(said, Mapping) and said.get("units"):
        return f"{float(str(said['units'])) + float(str(said.get('nanos') or 0)) / 1e9:.10g}"
    return str(budget.inputs.get("limitAmount") or "")


def leaves_snapshot(resource: PlannedResource) -> bool:
    """Whether a last snapshot of a disk is taken when the disk is deleted."""
    return bool(resource.property("finalSnapshot") or resource.property("createSnapshotBeforeDestroy"))


def _first(resource: PlannedResource, *names: str) -> str:
    found = (resource.property(name) for name in names)
    return next((one for one in found if isinstance(one, str)), "")
