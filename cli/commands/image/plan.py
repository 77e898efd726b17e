"""Show what a bake would do, take and cost.

Says too what the recipe changed since the image in use. Nothing is asked of a machine and nothing is made.
"""

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import Cloud, CloudName
from soundstage.cli.image_arguments import Recipe, Region, Studio, bakery_of, whose


def command(recipe: Recipe, region: Region = None, studio: Studio = None, cloud: Cloud = CloudName.SIMULATED) -> Answer:
    from soundstage.cli.display.images import plan_document, plan_text
    from soundstage.stacks.images.keeping import standing
    from soundstage.stacks.images.records import changed_since

    bakery = bakery_of(studio, cloud, region)
    composed, found = bakery.recipe(recipe), standing(bakery, recipe)
    used = next((one.name for one in found.images if one.id == found.pinned), None)
    changes = changed_since(bakery.pins, used, composed) if used else None
    return Answer(
        whose(bakery) | plan_document(composed, found, changes),
        lambda screen: plan_text(composed, found, changes, screen),
    )
