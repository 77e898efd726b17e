"""In which availability zone each machine of a project stands, and so in which zones its network is.

Not every zone of a region offers every type of machine, and which do differs from account to account, so the account is asked.
What is on record keeps its zone: a subnet, a machine or a disk is never replaced for a choice that would be made otherwise today.
The same file, record and answers always make the same choice: a command that was killed goes on where it was.

Sources: Amazon EC2 API Reference, `DescribeInstanceTypeOfferings`; Amazon VPC pricing (an endpoint is billed for each zone that it
stands in); both read 2026-11.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, combinations
from typing import Final

from soundstage.components.cidr import MOST_ZONES
from soundstage.components.zones import is_id
from soundstage.core.errors import PreflightRefused
from soundstage.core.words import listed
from soundstage.plan.plan import Plan
from soundstage.projectfile.project_file import Project
from soundstage.stacks.capacity.order import (
    Choice,
    affordable,
    as_chosen,
    elsewhere,
    kept_stand_ins,
    known_price,
    network_zones,
    order,
)
from soundstage.stacks.clouds.zones import Zones
from soundstage.stacks.kinds.resource_kinds import DISK, MACHINE, type_on, zone_on
from soundstage.stacks.machine_of import machine_of
from soundstage.stacks.programs.disk_sources import Sources

FEWEST_ZONES: Final = 2
"""Zones of a network. The second is there for a machine that the first has no more of; a subnet costs nothing."""
_SUBNET: Final = re.compile(r"-(?:private|public)-(\d)$")
_DISK: Final = re.compile(r"-(?:data|scratch)$")


@dataclass(frozen=True)
class Placement:
    """Where a project stands. Without any zone its network takes the region's first ones."""

    zones: tuple[str, ...] = ()
    """Those of the network, in the order of its subnets. The endpoints stand in the first."""
    machines: Mapping[str, str] = field(default_factory=dict)
    """Machine → zone."""
    images: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Machine → name and id of the image that it has and keeps; see `recorded_images`."""
    disks: Sources = field(default_factory=Sources)
    """What the work disks are made from."""
    stand_ins: Mapping[str, str] = field(default_factory=dict)
    """Machine → the type that is taken in the stead of the one that its file wants."""
    withdrawn: Mapping[str, str] = field(default_factory=dict)
    """Those of `stand_ins` that are taken because the account is offered the other type no longer."""
    orders: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict)
    """What is tried, one after another, for each machine that is made or gets another size."""

    def all_orders(self, project: Project) -> dict[str, tuple[Choice, ...]]:
        """The same with the machines that are there, which stay what and where they are: somebody may have deleted one."""
        types = {name: machine.machine_type(project.region) for name, machine in project.workstations.items()}
        there = {name: (Choice(self.stand_ins.get(name, types[name]), zone),) for name, zone in self.machines.items()}
        return {**there, **self.orders}


@dataclass(frozen=True)
class Kept:
    """What a project has on record that keeps its zone."""

    subnets: Mapping[int, str] = field(default_factory=dict)
    """Number of the subnet, from 1 → zone."""
    machines: Mapping[str, str] = field(default_factory=dict)
    """Machine → zone of it, or of a disk of it that is there already."""
    types: Mapping[str, str] = field(default_factory=dict)
    """Machine → its type as it is now."""
    ids: Mapping[str, str] = field(default_factory=dict)
    """Id of a zone of the network (`euw1-az2`) → its name."""

    @property
    def is_whole(self) -> bool:
        """Whether the network has every subnet that it starts with."""
        return set(range(1, FEWEST_ZONES + 1)) <= set(self.subnets)


def placement(
    project: Project,
    recorded: Plan,
    offered: Zones,
    chosen: Mapping[str, Choice] | None = None,
    coming: Collection[str] = (),
) -> Placement:
    """Choose a zone for each machine. Asks the cloud only about machines that are new, resized or moved. `chosen` are choices that take
    the place of what the file says; the disks of machines that are `coming` have never been used, and move with them.

    Raises `PreflightRefused` when no zone that a machine may stand in offers its type.
    """
    kept, stand_ins = kept_places(recorded), kept_stand_ins(project, recorded)
    asked = as_chosen(project, chosen or {}, stand_ins)
    stand_ins = {
        **stand_ins,
        **{
            name: one.type
            for name, one in (chosen or {}).items()
            if one.type != project.workstations[name].machine_type(project.region)
        },
    }
    types = unsettled(asked, kept)
    if not types and kept.is_whole:
        return replace(place(asked, kept, {}, {}), stand_ins=stand_ins)
    others = {type for name in types for type in project.workstations[name].fallback.types}
    zones, able = offered.usable(), offered.offering({*types.values(), *others})
    withdrawn = _withdrawn(
        project, asked, kept, {name: types[name] for name in types if name not in (chosen or {})}, zones, able
    )
    if withdrawn:
        asked, stand_ins = as_chosen(asked, {}, withdrawn), {**stand_ins, **withdrawn}
        types = unsettled(asked, kept)
    found = replace(place(asked, kept, zones, able), withdrawn=withdrawn)
    return replace(found, stand_ins=stand_ins, orders=_orders(project, kept, found, types, zones, able, coming))


def _withdrawn(
    project: Project, asked: Project, kept: Kept, types: Mapping[str, str], zones: Mapping[str, str],
    able: Mapping[str, Collection[str]],
) -> dict[str, str]:  # fmt: skip
    """Machine → the first type that its file allows and the account is offered, for each whose own type it is not, or no longer."""
    ids, price = {**kept.ids, **{id: zone for zone, id in zones.items()}}, known_price(project.region)
    found = {}
    for name, type in types.items():
        zone = _named(asked, name, ids) or kept.machines.get(name)
        there = {zone} if zone else set(zones)
        if not there & set(able[type]):
            others = (one for one in affordable(project.workstations[name], price) if there & set(able[one]))
            if instead := next(others, None):
                found[name] = instead
    return found


def _orders(
    project: Project, kept: Kept, found: Placement, types: Mapping[str, str], zones: Mapping[str, str],
    able: Mapping[str, Collection[str]], coming: Collection[str],
) -> dict[str, tuple[Choice, ...]]:  # fmt: skip
    there, price = network_zones(found.zones, zones), known_price(project.region)
    return {
        name: order(
            project.workstations[name], Choice(type, found.machines[name]), there, able, price,
            moves=project.zone_of(name) is None and (name not in kept.machines or name in coming),
        )
        for name, type in types.items()
    }  # fmt: skip


def as_it_stands(project: Project, recorded: Plan) -> Placement:
    """Where a project stands, whatever its file asks for now: for what is about to go. Asks nobody."""
    kept = kept_places(recorded)
    subnets = (kept.subnets[number] for number in sorted(kept.subnets))
    zones = tuple(dict.fromkeys([*subnets, *sorted(set(kept.machines.values()))]))
    return Placement(zones, {name: kept.machines.get(name, zones[0]) for name in project.workstations} if zones else {})


def kept_places(recorded: Plan) -> Kept:
    """What of `recorded` keeps its zone."""
    subnets: dict[int, str] = {}
    ids: dict[str, str] = {}
    by_id: dict[str | None, str] = {}
    for subnet in recorded.of_type("aws:ec2/subnet:Subnet"):
        if found := _SUBNET.search(subnet.name):
            subnets[int(found[1])] = by_id[subnet.id] = str(subnet.property("availabilityZone"))
            ids[str(subnet.property("availabilityZoneId"))] = subnets[int(found[1])]
    machines: dict[str, str] = {}
    types: dict[str, str] = {}
    for disk in recorded.of_type(*DISK):
        if _DISK.search(disk.name):
            machines[machine_of(disk)] = zone_on(disk)
    for machine in recorded.of_type(*MACHINE):
        zone = by_id.get(machine.property("subnetId")) or zone_on(machine)
        if zone:
            name = machine_of(machine)
            machines[name] = zone
            types[name] = type_on(machine)
    return Kept(subnets, machines, types, ids)


def unsettled(project: Project, kept: Kept) -> dict[str, str]:
    """The machines (and their types) of which a zone has not shown yet that it offers them: new, resized or moved ones."""
    types = {name: machine.machine_type(project.region) for name, machine in project.workstations.items()}
    return {
        name: type
        for name, type in types.items()
        if type != kept.types.get(name) or _named(project, name, kept.ids) not in (None, kept.machines.get(name))
    }


def place(project: Project, kept: Kept, zones: Mapping[str, str], offered: Mapping[str, Collection[str]]) -> Placement:
    """The choice, from what the account answered: its `zones` (name → id, sorted), and which of them offer each type. Raises as
    `placement`."""
    types = unsettled(project, kept)
    ids = {**kept.ids, **{id: zone for zone, id in zones.items()}}
    able = {name: [zone for zone in zones if zone in offered[type]] for name, type in types.items()}
    fixed = {
        name: zone for name in project.workstations if (zone := _named(project, name, ids) or kept.machines.get(name))
    }
    faults = sorted(_not_offered(project, types, able, fixed, zones))
    if faults:
        raise PreflightRefused("Nothing was changed.\n" + "\n".join(faults), _HINT)
    free = {name: able[name] for name in types if name not in fixed}
    slots = dict(kept.subnets)
    there = list(dict.fromkeys([*(slots[number] for number in sorted(slots)), *fixed.values()]))
    chosen = next(
        (some for some in _choices(there, list(zones)) if all(set(some) & set(able) for able in free.values())), None
    )
    if chosen is None:
        raise PreflightRefused(
            f"Nothing was changed.\nA project's network has room for {MOST_ZONES} zones. With {listed(there) or 'none'} taken, there "
            f"is no choice of zones that offers all of: {listed(sorted({types[name] for name in free}) or ['nothing more'])}.",
            "Set another size or instance_type, or put some of the machines into a project of their own.",
        )
    best = sorted(chosen, key=lambda zone: sum(zone not in able for able in free.values()))
    machines = fixed | {name: next(zone for zone in best if zone in able) for name, able in free.items()}
    used = Counter(machines.values())
    others = sorted(set(zones) - set(used), key=lambda zone: (sum(zone not in able[name] for name in able), zone))
    waiting = [
        zone for zone in [*sorted(used, key=lambda zone: (-used[zone], zone)), *others] if zone not in slots.values()
    ]
    for zone in waiting:
        if len(slots) < FEWEST_ZONES or zone in used:
            slots[next(number for number in range(1, MOST_ZONES + 1) if number not in slots)] = zone
    return Placement(tuple(slots[number] for number in sorted(slots)), machines)


def named_in_file(project: Project) -> Placement:
    """What the file alone says, for a program that can ask nobody: machines that name no zone stand in the first that is named. An
    id says nothing here: which name it has only the account knows."""
    named = {name: zone for name in project.workstations if (zone := project.zone_of(name)) and not is_id(zone)}
    zones = tuple(sorted(set(named.values())))
    return Placement(zones, {name: named.get(name, zones[0]) for name in project.workstations} if zones else {})


_HINT: Final = (
    "Change the project file as it says there, then run this again. A machine that is moved to another zone must have no work disk: "
    "with `data_gib: 0` the disk goes and a last snapshot of it is kept."
)


def _named(project: Project, name: str, ids: Mapping[str, str]) -> str | None:
    """The zone that the file names for a machine: by its name, where its id is one of `ids`."""
    zone = project.zone_of(name)
    return zone and ids.get(zone, zone)


def _choices(there: Sequence[str], zones: Sequence[str]) -> Iterator[list[str]]:
    """The zones that the network may have, fewest first: those that it has, and more."""
    more = [zone for zone in zones if zone not in there]
    added = chain.from_iterable(combinations(more, count) for count in range(MOST_ZONES - len(there) + 1))
    return ([*there, *some] for some in added)


def _not_offered(
    project: Project,
    types: Mapping[str, str],
    able: Mapping[str, Sequence[str]],
    fixed: Mapping[str, str],
    zones: Mapping[str, str],
) -> Iterator[str]:
    for name, type in types.items():
        zone = fixed.get(name)
        if zone and zone not in zones and project.zone_of(name):
            known = [f"{one} ({id})" for one, id in zones.items()]
            yield f"{name}: this account has no zone {zone} in {project.region}; it has {listed(known)}. Set one of them."
        elif not able[name]:
            found = elsewhere(type, project.region)
            others = f" These regions offer it: {', '.join(found)}." if found else ""
            yield (
                f"{name}: no zone of {project.region} offers {type} to this account. Set another size, instance_type or region."
                f"{others}"
            )
        elif zone and zone not in able[name]:
            stands = "" if project.zone_of(name) else f", where {name} is,"
            can = [f"{one} ({zones[one]})" for one in able[name]]
            yield (
                f"{name}: {zone}{stands} does not offer {type}; {listed(can)} {'do' if len(can) > 1 else 'does'}. "
                "Set another availability_zone, size or instance_type."
            )
