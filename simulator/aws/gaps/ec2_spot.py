"""Spot requests: a launch on the spot market opens one, which says whose machine it is until it is cancelled or the machine ends.

Source: Amazon EC2 API Reference, `SpotInstanceRequest`; User Guide, "Spot Instance request status" (2026-11).
"""

from dataclasses import dataclass, field
from typing import Any

from soundstage.simulator.answer import Refusal
from soundstage.simulator.aws.gaps import Call, Reply


@dataclass
class SpotRequests:
    """The requests of a region: what each was told, by its id."""

    told: dict[str, dict[str, Any]] = field(default_factory=dict)


def opened(call: Call, machine: Any) -> None:
    """Note the request that a launch on the spot market opens."""
    from moto.moto_api._internal import mock_random

    market = "InstanceMarketOptions.SpotOptions."
    identity = f"sir-{mock_random.get_random_hex(8)}"
    machine.spot_instance_request_id = identity
    call.own(SpotRequests).told[identity] = {
        "instanceId": machine.id,
        "instanceInterruptionBehavior": call.params.get(f"{market}InstanceInterruptionBehavior", "terminate"),
        "spotPrice": call.params.get(f"{market}MaxPrice", "2.000000"),
        "type": call.params.get(f"{market}SpotInstanceType", "one-time"),
        "validUntil": call.params.get(f"{market}ValidUntil"),
        "createTime": call.now.isoformat(),
        "state": "active",
        "code": "fulfilled",
    }


def take_back(call: Call, machine: Any) -> None:
    """AWS takes the capacity of a spot machine back: it stops, with its disks. The notice of two minutes is not waited for."""
    told = call.own(SpotRequests).told.get(machine.spot_instance_request_id or "")
    if told is None:
        raise Refusal("ValidationException", f"{machine.id} is not a spot machine.")
    if machine.state in ("pending", "running"):
        from moto.ec2.models.instances import StateReason

        machine.stop()
        message = "Server.SpotInstanceShutdown: Spot Instance stopped due to no capacity."
        machine.state_reason = StateReason(message, "Server.SpotInstanceShutdown")
        told |= {"state": "disabled", "code": "instance-stopped-no-capacity"}


def give_again(call: Call, machine: Any) -> None:
    """AWS has capacity again, and starts a machine that it stopped: nobody else can (EC2 User Guide, "Spot Instance interruption
    behavior", read 2026-11)."""
    if was_taken(call, machine):
        machine.start()
        machine.launch_time = call.now.replace(tzinfo=None)
        call.own(SpotRequests).told[machine.spot_instance_request_id] |= {"state": "active", "code": "fulfilled"}


def was_taken(call: Call, machine: Any) -> bool:
    """Whether AWS has stopped a spot machine, and not started it since."""
    told = call.own(SpotRequests).told.get(getattr(machine, "spot_instance_request_id", None) or "")
    return told is not None and told["state"] == "disabled"


def describe_spot_instance_requests(call: Call) -> Reply:
    known, asked = call.own(SpotRequests).told, call.request.members("SpotInstanceRequestId")
    if not known:
        return call.forward()
    wanted = _known(call, asked) if asked else dict(known)
    return {"spotInstanceRequestSet": [_shown(call, *each) for each in wanted.items()]}


def _shown(call: Call, identity: str, told: dict[str, Any]) -> dict[str, Any]:
    machine = call.moto("ec2").get_instance_by_id(told["instanceId"])
    gone = machine is None or machine.state in ("shutting-down", "terminated")
    state, code = ("closed", "instance-terminated-by-user") if gone else (told["state"], told["code"])
    rest = {key: value for key, value in told.items() if key not in ("state", "code")}
    return {
        "spotInstanceRequestId": identity,
        "state": state,
        "status": {"code": code, "updateTime": told["createTime"]},
        "productDescription": "Linux/UNIX",
        **rest,
    }


def cancel_spot_instance_requests(call: Call) -> Reply:
    """A request that has its machine leaves the machine running."""
    named = call.request.members("SpotInstanceRequestId")
    known = call.own(SpotRequests).told
    if not any(each in known for each in named):
        return call.forward()
    for told in _known(call, named).values():
        told |= {"state": "cancelled", "code": "request-canceled-and-instance-running"}
    shown = [{"spotInstanceRequestId": each, "state": "cancelled"} for each in named]
    return {"spotInstanceRequestSet": shown}


def _known(call: Call, named: list[str]) -> dict[str, dict[str, Any]]:
    known = call.own(SpotRequests).told
    missing = [each for each in named if each not in known]
    if missing:
        raise Refusal(
            "InvalidSpotInstanceRequestID.NotFound",
            f"The spot instance request ID '{missing[0]}' does not exist",
        )
    return {each: known[each] for each in named}
