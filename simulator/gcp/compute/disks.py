"""Disks, their snapshots, and images."""

from collections.abc import Mapping
from typing import Final

from soundstage.simulator.gcp import operations, rules
from soundstage.simulator.gcp.generic import absent, born, full_links, newest_image
from soundstage.simulator.gcp.listing import check_place
from soundstage.simulator.gcp.refusals import Refused, in_use, invalid, wrong
from soundstage.simulator.gcp.work import Handler, Work, named
from soundstage.simulator.gcp.world import Thing

_LEAST_GB: Final = "10"


def new_disk(work: Work, zone: str, name: str, first: Thing, key: Thing | None) -> str:
    """Make the disk that a machine's `initializeParams` describe. Returns its address."""
    path = f"{zone}/disks/{name}"
    absent(work, path)
    asked: Thing = {
        "name": name, "sizeGb": first.get("diskSizeGb"), "type": first.get("diskType") or f"{zone}/diskTypes/pd-standard",
        **{key: first[key] for key in ("sourceImage", "sourceSnapshot", "labels", "description", "resourcePolicies") if key in first},
    }  # fmt: skip
    if key:
        asked["diskEncryptionKey"] = key
    # A disk has more properties than the machine that the call is about; those of both have the same meaning.
    disk = full_links(work, {key: value for key, value in asked.items() if value is not None})
    disk["type"] = work.link(work.path_of(disk["type"]))
    thing = {**born(work, path, disk), "kind": "compute#disk", "status": "READY"}
    for other in ("lastStartTimestamp", "fingerprint", "cpuPlatform"):
        thing.pop(other, None)
    work.world.things[path] = _complete(work, thing)
    return work.link(path)


def complete(work: Work) -> Thing:
    """A disk that was made for itself."""
    check_place(work)
    zone = work.call.path.removesuffix("/disks")
    work.body.setdefault("type", work.link(f"{zone}/diskTypes/pd-standard"))
    return _complete(work, work.body)


def _complete(work: Work, disk: Thing) -> Thing:
    """Its size, by what it is made from, and its key."""
    smallest = _LEAST_GB
    for source, field in (("sourceImage", "diskSizeGb"), ("sourceSnapshot", "diskSizeGb"), ("sourceDisk", "sizeGb")):
        if disk.get(source):
            origin = work.must(work.path_of(disk[source]))
            smallest = origin[field]
            disk[f"{source}Id"] = origin["id"]
    disk.setdefault("sizeGb", smallest)
    if int(disk["sizeGb"]) < int(smallest):
        wrong(
            "resource.sizeGb",
            disk["sizeGb"],
            f"Requested disk size cannot be smaller than the source's size ({smallest} GB).",
        )
    if not 1 <= int(disk["sizeGb"]) <= 65536:
        wrong("resource.sizeGb", disk["sizeGb"], "Disk size must be between 1 and 65536 GB.")
    rules.check_keys(work, {"disks": [disk]})
    disk.setdefault("physicalBlockSizeBytes", "4096")
    return disk


def attached(work: Work, disk: Thing, machine: str, number: int) -> Thing:
    """A disk as its machine tells it; the disk itself is then in use."""
    disk = full_links(work, disk)
    told = {
        "kind": "compute#attachedDisk", "index": number, "deviceName": f"persistent-disk-{number}", "mode": "READ_WRITE",
        "type": "PERSISTENT", "boot": False, "autoDelete": False, "interface": "SCSI", **disk,
    }  # fmt: skip
    if told["type"] == "SCRATCH":
        told["diskSizeGb"] = "375"
        return told
    path = work.path_of(told["source"])
    if path.rpartition("/disks/")[0] != machine.rpartition("/instances/")[0]:
        wrong("source", told["source"], "The disk must be in the zone of the instance.")
    thing = work.must(path)
    link = work.link(machine)
    if thing.get("users") and told["mode"] != "READ_ONLY":
        in_use("disk", named(path), named(work.path_of(thing["users"][0])))
    thing["users"] = [*thing.get("users", []), link]
    thing["lastAttachTimestamp"] = work.stamp
    told["diskSizeGb"] = thing["sizeGb"]
    if "diskEncryptionKey" in thing:
        told["diskEncryptionKey"] = thing["diskEncryptionKey"]
    return told


def delete(work: Work) -> Thing:
    """Take a disk away that no machine has."""
    disk = work.must(work.call.path)
    if disk.get("users"):
        in_use("disk", named(work.call.path), named(work.path_of(disk["users"][0])))
    return operations.begun(work, work.call.path, "remove")


def resize(work: Work) -> None:
    """Make a disk larger."""
    disk = work.must(work.target)
    if int(work.body.get("sizeGb", 0)) <= int(disk["sizeGb"]):
        wrong("sizeGb", work.body.get("sizeGb", ""), f"New disk size must be larger than {disk['sizeGb']} GB.")
    disk["sizeGb"] = work.body["sizeGb"]


def create_snapshot(work: Work) -> Thing:
    """Take a snapshot of a disk, by a call to the disk."""
    work.must(work.target)
    path = f"/compute/v1/projects/{work.call.project}/global/snapshots/{work.body.get('name', '')}"
    absent(work, path)
    body = full_links(work, {**work.body, "sourceDisk": work.link(work.target)})
    snapshot = {
        **body, "id": work.number(), "selfLink": work.link(path), "creationTimestamp": work.stamp, "kind": "compute#snapshot",
        "status": "CREATING", "labelFingerprint": "",
    }  # fmt: skip
    work.world.things[path] = _of_disk(work, snapshot)
    return operations.begun(work, path, "status", {"status": "READY"})


_CONTINENTS: Final = {"europe": "eu", "us": "us", "asia": "asia"}
"""Where Google keeps a snapshot of which nobody says where, by the first word of the disk's region (Compute Engine, "Snapshot storage
location", read 2026-11)."""


def snapshot(work: Work) -> Thing:
    """A snapshot that was made by a call to snapshots."""
    if not work.body.get("sourceDisk"):
        invalid("Required field 'resource.sourceDisk' not specified", "required")
    return _of_disk(work, work.body)


def _of_disk(work: Work, made: Thing) -> Thing:
    disk = work.must(work.path_of(made["sourceDisk"]))
    made |= {
        "sourceDiskId": disk["id"],
        "diskSizeGb": disk["sizeGb"],
        "storageBytes": str(int(disk["sizeGb"]) * 2**30),  # at the most: nobody writes on these disks
        "storageBytesStatus": "UP_TO_DATE",
    }
    if "diskEncryptionKey" in disk:
        made.setdefault("snapshotEncryptionKey", disk["diskEncryptionKey"])
    region = made["sourceDisk"].split("/zones/")[1].split("/")[0].rpartition("-")[0]
    made.setdefault("storageLocations", [_CONTINENTS.get(region.partition("-")[0], region)])
    for key in ("sourceImage", "sourceImageId"):
        if key in disk and key in work.properties():
            made[key] = disk[key]
    return made


def image(work: Work) -> Thing:
    """An image that was made of a disk, a snapshot or another image. One without a key of its own has that of Google."""
    if key := (work.body.get("imageEncryptionKey") or {}).get("kmsKeyName", ""):
        rules.check_key(work, key, "compute")
    for source, field in (("sourceDisk", "sizeGb"), ("sourceSnapshot", "diskSizeGb"), ("sourceImage", "diskSizeGb")):
        if work.body.get(source):
            origin = work.must(work.path_of(work.body[source]))
            work.body |= {
                "diskSizeGb": origin[field],
                f"{source}Id": origin["id"],
                "sourceType": "RAW",
                "archiveSizeBytes": "0",
            }
            if source == "sourceDisk" and origin.get("users") and not work.call.flag("forceCreate"):
                path = work.path_of(origin["users"][0])
                user = work.find(path)
                if user and user.get("status") != "TERMINATED":
                    in_use("disk", named(work.path_of(work.body[source])), named(path))
            return work.body
    raise Refused(400, "required", "Required field 'resource.sourceDisk' not specified")


def from_family(work: Work) -> Thing:
    """The newest image of a family."""
    return dict(work.must(newest_image(work, work.call.path)))


def deprecate(work: Work) -> None:
    """Say that an image is old."""
    picture = work.must(work.target)
    if work.body.get("state", "ACTIVE") == "ACTIVE":
        picture.pop("deprecated", None)
    else:
        picture["deprecated"] = work.body


HANDLERS: Final[Mapping[str, Handler]] = {
    "compute.disks.delete": delete,
    "compute.disks.resize": resize,
    "compute.disks.createSnapshot": create_snapshot,
    "compute.images.getFromFamily": from_family,
    "compute.images.deprecate": deprecate,
}
MADE: Final[Mapping[str, Handler]] = {"compute.disks": complete, "compute.snapshots": snapshot, "compute.images": image}
