"""Show what a bake would do, take and cost.

Nothing is asked of a machine and nothing is made.
"""

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import Cloud, CloudName
from soundstage.cli.image_arguments import Recipe, Region, Studio, bakery_of, whose


def command(recipe: Recipe, region: Region = None, studio: Studio = None, cloud: Cloud = CloudName.SIMULATED) -> Answer:
    from soundstage.cli.display.images import plan_document, plan_text
    from soundstage.images.recipes import recipes
    from soundstage.stacks.images.keeping import standing

    bakery = bakery_of(studio, cloud, region)
    composed, found = recipes(bakery.studio.path).named(recipe), standing(bakery, recipe)
    return Answer(whose(bakery) | plan_document(composed, found), lambda screen: plan_text(composed, found, screen))
