"""Park machines: stop them, keep the system disk of each as an image and its work disk as a last snapshot, and delete what is billed while
nobody works: the machine, its disks and address, and with the last machine the network's interface endpoints and its NAT gateway.

Whatever is deleted is kept before. That a machine is parked is on record before anything of it goes, so that the same command, or `up`,
goes on where one was cut off.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from soundstage.core.errors import ChangedMeanwhile, OperationError, StateLocked, UsageError
from soundstage.core.words import listed, nearest
from soundstage.engines.base import Event, EventKind, Look, OnEvent, ignore
from soundstage.engines.lock import user
from soundstage.plan.plan import Operation, Plan
from soundstage.stacks.clouds.base import Machine, Snapshot
from soundstage.stacks.deployment import Deployment
from soundstage.stacks.kinds.resource_kinds import DISK, MACHINE, image_name_on
from soundstage.stacks.machine_of import machine_of
from soundstage.stacks.media.keeping import prune_snapshots
from soundstage.stacks.parking.record import Parked, forgotten_of, parked_of
from soundstage.stacks.parking.saving import Saving, saving
from soundstage.stacks.parking.system_disks import drop_unused, keep
from soundstage.stacks.programs.disk_sources import under_new_names, work_disks
from soundstage.stacks.state.last_run import there_will_be
from soundstage.stacks.state.restoring import being_restored

_BILLED: Final = (
    ("aws:ec2/eip:Eip", "public address", "public addresses"),
    ("gcp:compute/address:Address", "public address", "public addresses"),
    ("aws:ec2/natGateway:NatGateway", "NAT gateway", "NAT gateways"),
    ("gcp:compute/routerNat:RouterNat", "NAT gateway", "NAT gateways"),
    ("aws:ec2/vpcEndpoint:VpcEndpoint", "interface endpoint", "interface endpoints"),
)
"""What of a network is billed by the hour, as one and as several."""


@dataclass(frozen=True)
class Parking:
    """What a park would do."""

    parked: Mapping[str, Parked]
    """The machines that it parks, and those whose park was cut off."""
    already: tuple[str, ...]
    """Those that are parked."""
    others: Mapping[str, Parked]
    """Every other machine of the project that is parked and stays so."""
    plan: Plan
    saving: Saving
    told: tuple[str, ...]
    """What a person has to know before it is done."""
    look: Look | None
    """What has to be so on record still when it is done."""


@dataclass(frozen=True)
class ParkResult:
    """What a park did."""

    parked: Mapping[str, Parked]
    snapshots: tuple[Snapshot, ...]
    """The last snapshot of the work disk of each machine that had one."""
    superseded: tuple[Snapshot, ...]
    """The snapshots that were deleted because enough newer ones are complete."""


def plan_park(deployment: Deployment, names: Sequence[str] = ()) -> Parking:
    """What it takes to park these machines, or all. Raises `UsageError` for machines that cannot be parked, and where the project file
    asks for more than what is up."""
    project, recorded = deployment.project, under_new_names(deployment.project, deployment.engine.resources())
    parked = parked_of(project, recorded)
    there = {machine_of(one): one for one in recorded.of_type(*MACHINE)}
    disks = work_disks(recorded)
    if not there and not parked:
        raise UsageError(
            f"{project.title} has no machine that is up: there is nothing to park.",
            f"`{deployment.command('status')}` shows how it stands.",
        )
    chosen = _chosen(deployment, names, {*there, *parked})
    new = [name for name in chosen if name not in parked]
    half = [name for name in chosen if name in parked and (name in there or name in disks)]
    _refuse_restores(deployment, new)
    # What keeps a parked machine that the file no longer names would be deleted, which a preview says and no resource of a plan shows.
    if forgotten_of(project, recorded) or (new and not half and deployment.preview().plan.changes_anything):
        raise UsageError(
            "The project file asks for changes that are not up yet, and a park would carry them out too. Nothing was changed.",
            f"`{deployment.command('preview')}` shows them. Run `{deployment.command('up')}` first, or undo the edit.",
        )
    since, by = f"{deployment.cloud.now():%Y-%m-%dT%H:%M:%SZ}", user()
    doing = {name: parked[name] for name in half} | {
        name: Parked(
            since, by, str(there[name].id), "", image_name_on(there[name]),
            str(disks[name].id) if name in disks else "",
        )
        for name in new
    }  # fmt: skip
    asked = deployment.asking_for(project, parking={**parked, **doing})
    plan = asked.preview().plan
    others = {name: one for name, one in parked.items() if name not in doing}
    return Parking(
        doing,
        tuple(name for name in chosen if name in others),
        others,
        plan,
        saving(project, recorded, _left(plan), doing, others),
        tuple(_told(deployment, plan, doing)) if doing else (),
        asked.look,
    )


def park(deployment: Deployment, parking: Parking, on_event: OnEvent = ignore) -> ParkResult:
    """Do it. Raises `CloudError` where a disk cannot be kept: the machine is stopped then, and has all its disks. Where somebody else was
    at work, raises `ChangedMeanwhile` or `StateLocked`, and what this stopped runs again."""
    machines = {one.name: one for one in deployment.machines()}
    new = [machines[name] for name, one in parking.parked.items() if not one.image and name in machines]
    _look_again(deployment, parking)
    stopped = deployment.stop(new, on_event=on_event)
    try:
        kept = {
            one.name: replace(
                parking.parked[one.name], image=keep(deployment, one, parking.parked[one.name].made_from, on_event)
            )
            for one in new
        }
        _refuse_started(deployment, new)
        doing = {**parking.parked, **kept}
        asked = deployment.asking_for(deployment.project, parking={**parking.others, **doing})
        asked.verb, asked.look = "park", parking.look
        asked.wanted = there_will_be(parking.plan)
        asked.apply(on_event=on_event)
    except (ChangedMeanwhile, StateLocked):
        _start_again(deployment, stopped, on_event)
        raise
    of_disks = {one.disk for one in doing.values() if one.disk}
    last = {one.disk: one for one in deployment.snapshots() if one.disk in of_disks and one.is_complete}
    return ParkResult(doing, tuple(last.values()), tuple(tidy(deployment)))


def tidy(deployment: Deployment) -> list[Snapshot]:
    """Delete what earlier parks kept and nothing needs any more; a park that was cut off at its end has left it. Returns the snapshots."""
    recorded = deployment.engine.resources()
    drop_unused(deployment, recorded)
    return prune_snapshots(deployment.cloud.snapshots, deployment.studio.studio, deployment.project, recorded)


def _chosen(deployment: Deployment, names: Sequence[str], known: set[str]) -> list[str]:
    """The machines that are meant: of the file, and there or parked."""
    project = deployment.project
    for name in names:
        if name not in project.workstations:
            near = nearest(name, project.workstations)
            hint = f'Did you mean "{near}"?' if near else f"Known: {', '.join(project.workstations) or 'none'}."
            raise UsageError(f'There is no machine "{name}" in this project.', hint)
        if name not in known:
            raise UsageError(f"{name} is not up: there is nothing to park.", f"`{deployment.command('up')}` makes it.")
    return list(dict.fromkeys(names)) or [name for name in project.workstations if name in known]


def _refuse_restores(deployment: Deployment, names: Sequence[str]) -> None:
    if begun := [name for name in names if name in being_restored(deployment.folder)]:
        raise UsageError(
            f"A restore of {listed(begun)} has begun and not come to its end. Nothing was changed.",
            f"Finish it first: `{deployment.command('restore')} {begun[0]}`.",
        )


def _look_again(deployment: Deployment, parking: Parking) -> None:
    """Refuse before anything is stopped, where somebody else has parked or started machines while a person was asked."""
    if parking.look:
        parking.look(deployment.outputs())


def _start_again(deployment: Deployment, stopped: Sequence[Machine], on_event: OnEvent) -> None:
    """Let what a refused park has stopped run again, but for what somebody else parks or has deleted meanwhile."""
    theirs = parked_of(deployment.project, under_new_names(deployment.project, deployment.engine.resources()))
    mine = {one.instance_id for one in stopped if one.is_running and one.name not in theirs}
    again = [one for one in deployment.machines() if one.instance_id in mine]
    try:
        deployment.start(again, wait=False, on_event=on_event)
    except OperationError as error:  # the refusal itself is what is raised
        on_event(
            Event(EventKind.WARNING, message=f"{listed([one.name for one in again])} did not all start again: {error}")
        )


def _refuse_started(deployment: Deployment, kept: Sequence[Machine]) -> None:
    """Refuse where somebody has started a machine since its system disk was kept: what is on it now is not in the image."""
    now = {one.name: (one.state, one.launched) for one in deployment.machines()}
    if on := [one.name for one in kept if now.get(one.name) != ("stopped", one.launched)]:
        raise ChangedMeanwhile(
            f"Somebody has started {listed(on)} meanwhile. No disk was deleted.",
            f"When {'it is' if len(on) == 1 else 'they are'} free: `{deployment.command('park')}` again.",
        )


def _left(plan: Plan) -> Plan:
    """What of a plan is there afterwards."""
    gone = (Operation.DELETE, Operation.FORGET)
    return replace(plan, resources=tuple(one for one in plan if one.operation not in gone))


def _told(deployment: Deployment, plan: Plan, doing: Mapping[str, Parked]) -> Iterator[str]:
    """What goes, what is kept, and what is different afterwards."""
    names, going = listed(list(doing)), [one for one in plan if one.operation is Operation.DELETE]
    there = {one.name: one for one in deployment.machines()}
    if lost := [name for name, one in doing.items() if not one.image and name not in there]:
        yield f"{listed(lost)}: somebody deleted the machine by hand, so that its system disk cannot be kept."
    on = [name for name in doing if name in there and there[name].is_running]
    if on:
        yield f"{listed(on)} {'runs' if len(on) == 1 else 'run'} now and will be stopped: whoever works there is thrown out."
    yield (
        f"Kept of {names}: the system disk as an image, with what was installed and set on it"
        + (", and the work disk as a last snapshot." if any(one.disk for one in doing.values()) else ".")
    )
    scratch = sorted({machine_of(one) for one in going if one.type in DISK and one.name.endswith("-scratch")})
    if scratch:
        yield f"Lost: what is on the scratch disk of {listed(scratch)}."
    counts = ((sum(one.type == type for one in going), one, many) for type, one, many in _BILLED)
    if more := [f"{number} {one if number == 1 else many}" for number, one, many in counts if number]:
        yield f"Deleted besides machines and disks, because it is billed by the hour: {listed(more)}."
    yield (
        "A machine that comes back has another address, and its log begins anew. While it is parked, no `hours` start it, and people "
        "cannot connect to it."
    )
    yield "The media bucket, keys, network, roles, budget and the audit trail stay as they are."
