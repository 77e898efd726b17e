"""EC2 refuses to delete what is in use; moto deletes it. Codes as in the Amazon EC2 API Reference, "Error codes" (2026-11)."""

from typing import Any

from soundstage.simulator.answer import Answer, Refusal
from soundstage.simulator.aws.gaps import Call
from soundstage.simulator.aws.moto_state import machines


def _live_machines(ec2: Any) -> list[Any]:
    return [machine for machine in machines(ec2) if machine.state != "terminated"]


def _endpoints(ec2: Any) -> list[Any]:
    return [endpoint for endpoint in ec2.vpc_end_points.values() if endpoint.state != "deleted"]


def _gateways(ec2: Any) -> list[Any]:
    return [gateway for gateway in ec2.nat_gateways.values() if gateway.state != "deleted"]


def _own_interfaces(ec2: Any) -> list[Any]:
    """Network interfaces that a person made; those of machines, endpoints and gateways go with them."""
    made = {interface for endpoint in ec2.vpc_end_points.values() for interface in endpoint.network_interface_ids}
    made |= {gateway._eni.id for gateway in ec2.nat_gateways.values()}
    return [eni for eni in ec2.enis.values() if eni.id not in made and eni.instance is None]


def delete_subnet(call: Call) -> Answer:
    ec2, subnet = call.moto("ec2"), call.params.get("SubnetId", "")
    users = [
        *(machine.id for machine in _live_machines(ec2) if machine.subnet_id == subnet),
        *(gateway.id for gateway in _gateways(ec2) if gateway.subnet_id == subnet),
        *(endpoint.id for endpoint in _endpoints(ec2) if subnet in (endpoint.subnet_ids or ())),
        *(eni.id for eni in _own_interfaces(ec2) if eni.subnet.id == subnet),
    ]
    if users:
        raise Refusal("DependencyViolation", f"The subnet '{subnet}' has dependencies and cannot be deleted.")
    return call.forward()


def delete_security_group(call: Call) -> Answer:
    ec2 = call.moto("ec2")
    group = ec2.get_security_group_by_name_or_id(call.params.get("GroupId") or call.params.get("GroupName", ""))
    if group is None:
        return call.forward()
    if group.name == "default":
        raise Refusal("CannotDelete", f'the specified group: "{group.id}" name: "default" cannot be deleted by a user')
    users = [
        *(machine.id for machine in _live_machines(ec2) if _has_group(machine, group.id)),
        *(endpoint.id for endpoint in _endpoints(ec2) if group.id in endpoint.security_group_ids),
        *(eni.id for eni in _own_interfaces(ec2) if any(has.id == group.id for has in eni.group_set)),
        *(other.id for other in _groups(ec2) if other.id != group.id and _refers_to(other, group.id)),
    ]
    if users:
        raise Refusal("DependencyViolation", f"resource {group.id} has a dependent object")
    return call.forward()


def _has_group(machine: Any, group: str) -> bool:
    return any(has.id == group for interface in machine.nics.values() for has in interface.group_set)


def _groups(ec2: Any) -> list[Any]:
    return [group for of_vpc in ec2.groups.values() for group in of_vpc.values()]


def _refers_to(other: Any, group: str) -> bool:
    return any(rule.source_group.get("GroupId") == group for rule in (*other.ingress_rules, *other.egress_rules))


def release_address(call: Call) -> Answer:
    wanted = call.params.get("AllocationId")
    for address in call.moto("ec2").addresses:
        if address.allocation_id == wanted and address.association_id:
            raise Refusal("InvalidIPAddress.InUse", f"Address {address.public_ip} is in use.")
    return call.forward()


def delete_nat_gateway(call: Call) -> Answer:
    answer = call.forward()
    ec2 = call.moto("ec2")
    gateway = ec2.nat_gateways.get(call.params.get("NatGatewayId", ""))
    if answer.status < 300 and gateway:
        for address in ec2.addresses:
            if address.eni is not None and address.eni.id == gateway._eni.id:
                ec2.disassociate_address(association_id=address.association_id)
        ec2.enis.pop(gateway._eni.id, None)
    return answer


def delete_vpc(call: Call) -> Answer:
    ec2, vpc = call.moto("ec2"), call.params.get("VpcId", "")
    users = [
        *(group.id for group in _groups(ec2) if group.vpc_id == vpc and group.name != "default"),
        *(endpoint.id for endpoint in _endpoints(ec2) if endpoint.vpc_id == vpc),
        *(gateway.id for gateway in _gateways(ec2) if gateway.vpc_id == vpc),
    ]
    if users:
        raise Refusal("DependencyViolation", f"The vpc '{vpc}' has dependencies and cannot be deleted.")
    return call.forward()


def detach_internet_gateway(call: Call) -> Answer:
    ec2, vpc = call.moto("ec2"), call.params.get("VpcId", "")
    mapped = any(machine.vpc_id == vpc and machine.public_ip for machine in _live_machines(ec2)) or any(
        gateway.vpc_id == vpc and gateway.connectivity_type == "public" for gateway in _gateways(ec2)
    )
    if mapped:
        raise Refusal(
            "DependencyViolation",
            f"Network {vpc} has some mapped public address(es). Please unmap those before detaching the gateway.",
        )
    return call.forward()
