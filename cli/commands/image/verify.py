"""Look at an image from inside.

A machine is made of it, asked what the recipe checks, and removed. Exit code 1 when a check fails.
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
    from soundstage.cli.bake_progress import BakeProgress
    from soundstage.cli.display.images import verified_document, verified_text
    from soundstage.stacks.images.verifying import verify_image

    progress = BakeProgress()
    bakery = bakery_of(studio, cloud, region, progress.event, progress.step)
    found = verify_image(bakery, recipe, image)
    failed = any(one.ok is False for one in found)
    return Answer(
        whose(bakery) | verified_document(recipe, found),
        lambda screen: verified_text(recipe, found, screen),
        int(failed),
    )
