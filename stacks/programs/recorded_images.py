"""The images that machines were made from: chosen once, when a machine is made, and kept as long as it is there.

An owner may withdraw an image while machines run on it, and a recipe is baked again every month. A machine on record therefore keeps
the id that it has, unless its file asks for an image of another name, system or driver.
"""

from soundstage.components.images import baked
from soundstage.components.tags import WORKSTATION
from soundstage.images.index import Index
from soundstage.plan.plan import Plan
from soundstage.projectfile.catalogues import kinds
from soundstage.projectfile.machine_image import WantedImage, image_of, of_published, of_recipe
from soundstage.projectfile.project_file import Project
from soundstage.stacks.kinds.resource_kinds import MACHINE, image_name_on, image_on, tags_on


def recorded_images(project: Project, recorded: Plan, known: Index) -> dict[str, tuple[str, str]]:
    """Machine → name (as its tag has it) and id of its image, for each machine that keeps the one it has. The name is empty where the
    file, or what it leaves open, says the same. `known` are the recipes."""
    found = {}
    for machine in recorded.of_type(*MACHINE):
        name, id = str(tags_on(machine).get(WORKSTATION, "")), image_on(machine)
        if id and (kept := kept_image(project, name, image_name_on(machine), id, known)):
            found[name] = kept
    return found


def kept_image(project: Project, name: str, tag: str, id: str, known: Index) -> tuple[str, str] | None:
    """Name and id, as `recorded_images` has them, of the image that a machine with this tag keeps; None where its file asks for
    another one. An image that only its owner knows is the same where the file names it by the same id."""
    if name in project.workstations and tag and project.workstations[name].image == tag and of_tag(tag, known) is None:
        return tag, id
    there = of_tag(tag, known)
    wanted = _wanted(project, name, known) if there and name in project.workstations else None
    if there is None or wanted is None:
        return None
    alike = (wanted.os, wanted.gpu_driver) == (there.os, there.gpu_driver)
    if wanted.name == there.name or (alike and project.workstations[name].image is None):
        return ("" if wanted.name == tag else tag), id
    return None


def of_tag(tag: str, known: Index) -> WantedImage | None:
    """The image that a machine's tag names; None for one that is not known."""
    made = baked(tag)
    return of_recipe(made.recipe, known) if made else of_published(tag)


def _wanted(project: Project, name: str, known: Index) -> WantedImage | None:
    """The image that the machine would be made from today."""
    machine = project.workstations[name]
    gpu = kinds()[machine.machine_type(project.region)].gpu is not None
    return image_of(machine, gpu=gpu, known=known)
