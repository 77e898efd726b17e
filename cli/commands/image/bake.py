"""Make an image of a recipe.

A builder comes up in a network of its own, which lets nothing in. The recipe is applied over SSH through a session and verified from
inside; the machine is sealed, the image is made, encrypted with the studio's key, copied to the other regions, and the builder is
removed whatever happens. The recipe means the new image where it meant none before, or with --promote.
"""

from typing import Annotated

import typer

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import Cloud, CloudName, Yes
from soundstage.cli.image_arguments import Recipe, Studio, bakery_of, whose

Regions = Annotated[
    list[str] | None,
    typer.Option(
        "--region", metavar="REGION", show_default=False,
        help="Where; repeat for copies in more regions. Left out: the studio's home region.",
    ),
]  # fmt: skip
Promote = Annotated[bool, typer.Option("--promote", help="Let the recipe mean the new image at once.")]
Keep = Annotated[
    bool,
    typer.Option("--keep-builder", help="Keep a builder whose bake failed, so that the same command goes on with it."),
]


def command(
    recipe: Recipe,
    region: Regions = None,
    promote: Promote = False,
    keep_builder: Keep = False,
    yes: Yes = False,
    studio: Studio = None,
    cloud: Cloud = CloudName.SIMULATED,
) -> Answer:
    from soundstage.cli.bake_progress import BakeProgress
    from soundstage.cli.confirm import confirm
    from soundstage.cli.display.images import baked_document, baked_text
    from soundstage.cli.notice import notice
    from soundstage.images.index import recipe_named
    from soundstage.stacks.images.bake_cost import takes
    from soundstage.stacks.images.baking import bake
    from soundstage.stacks.journal.keeping import journaled
    from soundstage.stacks.notices.of_studio import telling_of_a_failed_bake

    first, copies = (region[0], region[1:]) if region else (None, [])
    progress = BakeProgress()
    bakery = bakery_of(studio, cloud, first, progress.event, progress.step)
    known = recipe_named(bakery.known, recipe)
    confirm(f"Bake {recipe} in {bakery.region}? It takes {takes(known, bakery.region)}.", yes=yes)
    with (
        journaled(bakery.studio, f"image bake {recipe} in {bakery.region}", say=notice),
        telling_of_a_failed_bake(bakery.studio, recipe, bakery.region),
    ):
        made = bake(bakery, recipe, copies, promote=promote, keep=keep_builder)
    return Answer(whose(bakery) | baked_document(made), lambda screen: baked_text(made, bakery.cloud.kind, screen))
