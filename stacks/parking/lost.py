"""What kept the disks of a parked machine and is gone: somebody deleted an image or a snapshot by hand."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from soundstage.core.errors import CloudError
from soundstage.core.words import listed
from soundstage.plan.plan import Plan
from soundstage.providers.cloud_codes import DENIED
from soundstage.stacks.clouds.base import Cloud, Snapshot
from soundstage.stacks.media.snapshots import names_of
from soundstage.stacks.parking.record import Parked

if TYPE_CHECKING:
    from soundstage.stacks.deployment import Deployment

_OF_NO_USE: Final = "error"


@dataclass(frozen=True)
class Lost:
    """What a parked machine lost."""

    machine: str
    image: str = ""
    """The image that kept its system disk; empty where that is there."""
    work: bool = False
    """Whether the last snapshot of its work disk is gone."""
    instead: Snapshot | None = None
    """The newest complete snapshot that is there of that machine's earlier work."""

    @property
    def what(self) -> list[str]:
        """`system disk`, `work disk`."""
        return [word for word, is_lost in (("system disk", self.image), ("work disk", self.work)) if is_lost]


def put_away(parked: Mapping[str, Parked], on_record: Collection[str]) -> dict[str, Parked]:
    """The machines that are `parked`, with what is kept of those resources alone that are not `on_record` (ids) any more: a park that was cut
    off may not have kept the others yet."""
    return {
        name: replace(
            one,
            image="" if one.instance in on_record else one.image,
            disk="" if one.disk in on_record else one.disk,
        )
        for name, one in parked.items()
    }


def lost(
    parked: Mapping[str, Parked],
    images: Collection[str],
    snapshots: Sequence[Snapshot],
    names: Mapping[str, Collection[str]],
) -> list[Lost]:
    """What is gone of machines that were `put_away`: `images` are those that are there and of use, `snapshots` those of the project, and
    `names` by which else they know a machine."""
    found = []
    for name, one in sorted(parked.items()):
        mine = [each for each in snapshots if each.machine in {name, *names.get(name, ())}]
        image = one.image if one.image and one.image not in images else ""
        work = bool(one.disk) and not any(each.disk == one.disk and each.state != _OF_NO_USE for each in mine)
        earlier = max((each for each in mine if each.is_complete), key=lambda each: each.taken, default=None)
        if image or work:
            found.append(Lost(name, image, work, earlier if work else None))
    return found


def look(
    cloud: Cloud, studio: str, project: str, parked: Mapping[str, Parked], names: Mapping[str, Collection[str]]
) -> list[Lost]:
    """Ask the cloud once what is there of machines that were `put_away`, and return what is gone."""
    wanted = {one.image for one in parked.values() if one.image}
    there = cloud.images.found(wanted, cloud.region) if wanted else {}
    disks = any(one.disk for one in parked.values())
    snapshots = cloud.snapshots.of_project(studio, project) if disks else []
    return lost(parked, {id for id, image in there.items() if image.usable}, snapshots, names)


def sentences(found: Iterable[Lost], start: str) -> Iterator[str]:
    """What a person has to know of each, and what to type. `start` is the command that brings machines back."""
    for one in found:
        back = f"`{start} {one.machine}`"
        if one.image:
            yield (
                f"{one.machine} is parked, and {one.image}, which kept its system disk, is gone: {back} brings it back with a new one, "
                "without what was installed and set there."
            )
        if one.instead:
            yield (
                f"{one.machine} is parked, and the last snapshot of its work disk is gone: {back} brings the disk back as "
                f"{one.instead.id} holds it, of {one.instead.taken:%Y-%m-%d}."
            )
        elif one.work:
            yield (
                f"{one.machine} is parked, and no snapshot of its work disk is there any more: what was on it is lost. To have the machine "
                f"back without it, set `data_gib: 0` for it in the project file, then {back}."
            )


def told_of(
    cloud: Cloud,
    studio: str,
    project: str,
    parked: Mapping[str, Parked],
    start: str,
    names: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> tuple[list[Lost], list[str]]:
    """`look`, and its sentences. What these credentials may not read is said."""
    try:
        found = look(cloud, studio, project, parked, names) if parked else []
    except CloudError as error:
        if error.code not in DENIED:
            raise
        return [], [
            f"Whether what keeps {listed(sorted(parked))} is still there is not known: these credentials may not read it ({error.action})."
        ]
    return found, list(sentences(found, start))


def lost_of(deployment: "Deployment", parked: Mapping[str, Parked], recorded: Plan) -> tuple[list[Lost], list[str]]:
    """`told_of` the machines of a project that are `parked`."""
    kept = put_away(parked, {str(one.id) for one in recorded})
    project, studio = deployment.project, deployment.studio.studio
    names = {name: names_of(project, name) for name in kept if name in project.workstations}
    return told_of(deployment.cloud, studio, project.project, kept, deployment.command("start"), names)
