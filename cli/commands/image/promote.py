"""Let a recipe mean another of its images.

By default the newest, in every region where it is. What is written to images.lock.yaml is to be committed. Machines that are up keep
the image that they have.
"""

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import Cloud, CloudName
from soundstage.cli.image_arguments import ImageId, Recipe, Region, Studio, bakery_of, whose


def command(
    recipe: Recipe,
    image: ImageId = None,
    region: Region = None,
    studio: Studio = None,
    cloud: Cloud = CloudName.SIMULATED,
) -> Answer:
    from soundstage.cli.display.images import pinned_document, pinned_text
    from soundstage.cli.notice import notice
    from soundstage.stacks.images.keeping import promote
    from soundstage.stacks.journal.keeping import journaled

    bakery = bakery_of(studio, cloud, region)
    with journaled(bakery.studio, f"image promote {recipe}", say=notice):
        pin = promote(bakery, recipe, image)
    file = bakery.pins if bakery.cloud.name.is_real else None
    return Answer(whose(bakery) | pinned_document(recipe, pin), lambda screen: pinned_text(recipe, pin, file, screen))
