"""A bake from beginning to end: a builder through the engine, the recipe over SSH, the image, its copies, the pin, and the builder gone.

Whatever happens, the builder goes with everything that it took, unless its bake failed and is to go on (`keep`). A bake that was
killed is continued by the same command: what was done is seen on the machine itself, and how far the image is in a diary.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from soundstage.components.images import baked_name
from soundstage.components.tags import MANAGED_BY, STUDIO
from soundstage.core import files
from soundstage.core.errors import OperationError, PreflightRefused, UsageError
from soundstage.engines.lock import held
from soundstage.images.apply import Found, apply, refuse_unverified, steps_of, verify
from soundstage.images.bill import bill_of, digest_of, inventory, text_of
from soundstage.images.host import Host, Progress, State, Unreachable
from soundstage.images.pins import Pin, change_pins, read_pins
from soundstage.images.recipes import Composed, recipes
from soundstage.images.seal import seal
from soundstage.images.ssh import SshHost
from soundstage.images.steps.download import UNPUBLISHED, Source
from soundstage.stacks.clouds.machine_images import MachineImage
from soundstage.stacks.images.builder import Bakery, builder_of, has_gpu, host_keys, remove, until
from soundstage.stacks.images.diary import Diary, begun, close_diary, read_diary, write_diary
from soundstage.stacks.images.way import Builder

RECIPE: Final = "soundstage:recipe"
DIGEST: Final = "soundstage:recipe-digest"
BILL: Final = "soundstage:bill"
SIMULATED: Final = "soundstage:simulated"
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
    recipe = recipes(bakery.studio.path).named(name)
    folder = bakery.folder(name)
    with held(folder, f"The bake of {name} in {bakery.region}", "workstation image bake"):
        title = baked_name(name, bakery.today().date(), recipe.digest)
        if there := _there_already(bakery, title):
            if begun(folder):  # the bake was cut off, or its copies failed, after the image was made
                remove(bakery, name)
                close_diary(folder)
            return _pinned(
                bakery,
                recipe,
                title,
                _copied(bakery, there, copies),
                promote,
                Baked(name, title, {}, False, 0, already=True),
            )
        return _baked(bakery, recipe, title, copies, promote=promote, keep=keep)


def _baked(bakery: Bakery, recipe: Composed, title: str, copies: Sequence[str], *, promote: bool, keep: bool) -> Baked:
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
        first = _imaged(bakery, recipe, builder, diary)
        ids = _copied(bakery, first, copies)
    made = Baked(
        recipe.name, first.name, {}, False, changed, checks, bakery.way is None, bill=str(_bill_path(bakery, diary))
    )
    return _pinned(bakery, recipe, first.name, ids, promote, made, diary)


def _filled(bakery: Bakery, recipe: Composed, builder: Builder, diary: Diary) -> tuple[int, tuple[Found, ...], Diary]:
    """The recipe applied, verified and sealed."""
    known = {**_known(bakery, recipe)}
    steps = steps_of(recipe, lambda source: _address(bakery, source), known)
    if bakery.way is None:
        for number, step in enumerate(steps, 1):
            bakery.on_progress(Progress(State.UNCHANGED, step.title, number, len(steps), "not run: simulated"))
        _stopped(bakery, builder)
        return 0, (), diary.but(sealed=True)
    told = Builder(builder.instance_id, builder.region, builder.system, builder.private_key, host_keys(bakery, builder))
    with bakery.way(told) as address:
        host = SshHost(address, lambda why: bakery.on_progress(Progress(State.AGAIN, "connection", text=why)))
        try:
            applied = apply(steps, host, bakery.on_progress)
            checks = verify(recipe.checks, host, gpu=has_gpu(recipe, bakery.region), on_progress=bakery.on_progress)
            refuse_unverified(checks)
            sums = _sums(recipe, host)
            bill = bill_of(recipe, host.ask(inventory(recipe.system)), sums, _distribution(host), bakery.today())
            diary = diary.but(bill=digest_of(bill), sums=sums)
            _bill_path(bakery, diary).parent.mkdir(parents=True, exist_ok=True)
            files.write(_bill_path(bakery, diary), text_of(bill))
            _sealed(bakery, recipe, host, builder)
        finally:
            host.close()
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
    images, folder = bakery.cloud.images, bakery.folder(recipe.name)
    if not diary.image:
        # A call whose answer was lost made it nevertheless.
        same = [one for one in images.named(diary.name, "self", bakery.region) if one.state != "failed"]
        id = same[0].id if same else images.make(builder.instance_id, diary.name, _tags(bakery, recipe, diary))
        diary = diary.but(image=id)
        write_diary(folder, diary)
    return _available(bakery, diary.image, bakery.region)


def _copied(bakery: Bakery, first: MachineImage, copies: Sequence[str]) -> dict[str, str]:
    """Region → id, copies included, each waited for."""
    images = bakery.cloud.images
    ids = {first.region: first.id}
    for region in copies:
        if region in ids:
            continue
        same = [one for one in images.named(first.name, "self", region) if one.state != "failed"]
        key = images.disk_key(region)
        if not key:
            raise PreflightRefused(
                f"The studio has no key for disks in {region}, so that the copy there could not be the studio's own.",
                f"Add {region} to `regions` in studio.yaml, run `workstation studio up`, then this again.",
            )
        id = same[0].id if same else images.copy(first, region, key, first.tags)
        bakery.on_progress(Progress(State.BEGAN, f"copy to {region}", text=id))
        ids[region] = _available(bakery, id, region).id
    return ids


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


def _pinned(
    bakery: Bakery,
    recipe: Composed,
    name: str,
    ids: Mapping[str, str],
    promote: bool,
    made: Baked,
    diary: Diary | None = None,
) -> Baked:
    """Pin the image where the recipe means none, or where it was asked for."""
    before = read_pins(bakery.pins).recipes.get(recipe.name)
    moves = promote or before is None or bakery.region not in before.regions
    if moves:
        same = before is not None and before.digest == recipe.digest and before.baked == bakery.today().date()
        kept = dict(before.regions) if before and same else {}
        pin = Pin(
            digest=recipe.digest,
            baked=bakery.today().date(),
            bill=(diary.bill if diary else "") or None,
            downloads={**(before.downloads if before else {}), **(diary.sums if diary else {})},
            regions={**kept, **ids},
        )
        change_pins(bakery.pins, lambda pins: pins.moved(recipe.name, pin))
    return Baked(recipe.name, name, ids, moves, made.changed, made.checks, made.simulated, made.already, made.bill)


def _there_already(bakery: Bakery, title: str) -> MachineImage | None:
    """The image of today's recipe that is there from an earlier bake of today."""
    found = bakery.cloud.images.named(title, "self", bakery.region)
    for failed in (one for one in found if one.state == "failed"):
        bakery.cloud.images.delete(failed.id, failed.region)
    return next((one for one in found if one.usable), None)


def _tags(bakery: Bakery, recipe: Composed, diary: Diary) -> dict[str, str]:
    versions = {f"soundstage:version:{name}": source.version for name, source in recipe.downloads.items()}
    simulated = {SIMULATED: "yes"} if bakery.way is None else {}
    return {
        STUDIO: bakery.studio.studio.studio,
        MANAGED_BY: "soundstage",
        RECIPE: recipe.name,
        DIGEST: recipe.digest,
        **({BILL: diary.bill} if diary.bill else {}),
        **versions,
        **simulated,
        "Name": diary.name,
    }


def _known(bakery: Bakery, recipe: Composed) -> dict[str, str]:
    pin = read_pins(bakery.pins).recipes.get(recipe.name)
    same = pin.downloads if pin and pin.digest == recipe.digest else {}
    return dict(same)


def _sums(recipe: Composed, host: Host) -> dict[str, str]:
    """The checksums of the files that no publisher gives one for."""
    found = {}
    for entry in recipe.steps:
        if (one := entry.download) and recipe.downloads[one.get].sha256 == UNPUBLISHED:
            found[one.get] = host.ask(f"sha256sum -- '{one.to}' | cut -c1-64")
    return found


def _distribution(host: Host) -> str:
    return "" if host.system == "windows" else host.ask(". /etc/os-release; echo $ID")


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


def _bill_path(bakery: Bakery, diary: Diary) -> Path:
    """Beside the pins, where it is committed with them."""
    return bakery.pins.parent / "images.bills" / f"{diary.name.split('/', 1)[-1].replace('/', '.')}.json"
