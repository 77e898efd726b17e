"""What a project declares at this moment: its file, held against what is on record, what the account offers and what is kept."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from soundstage.engines.base import Program
from soundstage.plan.plan import Plan
from soundstage.stacks.capacity.order import known_price, withdrawn
from soundstage.stacks.capacity.order import told as fallback_sentences
from soundstage.stacks.images.chosen import choose
from soundstage.stacks.kinds.resource_kinds import MACHINE, image_on
from soundstage.stacks.machine_of import machine_of
from soundstage.stacks.media.deletion import with_recorded_media
from soundstage.stacks.parking.guard import still_parked
from soundstage.stacks.parking.lost import lost_of
from soundstage.stacks.parking.record import Parked, forgotten_of, working
from soundstage.stacks.parking.returning import not_their_last, own_images, refuse_lost_disks, with_their_disks
from soundstage.stacks.programs.disk_sources import disk_sources, renamed, under_new_names, work_disks
from soundstage.stacks.programs.placement import Placement, as_it_stands, placement
from soundstage.stacks.programs.recorded_images import recorded_images
from soundstage.stacks.programs.studio_outputs import Shared
from soundstage.stacks.state.last_run import still_coming
from soundstage.stacks.state.restoring import being_restored

if TYPE_CHECKING:
    from soundstage.stacks.deployment import Deployment


def declared(
    deployment: "Deployment", shared: Shared, as_named: Plan, *, refresh: bool = False
) -> tuple[Program, tuple[str, ...]]:
    """The program of a project, and sentences about what no plan of it shows. `as_named` is what it has on record. Notes in
    `deployment.orders` what is tried for each machine."""
    from soundstage.stacks.programs.programs import programs_of

    whole, parked = deployment.project, deployment.parked(as_named)
    project = working(whole, parked)
    deployment.look = deployment.look or still_parked(deployment, as_named)
    recorded = under_new_names(whole, as_named)
    stands = placement(project, recorded, deployment.cloud.zones, deployment.chosen, still_coming(deployment.folder))
    deployment.orders = deployment.orders if deployment.chosen else stands.all_orders(project)
    place = with_what_is_kept(deployment, stands, recorded, refresh=refresh)
    choice = choose(project, place.images, deployment.shelf, datetime.now(UTC).date())
    made = programs_of(deployment.cloud.name.family)
    program = made.project_program(
        project, deployment.studio, shared, replace(place, images=choice.images), parked=parked
    )
    would_try = fallback_sentences(project, stands.orders, known_price(project.region))
    fallbacks = (*withdrawn(project, stands.withdrawn), *would_try)
    left_out = _left_out(deployment, parked, recorded) if deployment.parking is None else ()
    forgotten = _forgotten(forgotten_of(whole, recorded))
    return program, (*renamed(whole, as_named), *left_out, *forgotten, *place.disks.told, *choice.told, *fallbacks)


def with_what_is_kept(
    deployment: "Deployment", place: Placement, recorded: Plan, *, refresh: bool = False
) -> Placement:
    """`place` with the images and the work disks that are there, and the snapshots that disks come back from."""
    project = working(deployment.project, deployment.parked(recorded))
    known = work_disks(recorded).values() if refresh else ()
    missing = [str(one.id) for one in known if not deployment.cloud.exists(one.type, str(one.id), one.inputs)]
    now = deployment.project.new_names
    begun = {now.get(name, name): one.snapshot for name, one in being_restored(deployment.folder).items()}
    chosen = {name: one for name, one in {**begun, **deployment.restoring}.items() if name in project.workstations}
    coming_back = deployment.coming_back(recorded)
    whose = with_their_disks(project, coming_back)
    disks = disk_sources(
        whose, deployment.studio.studio, recorded, deployment.cloud.snapshots, chosen=chosen, missing=missing
    )
    index = deployment.shelf.known
    refuse_lost_disks(project, coming_back, {*disks.disks, *work_disks(recorded)})
    known_sources = {name: one.snapshot_id for name, one in disks.disks.items() if name in coming_back}
    older = not_their_last(coming_back, known_sources, deployment.snapshots() if known_sources else ())
    back, told = own_images(project, coming_back, deployment.shelf)
    images = {**back, **recorded_images(project, recorded, index)}
    return replace(place, images=images, disks=replace(disks, told=(*disks.told, *older, *told)))


def unguarded(deployment: "Deployment", recorded: Plan) -> Program:
    """The program that lets media, the key that opens them and the last snapshots of disks go; nothing else of it differs from what is on
    record."""
    from soundstage.stacks.programs.programs import programs_of

    project = with_recorded_media(deployment.project, recorded)
    place = with_what_is_kept(deployment, as_it_stands(project, recorded), recorded)
    have = {machine_of(one): ("", image_on(one)) for one in recorded.of_type(*MACHINE) if image_on(one)}
    place = replace(place, images={**have, **place.images})
    made = programs_of(deployment.cloud.name.family)
    return made.project_program(
        project, deployment.studio, deployment.home.shared() or Shared(), place, keep_media=False
    )


def _left_out(deployment: "Deployment", parked: Mapping[str, Parked], recorded: Plan) -> Iterator[str]:
    start = deployment.command("start")
    found, told = lost_of(deployment, parked, recorded)
    gone = {one.machine for one in found}
    for name, one in sorted(parked.items()):
        if name not in gone:
            yield f"{name} is parked since {one.since[:10]} and stays so: `{start} {name}` brings it back."
    yield from told


def _forgotten(parked: Mapping[str, Parked]) -> Iterator[str]:
    for name, one in sorted(parked.items()):
        image = (
            ", and the image of its system disk is deleted, now or by the next `park`, `start` or `down`"
            if one.image
            else ""
        )
        disk = " The last snapshot of its work disk stays." if one.disk else ""
        yield (
            f"{name} is parked since {one.since[:10]}, and the project file no longer names it: nothing brings it back after this{image}."
            f"{disk} To keep the machine, put it back into the project file first."
        )
