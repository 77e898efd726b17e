"""Which cloud a project lives on, how to reach it, and which engine makes it match.

This is the one place that chooses: everything above asks a `Cloud` for its ports and an `Engine` for its operations, and cannot tell
which ones it got.
"""

from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from soundstage.components.sizes import known_types, offered, regions
from soundstage.core.clouds import CLOUDS, CloudName
from soundstage.core.errors import UsageError
from soundstage.core.home import state_home
from soundstage.core.words import nearest, shown
from soundstage.engines.base import STUDIO_STACKS, Engine, StackName
from soundstage.projectfile.bucket_address import bucket_of, managed_bucket
from soundstage.projectfile.catalogues import CATALOGUES
from soundstage.projectfile.cloud_limits import next_step
from soundstage.projectfile.spec import Project, State, Studio, default_studio
from soundstage.stacks.clouds.base import Cloud
from soundstage.stacks.state.folder_backend import (
    embedded_cloud,
    embedded_folder,
    embedded_stack,
    folder_holds,
    folder_name,
)

if TYPE_CHECKING:
    from soundstage.engines.pulumi.engine import PulumiEngine
    from soundstage.pricing.refreshed import Refreshed

ENGINES = ("embedded", "pulumi")
_NEEDS: Final = {"gcp": ("pulumi_gcp", "google.auth")}
"""Family of clouds → packages that come with an extra."""


def cloud_for(project: Project, studio: Studio) -> Cloud:
    """The cloud that the project file names."""
    return _cloud(project.cloud, project.region, studio)


def studio_cloud(cloud: str, studio: Studio) -> Cloud:
    """The cloud of the studio's own stack, in its home region."""
    return _cloud(cloud, studio.home_region, studio)


def simulated_cloud(region: str) -> Cloud:
    """The simulated cloud, seen from a region. `UsageError` for a region that there is not."""
    if region not in regions():
        near = nearest(region, regions())
        hint = f'Did you mean "{near}"?' if near else f"Regions: {', '.join(sorted(regions()))}."
        raise UsageError(f"There is no region {shown(region)}.", hint)
    return _cloud("simulated", region, default_studio())


def cloud_in(cloud: Cloud, region: str, studio: Studio) -> Cloud:
    """The same account, seen from another region."""
    return cloud if region == cloud.region else _cloud(cloud.kind, region, studio)


def ask_prices(region: str) -> "Refreshed":
    """What AWS asks in a region now, by whatever credentials there are. Raises `PreflightRefused` without any."""
    from soundstage.stacks.clouds.aws.account import RealAws
    from soundstage.stacks.clouds.aws.prices import price_list

    cloud = RealAws(region, None)
    _ = cloud.account_id
    types = [type for type, has in known_types().items() if has.gpu or type.startswith("m7i.") if offered(type, region)]
    return price_list(cloud, region, types)


def _cloud(kind: str, region: str, studio: Studio) -> Cloud:
    from soundstage.stacks.clouds.aws.account import RealAws, SimulatedAws

    if kind == RealAws.name.word:
        return RealAws(region, studio.account)
    if CLOUDS[kind].family == SimulatedAws.name.family:
        return SimulatedAws(region)
    if not _is_installed(CLOUDS[kind]):
        raise UsageError(
            "What Google Cloud needs is an extra that is not installed.",
            "In the checkout of Soundstage run `pip install '.[simulator,gcp]'`.",
        )
    from soundstage.stacks.clouds.gcp.account import RealGoogle, SimulatedGoogle

    return RealGoogle(region, studio.account) if kind == RealGoogle.name.word else SimulatedGoogle(region)


def _is_installed(name: CloudName) -> bool:
    """Whether what a cloud needs besides is there."""
    return all(find_spec(package) is not None for package in _NEEDS.get(name.family, ()))


def state_folder(studio: Studio, stack: StackName, kind: str = "simulated") -> Path:
    """Where the embedded engine keeps the state of a stack: one for each kind of cloud, as `pulumi_folder`."""
    return embedded_folder(state_home() / "studios" / studio.studio, stack, kind)


def engine_for(cloud: Cloud, stack: StackName, studio: Studio, choice: str | None = None) -> Engine:
    """The engine for this cloud: Pulumi where nothing in this process builds on it; else whichever the stack is on, or embedded.

    Raises `UsageError` when `choice` is another engine than the one that the stack is on: it would build all of it again.
    """
    if choice not in (None, *ENGINES):
        raise UsageError(f'There is no engine "{choice}".', f"Use one of: {', '.join(ENGINES)}.")
    if not cloud.embeds:
        return embedded_engine(cloud, stack, studio) if choice == "embedded" else pulumi_engine(cloud, stack, studio)
    if cloud.name.is_real:
        if choice == "pulumi":
            return pulumi_engine(cloud, stack, studio)  # which refuses
        _refuse_state_elsewhere(cloud, studio)
        return embedded_engine(cloud, stack, studio)
    if choice is None and not pulumi_holds(cloud, stack, studio):
        return embedded_engine(cloud, stack, studio)
    present = engine_in_use(cloud, stack, studio)
    if choice and present and choice != present:
        raise UsageError(
            f"{stack.stack} is on the {present} engine; the {choice} engine would build all of it a second time.",
            next_step(
                cloud.kind,
                "move-state",
                f"Leave out `--engine`, or run `workstation move-state {stack.stack} --engine {choice}` first.",
            )
            or "Leave out `--engine`.",
        )
    if (choice or present) == "pulumi":
        return pulumi_engine(cloud, stack, studio)
    return embedded_engine(cloud, stack, studio)


def engine_in_use(cloud: Cloud, stack: StackName, studio: Studio) -> str | None:
    """Which engine has a stack of the simulated cloud on record; None when neither has."""
    from soundstage.engines.kept import has_records

    if pulumi_holds(cloud, stack, studio):
        return "pulumi"
    return "embedded" if has_records(state_folder(studio, stack, cloud.kind)) else None


def pulumi_holds(cloud: Cloud, stack: StackName, studio: Studio) -> bool:
    """Whether the genuine engine has a stack of the simulated cloud on record. Reads files only, unless the studio keeps
    its state in a bucket of its own."""
    if folder_holds(pulumi_folder(studio, cloud.kind), stack):
        return True
    bucket = managed_bucket(studio.state)
    return bucket is not None and cloud.buckets.holds(bucket, stack)


def pulumi_folder(studio: Studio, kind: str = "simulated") -> Path:
    """The genuine engine's backend on this machine: for the simulated cloud, and for a studio that names no other.

    One per kind of cloud: a studio can be on both, and its two stacks have the same name.
    """
    return state_home() / "studios" / studio.studio / folder_name(kind)


def kept_in(cloud: Cloud, stack: StackName, studio: Studio) -> State:
    """Where the genuine engine keeps a stack: as studio.yaml says. On the simulated cloud in a folder, until the studio
    has made its own bucket there.

    Raises `UsageError` while a stack of a real cloud is still in the folder and studio.yaml names another place.
    """
    state, folder = studio.state, pulumi_folder(studio, cloud.kind)
    if cloud.look_alike:
        bucket = managed_bucket(state)
        there = bucket is not None and not folder_holds(folder, stack) and cloud.buckets.exists(bucket)
        return state if there else State()
    if state.backend and not state.backend.startswith("file://") and folder_holds(folder, stack):
        again = f"`workstation studio init {studio.studio} --state {state.backend}`"
        moved = f"`{stack.command} move-state {stack.stack} --from file://{folder}`"
        raise UsageError(
            f"The state of {stack} is in a folder on this machine, and studio.yaml names {state.backend}. From there, all "
            "of it would be built a second time.",
            f"{again if stack.project == STUDIO_STACKS else moved} moves it.",
        )
    return state


def embedded_engine(cloud: Cloud, stack: StackName, studio: Studio) -> Engine:
    """The engine in this process. `UsageError` for a cloud on which it does not build."""
    from soundstage.engines.embedded.engine import EmbeddedEngine

    if not cloud.embeds:
        raise UsageError(
            f"The embedded engine does not build on {cloud.name.title}, which is built by Pulumi itself.",
            "Leave out `--engine`, or say `cloud: simulated` in the project file.",
        )
    return EmbeddedEngine(stack, state_folder(studio, stack, cloud.kind), cloud.provider, cloud.kind)


def _refuse_state_elsewhere(cloud: Cloud, studio: Studio) -> None:
    """Raises `UsageError` where the state of a real cloud that only the engine in this process builds is asked for in another place than
    this computer: it would be a second one."""
    if studio.state.backend:
        raise UsageError(
            f"The state of {cloud.name.title} is kept on this computer, and the studio file says state: {studio.state.backend}.",
            f"Take `state` out of the studio file of {cloud.name.title}.",
        )


def adopting_engine(cloud: Cloud, stack: StackName, studio: Studio, taken: list[str]) -> Engine:
    """The engine in this process, whose provider looks before it makes anything and says in `taken` what it found.

    Raises `UsageError` where the genuine engine keeps the state.
    """
    from soundstage.engines.embedded.engine import EmbeddedEngine

    if not cloud.embeds:
        raise UsageError(
            f"{stack.stack} is on {cloud.name.title}: Pulumi keeps its state.",
            "Put an earlier state back from the backend's own versions, or take resources over with `pulumi import`.",
        )
    if cloud.name.is_real:
        _refuse_state_elsewhere(cloud, studio)
    elif engine_in_use(cloud, stack, studio) == "pulumi":
        raise UsageError(f"{stack.stack} is on the pulumi engine, whose state is there.", "Run `workstation up`.")
    return EmbeddedEngine(
        stack,
        state_folder(studio, stack, cloud.kind),
        lambda on_retry: cloud.adopting_provider(on_retry, studio.studio, taken),
        cloud.kind,
    )


def embedded_engines(home: Path) -> Iterator[Engine]:
    """An engine for every stack of a simulated cloud that the embedded one keeps below `home`: to empty its state, for which nothing is
    asked of a cloud."""
    from soundstage.engines.embedded.engine import EmbeddedEngine
    from soundstage.engines.kept import state_folders
    from soundstage.stacks.clouds.aws.account import SimulatedAws

    for folder in (one for studio in sorted((home / "studios").glob("*")) for one in state_folders(studio)):
        if CLOUDS[embedded_cloud(folder)].is_real:
            continue
        yield EmbeddedEngine(embedded_stack(folder), folder, SimulatedAws("").provider)


def pulumi_engine(
    cloud: Cloud, stack: StackName, studio: Studio, state: State | None = None, words: str | None = None
) -> "PulumiEngine":
    """The genuine engine, with the provider plugin of exactly this kind of cloud within its reach.

    On a simulated cloud everything that the engine starts is given that cloud's address and credentials: a
    real account is out of reach even for a plugin that should not be there. `state` is another place than `kept_in` says,
    `words` another passphrase than the one that is found.
    """
    from soundstage.engines.pulumi.command import require
    from soundstage.engines.pulumi.engine import PulumiEngine
    from soundstage.engines.pulumi.plugin_home import engine_home, install_launcher
    from soundstage.stacks.state.backend import backend_of

    if cloud.embeds and cloud.name.is_real:
        raise UsageError(
            f"The Pulumi engine does not build {cloud.name.title} itself by this command yet.", "Leave out `--engine`."
        )
    home = state_home()
    command = require(home)
    folder = state_folder(studio, stack)
    plugins = engine_home(home, cloud.kind)
    state = state or kept_in(cloud, stack, studio)
    look_alike = cloud.look_alike
    if look_alike is None:
        cloud.refuse_diverted()  # the plugin reads the same settings
    else:
        install_launcher(plugins, cloud.package, look_alike.launcher())
        if (bucket := bucket_of(state)) and not bucket.endpoint:
            state = state.model_copy(update={"backend": look_alike.state_url(bucket)})
    surroundings = look_alike.environment() if look_alike else {}
    backend = backend_of(state, pulumi_folder(studio, cloud.kind), folder, surroundings, words)
    return PulumiEngine(
        stack, folder / folder_name(cloud.kind), plugins, command, replace(backend, client=cloud.buckets.client),
        cloud.name, look_alike.recorded_only if look_alike else frozenset(), cloud.find, studio.studio,
    )  # fmt: skip


def pulumi_variables() -> dict[str, str]:
    """What lets the plain `pulumi` command use the simulated clouds and no other, its state kept in a folder of its own. Google Cloud is
    left out where what it needs is not installed."""
    from soundstage.engines.pulumi.plugin_home import engine_home, environment, install_launcher
    from soundstage.stacks.state.backend import backend_of

    home = state_home()
    found: dict[str, str] = {}
    for name in (one for one in CLOUDS.values() if not one.is_real and _is_installed(one)):
        cloud = _cloud(name.word, CATALOGUES[name.family].default_region, default_studio())
        assert cloud.look_alike  # noqa: S101 - as the name says
        # One program may use both clouds, so both plugins lie in one place; neither is a real one's.
        plugins = engine_home(home, CLOUDS["simulated"].word)
        install_launcher(plugins, cloud.package, cloud.look_alike.launcher())
        found |= {**cloud.look_alike.environment(), **environment(name), "PULUMI_HOME": str(plugins)}
    backend = backend_of(State(), home / "pulumi", home / "pulumi", found)
    return {**backend.environment, "PULUMI_BACKEND_URL": backend.url}
