"""What is done with images that are there: list them, move a pin, delete old ones, hand them to another account."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from soundstage.components.images import baked
from soundstage.components.tags import STUDIO
from soundstage.core.errors import PreflightRefused, UsageError
from soundstage.images.index import Known, recipe_named
from soundstage.images.pins import Pin, change_pins, read_pins
from soundstage.stacks.clouds.machine_images import MachineImage
from soundstage.stacks.images.bake_cost import typed
from soundstage.stacks.images.builder import Bakery
from soundstage.stacks.images.chosen import OLD_DAYS
from soundstage.stacks.images.image_tags import pin_of


@dataclass(frozen=True)
class Standing:
    """How a recipe stands in one region."""

    recipe: Known
    region: str
    pinned: str | None
    images: tuple[MachineImage, ...]
    """Of the recipe, oldest first."""
    state: str
    """`none`, `simulated`, `fresh`, `old`, `changed` (the recipe, since the bake), or `gone` (the pinned image was deleted)."""
    age_days: int | None = None
    cloud: str = "simulated"
    """As project files name it."""


@dataclass(frozen=True)
class Pruned:
    """What `prune` deletes, and what it keeps and why."""

    deleted: tuple[MachineImage, ...]
    kept: tuple[tuple[MachineImage, str], ...]


def standings(bakery: Bakery) -> list[Standing]:
    """Every recipe in the bakery's region, by name."""
    known, pins = bakery.known, read_pins(bakery.pins)
    found = _named("soundstage/*", bakery, bakery.region)
    today = bakery.today().date()
    stands = (_standing(one, bakery.region, pins.recipes.get(name), found, today) for name, one in known.items())
    return [replace(one, cloud=bakery.cloud.kind) for one in stands]


def standing(bakery: Bakery, recipe: str) -> Standing:
    """One recipe. Raises `UsageError` for a name that is none."""
    known = recipe_named(bakery.known, recipe)
    return next(one for one in standings(bakery) if one.recipe.name == known.name)


def promote(bakery: Bakery, recipe: str, id: str | None = None) -> Pin:
    """Let a recipe mean another of its images, by default the newest, in every region where that is. Raises `UsageError`."""
    known = recipe_named(bakery.known, recipe)
    there = [one for one in _of(recipe, bakery, bakery.region) if one.usable and _day(one)]
    chosen = next((one for one in reversed(there) if id in (None, one.id)), None)
    if chosen is None:
        names = ", ".join(one.id for one in there) or "none"
        what = f"{id} is no image of {recipe}" if id else f"There is no image of {recipe}"
        raise UsageError(
            f"{what} in {bakery.region} (there: {names}).", f"`{typed(f'bake {recipe}', bakery.cloud.kind)}` makes one."
        )
    before = read_pins(bakery.pins).recipes.get(recipe)
    regions = {bakery.region, *(before.regions if before else ())}
    ids = {
        region: same[0].id
        for region in sorted(regions)
        if (same := [one for one in _named(chosen.name, bakery, region) if one.usable])
    }
    pin = pin_of(chosen, known.digest, ids)
    change_pins(bakery.pins, lambda pins: pins.moved(recipe, pin))
    return pin


def to_prune(bakery: Bakery, recipe: str, keep: int) -> Pruned:
    """Which images of a recipe can go: all but the newest `keep`, and never one that is pinned or that a machine was made from."""
    recipe_named(bakery.known, recipe)
    pin = read_pins(bakery.pins).recipes.get(recipe)
    deleted: list[MachineImage] = []
    kept: list[tuple[MachineImage, str]] = []
    pinned = set(pin.regions.values()) if pin else set()
    seen = set[str]()
    for region in sorted({bakery.region, *(pin.regions if pin else ())}):
        images = [one for one in _of(recipe, bakery, region) if _day(one)]
        users = bakery.cloud.images.in_use([one.id for one in images], region)
        newest = {one.id for one in [one for one in images if one.usable][-keep:]} if keep else set()
        for one in images:
            if one.id in seen:
                continue  # an image of Google Cloud that is kept in a continent is there in each of its regions
            seen.add(one.id)
            if one.id in pinned:
                kept.append((one, "pinned"))
            elif one.id in users:
                kept.append((one, f"in use by {', '.join(users[one.id])}"))
            elif one.id in newest:
                kept.append((one, "among the newest"))
            else:
                deleted.append(one)
    return Pruned(tuple(deleted), tuple(kept))


def prune(bakery: Bakery, chosen: Iterable[MachineImage]) -> None:
    """Delete images with their snapshots."""
    for one in chosen:
        bakery.cloud.images.delete(one.id, one.region)


def share(bakery: Bakery, recipe: str, account: str) -> dict[str, str]:
    """Let another account make machines of the image that a recipe means: region → id. Raises `PreflightRefused` where the image is
    encrypted with a key that cannot be shared."""
    bakery.cloud.images.refuse_stranger(account)
    pin = read_pins(bakery.pins).recipes.get(recipe)
    if pin is None:
        raise UsageError(f"{recipe} means no image yet.", f"`{typed(f'bake {recipe}', bakery.cloud.kind)}` makes one.")
    for region in pin.regions:
        if not bakery.cloud.images.disk_key(region, bakery.studio.studio.studio):
            raise PreflightRefused(
                f"Disks in {region} are encrypted with the cloud's own key, which no other account can use. Nothing was shared.",
                "Run `workstation studio up`, which gives disks a key of the studio's own, then bake again.",
            )
    for region, id in pin.regions.items():
        bakery.cloud.images.share(id, region, account)
    return dict(pin.regions)


def _standing(known: Known, region: str, pin: Pin | None, found: Sequence[MachineImage], today: date) -> Standing:
    images = tuple(one for one in found if (made := baked(one.name)) and made.recipe == known.name)
    pinned = pin.regions.get(region) if pin else None
    image = next((one for one in images if one.id == pinned), None)
    if pin is None or pinned is None:
        first = any(_day(one) is None for one in images)
        return Standing(known, region, None, images, "simulated" if first else "none")
    # Of the image itself: the pin's day and digest are those of the last bake, and that may be another region's.
    made = baked(image.name) if image else None
    age = (today - made.day).days if made and made.day else pin.age(today)
    state = "gone" if image is None or not image.usable else "old" if age > OLD_DAYS else "fresh"
    if state == "fresh" and made and not known.digest.startswith(made.digest):
        state = "changed"
    return Standing(known, region, pinned, images, state, age)


def _of(recipe: str, bakery: Bakery, region: str) -> list[MachineImage]:
    return _named(f"soundstage/{recipe}/*", bakery, region)


def _named(name: str, bakery: Bakery, region: str) -> list[MachineImage]:
    """The account's images of this name, less those of other studios, which have recipes of the same names. What is pinned is
    ours, also when the studio has another name today."""
    ours = bakery.studio.studio.studio
    pinned = {id for pin in read_pins(bakery.pins).recipes.values() for id in pin.regions.values()}
    found = bakery.cloud.images.named(name, "self", region)
    return [one for one in found if one.id in pinned or one.tags.get(STUDIO, ours) == ours]


def _day(image: MachineImage) -> date | None:
    made = baked(image.name)
    return made.day if made else None
