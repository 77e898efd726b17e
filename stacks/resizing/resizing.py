"""Give a machine another size: what its project file says then, held to everything that a project file is held to before it is written."""

from dataclasses import dataclass

from soundstage.components.sizes import sizes
from soundstage.core import files, yamlfile
from soundstage.core.errors import OperationError, UsageError
from soundstage.core.words import listed, nearest, shown
from soundstage.pricing.machines import priced_words
from soundstage.projectfile.catalogues import catalogue_of, kinds
from soundstage.projectfile.project_file import Workstation
from soundstage.projectfile.project_text import with_value
from soundstage.projectfile.spec import read_project
from soundstage.stacks.deployment import Deployment


@dataclass(frozen=True)
class Resizing:
    """What a resize does."""

    machine: str
    before: str
    """The type that its file asks for now."""
    after: str
    told: tuple[str, str]
    """Both with their price, in words."""
    read: str
    """The project file as it was read."""
    text: str
    """The project file as it is then."""
    asked: Deployment
    """The project as that file describes it."""

    def write(self) -> None:
        """Change the file. Raises `UsageError` where somebody else has changed it since it was read, and `OperationError` where it cannot be
        written: nothing was changed."""
        if self.text == self.read:
            return
        yamlfile.refuse_changed(self.asked.path, self.read)
        try:
            files.write(self.asked.path, self.text)
        except OSError as error:
            raise OperationError(
                f"{self.asked.path} cannot be written: {error.strerror}. Nothing was changed.",
                "Free some space or check its permissions, then run this again.",
            ) from error


def plan_resize(deployment: Deployment, machine: str, size: str) -> Resizing:
    """What it takes to make `machine` a `size`: one of the sizes of its work, or a machine type. Raises `UsageError` for a machine or a size
    that there is not, and `SpecError` for one that does not go with the rest of the file."""
    project = deployment.project
    if machine not in project.workstations:
        known = list(project.workstations)
        near = nearest(machine, known)
        raise UsageError(
            f"There is no machine {shown(machine)} in {project.title}.",
            f'Did you mean "{near}"?' if near else f"Known: {', '.join(known) or 'none'}.",
        )
    now = project.workstations[machine]
    if size not in sizes() and size not in kinds():
        near = nearest(size, [*sizes(), *kinds()])
        raise UsageError(
            f"There is no size or machine type {shown(size)}. Nothing was changed.",
            f"Sizes: {listed(list(sizes()))}. `workstation prices` lists machine types.{f' Did you mean {near}?' if near else ''}",
        )
    key, other = ("size", "instance_type") if size in sizes() else ("instance_type", "size")
    text = yamlfile.content(deployment.path)
    changed = with_value(text, str(deployment.path), ("workstations", machine, key), size, instead_of=(other,))
    wanted = read_project(changed, deployment.path)
    then = wanted.workstations[machine]
    return Resizing(
        machine, now.machine_type(project.region), then.machine_type(wanted.region),
        (_priced(deployment, now), _priced(deployment, then)), text, changed, deployment.asking_for(wanted),
    )  # fmt: skip


def _priced(deployment: Deployment, machine: Workstation) -> str:
    region = deployment.project.region
    return priced_words(machine.machine_type(region), region, machine.os, machine.purchase, catalogue_of(region).family)
