"""The security group of a workstation: who may reach the machine, and what it may reach."""

from collections.abc import Iterator
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from soundstage.components.aws.exclusive import only_these_rules
from soundstage.components.aws.place import Place
from soundstage.components.aws.workstation_checks import Machine
from soundstage.components.aws.workstation_hatches import known_destination, known_source
from soundstage.components.ports import DISPLAYS, HTTP, HTTPS
from soundstage.components.tags import named

WORLD: Final = "0.0.0.0/0"
"""Only ever a destination, and only with `web`."""


def security_group(
    component: pulumi.Resource, name: str, machine: Machine, place: pulumi.Output[Place]
) -> aws.ec2.SecurityGroup:
    """The group with all its rules, each named by what it admits, so that adding one touches no other."""
    child = pulumi.ResourceOptions(parent=component)
    group = aws.ec2.SecurityGroup(
        f"{name}-group",
        description=f"Workstation {machine.workstation} of {machine.project}",
        vpc_id=machine.vpc_id,
        region=machine.region,
        tags=named(machine.tags, name),
        # EC2 changes no description, and a machine that gets another name keeps its group.
        opts=pulumi.ResourceOptions(parent=component, ignore_changes=["description"]),
    )
    common: dict[str, Any] = {
        "security_group_id": group.id,
        "region": machine.region,
        "tags": machine.tags,
        "opts": child,
    }
    inbound = [*_display(machine), *_own_inbound(name, machine)]
    outbound = [*_needed(component, machine, place), *_own_outbound(name, machine)]
    ingress = [aws.vpc.SecurityGroupIngressRule(f"{name}-{label}", **rule, **common) for label, rule in inbound]
    egress = [aws.vpc.SecurityGroupEgressRule(f"{name}-{label}", **rule, **common) for label, rule in outbound]
    if machine.exclusive:
        only_these_rules(f"{name}-group", group, ingress=ingress, egress=egress, region=machine.region, options=child)
    return group


def _display(machine: Machine) -> Iterator[tuple[str, dict[str, Any]]]:
    for port in DISPLAYS["dcv"]:
        for cidr in machine.allowed_cidrs:
            rule = _rule(f"{port.purpose} from {cidr}", port.number, protocol=port.protocol)
            yield f"in-{port.protocol}-{cidr.replace('/', '-')}", {**rule, "cidr_ipv4": cidr}


def _own_inbound(name: str, machine: Machine) -> Iterator[tuple[str, dict[str, Any]]]:
    for label, own in machine.inbound.items():
        rule = _own_rule(label, own)
        if "cidr" in own:
            rule["cidr_ipv4"] = known_source(name, f"extra_inbound.{label}.cidr", own["cidr"])
        yield f"extra-in-{label}", rule


def _needed(
    component: pulumi.Resource, machine: Machine, place: pulumi.Output[Place]
) -> Iterator[tuple[str, dict[str, Any]]]:
    if machine.endpoint_security_group_id is not None:
        doors = _rule("HTTPS to the doors of AWS services in this network", HTTPS)
        yield "out-endpoints", {**doors, "referenced_security_group_id": machine.endpoint_security_group_id}
    storage = _rule("HTTPS to S3 through the gateway of this network", HTTPS)
    yield "out-s3", {**storage, "prefix_list_id": _s3_prefix_list(component, machine, place)}
    if machine.web:
        yield "out-web", {**_rule("HTTPS to the internet, as asked for", HTTPS), "cidr_ipv4": WORLD}
        # Ubuntu's archives are signed and speak HTTP.
        yield "out-archives", {**_rule("HTTP to package archives", HTTP), "cidr_ipv4": WORLD}


def _s3_prefix_list(component: pulumi.Resource, machine: Machine, place: pulumi.Output[Place]) -> pulumi.Input[str]:
    if machine.s3_prefix_list_id is not None:
        return machine.s3_prefix_list_id
    found = aws.ec2.get_prefix_list_output(
        name=place.apply(lambda known: f"com.amazonaws.{known.region}.s3"),
        region=machine.region,
        opts=pulumi.InvokeOptions(parent=component),
    )
    return found.id


def _own_outbound(name: str, machine: Machine) -> Iterator[tuple[str, dict[str, Any]]]:
    for label, own in machine.outbound.items():
        rule = _own_rule(label, own)
        if "cidr" in own:
            rule["cidr_ipv4"] = known_destination(name, f"extra_outbound.{label}.cidr", own["cidr"])
        if "prefix_list_id" in own:
            rule["prefix_list_id"] = own["prefix_list_id"]
        yield f"extra-out-{label}", rule


def _own_rule(label: str, own: Any) -> dict[str, Any]:
    rule = _rule(
        own.get("description", label), own["port"], last=own.get("to_port"), protocol=own.get("protocol", "tcp")
    )
    if "security_group_id" in own:
        rule["referenced_security_group_id"] = own["security_group_id"]
    return rule


def _rule(description: str, port: int, *, last: int | None = None, protocol: str = "tcp") -> dict[str, Any]:
    to_port = last if last is not None else port
    return {"description": description, "ip_protocol": protocol, "from_port": port, "to_port": to_port}
