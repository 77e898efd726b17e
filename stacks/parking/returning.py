"""What a parked machine comes back with: the system disk and the work disk that it had."""

from collections.abc import Collection, Mapping, Sequence

from soundstage.core.errors import PreflightRefused
from soundstage.projectfile.project_file import Project
from soundstage.stacks.clouds.base import Snapshot
from soundstage.stacks.images.shelf import Shelf
from soundstage.stacks.parking.record import Parked
from soundstage.stacks.programs.recorded_images import kept_image


def own_images(
    project: Project, back: Mapping[str, Parked], shelf: Shelf
) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """The images of machines that come `back`, as `recorded_images` has them, and sentences about those that cannot have theirs."""
    wanted = {one.image for one in back.values() if one.image}
    there = shelf.images.found(wanted, project.region) if wanted else {}
    kept: dict[str, tuple[str, str]] = {}
    told = []
    for name, one in back.items():
        usable = one.image in there and there[one.image].usable
        image = kept_image(project, name, one.made_from, one.image, shelf.known) if usable else None
        if image:
            kept[name] = image
        elif usable:
            told.append(f"{name}: its file asks for another image than it was parked with, so its system disk is new.")
        elif one.image:
            told.append(f"{name}: {one.image}, which kept its system disk, is gone. Its system disk is new.")
    return kept, told


def with_their_disks(project: Project, back: Mapping[str, Parked]) -> Project:
    """The project as if it wanted the last snapshot for the work disk of each machine that comes `back`: `data_from: empty` was about an
    earlier one."""
    machines = {
        name: machine.model_copy(update={"data_from": "last"}) if name in back and back[name].disk else machine
        for name, machine in project.workstations.items()
    }
    return project.model_copy(update={"workstations": machines}) if back else project


def not_their_last(back: Mapping[str, Parked], sources: Mapping[str, str], found: Sequence[Snapshot]) -> list[str]:
    """Sentences about the machines that come `back` with a work disk from a snapshot (`sources`) that is of an earlier disk than the one
    that they were parked with: somebody deleted its last one."""
    of_disk = {one.id: one.disk for one in found}
    return [
        f"{name}: the last snapshot of the work disk that it was parked with ({one.disk}) is gone. What was done after the snapshot above is "
        "lost."
        for name, one in sorted(back.items())
        if one.disk and of_disk.get(sources.get(name, ""), one.disk) != one.disk
    ]


def refuse_lost_disks(project: Project, back: Mapping[str, Parked], found: Collection[str]) -> None:
    """Raise `PreflightRefused` for a machine that comes `back`, had a work disk, and is none of those (`found`) for which a disk or a
    snapshot is there."""
    lost = [
        f"{name}: it was parked with a work disk ({back[name].disk}), and no complete snapshot of it is there."
        for name in sorted(back)
        if back[name].disk and project.workstations[name].data_gib and name not in found
    ]
    if lost:
        raise PreflightRefused(
            "Nothing was changed.\n" + "\n".join(lost),
            "`workstation snapshots` lists those that there are. To have the machine back without a work disk, set `data_gib: 0` for it.",
        )
