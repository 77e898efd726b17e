"""Which machines of a project are parked. It stands in the outputs of the project's stack, beside what is on record: whoever works on the
project reads the same, on whichever engine.

Pure: what is on record comes in.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from soundstage.plan.plan import Plan
from soundstage.projectfile.project_file import Project
from soundstage.stacks.kinds.resource_kinds import MACHINE, NETWORK
from soundstage.stacks.machine_of import machine_of

OUTPUT: Final = "parked"


@dataclass(frozen=True)
class Parked:
    """A machine that is parked."""

    since: str
    """When it was parked, ISO 8601 in UTC."""
    by: str
    instance: str
    """Id of the machine that it was; empty where there was none."""
    image: str
    """Id of the image that keeps its system disk; empty where it has none."""
    made_from: str
    """The image that it was made from, as its tag named it."""
    disk: str
    """Id of the work disk that it had; empty for none."""


def parked_of(project: Project, recorded: Plan) -> dict[str, Parked]:
    """Machine → how it is parked, for each machine of the project's file that is.

    After `down` nothing is parked any more. Where a machine of that name is on record and is another one than was parked, a start
    was cut off before its end: that machine is coming back.
    """
    now = project.new_names
    there = {now.get(name, name): one.id for one in recorded.of_type(*MACHINE) if (name := machine_of(one))}
    said = said_of(project, recorded)
    return {name: one for name, one in said.items() if there.get(name, one.instance) == one.instance}


def said_of(project: Project, recorded: Plan) -> dict[str, Parked]:
    """The same with those machines whose start was cut off: only once it has come to its end nothing says of one that it was parked."""
    return {name: one for name, one in _said(project, recorded).items() if name in project.workstations}


def forgotten_of(project: Project, recorded: Plan) -> dict[str, Parked]:
    """Those machines that are parked on record and that the project's file no longer names."""
    return {name: one for name, one in _said(project, recorded).items() if name not in project.workstations}


def _said(project: Project, recorded: Plan) -> dict[str, Parked]:
    said = recorded.outputs.get(OUTPUT)
    if not isinstance(said, Mapping) or not recorded.of_type(*NETWORK):
        return {}
    now = project.new_names
    found = {now.get(str(name), str(name)): _read(one) for name, one in said.items()}
    return {name: one for name, one in found.items() if one}


def as_output(parked: Mapping[str, Parked]) -> dict[str, dict[str, str]]:
    """What the stack exports of the machines that are parked."""
    return {name: asdict(parked[name]) for name in sorted(parked)}


def working(project: Project, parked: Mapping[str, Parked]) -> Project:
    """The project as if its file named only the machines that are not parked."""
    if not parked:
        return project
    left = {name: machine for name, machine in project.workstations.items() if name not in parked}
    return project.model_copy(update={"workstations": left})


def parked_in(document: Mapping[str, Any]) -> dict[str, Parked]:
    """The machines that are parked, in a state in Pulumi's deployment format. After `down` none is."""
    by_type = {one["type"]: one for one in document.get("resources") or ()}
    said = (by_type.get("pulumi:pulumi:Stack", {}).get("outputs") or {}).get(OUTPUT)
    if not isinstance(said, Mapping) or by_type.keys().isdisjoint(NETWORK):
        return {}
    return {str(name): one for name in sorted(said) if (one := _read(said[name]))}


def ids_in(document: Mapping[str, Any]) -> set[str]:
    """The ids of all that such a state has on record."""
    return {str(one["id"]) for one in document.get("resources") or () if one.get("id")}


def _read(said: object) -> Parked | None:
    if not isinstance(said, Mapping):
        return None
    return Parked(*(str(said.get(key, "")) for key in Parked.__dataclass_fields__))
