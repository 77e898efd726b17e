"""Move a machine to another availability zone with its disks: it is parked, and comes back in the other zone from what was kept.

A disk stays in its zone, so that its last snapshot moves in its stead (Amazon EBS User Guide, "Create an EBS snapshot": one can be used in
every zone of its region, read 2026-11). The snapshot stays as the last one of the old disk.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from soundstage.core.errors import PreflightRefused, UsageError
from soundstage.core.words import listed
from soundstage.projectfile.project_file import Project
from soundstage.stacks.deployment import Deployment
from soundstage.stacks.parking.parking import Parking, plan_park
from soundstage.stacks.parking.record import parked_of, said_of
from soundstage.stacks.parking.waking import waking
from soundstage.stacks.programs.disk_sources import under_new_names
from soundstage.stacks.programs.placement import kept_places


@dataclass(frozen=True)
class Moving:
    """What a move would do."""

    machine: str
    before: str
    """The zone that it is in; empty where it is parked already."""
    zone: str
    """The name of the zone that it goes to."""
    parking: Parking | None
    """How it is parked first; None where it is parked already, and where it is in the zone already."""
    back: Deployment
    """The project as if its file named that zone and the machine was parked no longer; only once it is parked."""

    @property
    def is_there(self) -> bool:
        return self.before == self.zone


def plan_move(deployment: Deployment, machine: str, zone: str | None = None) -> Moving:
    """What it takes to move `machine` to a zone (a name or an id), or to the one that its file names. Raises `UsageError` for a machine or
    a zone that there is not, and for one that the file contradicts, and `PreflightRefused` for a zone that does not offer its type."""
    project = deployment.project
    recorded = under_new_names(project, deployment.engine.resources())
    said, parked, kept = said_of(project, recorded), parked_of(project, recorded), kept_places(recorded)
    if machine not in project.workstations or (machine not in kept.machines and machine not in parked):
        known = listed(sorted({*kept.machines, *parked} & project.workstations.keys()) or ["none"])
        makes = f"`{deployment.command('up')}` makes it." if machine in project.workstations else f"Known: {known}."
        raise UsageError(f'There is no machine "{machine}" that is up or parked in this project.', makes)
    goal = _goal(deployment, machine, zone)
    before = "" if machine in parked else kept.machines[machine]
    moved = deployment.asking_for(_standing_in(project, machine, goal))
    if machine in said and machine not in parked and before == goal:
        return Moving(machine, "", goal, None, moved)  # cut off on its way back
    if before == goal:
        return Moving(machine, before, goal, None, moved)
    # A start that found no machine may have left a disk in the zone already.
    if machine in parked and kept.machines.get(machine, goal) == goal:
        return Moving(machine, before, goal, None, moved)
    there = deployment.asking_for(_standing_in(project, machine, kept.machines[machine]))
    return Moving(machine, before, goal, plan_park(there, [machine]), moved)


def back_in_zone(moving: Moving) -> Deployment:
    """The project with the machine in the other zone, once it is parked: for `wake`."""
    return waking(moving.back, [moving.machine])


def _goal(deployment: Deployment, machine: str, zone: str | None) -> str:
    """The name of the zone that is meant."""
    project, zones = deployment.project, deployment.cloud.zones
    said = project.zone_of(machine)
    usable = zones.usable()
    wanted, named = _name(zone or said, usable), _name(said, usable)
    if wanted is None:
        raise UsageError(
            f"To which zone? The project file names none for {machine}.",
            f"Add `--zone`: {listed(list(usable))}.",
        )
    if wanted not in usable:
        raise UsageError(f"This account has no zone {wanted} in {project.region}.", f"It has {listed(list(usable))}.")
    if named is not None and named != wanted:
        raise UsageError(
            f"The project file says that {machine} is in {said}. Nothing was changed.",
            f"Set `availability_zone: {wanted}` for {machine} there, then run this again without `--zone`.",
        )
    type = project.workstations[machine].machine_type(project.region)
    able = zones.offering({type})[type]
    if wanted not in able:
        raise PreflightRefused(
            f"{wanted} does not offer {type} to this account. Nothing was changed.",
            f"These do: {listed(sorted(able & usable.keys()) or ['none of this region'])}.",
        )
    return wanted


def _name(zone: str | None, usable: Mapping[str, str]) -> str | None:
    """The name of a zone that may be given by its id."""
    return next((name for name, id in usable.items() if zone in (name, id)), zone)


def _standing_in(project: Project, machine: str, zone: str) -> Project:
    changed = project.workstations[machine].model_copy(update={"availability_zone": zone})
    return project.model_copy(update={"workstations": {**project.workstations, machine: changed}})
