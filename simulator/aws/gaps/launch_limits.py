"""What EC2 refuses of a launch: user data that is too long, disks that it does not make, a type that the zone does not offer.

Source: Amazon EC2 User Guide, "Run commands when you launch an EC2 instance"; Amazon EC2 API Reference, "Error codes"
(2026-11). Which zone offers what is AWS's own answer to DescribeInstanceTypeOfferings, as moto ships it.
"""

import base64
import binascii
from collections.abc import Mapping
from itertools import count, takewhile

from soundstage.simulator.answer import Refusal
from soundstage.simulator.aws.gaps import Call
from soundstage.simulator.aws.gaps.documented import limits
from soundstage.simulator.aws.gaps.volume_limits import check_key, check_volume


def check_launch(call: Call) -> None:
    """`Refusal` of a launch that EC2 does not carry out, whatever is free now."""
    params = call.params
    check_user_data(params.get("UserData", ""))
    numbers = takewhile(lambda n: f"BlockDeviceMapping.{n}.DeviceName" in params, count(1))
    for prefix in (f"BlockDeviceMapping.{number}.Ebs." for number in numbers):
        told = {name.removeprefix(prefix): value for name, value in params.items() if name.startswith(prefix)}
        if told:
            _check_disk(call, told)


def check_user_data(encoded: str) -> None:
    """`Refusal` of user data, in Base64, that has more bytes than EC2 takes."""
    most = limits()["user_data_bytes"]
    try:
        size = len(base64.b64decode(encoded))
    except (binascii.Error, ValueError):
        size = len(encoded)
    if size > most:
        raise Refusal("InvalidParameterValue", f"User data is limited to {most} bytes")


def _check_disk(call: Call, told: Mapping[str, str]) -> None:
    size, iops, throughput = (
        int(told[name]) if told.get(name, "").isdecimal() else None for name in ("VolumeSize", "Iops", "Throughput")
    )
    check_volume(told.get("VolumeType", "gp2"), size, iops, throughput)
    check_key(call, told.get("KmsKeyId"))
    snapshot = call.moto("ec2").snapshots.get(told.get("SnapshotId", ""))
    check_key(call, getattr(snapshot, "kms_key_id", None))


def check_zone(call: Call) -> None:
    """`Refusal` of a type that the zone does not offer, where the launch names the zone or a subnet in it."""
    from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS

    params, region = call.params, call.request.region
    kind, zone = params.get("InstanceType", "m1.small"), _zone(call)
    offered = INSTANCE_TYPE_OFFERINGS.get("availability-zone", {}).get(region, [])
    zones = sorted({str(each["Location"]) for each in offered if each["InstanceType"] == kind})
    if not zone or not zones or zone in zones:
        return
    raise Refusal(
        "Unsupported",
        f"Your requested instance type ({kind}) is not supported in your requested Availability Zone ({zone}). Please retry "
        f"your request by not specifying an Availability Zone or choosing {', '.join(zones)}.",
    )


def _zone(call: Call) -> str:
    """The zone that a launch names, itself or by its subnet; empty when EC2 chooses."""
    params = call.params
    subnet = params.get("SubnetId") or params.get("NetworkInterface.1.SubnetId")
    for of_zone in call.moto("ec2").subnets.values():
        if subnet in of_zone:
            return str(of_zone[subnet].availability_zone)
    return str(params.get("Placement.AvailabilityZone", ""))
