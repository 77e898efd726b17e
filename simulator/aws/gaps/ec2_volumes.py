"""EBS volumes: what EC2 refuses and moto accepts. Source: Amazon EC2 API Reference, "Error codes" (2026-11)."""

from soundstage.simulator.answer import Answer, Refusal
from soundstage.simulator.aws.gaps import Call, Reply
from soundstage.simulator.aws.gaps.documented import limits
from soundstage.simulator.aws.gaps.volume_limits import check_key, check_volume


def create_volume(call: Call) -> Answer:
    params, ec2 = call.params, call.moto("ec2")
    snapshot = ec2.snapshots.get(params.get("SnapshotId", ""))
    size = _number(call, "Size")
    if size is None and snapshot is not None:
        size = snapshot.volume.size
    check_volume(params.get("VolumeType", "gp2"), size, _number(call, "Iops"), _number(call, "Throughput"))
    check_key(call, params.get("KmsKeyId"))
    check_key(call, getattr(snapshot, "kms_key_id", None))
    return call.forward()


def _number(call: Call, name: str) -> int | None:
    text = call.params.get(name)
    if text is None:
        return None
    if not (text.isdecimal() and int(text) > 0):
        raise Refusal("InvalidParameterValue", f"Invalid value '{text}' for {name}.")
    return int(text)


def modify_volume(call: Call) -> Answer:
    volume = call.moto("ec2").volumes.get(call.params.get("VolumeId", ""))
    size = _number(call, "Size")
    if volume and size and size < volume.size:
        raise Refusal("InvalidParameterValue", "New size cannot be smaller than existing size")
    if volume:
        kind = call.params.get("VolumeType") or volume.volume_type
        same = kind == volume.volume_type
        iops = _number(call, "Iops") or (volume.iops if same else None)
        throughput = _number(call, "Throughput") or (volume.throughput if same else None)
        known = limits()["volumes"].get(kind, {})
        check_volume(
            kind, size or volume.size, iops if "iops" in known or "Iops" in call.params else None,
            throughput if "throughput" in known or "Throughput" in call.params else None,
        )  # fmt: skip
    return call.forward()


def attach_volume(call: Call) -> Answer:
    ec2 = call.moto("ec2")
    volume = ec2.volumes.get(call.params.get("VolumeId", ""))
    machine = ec2.get_instance_by_id(call.params.get("InstanceId", ""))
    if volume and machine:
        if volume.attachment:
            raise Refusal("VolumeInUse", f"{volume.id} is already attached to an instance")
        if volume.availability_zone != machine.availability_zone:
            raise Refusal(
                "InvalidVolume.ZoneMismatch",
                f"The volume '{volume.id}' is not in the same availability zone as instance '{machine.id}'",
            )
        if machine.state not in ("running", "stopped"):
            raise Refusal("IncorrectState", f"Instance '{machine.id}' is not 'running'.")
        if (device := call.params.get("Device")) in machine.block_device_mapping:
            raise Refusal(
                "InvalidParameterValue",
                f"Invalid value '{device}' for unixDevice. Attachment point {device} is already in use",
            )
    return call.forward()


def detach_volume(call: Call) -> Reply:
    """EC2 knows itself which machine a volume is attached to; moto has to be told."""
    ec2 = call.moto("ec2")
    volume = ec2.volumes.get(call.params.get("VolumeId", ""))
    if volume is None or "InstanceId" in call.params:
        return call.forward()
    if not volume.attachment:
        raise Refusal("IncorrectState", f"Volume '{volume.id}' is in the 'available' state.")
    parted = ec2.detach_volume(volume.id, volume.attachment.instance.id, volume.attachment.device)
    return {
        "volumeId": volume.id,
        "instanceId": parted.instance.id,
        "device": parted.device,
        "status": "detaching",
        "attachTime": parted.attach_time,
    }
