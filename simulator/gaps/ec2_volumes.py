"""EBS volumes: what EC2 refuses and moto accepts. Source: Amazon EC2 API Reference, "Error codes" (2026-11)."""

from soundstage.simulator.answer import Answer, Refusal, success
from soundstage.simulator.gaps import Call

_TYPES = frozenset({"standard", "gp2", "gp3", "io1", "io2", "st1", "sc1"})


def _create_volume(call: Call) -> Answer:
    kind = call.params.get("VolumeType", "gp2")
    if kind not in _TYPES:
        raise Refusal("InvalidParameterValue", f"Invalid value '{kind}' for VolumeType.")
    size = call.params.get("Size")
    if size is not None and not (size.isdecimal() and int(size) > 0):
        raise Refusal("InvalidParameterValue", f"Invalid value '{size}' for Size.")
    return call.forward()


def _modify_volume(call: Call) -> Answer:
    volume = call.moto("ec2").volumes.get(call.params.get("VolumeId", ""))
    size = call.params.get("Size", "")
    if volume and size.isdecimal() and int(size) < volume.size:
        raise Refusal("InvalidParameterValue", "New size cannot be smaller than existing size")
    return call.forward()


def _attach_volume(call: Call) -> Answer:
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
    return call.forward()


def _detach_volume(call: Call) -> Answer:
    """EC2 knows itself which machine a volume is attached to; moto has to be told."""
    ec2 = call.moto("ec2")
    volume = ec2.volumes.get(call.params.get("VolumeId", ""))
    if volume is None or "InstanceId" in call.params:
        return call.forward()
    if not volume.attachment:
        raise Refusal("IncorrectState", f"Volume '{volume.id}' is in the 'available' state.")
    parted = ec2.detach_volume(volume.id, volume.attachment.instance.id, volume.attachment.device)
    return success(
        call.request,
        {
            "volumeId": volume.id,
            "instanceId": parted.instance.id,
            "device": parted.device,
            "status": "detaching",
            "attachTime": parted.attach_time,
        },
    )


HANDLERS = {
    "CreateVolume": _create_volume,
    "ModifyVolume": _modify_volume,
    "AttachVolume": _attach_volume,
    "DetachVolume": _detach_volume,
}
