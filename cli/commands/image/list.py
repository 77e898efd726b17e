"""List the recipes, and which image each means here.

An image that is older than 45 days, or whose recipe has changed since, is said with the command that makes a fresh one.
"""

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import Cloud, CloudName
from soundstage.cli.image_arguments import Region, Studio, bakery_of, whose


def command(region: Region = None, studio: Studio = None, cloud: Cloud = CloudName.SIMULATED) -> Answer:
    from soundstage.cli.display.images import listed_document, listed_text
    from soundstage.stacks.images.keeping import standings

    bakery = bakery_of(studio, cloud, region)
    found = standings(bakery)
    return Answer(whose(bakery) | listed_document(bakery, found), lambda screen: listed_text(bakery, found, screen))
