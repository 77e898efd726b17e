"""Trying an image that is there: a machine is made of it, asked what its recipe's checks and the probe ask, and removed."""

from soundstage.core.errors import UsageError
from soundstage.engines.lock import held
from soundstage.images.apply import Found, verify
from soundstage.images.host import Host
from soundstage.images.probing import probe
from soundstage.images.recipes import Composed
from soundstage.stacks.images.bake_cost import typed
from soundstage.stacks.images.builder import Bakery, builder_of, has_gpu, inside
from soundstage.stacks.images.keeping import standing


def verify_image(bakery: Bakery, name: str, id: str | None = None) -> list[Found]:
    """What the checks of a recipe find on a machine that is made of its pinned image, or of `id`. Raises `UsageError` where there is
    no image, and where machines have no inside that could be asked."""
    recipe = bakery.recipe(name)
    image = id or standing(bakery, name).pinned
    if image is None:
        raise UsageError(
            f"{name} means no image in {bakery.region}.", f"`{typed(f'bake {name}', bakery.cloud.kind)}` makes one."
        )
    if bakery.way is None:
        raise UsageError(
            "A simulated machine has no inside that could be looked at.", "An image of a real account can be looked at."
        )
    label = f"verify-{name}"
    what = f"The verification of {name} in {bakery.region}"
    with (
        held(bakery.folder(label), what, "workstation image verify"),
        builder_of(bakery, recipe, label, image_id=image) as builder,
        inside(bakery, bakery.way, builder) as host,
    ):
        return looked_at(bakery, recipe, host)


def looked_at(bakery: Bakery, recipe: Composed, host: Host) -> list[Found]:
    """What the recipe's own checks and the probe find on a machine."""
    gpu = has_gpu(recipe, bakery.region)
    checks = verify(recipe.checks, host, gpu=gpu, on_progress=bakery.on_progress)
    return checks + probe(recipe, host, gpu=gpu, on_progress=bakery.on_progress)
