"""What an image is tagged with when it is baked, so that a pin can be made of the image alone."""

from collections.abc import Mapping
from typing import Final

from soundstage.components.images import baked
from soundstage.components.tags import MANAGED_BY, STUDIO
from soundstage.images.pins import Pin
from soundstage.images.recipes import Composed
from soundstage.stacks.clouds.machine_images import MachineImage

RECIPE: Final = "soundstage:recipe"
DIGEST: Final = "soundstage:recipe-digest"
BASE: Final = "soundstage:base"
"""The published image that it was made from, where the recipe names a family alone: `PROJECT/NAME`."""
BILL: Final = "soundstage:bill"
SIMULATED: Final = "soundstage:simulated"
VERSION: Final = "soundstage:version:"
"""Before the name of a download."""
SUM: Final = "soundstage:sha256:"
"""Before the name of a download for which its publisher gives no checksum."""


def image_tags(
    recipe: Composed, studio: str, name: str, bill: str, sums: Mapping[str, str], *, simulated: bool
) -> dict[str, str]:
    """The tags of an image called `name`. `bill` is the digest of its bill of materials, empty without one."""
    return {
        STUDIO: studio,
        MANAGED_BY: "soundstage",
        RECIPE: recipe.name,
        DIGEST: recipe.digest,
        **({BILL: bill} if bill else {}),
        **{VERSION + one: source.version for one, source in recipe.downloads.items()},
        **{SUM + one: found for one, found in sums.items()},
        **({SIMULATED: "yes"} if simulated else {}),
        "Name": name,
    }


def pin_of(image: MachineImage, digest: str, regions: Mapping[str, str]) -> Pin:
    """The pin of a recipe that means `image`, with the id in each region. `digest` is the recipe's, for an image that was copied
    without its tags."""
    made = baked(image.name)
    assert made is not None and made.day is not None  # noqa: S101, PT018 - it was baked
    return Pin(
        digest=image.tags.get(DIGEST, digest),
        baked=made.day,
        bill=image.tags.get(BILL),
        downloads={key.removeprefix(SUM): value for key, value in image.tags.items() if key.startswith(SUM)},
        regions=dict(regions),
    )
