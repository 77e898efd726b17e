"""Machines by their ids, and roles that are given on one machine: names of another project's machines can begin as those of this one do."""

import re
from collections.abc import Mapping
from typing import Final

import pulumi
import pulumi_gcp as gcp

from soundstage.components.gcp.naming import component_faults
from soundstage.core.errors import ArgumentError

_ID: Final = re.compile(r"projects/([^/]+)/zones/([^/]+)/instances/([^/]+)")


def machine_id_faults(machines: Mapping[str, pulumi.Input[str]]) -> list[str]:
    """What is wrong with the argument `machines`: names of a component's own, each with the id of a machine."""
    faults: list[str] = []
    for label, machine in machines.items():
        faults += [f"machines.{label}: {fault}" for fault in component_faults(label)]
        if isinstance(machine, str) and not _ID.fullmatch(machine):
            faults.append(_no_machine(label, machine))
    return faults


def give_on_machine(
    component: pulumi.Resource,
    name: str,
    label: str,
    machine: pulumi.Input[str],
    role: pulumi.Output[str],
    member: pulumi.Input[str],
) -> pulumi.Resource:
    """Give somebody a role on one machine. Raises `ArgumentError` for what is no id of one, as soon as it is known."""

    def read(known: str) -> tuple[str, ...]:
        found = _ID.fullmatch(known)
        if not found:
            raise ArgumentError(_no_machine(label, known))
        return found.groups()

    place: pulumi.Output[tuple[str, ...]] = pulumi.Output.from_input(machine).apply(read)
    return gcp.compute.InstanceIAMMember(
        name,
        project=place.apply(lambda known: known[0]),
        zone=place.apply(lambda known: known[1]),
        instance_name=place.apply(lambda known: known[2]),
        role=role,
        member=member,
        opts=pulumi.ResourceOptions(parent=component),
    )


def _no_machine(label: str, given: str) -> str:
    return f"machines.{label} is {given!r}; allowed: an id of a machine, projects/PROJECT/zones/ZONE/instances/NAME"
