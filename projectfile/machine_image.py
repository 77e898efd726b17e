"""Which image a machine of a project file is made from, as far as that is known without asking a cloud."""

from dataclasses import dataclass

from soundstage.components.images import default_image, images
from soundstage.images.index import Index, for_work
from soundstage.projectfile.chosen_image import OwnImage
from soundstage.projectfile.project_file import Workstation


@dataclass(frozen=True, slots=True)
class WantedImage:
    """An image that is known: a recipe's, or a published one."""

    name: str
    """As project files have it."""
    os: str
    disk_gib: int
    """The smallest system disk that a machine made of it can have."""
    gpu_driver: bool
    display: bool
    """Whether a remote display is in it."""
    recipe: bool
    """Whether it is baked of a recipe."""

    def shows_a_picture(self, *, web: bool) -> bool:
        """Whether a machine made of it shows one. Where it reaches the web, a published image fetches a display at its first start."""
        return self.display or (web and not self.recipe)


def image_of(machine: Workstation, *, gpu: bool, known: Index) -> WantedImage | None:
    """The image that `machine` asks for, with the recipes of its studio; None for one that only its owner knows, and for a name that
    nobody knows."""
    if isinstance(machine.image, OwnImage):
        return None
    if machine.image is None:
        recipe = for_work(known, machine.for_, machine.os)
        return of_recipe(recipe.name, known) if recipe else of_published(default_image(machine.os, gpu=gpu).key)
    return of_recipe(machine.image, known) or of_published(machine.image)


def of_recipe(name: str, known: Index) -> WantedImage | None:
    """The image of a recipe; None for a name that is none."""
    if name not in known:
        return None
    one = known[name]
    return WantedImage(name, one.os, one.disk_gib, one.gpu_driver, "display" in one.carries, recipe=True)


def of_published(name: str) -> WantedImage | None:
    """A published image by its name here; None for a name that is none."""
    if name not in images():
        return None
    one = images()[name]
    return WantedImage(name, one.os, one.smallest_disk_gib, one.gpu_driver, display=False, recipe=False)
