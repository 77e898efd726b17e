"""What a project and its studio are made of, whatever the cloud: the programs that every cloud has, under the same names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, cast

from soundstage.core.clouds import CloudName
from soundstage.engines.base import Program
from soundstage.images.recipes import Composed
from soundstage.projectfile.spec import Project, Studio
from soundstage.stacks.clouds.base import Singletons
from soundstage.stacks.parking.record import Parked
from soundstage.stacks.programs.placement import Placement
from soundstage.stacks.programs.studio_outputs import Shared


@dataclass(frozen=True)
class Site:
    """Where a builder of images stands, and who it lets in."""

    studio: str
    account: str | None
    """None for whichever the credentials belong to."""
    region: str
    zone: str
    """One that offers its machine."""
    shared: Shared
    public_key: str
    """Of whoever bakes, where the builder is told whom it lets in."""
    image_id: str | None = None
    """The image that it is made of. None: the recipe's base."""


class Programs(Protocol):
    """The modules `stacks.programs.FAMILY.made`."""

    MACHINE: str
    """The type of a machine."""

    def machine_inputs(self, type: str, *, spot: bool) -> dict[str, Any]:
        """The inputs of a machine by which it is counted, before anything could be planned."""

    def project_program(
        self,
        project: Project,
        studio: Studio,
        shared: Shared,
        place: Placement | None = None,
        *,
        keep_media: bool = True,
        parked: Mapping[str, Parked] = ...,
    ) -> Program:
        """Declares the project. `place` is where it stands; what the file alone says when absent. `keep_media=False` lets media, and
        the key that opens them, be deleted afterwards. `parked` are the machines that `project` leaves out because they are parked."""

    def studio_program(
        self, studio: Studio, cloud: CloudName, regions: Sequence[str], there: Singletons | None = None
    ) -> Program:
        """Declares the studio on `cloud`, with an access log archive in its home region and in `regions`."""

    def builder_program(self, recipe: Composed, site: Site) -> Program:
        """Declares the machine that a recipe is baked on, with a network of its own; it exports `instance_id`. Raises `PreflightRefused`
        where the studio lacks what it takes."""


def programs_of(family: str) -> Programs:
    """The programs of a cloud (`aws` or `gcp`), with Pulumi's provider for it, which takes half a second to import."""
    return cast("Programs", import_module(f"soundstage.stacks.programs.{family}.made"))
