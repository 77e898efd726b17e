"""Images that are made and copied: their disks, tags and keys, and a copy that fails later. moto forgets all of these.

Source: Amazon EC2 API Reference, "CreateImage", "CopyImage", "DeregisterImage"; "Error codes" (2026-11).
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from moto.ec2.models.amis import Ami

from soundstage.simulator.answer import Answer, Refusal
from soundstage.simulator.aws.gaps import Call, Shape
from soundstage.simulator.aws.moto_state import machines
from soundstage.simulator.aws.patches.images import PinnedAmi

_TAG: Final = re.compile(r"TagSpecification\.(\d+)\.Tag\.(\d+)\.Key")


def create_image(call: Call) -> Shape:
    ec2, id, name = call.moto("ec2"), call.params.get("InstanceId", ""), call.params.get("Name", "")
    machine = next((one for one in machines(ec2) if one.id == id), None)
    if machine is None:
        raise Refusal("InvalidInstanceID.NotFound", f"The instance ID '{id}' does not exist")
    if machine.state not in ("running", "stopped"):
        raise Refusal("IncorrectState", f"Instance is in state {machine.state}. Must be running or stopped.")
    _refuse_taken(ec2, name)
    image = ec2.create_image(id, name, call.params.get("Description", ""), [])
    root = machine.block_device_mapping.get(machine.root_device_name)
    volume = ec2.volumes.get(root.volume_id) if root else None
    source = ec2.amis.get(machine.image_id)
    image.root_device_type, image.root_device_name = "ebs", machine.root_device_name
    image.platform = source.platform if source else machine.platform
    _complete(image, volume.size if volume else 8, volume.kms_key_id if volume and volume.encrypted else None)
    _tag(call, image)
    return {"imageId": image.id}


def copy_image(call: Call) -> Shape:
    region, id = call.params.get("SourceRegion", ""), call.params.get("SourceImageId", "")
    source = call.moto("ec2", region).amis.get(id)
    if source is None:
        raise Refusal("InvalidAMIID.NotFound", f"The image id '[{id}]' does not exist")
    if source.state != "available":
        raise Refusal("InvalidRequest", f"Image {id} is in state {source.state}.")
    ec2, name = call.moto("ec2"), call.params.get("Name", "")
    _refuse_taken(ec2, name)
    image = ec2.copy_image(id, region, name, call.params.get("Description"))
    image.root_device_type, image.root_device_name = source.root_device_type, source.root_device_name
    encrypted = call.params.get("Encrypted") == "true" or source.block_device_mappings[0]["Ebs"].get("Encrypted")
    key = call.params.get("KmsKeyId") or "alias/aws/ebs"
    _complete(image, source.block_device_mappings[0]["Ebs"]["VolumeSize"], key if encrypted else None)
    if encrypted and not _usable(call.moto("kms"), key):
        # Found out on the way, and so not refused.
        image.state = "failed"
        image.state_reason = {"Code": "Client.InvalidKmsKey.InvalidState", "Message": f"The key {key} cannot be used."}
    _tag(call, image)
    return {"imageId": image.id}


def deregister_image(call: Call) -> Answer:
    ec2 = call.moto("ec2")
    image = ec2.amis.get(call.params.get("ImageId", ""))
    answer = call.forward()
    if image and call.params.get("DeleteAssociatedSnapshots") == "true":
        ec2.snapshots.pop(image.ebs_snapshot.id, None)
    return answer


def _refuse_taken(ec2: Any, name: str) -> None:
    taken = next((one for one in ec2.amis.values() if one.name == name and one.owner_id == ec2.account_id), None)
    if taken:
        raise Refusal("InvalidAMIName.Duplicate", f"AMI name {name} is already in use by AMI {taken.id}")


def _complete(image: Ami, gib: int, key: str | None) -> None:
    image.__class__ = PinnedAmi
    assert isinstance(image, PinnedAmi)  # noqa: S101 - the line above
    image.smallest_disk_gib, image.key = gib, key


def _usable(kms: Any, key: str) -> bool:
    if key == "alias/aws/ebs":
        return True
    name = key.rpartition("key/")[2] if "key/" in key else key
    if "alias/" in name:
        aliases = {alias: id for id, every in kms.key_to_aliases.items() for alias in every}
        name = aliases.get("alias/" + name.partition("alias/")[2], "")
    found = kms.keys.get(name)
    return found is not None and found.key_state == "Enabled"


def _tag(call: Call, image: Any) -> None:
    """The image's tags, and those of its snapshot."""
    params: Mapping[str, Any] = call.params
    for key in params:
        if found := _TAG.fullmatch(key):
            kind = params.get(f"TagSpecification.{found[1]}.ResourceType")
            whose = image if kind == "image" else image.ebs_snapshot
            whose.add_tag(params[key], params.get(f"TagSpecification.{found[1]}.Tag.{found[2]}.Value", ""))
