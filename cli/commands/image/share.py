"""Let somebody else make machines of a recipe's image.

On AWS that is another account. On Google Cloud it is who makes machines there, as IAM writes it: `group:`, `serviceAccount:` or `user:`
with an address.

The studio's key for disks must let that account use it too: the answer says how.
"""

from typing import Annotated

import typer

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import Cloud, CloudName
from soundstage.cli.image_arguments import Recipe, Region, Studio, bakery_of, whose

Account = Annotated[
    str,
    typer.Argument(
        metavar="ACCOUNT",
        help="The 12 digits of the other account; on Google Cloud a member such as group:render@example.com.",
    ),
]


def command(
    recipe: Recipe,
    account: Account,
    region: Region = None,
    studio: Studio = None,
    cloud: Cloud = CloudName.SIMULATED,
) -> Answer:
    from soundstage.cli.display.images import shared_text
    from soundstage.cli.notice import notice
    from soundstage.stacks.images.keeping import share
    from soundstage.stacks.journal.keeping import journaled

    bakery = bakery_of(studio, cloud, region)
    with journaled(bakery.studio, f"image share {recipe} {account}", say=notice):
        ids = share(bakery, recipe, account)
    images = bakery.cloud.images
    keys = {where: images.disk_key(where, bakery.studio.studio.studio) for where in ids}
    document = {"recipe": recipe, "account": account, "images": ids, "keys": keys}
    return Answer(
        whose(bakery) | document, lambda screen: shared_text(recipe, account, ids, keys, images.key_of_others, screen)
    )
