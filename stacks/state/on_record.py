"""Every stack that this machine has on record, read from its files alone: which studio, project, cloud, region and project file.

Nothing is asked of a cloud or of an engine. A stack whose state is kept elsewhere is known from the note that the last `up` or
`down` left here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from soundstage.core.clouds import CLOUDS
from soundstage.core.errors import OperationError, StateError
from soundstage.core.home import home_to_read
from soundstage.engines.base import PROJECT_STACKS, STUDIO_STACKS, StackName
from soundstage.engines.kept import deployment_in
from soundstage.stacks.kinds.resource_kinds import MACHINE
from soundstage.stacks.parking.lost import put_away
from soundstage.stacks.parking.record import Parked, ids_in, parked_in
from soundstage.stacks.state import owner
from soundstage.stacks.state.folder_backend import embedded_folder, folder_name, read_deployment, state_key
from soundstage.stacks.state.last_run import LastRun, last_run

_BACKENDS: Final = {folder_name(cloud): cloud for cloud in CLOUDS}
"""Folder of the genuine engine's states in a studio's → the cloud that they are about."""


class Standing(StrEnum):
    """How a stack stands."""

    UP = "up"
    HALF_UP = "half up"
    """The last `up` did not finish."""
    HALF_DOWN = "half down"
    """The last `down` did not finish."""
    PARKED = "parked"
    """Every machine that it has is parked."""
    KEPT = "kept"
    """Only what `down` leaves: media, logs, and what opens them."""
    DOWN = "down"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class OnRecord:
    """One stack, on one cloud."""

    studio: str
    project: str
    """Empty for the studio's own stack."""
    cloud: str
    """What a project file calls it: `simulated`, `aws` …"""
    region: str | None
    """Where it was made; for a studio its home region. None where nothing on this machine says so."""
    standing: Standing
    file: Path | None
    """The file that it came up from. None where nobody noted it, and for a studio without a file."""
    backend: str = ""
    """Where its state is kept; empty for this machine. What is kept elsewhere is as it was seen from here last."""
    parked: Mapping[str, Parked] = field(default_factory=dict)
    """Its machines that are parked, with what is kept of them alone (`put_away`), as far as its state is on this machine."""
    called: str = ""
    """What people call it; empty where that is `project`."""
    account: str | None = None
    """The project of Google Cloud that it is in; None where nothing on this machine says so, as on AWS."""

    @property
    def title(self) -> str:
        return self.called or self.project

    @property
    def is_there(self) -> bool:
        """Whether it has anything in its cloud, kept media included."""
        return self.standing is not Standing.DOWN

    @property
    def is_up(self) -> bool:
        """Whether it has more than what `down` leaves."""
        return self.standing not in (Standing.DOWN, Standing.KEPT)


def folder_of(studio: str, stack: StackName) -> Path:
    """Where this machine keeps what it knows of a stack besides its state."""
    home = home_to_read() / "studios" / studio
    return home if stack.project == STUDIO_STACKS else home / stack.project / stack.stack


def all_on_record() -> list[OnRecord]:
    """Every project and studio of this machine, by studio and name, also those that are down and those whose file is gone."""
    found: list[OnRecord] = []
    for home in sorted(one for one in (home_to_read() / "studios").glob("*") if one.is_dir()):
        names = {one.parent.name for one in home.glob(f"{PROJECT_STACKS}/*/*")}
        names |= {
            one.stem for folder in _BACKENDS for one in home.glob(f"{folder}/.pulumi/stacks/{PROJECT_STACKS}/*.json")
        }
        for stack in (StackName.of_studio(home.name), *map(StackName.of_project, sorted(names))):
            found += on_record(home.name, stack)
    return found


def on_record(studio: str, stack: StackName) -> list[OnRecord]:
    """A stack on each cloud that it is on record for; on none of them, where it is down, once with the cloud it was on last."""
    folder = folder_of(studio, stack)
    run = last_run(folder)
    project = "" if stack.project == STUDIO_STACKS else stack.stack
    file = _file(folder)
    found = []
    for cloud, deployment in _deployments(studio, stack):
        standing = (
            Standing.UNREADABLE if deployment is None else standing_of(deployment, run if _is_of(run, cloud) else None)
        )
        if standing is not Standing.DOWN:
            known = deployment or {}
            parked, account = put_away(parked_in(known), ids_in(known)), _of_provider(known, "project")
            found.append(
                OnRecord(studio, project, cloud, home_region(known), standing, file, parked=parked, account=account)
            )
    if run and run.backend and run.cloud not in {one.cloud for one in found}:
        found.append(OnRecord(studio, project, run.cloud, run.region, _as_noted(run), file, run.backend))
    if not found and (file or run):
        cloud, region = (run.cloud, run.region) if run else ("simulated", None)
        found.append(OnRecord(studio, project, cloud, region, Standing.DOWN, file))
    return found


def standing_of(deployment: Mapping[str, Any], run: LastRun | None) -> Standing:
    """How a stack stands, by its state in Pulumi's deployment format and by what the last command left undone."""
    resources = [one for one in deployment.get("resources") or () if one.get("custom") and not _is_provider(one)]
    pending = deployment.get("pending_operations") or ()
    if not resources and not pending:
        return Standing.DOWN
    kept = _kept(deployment.get("resources") or ())
    if not pending and all(one["urn"] in kept for one in resources):
        return Standing.KEPT
    if pending or (run and not run.finished):
        return Standing.HALF_DOWN if run and run.command == "down" else Standing.HALF_UP
    if parked_in(deployment) and not any(one["type"] in MACHINE for one in resources):
        return Standing.PARKED
    return Standing.UP


def home_region(deployment: Mapping[str, Any]) -> str | None:
    """The region of a stack's provider: where everything is that names no other."""
    return _of_provider(deployment, "region")


def _of_provider(deployment: Mapping[str, Any], key: str) -> str | None:
    providers = [one for one in deployment.get("resources") or () if one["type"].startswith("pulumi:providers:")]
    values = [(one.get("inputs") or {}).get(key) for one in providers]
    return next((value for value in values if isinstance(value, str)), None)


def _kept(resources: Sequence[Mapping[str, Any]]) -> set[str]:
    """URNs of what is protected, and of all that it depends on."""
    by_urn = {one["urn"]: one for one in resources}
    waiting = [urn for urn, one in by_urn.items() if one.get("protect")]
    found: set[str] = set()
    while waiting:
        urn = waiting.pop()
        if urn in found or urn not in by_urn:
            continue
        found.add(urn)
        one = by_urn[urn]
        waiting += [*(one.get("dependencies") or ()), one.get("parent") or ""]
        waiting += [need for needs in (one.get("propertyDependencies") or {}).values() for need in needs or ()]
    return found


def _is_provider(resource: Mapping[str, Any]) -> bool:
    return str(resource["type"]).startswith("pulumi:")


def _is_of(run: LastRun | None, cloud: str) -> bool:
    return run is not None and run.cloud == cloud and not run.backend


def _as_noted(run: LastRun) -> Standing:
    if run.command == "down":
        return Standing.KEPT if run.finished else Standing.HALF_DOWN
    return Standing.UP if run.finished else Standing.HALF_UP


def _deployments(studio: str, stack: StackName) -> list[tuple[str, Mapping[str, Any] | None]]:
    """The states on this machine, by cloud; None for one that cannot be read."""
    home = home_to_read() / "studios" / studio
    found: list[tuple[str, Mapping[str, Any] | None]] = []
    for cloud in CLOUDS:
        try:
            found.append((cloud, deployment_in(embedded_folder(home, stack, cloud))))
        except OperationError:  # damaged, or of an earlier version and with a secret
            found.append((cloud, None))
    for folder, cloud in _BACKENDS.items():
        try:
            found.append((cloud, read_deployment(home / folder / state_key(stack))))
        except StateError:
            found.append((cloud, None))
    return found


def _file(folder: Path) -> Path | None:
    try:
        return owner.claimed(folder)
    except StateError:
        return None
