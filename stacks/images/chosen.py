"""Which image each new machine of a project is made from: pinned by the studio, or named by its id; and the refusal of a machine
that would show no picture.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from soundstage.components.images import baked, baked_name
from soundstage.core.errors import PreflightRefused
from soundstage.images.index import Index
from soundstage.projectfile.catalogues import kinds
from soundstage.projectfile.chosen_image import OwnImage
from soundstage.projectfile.cloud_limits import next_step
from soundstage.projectfile.machine_image import WantedImage, image_of
from soundstage.projectfile.project_file import Project
from soundstage.stacks.clouds.machine_images import MachineImage
from soundstage.stacks.images.bake_cost import bake_command, takes, typed
from soundstage.stacks.images.shelf import Shelf

OLD_DAYS: Final = 45
"""After so many days an image is old: a month of patches, and two weeks to get round to it."""


@dataclass(frozen=True)
class Choice:
    """What the machines of a project are made from."""

    images: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Machine → name (as its tag has it; empty where the file says it) and id of its image."""
    told: tuple[str, ...] = ()
    """What a person should know, in sentences."""


def choose(project: Project, kept: Mapping[str, tuple[str, str]], shelf: Shelf, today: date) -> Choice:
    """An image for each machine that has none on record (`kept`). Raises `PreflightRefused` with every machine that none is there
    for, and the command that makes one."""
    wanted = {name: _wanted(project, name, shelf.known) for name in project.workstations if name not in kept}
    there = _there(project, wanted, shelf)
    chosen, told, faults = dict(kept), list[str](), list[_Missing]()
    for name, image in wanted.items():
        said = project.workstations[name].image
        if isinstance(said, OwnImage) or (image and not image.recipe):
            continue  # the component looks it up by name and owner
        if image is None:
            assert isinstance(said, str)  # noqa: S101 - a name that nobody knows was refused with the file
            if said in there:
                chosen[name] = (there[said].name if baked(there[said].name) else said, said)
            else:
                faults.append(_Missing(name, f"there is no image {said} in {project.region}"))
        elif found := there.get(image.name):
            chosen[name] = (found.name, found.id)
        elif said is None and project.network.nat:
            told.append(
                f"{name} has no image of {image.name} yet: its first start fetches desktop and display, which takes 10 to 30 minutes. "
                + _baking(project, image.name, "makes one that starts in minutes.")
            )
        else:
            pinned = shelf.pins.image(image.name, project.region)
            gone = f"its pinned image {pinned} is gone" if pinned else f"there is no image of {image.name}"
            faults.append(_Missing(name, f"{gone} in {project.region}", image.name, pinned))
    if faults:
        raise _refusal(faults, project, shelf.known)
    return Choice(chosen, (*told, *_stale(project, chosen, today, shelf.known)))


def _baking(project: Project, recipe: str, makes: str) -> str:
    """What bakes an image for the project, and what that makes; where its cloud bakes none, what there is instead."""
    return next_step(
        project.cloud, f"image bake {recipe}", f"`{bake_command(recipe, project.region, project.cloud)}` {makes}"
    )


@dataclass(frozen=True)
class _Missing:
    machine: str
    words: str
    recipe: str = ""
    pinned: str | None = None


def _refusal(faults: list[_Missing], project: Project, known: Index) -> PreflightRefused:
    lines = [f"{one.machine}: {one.words}, and without one it would show no picture." for one in faults]
    hints = []
    for recipe in dict.fromkeys(one.recipe for one in faults):
        if not recipe:
            named = f"Name an image that is there, or a recipe (`{typed('list', project.cloud)}`)."
            hints.append(next_step(project.cloud, "image list", named))
            continue
        again = any(one.pinned for one in faults if one.recipe == recipe)
        other = f" (`{typed(f'promote {recipe}', project.cloud)}` pins another one that is there)" if again else ""
        hints.append(_baking(project, recipe, f"makes one: {takes(known[recipe], project.region)}{other}."))
    return PreflightRefused("Nothing was changed.\n" + "\n".join(lines), "\n".join(dict.fromkeys(hints)))


def _there(project: Project, wanted: Mapping[str, WantedImage | None], shelf: Shelf) -> dict[str, MachineImage]:
    """Recipe or id → the image that is there for it."""
    names = {image.name for image in wanted.values() if image and image.recipe}
    pinned = {name: id for name in names if (id := shelf.pins.image(name, project.region))}
    said = (project.workstations[name].image for name, image in wanted.items() if image is None)
    ids = {one for one in said if isinstance(one, str)}
    found = shelf.images.found({*pinned.values(), *ids}, project.region)
    there = {name: found[id] for name, id in pinned.items() if id in found and found[id].usable}
    there |= {id: found[id] for id in ids if id in found and found[id].usable}
    if shelf.simulated and (open := names - set(there)):
        first = shelf.images.named("soundstage/*", "self", project.region)
        there |= {name: one for one in first for name in open if one.name == baked_name(name, None)}
    return there


def _stale(project: Project, chosen: Mapping[str, tuple[str, str]], today: date, known: Index) -> Iterator[str]:
    for machine, (name, _) in sorted(chosen.items()):
        made = baked(name)
        if machine not in project.workstations or made is None or made.day is None:
            continue
        age, recipe = (today - made.day).days, known.get(made.recipe)
        again = _baking(project, made.recipe, "makes a fresh one.")
        if age > OLD_DAYS:
            yield f"{machine} is made from an image of {made.recipe} that is {age} days old, so it lacks later patches. {again}"
        elif recipe and not recipe.digest.startswith(made.digest):
            yield f"The recipe {made.recipe} has changed since the image of {machine} was baked. {again}"


def _wanted(project: Project, name: str, known: Index) -> WantedImage | None:
    machine = project.workstations[name]
    gpu = kinds()[machine.machine_type(project.region)].gpu is not None
    return image_of(machine, gpu=gpu, known=known)
