"""The machine that images are baked and tried on: there for the length of a block, and removed whatever happens."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from soundstage.core.errors import OperationError, PreflightRefused, SoundstageError
from soundstage.core.home import state_home
from soundstage.engines.base import OnEvent, StackName, ignore
from soundstage.images.host import Host, OnProgress, Progress, State, unseen
from soundstage.images.index import Index, index
from soundstage.images.recipes import Composed, recipes
from soundstage.images.ssh import SshHost
from soundstage.projectfile.catalogues import Kind, catalogue_of
from soundstage.projectfile.cloud_limits import refuse_command
from soundstage.stacks.clouds.base import Cloud
from soundstage.stacks.clouds.builders import Builder, Way
from soundstage.stacks.images.diary import close_diary, own_key
from soundstage.stacks.images.shelf import pins_path
from soundstage.stacks.studio_deployment import StudioDeployment
from soundstage.stacks.target import cloud_in, engine_for

if TYPE_CHECKING:
    from soundstage.stacks.programs.studio_outputs import Shared

STACKS: Final = "soundstage-images"


@dataclass
class Bakery:
    """What a bake needs."""

    studio: StudioDeployment
    region: str
    way: Way | None
    """None on a cloud whose machines have no inside: then no step is run."""
    on_event: OnEvent = ignore
    on_progress: OnProgress = unseen
    pause: Callable[[float], None] = time.sleep
    today: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    @property
    def cloud(self) -> Cloud:
        return cloud_in(self.studio.cloud, self.region, self.studio.studio)

    @property
    def known(self) -> Index:
        """The recipes in brief, as they are on this cloud."""
        return index(self.studio.path, self.studio.cloud.name.family)

    def recipe(self, name: str) -> Composed:
        """A recipe as it is baked on this cloud. Raises `UsageError` for what is none, or is not baked there."""
        refuse_command(self.studio.cloud.kind, f"image bake {name}")
        return recipes(self.studio.path, self.studio.cloud.name.family).named(name)

    @property
    def pins(self) -> Path:
        return pins_path(self.studio.cloud, self.studio.studio, self.studio.path)

    def folder(self, label: str) -> Path:
        """Where a builder's key and what is remembered of its bake are."""
        return state_home() / "studios" / self.studio.studio.studio / "bakes" / f"{label}.{self.region}"


@contextmanager
def builder_of(
    bakery: Bakery, recipe: Composed, label: str, *, keep: bool = False, image_id: str | None = None
) -> Iterator[Builder]:
    """The builder named `label`, which goes at the end, unless what was done with it failed and `keep`. It starts from the recipe's
    base, or from `image_id`."""
    from soundstage.stacks.programs.programs import Site, programs_of

    private, public = own_key(bakery.folder(label))
    cloud, studio = bakery.cloud, bakery.studio
    shared = studio_in(bakery, {bakery.region})
    engine = engine_for(cloud, StackName(STACKS, f"{label}.{bakery.region}"), studio.studio)
    site = Site(
        studio.studio.studio, studio.studio.account, bakery.region, zone_of(cloud, recipe), shared, public, image_id
    )
    program = programs_of(cloud.name.family).builder_program(recipe, site)
    try:
        outputs = engine.up(program, on_event=bakery.on_event).outputs
        yield Builder(str(outputs["instance_id"]), bakery.region, recipe.system, private, ())
    except BaseException:
        if keep:
            told = "kept, and costs money. The same command goes on with it; without --keep-builder it removes it at its end"
            bakery.on_progress(Progress(State.UNCHANGED, "builder", text=told))
        else:
            _removed_after_failure(bakery, label)
        raise
    _removed(bakery, label)


def _removed(bakery: Bakery, label: str) -> None:
    remove(bakery, label)
    close_diary(bakery.folder(label))


def _removed_after_failure(bakery: Bakery, label: str) -> None:
    """Remove the builder. That it cannot be removed is told beside the failure, never in its place: that came first, and is most often
    the cause of both."""
    try:
        _removed(bakery, label)
    except SoundstageError as refused:
        told = f"not removed, and costs money. The same command removes it at its end. {refused}"
        bakery.on_progress(Progress(State.FAILED, "builder", text=told))


def studio_in(bakery: Bakery, regions: set[str]) -> "Shared":
    """What the studio has for its builders, brought up in these regions where it is not yet."""
    from soundstage.stacks.programs.studio_outputs import Shared

    _ = bakery.cloud.account_id
    shared = bakery.studio.shared()
    if shared is not None and shared.covers(regions):
        return shared
    return Shared.from_outputs(bakery.studio.apply(regions, on_event=bakery.on_event).outputs)


def remove(bakery: Bakery, label: str) -> None:
    """Remove a builder with everything that it took; nothing where there is none."""
    stack = StackName(STACKS, f"{label}.{bakery.region}")
    engine_for(bakery.cloud, stack, bakery.studio.studio).destroy(on_event=bakery.on_event)


def zone_of(cloud: Cloud, recipe: Composed) -> str:
    """The first zone that offers the builder's machine."""
    type = _kind(recipe, cloud.region).name
    able = sorted(set(cloud.zones.usable()) & set(cloud.zones.offering([type])[type]))
    if not able:
        raise PreflightRefused(
            f"No zone of {cloud.region} offers {type} to this account.", "Bake in another region, with `--region`."
        )
    return able[0]


@contextmanager
def inside(bakery: Bakery, way: Way, builder: Builder) -> Iterator[Host]:
    """The builder over SSH, once it has told its host key."""
    told = replace(builder, host_keys=host_keys(bakery, builder))
    with way(told) as address:
        host = SshHost(address, lambda why: bakery.on_progress(Progress(State.AGAIN, "connection", text=why)))
        try:
            yield host
        finally:
            host.close()


def host_keys(bakery: Bakery, builder: Builder) -> tuple[str, ...]:
    """The keys that the builder must show, as the cloud tells them, and not who answers."""
    keys: list[str] = []

    def told() -> bool:
        keys[:] = bakery.cloud.images.host_keys(builder.instance_id)
        return bool(keys)

    until(bakery, told, 15, f"The builder {builder.instance_id} did not tell the cloud its host key")
    return tuple(keys)


def has_gpu(recipe: Composed, region: str) -> bool:
    """Whether the builder has one, so that checks of it can be made."""
    return _kind(recipe, region).gpu is not None


def _kind(recipe: Composed, region: str) -> Kind:
    """The machine that a recipe is baked on."""
    catalogue = catalogue_of(region)
    return catalogue.types[catalogue.type_for(recipe.builder.for_, recipe.builder.size, region)]


def until(bakery: Bakery, true: Callable[[], bool], minutes: int, otherwise: str) -> None:
    """Ask every five seconds, for so many minutes."""
    for _ in range(minutes * 12):
        if true():
            return
        bakery.pause(5.0)
    raise OperationError(f"{otherwise} in {minutes} minutes.", "Run the same command again.")
