"""Which machines Session Manager's agent is online on: those that run, whose role lets the agent report, and that reach the
service, through endpoints of their network or over the internet.

Nothing is sent: the way is judged by routes, addresses, endpoints and security groups; network ACLs, endpoint policies and the
network firewall are not looked at. Source: AWS Systems Manager User Guide, "Setting up Session Manager" and "Improve the security
of EC2 instances by using VPC endpoints for Systems Manager"; AWS PrivateLink Guide, "Access an AWS service using an interface
VPC endpoint" (2026-11).
"""

import ipaddress
from collections.abc import Iterator
from typing import Any, Final

from soundstage.simulator.aws.caller import Caller
from soundstage.simulator.aws.gaps import Call
from soundstage.simulator.aws.iam.evaluate import judge
from soundstage.simulator.aws.iam.statements import Asked, Principal
from soundstage.simulator.aws.iam.world import World
from soundstage.simulator.aws.moto_state import machines

_RIGHTS: Final = (
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
)
"""Without these the agent does not come online, or no session opens."""
_SERVICES: Final = ("ssm", "ssmmessages")
_LOG_RIGHTS: Final = ("logs:CreateLogStream", "logs:PutLogEvents")
_HTTPS: Final = 443
_EVERYWHERE: Final = "0.0.0.0/0"


def online(call: Call) -> dict[str, Any]:
    """Machines that the agent answers on, by id."""
    ec2 = call.moto("ec2")
    return {
        machine.id: machine
        for machine in machines(ec2)
        if machine.state == "running" and _may(call, machine, _RIGHTS) and _reaches(call, ec2, machine, _SERVICES)
    }


def can_log(call: Call, machine: Any, stream: str) -> bool:
    """Whether a machine can write to a stream (an ARN) of a log group."""
    return _may(call, machine, _LOG_RIGHTS, stream) and _reaches(call, call.moto("ec2"), machine, ("logs",))


def _may(call: Call, machine: Any, rights: tuple[str, ...], resource: str = "*") -> bool:
    account, region = call.caller.account_id, call.request.region
    world = World(account, region, call.caller, call.memory, call.time)
    for arn in world.roles_in_profile((machine.iam_instance_profile or {}).get("Arn", "")):
        session = f"{arn.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/{machine.id}"
        agent = Caller("role", account, session, machine.id, arn, "")
        own = World(account, region, agent, call.memory, call.time)
        policies = own.policies()
        known = {
            **{f"aws:principaltag/{name.lower()}": value for name, value in own.principal_tags().items()},
            "aws:principalarn": arn,
            "aws:principalaccount": account,
            "aws:requestedregion": region,
            "aws:securetransport": "true",
            "aws:sourcevpc": machine.vpc_id or "",
            "aws:ec2instancesourcevpc": machine.vpc_id or "",
            "ec2:sourceinstancearn": world.arn("ec2", f"instance/{machine.id}"),
        }
        principal = Principal((session, arn), account)
        return all(judge(Asked(right, resource, principal, known), policies).allowed for right in rights)
    return False


def _reaches(call: Call, ec2: Any, machine: Any, services: tuple[str, ...]) -> bool:
    subnet = next((of[machine.subnet_id] for of in ec2.subnets.values() if machine.subnet_id in of), None)
    if subnet is None:
        return False
    abroad = _has_way_out(ec2, machine, subnet)
    return all(_reaches_service(call, ec2, machine, service, abroad) for service in services)


def _reaches_service(call: Call, ec2: Any, machine: Any, service: str, abroad: bool) -> bool:
    """By the endpoint to which the service's name leads inside the network, and without one over the internet."""
    wanted = f".{call.request.region}.{service}"
    for endpoint in ec2.vpc_end_points.values():
        private = str(endpoint.private_dns_enabled).lower() == "true"
        here = endpoint.vpc_id == machine.vpc_id and endpoint.service_name.endswith(wanted)
        if here and private and endpoint.state == "available":
            return _is_let_in(ec2, machine, endpoint)
    return abroad


def _has_way_out(ec2: Any, machine: Any, subnet: Any) -> bool:
    if not any(_opens(rule, _EVERYWHERE) for rule in _rules(_groups(machine), "egress_rules")):
        return False
    if ec2.vpcs[subnet.vpc_id].is_default:
        return True  # it comes with an internet gateway and public addresses, which moto leaves out
    for route in _table(ec2, subnet).routes:
        if route.destination_cidr_block != _EVERYWHERE:
            continue
        if route.nat_gateway is not None:
            return bool(route.nat_gateway.state == "available")
        if route.gateway is not None:
            return bool(machine.public_ip)
        return route.instance is not None or route.transit_gateway is not None or route.interface is not None
    return False


def _table(ec2: Any, subnet: Any) -> Any:
    """The route table of a subnet: its own, or the main one of the network."""
    tables = [table for table in ec2.route_tables.values() if table.vpc_id == subnet.vpc_id]
    own = [table for table in tables if subnet.id in table._associations.values()]
    return (own or [table for table in tables if table.main_association_id is not None])[0]


def _is_let_in(ec2: Any, machine: Any, endpoint: Any) -> bool:
    """Whether the machine's groups let it ask the endpoint, and the endpoint's let it in."""
    mine = {group.id for group in _groups(machine)}
    theirs = set(endpoint.security_group_ids)
    addresses = [ec2.enis[each].private_ip_address for each in endpoint.network_interface_ids if each in ec2.enis]
    groups = [ec2.get_security_group_by_name_or_id(identity) for identity in theirs]
    out = any(
        _opens(rule, address, theirs)
        for rule in _rules(_groups(machine), "egress_rules")
        for address in addresses or [""]
    )
    own = machine.private_ip
    inward = any(_opens(rule, own, mine) for rule in _rules(list(filter(None, groups)), "ingress_rules"))
    return out and inward


def _groups(machine: Any) -> list[Any]:
    return [group for interface in machine.nics.values() for group in interface.group_set] or machine.security_groups


def _rules(groups: list[Any], kind: str) -> Iterator[Any]:
    for group in groups:
        yield from getattr(group, kind)


def _opens(rule: Any, peer: str, groups: set[str] | frozenset[str] = frozenset()) -> bool:
    """Whether a rule lets HTTPS through to or from `peer`, an address or a range, or one of `groups`."""
    if rule.ip_protocol not in ("-1", "tcp", "6"):
        return False
    if rule.ip_protocol != "-1" and not int(rule.from_port) <= _HTTPS <= int(rule.to_port):
        return False
    if rule.source_group:
        return rule.source_group.get("GroupId") in groups
    allowed = rule.ip_range.get("CidrIp")
    if not allowed or not peer:
        return False
    return ipaddress.ip_network(peer).subnet_of(ipaddress.ip_network(allowed, strict=False))  # type: ignore[arg-type]
