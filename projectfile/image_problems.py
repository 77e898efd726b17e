"""What is wrong with the image of a machine. Pure: values in, problems out."""

from collections.abc import Iterator

from soundstage.components.images import images
from soundstage.core.filefaults import Problem
from soundstage.core.words import nearest, shown
from soundstage.core.yamlfile import Place
from soundstage.images.index import Index, for_work
from soundstage.projectfile.catalogues import Kind
from soundstage.projectfile.chosen_image import is_exact
from soundstage.projectfile.cloud_limits import has_key
from soundstage.projectfile.machine_image import WantedImage, image_of
from soundstage.projectfile.project_file import Project, Workstation


def image_problems(
    project: Project, place: Place, workstation: Workstation, machine: Kind | None, known: Index
) -> Iterator[Problem]:
    """An image goes with its machine, which is of the type `machine`; None for one that there is not, which the check of the size reports."""
    image = image_of(workstation, gpu=machine is not None and machine.gpu is not None, known=known)
    if image is None and isinstance(workstation.image, str) and not is_exact(workstation.image):
        names = (*known, *images())
        problem = f"is {shown(workstation.image)}"
        yield Problem(
            (*place, "image"), problem, workstation.image, ", ".join(names), nearest(workstation.image, names)
        )
    if image is None or machine is None:
        return  # an image that only its owner knows
    if image.os != workstation.os:
        systems = {key: one.os for key, one in known.items()} | {key: one.os for key, one in images().items()}
        others = ", ".join(key for key, os in systems.items() if os == workstation.os)
        problem = f"{image.name} is an image of {image.os}, and the machine's os is {workstation.os}"
        yield Problem((*place, "image"), problem, image.name, others, concerns=((*place, "os"),))
    elif workstation.image is not None and not image.shows_a_picture(web=project.network.nat):
        recipe = for_work(known, workstation.for_, workstation.os)
        because: tuple[Place, ...] = (("network", "nat"), ("network", "zone"))
        problem = f"is {image.name}, which has no remote display"
        allowed = f"{recipe.name if recipe else 'a recipe'}, which has one"
        if not image.recipe:
            problem += ", and the machine has no way to fetch one"
            allowed += "; or network.nat: true in zone io"
        yield Problem((*place, "image"), problem, image.name, allowed, concerns=because)
    if workstation.disk_gib < image.disk_gib:
        concerns: tuple[Place, ...] = tuple((*place, key) for key in ("image", "os", "instance_type", "for", "size"))
        yield Problem(
            (*place, "disk_gib"),
            f"is {workstation.disk_gib}, too small for the image {image.name}",
            workstation.disk_gib,
            f"at least {image.disk_gib}",
            concerns=concerns,
        )
    yield from _secure_boot(project, place, workstation, machine, image)


def _secure_boot(
    project: Project, place: Place, workstation: Workstation, machine: Kind, image: WantedImage
) -> Iterator[Problem]:
    """The installer of NVIDIA's driver compiles its module on Linux, and no key signs it (Compute Engine, "Install GPU drivers", read 2026-11)."""
    unsigned = image.os == "linux" and machine.gpu is not None
    if workstation.secure_boot and unsigned and has_key(project.cloud, "workstations.*.secure_boot"):
        yield Problem(
            (*place, "secure_boot"),
            f"is true, and nobody signs the GPU driver of the image {image.name}: it would not load, and the machine would have no GPU",
            True,
            "the key left out; or an image of your own that signs it, projects/PROJECT/global/images/NAME",
            concerns=tuple((*place, key) for key in ("image", "os", "instance_type", "for", "size")),
        )
