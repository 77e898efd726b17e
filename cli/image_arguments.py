"""Arguments that the commands about images share, and the bakery that they mean."""

from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from soundstage.cli import completion
from soundstage.cli.arguments import CloudName

if TYPE_CHECKING:
    from soundstage.engines.base import OnEvent
    from soundstage.images.host import OnProgress
    from soundstage.stacks.images.builder import Bakery

Recipe: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="RECIPE",
        autocompletion=completion.recipes,
        help="A recipe, such as edit-linux; see `workstation image list`.",
    ),
]
ImageId: TypeAlias = Annotated[
    str | None,
    typer.Argument(
        metavar="IMAGE",
        show_default=False,
        help="The id of an image, such as ami-0123456789abcdef0 or projects/PROJECT/global/images/NAME.",
    ),
]
Region: TypeAlias = Annotated[
    str | None,
    typer.Option("--region", metavar="REGION", show_default=False, help="Where. Left out: the studio's home region."),
]
Studio: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--studio", metavar="FILE", autocompletion=completion.studio_files, show_default=False,
        help="The studio's file. Left out: studio.yaml here.",
    ),
]  # fmt: skip


def bakery_of(
    studio: str | None,
    cloud: CloudName,
    region: str | None,
    on_event: "OnEvent | None" = None,
    on_progress: "OnProgress | None" = None,
) -> "Bakery":
    """The studio's bakery in a region. Raises `UsageError` for a region that the tables do not know."""
    from soundstage.core.errors import UsageError
    from soundstage.core.words import nearest, shown
    from soundstage.engines.base import ignore
    from soundstage.images.host import unseen
    from soundstage.projectfile.catalogues import CATALOGUES
    from soundstage.stacks.images.builder import Bakery
    from soundstage.stacks.studio_deployment import open_studio
    from soundstage.stacks.target import cloud_in

    deployment = open_studio(studio, cloud=cloud)
    regions = CATALOGUES[deployment.cloud.name.family].regions
    where = region or deployment.studio.home_region
    if where not in regions:
        near = nearest(where, regions)
        raise UsageError(
            f"There is no region {shown(where)}.",
            f'Did you mean "{near}"?' if near else f"Regions: {', '.join(sorted(regions))}.",
        )
    there = cloud_in(deployment.cloud, where, deployment.studio)
    # A simulated machine is this computer: a recipe must not change it.
    way = there.builders.way(lambda _told: None) if there.name.is_real else None
    return Bakery(deployment, where, way, on_event or ignore, on_progress or unseen)


def whose(bakery: "Bakery") -> dict[str, str]:
    """The key that every document about images begins with."""
    return {"studio": bakery.studio.studio.studio}
