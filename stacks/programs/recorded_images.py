"""The images that machines were made from: looked up once, when a machine is made, and kept as long as it is there.

An owner may withdraw an image while machines run on it. A machine on record therefore keeps the id that it has, unless its file
asks for an image of another name, system or driver.
"""

from soundstage.components.images import Image, default_image, images
from soundstage.components.sizes import known_types
from soundstage.components.tags import IMAGE, WORKSTATION
from soundstage.plan.plan import Plan
from soundstage.projectfile.project_file import Project


def recorded_images(project: Project, recorded: Plan) -> dict[str, tuple[str, str]]:
    """Machine → name (as project files have it) and id of its image, for each machine that keeps the one it has. The name is empty
    where the file, or what it leaves open, says the same."""
    found = {}
    for machine in recorded.of_type("aws:ec2/instance:Instance"):
        tags, id = machine.property("tags", {}), machine.property("ami")
        name, there = str(tags.get(WORKSTATION, "")), images().get(str(tags.get(IMAGE)))
        if there and name in project.workstations and isinstance(id, str):
            wanted = _wanted(project, name)
            alike = (wanted.os, wanted.gpu_driver) == (there.os, there.gpu_driver)
            if wanted == there or (alike and project.workstations[name].image is None):
                found[name] = ("" if wanted == there else there.key, id)
    return found


def _wanted(project: Project, name: str) -> Image:
    """The image that the machine would be made from today."""
    machine = project.workstations[name]
    if machine.image is not None:
        return images()[machine.image]
    gpu = known_types()[machine.machine_type(project.region)].gpu is not None
    return default_image(machine.os, gpu=gpu)
