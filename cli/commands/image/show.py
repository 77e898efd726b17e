"""Show what is in a recipe, and the images made of it."""

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import Cloud, CloudName
from soundstage.cli.image_arguments import Recipe, Region, Studio, bakery_of, whose


def command(recipe: Recipe, region: Region = None, studio: Studio = None, cloud: Cloud = CloudName.SIMULATED) -> Answer:
    from soundstage.cli.display.images import shown_document, shown_text
    from soundstage.stacks.images.keeping import standing

    bakery = bakery_of(studio, cloud, region)
    composed, found = bakery.recipe(recipe), standing(bakery, recipe)
    return Answer(whose(bakery) | shown_document(composed, found), lambda screen: shown_text(composed, found, screen))
