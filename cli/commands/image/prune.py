"""Delete old images of a recipe, with their snapshots.

The newest stay, and never goes one that is pinned or that a machine was made from.
"""

from typing import Annotated

import typer

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import Cloud, CloudName, Yes
from soundstage.cli.image_arguments import Recipe, Region, Studio, bakery_of, whose

KeepMany = Annotated[int, typer.Option("--keep", metavar="N", min=0, max=100, help="How many of the newest stay.")]


def command(
    recipe: Recipe,
    keep: KeepMany = 3,
    yes: Yes = False,
    region: Region = None,
    studio: Studio = None,
    cloud: Cloud = CloudName.SIMULATED,
) -> Answer:
    from soundstage.cli.confirm import confirm
    from soundstage.cli.display.images import pruned_document, pruned_text
    from soundstage.cli.display.screen import stderr
    from soundstage.cli.notice import notice, write
    from soundstage.stacks.images.keeping import prune, to_prune
    from soundstage.stacks.journal.keeping import journaled

    bakery = bakery_of(studio, cloud, region)
    found = to_prune(bakery, recipe, keep)
    if found.deleted:
        write(pruned_text(recipe, found, stderr(), done=False))
        confirm(f"Delete {len(found.deleted)} of them?", yes=yes)
        with journaled(bakery.studio, f"image prune {recipe}", say=notice):
            prune(bakery, found.deleted)
    return Answer(
        whose(bakery) | pruned_document(recipe, found), lambda screen: pruned_text(recipe, found, screen, done=True)
    )
