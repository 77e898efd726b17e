"""EC2 machines: what RunInstances is told and moto forgets, states that forbid a call, monitoring, and quotas.

Source: Amazon EC2 API Reference and "Error codes" (2026-11).
"""

from collections import Counter
from collections.abc import Mapping
from itertools import count, takewhile
from typing import Any, Final

from botocore import xform_name

from soundstage.simulator.answer import Answer, Refusal
from soundstage.simulator.aws.gaps import Call, Reply, Shape
from soundstage.simulator.aws.gaps.ec2_account import RegionSettings
from soundstage.simulator.aws.gaps.ec2_spot import opened, was_taken
from soundstage.simulator.aws.gaps.launch_limits import check_launch, check_user_data, check_zone
from soundstage.simulator.aws.gaps.quotas import ADDRESSES, applied, quota_of, vcpus
from soundstage.simulator.aws.moto_state import machines

_METADATA: Final = ("HttpTokens", "HttpPutResponseHopLimit", "HttpEndpoint", "InstanceMetadataTags", "HttpProtocolIpv6")
_STOPPED_ONLY: Final = ("InstanceType", "Kernel", "Ramdisk", "UserData", "EbsOptimized", "EnaSupport")
_LEGACY_NAMES: Final = {f"{name[0].lower()}{name[1:]}": name for name in _STOPPED_ONLY}


def run_instances(call: Call) -> Answer:
    ec2 = call.moto("ec2")
    check_launch(call)
    kind = call.params.get("InstanceType", "m1.small")
    spot = call.params.get("InstanceMarketOptions.MarketType") == "spot"
    _check_quota(call, ec2, {(kind, spot): int(call.params.get("MaxCount", "1"))})
    check_zone(call)
    before = {machine.id for machine in machines(ec2)}
    answer = call.forward()
    for machine in machines(ec2):
        if machine.id not in before:
            _complete(call, ec2, machine)
    return answer


def _check_quota(call: Call, ec2: Any, wanted: Mapping[tuple[str, bool], int]) -> None:
    """`Refusal` when so many machines of each type (with whether they are on the spot market) do not fit into their quotas, together
    and beside those that run."""
    asked = Counter[tuple[str | None, bool]]()
    for (kind, spot), many in wanted.items():
        asked[quota_of(kind, spot=spot), spot] += vcpus(kind) * many
    for (code, spot), more in asked.items():
        if code is not None:
            _check_one(call, ec2, code, more, spot=spot)


def _check_one(call: Call, ec2: Any, code: str, more: int, *, spot: bool) -> None:
    used = sum(
        vcpus(machine.instance_type)
        for machine in machines(ec2)
        if machine.state in ("pending", "running") and quota_of(machine.instance_type, spot=_is_spot(machine)) == code
    )
    limit = applied(call, "ec2", code)
    if used + more <= limit:
        return
    if spot:
        raise Refusal("MaxSpotInstanceCountExceeded", "Max spot instance count exceeded")
    raise Refusal(
        "VcpuLimitExceeded",
        f"You have requested more vCPU capacity than your current vCPU limit of {limit:g} allows for the instance bucket "
        "that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to "
        "request an adjustment to this limit.",
    )


def _is_spot(machine: Any) -> bool:
    return bool(machine.lifecycle == "spot")


def _complete(call: Call, ec2: Any, machine: Any) -> None:
    """Keep what the launch was told and moto drops."""
    params = call.params
    machine.disable_api_termination = params.get("DisableApiTermination") == "true"
    machine.monitoring_state = "enabled" if params.get("Monitoring.Enabled") == "true" else "disabled"
    defaults = call.own(RegionSettings).metadata
    for name in _METADATA:
        if f"MetadataOptions.{name}" not in params and name in defaults:
            _set_metadata(machine, name, defaults[name])
    _complete_disks(params, ec2, machine)
    _complete_interfaces(params, machine)
    if _is_spot(machine):
        opened(call, machine)


def _complete_interfaces(params: Any, machine: Any) -> None:
    """An interface that is made with a machine goes with it, unless the launch says otherwise; and the groups of the first
    are those of the machine."""
    for index, interface in machine.nics.items():
        told = f"NetworkInterface.{index + 1}"
        if f"{told}.NetworkInterfaceId" not in params and f"{told}.DeleteOnTermination" not in params:
            interface.delete_on_termination = True
    if not machine.security_groups and 0 in machine.nics:
        machine.security_groups = list(machine.nics[0].group_set)


def _complete_disks(params: Any, ec2: Any, machine: Any) -> None:
    numbers = takewhile(lambda n: f"BlockDeviceMapping.{n}.DeviceName" in params, count(1))
    for prefix in (f"BlockDeviceMapping.{number}" for number in numbers):
        device = params[f"{prefix}.DeviceName"]
        attached = machine.block_device_mapping.get(device)
        if attached is None:
            continue
        volume = ec2.volumes[attached.volume_id]
        for name in ("Iops", "Throughput"):
            if told := params.get(f"{prefix}.Ebs.{name}"):
                setattr(volume, name.lower(), int(told))
        if device == machine.root_device_name and f"{prefix}.Ebs.DeleteOnTermination" not in params:
            attached.delete_on_termination = True
    if machine.root_device_name not in machine.block_device_mapping:
        image = next((image for image in ec2.amis.values() if image.id == machine.image_id), None)
        size = image.block_device_mappings[0]["Ebs"]["VolumeSize"] if image else 8
        machine.add_block_device(size, machine.root_device_name, None, False, True, None, "gp3")


def _set_metadata(machine: Any, name: str, value: str) -> None:
    told = int(value) if name == "HttpPutResponseHopLimit" else value
    setattr(machine.metadata_options, xform_name(name), told)


def modify_instance_metadata_options(call: Call) -> Answer:
    """moto forgets every option that a change does not name."""
    machine = call.moto("ec2").get_instance_by_id(call.params.get("InstanceId", ""))
    before = vars(machine.metadata_options).copy() if machine else {}
    answer = call.forward()
    if machine and answer.status < 300:
        vars(machine.metadata_options).update(before)
        for name in _METADATA:
            if name in call.params:
                _set_metadata(machine, name, call.params[name])
    return answer


def start_instances(call: Call) -> Answer:
    _refuse_in(call, ("terminated", "shutting-down"), "started")
    ec2 = call.moto("ec2")
    named = map(ec2.get_instance_by_id, dict.fromkeys(call.request.members("InstanceId")))
    stopped = [machine for machine in named if machine and machine.state == "stopped"]
    if taken := next((machine for machine in stopped if was_taken(call, machine)), None):
        raise Refusal(
            "IncorrectSpotRequestState",
            f"You can't start the Spot Instance '{taken.id}' because the associated Spot Instance request is not in an appropriate "
            "state to support start.",
        )
    _check_quota(call, ec2, Counter((machine.instance_type, _is_spot(machine)) for machine in stopped))
    answer = call.forward()
    for machine in stopped if answer.status < 300 else ():
        machine.launch_time = call.now.replace(tzinfo=None)  # of its last start; moto's is of the first
    return answer


def stop_instances(call: Call) -> Answer:
    _refuse_in(call, ("terminated", "shutting-down"), "stopped")
    return call.forward()


def _refuse_in(call: Call, states: tuple[str, ...], done: str) -> None:
    for machine in map(call.moto("ec2").get_instance_by_id, call.request.members("InstanceId")):
        if machine and machine.state in states:
            raise Refusal(
                "IncorrectInstanceState",
                f"The instance '{machine.id}' is not in a state from which it can be {done}.",
            )


def terminate_instances(call: Call) -> Answer:
    ec2 = call.moto("ec2")
    gone = set(call.request.members("InstanceId"))
    for machine in filter(None, map(ec2.get_instance_by_id, gone)):
        if machine.state == "terminated":
            # Terminating twice is no error; moto would look for the interfaces that went the first time.
            for interface in machine.nics.values():
                interface.delete_on_termination = False
    answer = call.forward()
    if answer.status < 300:
        for address in list(ec2.addresses):
            if address.instance is not None and address.instance.id in gone and address.association_id:
                ec2.disassociate_address(association_id=address.association_id)
    return answer


def modify_instance_attribute(call: Call) -> Reply:
    check_user_data(call.params.get("UserData.Value") or call.params.get("UserData", ""))
    machine = call.moto("ec2").get_instance_by_id(call.params.get("InstanceId", ""))
    named = {key.partition(".")[0] for key in call.params}
    named.add(_LEGACY_NAMES.get(call.params.get("Attribute", ""), ""))
    if machine and machine.state != "stopped" and named & set(_STOPPED_ONLY):
        raise Refusal("IncorrectInstanceState", f"The instance '{machine.id}' is not in the 'stopped' state.")
    behaviour = call.params.get("InstanceInitiatedShutdownBehavior.Value")
    if machine and behaviour:
        # moto knows it by its other spelling only, and takes a call that it does not know for one without groups.
        machine.instance_initiated_shutdown_behavior = behaviour
        return None
    answer = call.forward()
    if machine and "GroupId" in named and 0 in machine.nics:
        # A machine's groups are those of its first interface, which moto leaves in the old ones.
        machine.nics[0].group_set = list(machine.security_groups)
    return answer


def _monitor(call: Call) -> Shape:
    state = "enabled" if call.request.operation == "MonitorInstances" else "disabled"
    shown = []
    ec2 = call.moto("ec2")
    for identity in call.request.members("InstanceId"):
        machine = ec2.get_instance_by_id(identity)
        if machine is None:
            raise Refusal("InvalidInstanceID.NotFound", f"The instance ID '{identity}' does not exist")
        machine.monitoring_state = state
        told = "pending" if state == "enabled" else "disabling"
        shown.append({"instanceId": identity, "monitoring": {"state": told}})
    return {"instancesSet": shown}


def allocate_address(call: Call) -> Answer:
    if len(call.moto("ec2").addresses) >= applied(call, "ec2", ADDRESSES):
        raise Refusal("AddressLimitExceeded", "The maximum number of addresses has been reached.")
    return call.forward()


HANDLERS = {
    "MonitorInstances": _monitor,
    "UnmonitorInstances": _monitor,
}
