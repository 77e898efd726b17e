"""Let another AWS account make machines of a recipe's image.

The studio's key for disks must let that account use it too: the answer says how.
"""

from typing import Annotated

import typer

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import Cloud, CloudName
from soundstage.cli.image_arguments import Recipe, Region, Studio, bakery_of, whose

Account = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The 12 digits of the other account.")]


def command(
    recipe: Recipe,
    account: Account,
    region: Region = None,
    studio: Studio = None,
    cloud: Cloud = CloudName.SIMULATED,
) -> Answer:
    from soundstage.cli.display.images import shared_text
    from soundstage.cli.notice import notice
    from soundstage.core.errors import UsageError
    from soundstage.stacks.images.keeping import share
    from soundstage.stacks.journal.keeping import journaled

    if not (len(account) == 12 and account.isascii() and account.isdigit()):
        raise UsageError(f'"{account}" is no account of AWS.', "Give its 12 digits.")
    bakery = bakery_of(studio, cloud, region)
    with journaled(bakery.studio, f"image share {recipe} {account}", say=notice):
        ids = share(bakery, recipe, account)
    keys = {where: bakery.cloud.images.disk_key(where) for where in ids}
    document = {"recipe": recipe, "account": account, "images": ids, "keys": keys}
    return Answer(whose(bakery) | document, lambda screen: shared_text(recipe, account, ids, keys, screen))
