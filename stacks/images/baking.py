"""A bake from beginning to end: a builder through the engine, the recipe over SSH, the image, its copies, the pin, and the builder gone.

Whatever happens, the builder goes with everything that it took, unless its bake failed and is to go on (`keep`). A bake that was
killed is continued by the same command: what was done is seen on the machine itself, and how far the image is in a diary.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from soundstage.components.images import baked_name
from soundstage.components.tags import STUDIO
from soundstage.core import files
from soundstage.core.errors import CloudError, OperationError, PreflightRefused, UsageError
from soundstage.engines.lock import held
from soundstage.images.apply import Found, apply, refuse_unverified, steps_of
from soundstage.images.bill import bill_of, digest_of, inventory, text_of
from soundstage.images.host import Host, Progress, State, Unreachable
from soundstage.images.pins import Pins, change_pins, read_pins
from soundstage.images.recipes import Composed
from soundstage.images.seal import seal
from soundstage.images.steps.download import UNPUBLISHED, Source
from soundstage.stacks.clouds.builders import Builder
from soundstage.stacks.clouds.machine_images import MachineImage
from soundstage.stacks.images.builder import Bakery, builder_of, inside, remove, studio_in, until
from soundstage.stacks.images.diary import Diary, begun, close_diary, read_diary, write_diary
from soundstage.stacks.images.image_tags import image_tags, pin_of
from soundstage.stacks.images.records import bill_path, keep_brief
from soundstage.stacks.images.verifying import looked_at

IMAGE_MINUTES: Final = 90
"""In which an image or a copy must be there. AWS names no limit; 60 GiB take half an hour at the worst."""
LINK_SECONDS: Final = 3600


@dataclass(frozen=True)
class Baked:
    """What a bake made."""

    recipe: str
    name: str
    ids: Mapping[str, str]
    """Region → id."""
    pinned: bool
    """Whether the recipe means this image now."""
    changed: int
    """Steps that had something to do."""
    checks: tuple[Found, ...] = ()
    simulated: bool = False
    already: bool = False
    """Whether it was there before."""
    bill: str = ""
    """Where the bill of materials is."""


def bake(bakery: Bakery, name: str, copies: Sequence[str] = (), *, promote: bool = False, keep: bool = False) -> Baked:
    """Bake a recipe in the bakery's region, and copy the image to the regions `copies`.

    The recipe means the new image from then on where it meant none, or with `promote`. Raises `Failed` with the step that failed and
    what it printed, `Unreachable`, `StateLocked` while another bake of the recipe runs, and whatever the engine raises.
    """
    recipe = bakery.recipe(name)
    folder = bakery.folder(name)
    with held(folder, f"The bake of {name} in {bakery.region}", "workstation image bake"):
        studio_in(bakery, {bakery.region, *copies})
        keys = _keys(bakery, copies)
        _installers(bakery, recipe)
        title = baked_name(name, bakery.today().date(), recipe.digest)
        there = _same(bakery, title, bakery.region)
        if there is None or not there.usable:
            return _baked(bakery, recipe, title, keys, promote=promote, keep=keep)
        if begun(folder):  # the bake was cut off, or its copies failed, after the image was made
            remove(bakery, name)
            close_diary(folder)
        ids = _copied(bakery, there, keys)
        pinned = _pinned(bakery, recipe, there, ids, promote)
        return Baked(name, title, ids, pinned, 0, simulated=bakery.way is None, already=True)


def _baked(
    bakery: Bakery, recipe: Composed, title: str, keys: Mapping[str, str], *, promote: bool, keep: bool
) -> Baked:
    folder = bakery.folder(recipe.name)
    diary = read_diary(folder) or Diary(recipe.digest, title)
    if diary.digest != recipe.digest:
        remove(bakery, recipe.name)  # what was begun with another recipe is of no use
        diary = Diary(recipe.digest, title)
    with builder_of(bakery, recipe, recipe.name, keep=keep) as builder:
        changed, checks = 0, tuple[Found, ...]()
        if not diary.sealed:
            changed, checks, diary = _filled(bakery, recipe, builder, diary.but(name=title))
            write_diary(folder, diary)
        image = _imaged(bakery, recipe, builder, diary)
        keep_brief(bakery.pins, image.name, recipe)
        ids = _copied(bakery, image, keys)
    pinned, bill = _pinned(bakery, recipe, image, ids, promote), str(bill_path(bakery.pins, diary.name))
    return Baked(recipe.name, image.name, ids, pinned, changed, checks, bakery.way is None, bill=bill)


def _filled(bakery: Bakery, recipe: Composed, builder: Builder, diary: Diary) -> tuple[int, tuple[Found, ...], Diary]:
    """The recipe applied, verified and sealed."""
    steps = steps_of(recipe, lambda source: _address(bakery, source), _known(bakery, recipe))
    if bakery.way is None:
        for number, step in enumerate(steps, 1):
            bakery.on_progress(Progress(State.UNCHANGED, step.title, number, len(steps), "not run: simulated"))
        _stopped(bakery, builder)
        return 0, (), diary.but(sealed=True)
    with inside(bakery, bakery.way, builder) as host:
        applied = apply(steps, host, bakery.on_progress)
        checks = looked_at(bakery, recipe, host)
        refuse_unverified(checks)
        sums = _sums(recipe, host)
        bill = bill_of(recipe, host.ask(inventory(recipe.system)), sums, _distribution(host), bakery.today())
        diary = diary.but(bill=digest_of(bill), sums=sums)
        kept = bill_path(bakery.pins, diary.name)
        kept.parent.mkdir(parents=True, exist_ok=True)
        files.write(kept, text_of(bill))
        _sealed(bakery, recipe, host, builder)
    return len(applied.changed), tuple(checks), diary.but(sealed=True)


def _sealed(bakery: Bakery, recipe: Composed, host: Host, builder: Builder) -> None:
    command = seal(recipe.system)
    bakery.on_progress(Progress(State.BEGAN, "seal"))
    try:
        done = host.do(command, lambda _line: None)
    except Unreachable:
        if recipe.os != "windows":
            raise
    else:
        # Sealed, the machine has thrown away the place where the command's own end was noted.
        if done.status not in (0, 137):
            raise OperationError(
                f"The machine could not be sealed: {done.printed[-400:]}", "Run the same command again."
            )
    _stopped(bakery, builder, by_itself=recipe.os == "windows")


def _stopped(bakery: Bakery, builder: Builder, *, by_itself: bool = False) -> None:
    """Windows shuts itself down when it is sealed, and must not be stopped before."""
    images = bakery.cloud.images
    if not by_itself and images.machine_state(builder.instance_id) != "stopped":
        images.halt(builder.instance_id)
    until(bakery, lambda: images.machine_state(builder.instance_id) == "stopped", 45, "The builder did not stop")


def _imaged(bakery: Bakery, recipe: Composed, builder: Builder, diary: Diary) -> MachineImage:
    there = _same(bakery, diary.name, bakery.region)
    if there is None:
        studio, simulated = bakery.studio.studio.studio, bakery.way is None
        tags = image_tags(recipe, studio, diary.name, diary.bill, diary.sums, simulated=simulated)
        id = bakery.cloud.images.make(builder.instance_id, diary.name, tags)
    else:
        id = there.id
    return _available(bakery, id, bakery.region)


def _copied(bakery: Bakery, image: MachineImage, keys: Mapping[str, str]) -> dict[str, str]:
    """Region → id, copies included, each waited for. `keys` are the regions of the copies with the keys there."""
    ids = {image.region: image.id}
    for region, key in keys.items():
        there = _same(bakery, image.name, region)
        id = there.id if there else bakery.cloud.images.copy(image, region, key, image.tags)
        bakery.on_progress(Progress(State.BEGAN, f"copy to {region}", text=id))
        ids[region] = _available(bakery, id, region).id
    return ids


def _keys(bakery: Bakery, copies: Sequence[str]) -> dict[str, str]:
    """Region → key for disks there. Asked before anything is made, which would take half an hour to find out."""
    whose = bakery.studio.studio.studio
    keys = {region: bakery.cloud.images.disk_key(region, whose) for region in copies if region != bakery.region}
    for region, key in keys.items():
        if not key:
            raise PreflightRefused(
                f"The studio has no key for disks in {region}, so that the copy there could not be the studio's own.",
                f"Add {region} to `regions` in studio.yaml, run `workstation studio up`, then this again.",
            )
    return keys


def _same(bakery: Bakery, name: str, region: str) -> MachineImage | None:
    """The image of this name in a region, finished or not: a call whose answer was lost made it nevertheless. One that failed is
    deleted, since it keeps its name from the next."""
    found = bakery.cloud.images.named(name, "self", region)
    for one in found:
        if (other := one.tags.get(STUDIO, "")) not in ("", bakery.studio.studio.studio):
            raise PreflightRefused(
                f"The studio {other} of the same account made {name} in {region} today, and no two images there can have one name.",
                "Run this again tomorrow (UTC): the name of an image has its day.",
            )
        if one.state == "failed":
            bakery.cloud.images.delete(one.id, region)
    return next((one for one in found if one.state != "failed"), None)


def _available(bakery: Bakery, id: str, region: str) -> MachineImage:
    found: dict[str, MachineImage] = {}

    def there() -> bool:
        found.update(bakery.cloud.images.found([id], region))
        image = found.get(id)
        if image and image.state == "failed":
            raise OperationError(
                f"The image {id} in {region} failed: {image.reason or 'the cloud does not say why'}",
                "Most often the key there may not be used, or was deleted. Look at it, then run the same command again.",
            )
        return image is not None and image.usable

    until(bakery, there, IMAGE_MINUTES, f"The image {id} in {region} was not finished")
    return found[id]


def _pinned(bakery: Bakery, recipe: Composed, image: MachineImage, ids: Mapping[str, str], promote: bool) -> bool:
    """Pin the image where the recipe means none, or wherever it is (`promote`). Whether the recipe means it now."""

    def moved(pins: Pins) -> Pins:
        before = pins.recipes.get(recipe.name)
        there = before.regions if before else {}
        new = {region: id for region, id in ids.items() if promote or region not in there}
        pin = pin_of(image, recipe.digest, ids)
        # Of one bake a pin may have regions that are baked one by one; of another one only those that nothing new is meant in.
        kept = there if before and (not promote or (before.digest, before.baked) == (pin.digest, pin.baked)) else {}
        return pins.moved(recipe.name, pin.model_copy(update={"regions": {**kept, **new}})) if new else pins

    after = change_pins(bakery.pins, moved)
    return all(after.image(recipe.name, region) == id for region, id in ids.items())


def _known(bakery: Bakery, recipe: Composed) -> dict[str, str]:
    pin = read_pins(bakery.pins).recipes.get(recipe.name)
    return dict(pin.downloads) if pin and pin.digest == recipe.digest else {}


def _sums(recipe: Composed, host: Host) -> dict[str, str]:
    """The checksums of the files that no publisher gives one for."""
    found = {}
    for entry in recipe.steps:
        if (one := entry.download) and recipe.downloads[one.get].sha256 == UNPUBLISHED:
            found[one.get] = host.ask(f"sha256sum -- '{one.to}' | cut -c1-64")
    return found


def _distribution(host: Host) -> str:
    return "" if host.system == "windows" else host.ask(". /etc/os-release; echo $ID")


def _installers(bakery: Bakery, recipe: Composed) -> None:
    """Raise `PreflightRefused` for an installer that is not in the studio's bucket, before a builder costs money."""
    for source in recipe.downloads.values():
        if source.studio is None:
            continue
        try:
            _address(bakery, source)
        except CloudError as error:
            if error.code not in ("404", "NoSuchKey", "NotFound", "NoSuchBucket"):
                raise
            raise PreflightRefused(
                f"{bakery.studio.studio.installers_bucket} has no {source.studio}, which {recipe.name} takes from there.",
                "Put it there, or correct `studio` under `downloads` of the recipe, or `installers_bucket` in studio.yaml. Nothing was made.",
            ) from error


def _address(bakery: Bakery, source: Source) -> str:
    if source.url:
        return source.url
    bucket = bakery.studio.studio.installers_bucket
    if not bucket:
        raise UsageError(
            f"The recipe takes {source.studio} from the studio's bucket of installers, and studio.yaml names none.",
            "Add `installers_bucket: NAME` to studio.yaml.",
        )
    return bakery.cloud.images.link(bucket, str(source.studio), LINK_SECONDS)
