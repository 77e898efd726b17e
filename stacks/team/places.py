"""Where the machines of a person's studios can be: by the project files of this folder, by their studios, and by what this machine has
on record."""

from collections.abc import Callable, Iterator
from functools import partial

from soundstage.core.clouds import CLOUDS
from soundstage.core.errors import SoundstageError
from soundstage.projectfile.project_paths import project_files
from soundstage.projectfile.spec import STUDIO_FILE, Studio, default_studio, find_studio, load_project, load_studio
from soundstage.stacks.clouds.base import Cloud
from soundstage.stacks.state.on_record import OnRecord, all_on_record
from soundstage.stacks.studio_deployment import StudioDeployment
from soundstage.stacks.target import cloud_in, studio_cloud
from soundstage.stacks.team.overview import Place, unique


def places(on_record: list[OnRecord]) -> tuple[list[Place], list[str]]:
    """Each region of each cloud to ask, and a sentence about every file that cannot be read. A simulated cloud on which nothing is on
    record is not asked: that would start it."""
    told: list[str] = []
    wanted = [*_of_files(told), *_of_records(on_record, told)]
    used = {(one.studio, one.cloud) for one in on_record if one.is_there}
    chosen = [
        Place(studio.studio, kind, region, partial(_open, kind, region, studio))
        for studio, kind, region in wanted
        if CLOUDS[kind].is_real or (studio.studio, kind) in used
    ]
    return unique(chosen), told


def studios_of(asked: list[Place]) -> list[tuple[Studio, Callable[[], Cloud]]]:
    """The studio of each project file of this folder, once for each cloud among the places that are asked."""
    there = {(one.studio, one.kind): one.open for one in asked}
    wanted = {(studio.studio, kind): studio for studio, kind, _ in _of_files([])}
    return [(studio, there[key]) for key, studio in wanted.items() if key in there]


def regions_of(studio: Studio) -> set[str]:
    return {studio.home_region, *studio.regions}


def _of_files(told: list[str]) -> Iterator[tuple[Studio, str, str]]:
    for path in project_files():
        try:
            project = load_project(path, allow_expired=True)
            file = find_studio(path)
            studio = load_studio(file) if file else default_studio()
        except SoundstageError as error:
            told.append(f"{path} cannot be read, and its machines may be missing here: {error.message.splitlines()[0]}")
            continue
        for region in {project.region, *regions_of(studio)}:
            yield studio, project.cloud, region


def _of_records(on_record: list[OnRecord], told: list[str]) -> Iterator[tuple[Studio, str, str]]:
    for one in on_record:
        if not one.is_there or one.region is None:
            continue
        studio = default_studio().model_copy(update={"studio": one.studio})
        try:
            if one.file and one.file.exists():
                file = one.file if one.file.name == STUDIO_FILE else find_studio(one.file)
                studio = load_studio(file).model_copy(update={"studio": one.studio}) if file else studio
        except SoundstageError as error:
            told.append(
                f"The studio file of {one.project or one.studio} cannot be read: {error.message.splitlines()[0]}"
            )
        yield studio, one.cloud, one.region


def _open(kind: str, region: str, studio: Studio) -> Cloud:
    return cloud_in(studio_cloud(kind, studio), region, studio)


def regions_on_record(studio: StudioDeployment) -> set[str]:
    """The regions that a studio's file names, and those where this machine or a project file of this folder has something of it."""
    name, kind = studio.studio.studio, studio.cloud.kind
    found = regions_of(studio.studio)
    found |= {one.region for one in all_on_record() if (one.studio, one.cloud) == (name, kind) and one.region}
    told: list[str] = []
    return found | {region for of, cloud, region in _of_files(told) if (of.studio, cloud) == (name, kind)}
