"""All states that can be seen from here: those on this machine, and those in the studio's bucket."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from soundstage.core.errors import CloudError, OperationError, PreflightRefused, StateError
from soundstage.core.home import home_to_read
from soundstage.engines.kept import deployment_in, state_folders
from soundstage.projectfile.bucket_address import bucket_of
from soundstage.stacks.state.folder_backend import read_deployment
from soundstage.stacks.state.in_bucket import in_bucket
from soundstage.stacks.state.on_record import Standing, all_on_record, standing_of
from soundstage.stacks.studio_deployment import StudioDeployment
from soundstage.stacks.target import kept_in

_ROOT: Final = ".pulumi/stacks/"


@dataclass(frozen=True)
class States:
    """What the states that can be seen know."""

    known: frozenset[str]
    """Ids and ARNs of everything on record."""
    standings: Mapping[tuple[str, str], Standing]
    """How the stack of a studio and project stands; the project is empty for the studio's own."""
    shared: bool
    """Whether all states of the studio can be seen: they are in its bucket, and could be read."""
    told: tuple[str, ...] = ()
    """What could not be read."""


def states_of(studio: StudioDeployment) -> States:
    """Read all of them. What cannot be read is told, and nothing of its projects may be taken for an orphan."""
    standings = {(one.studio, one.project): one.standing for one in all_on_record() if one.cloud == studio.cloud.kind}
    known, told = set[str](), list[str]()
    for document in _here(told):
        known |= ids_of(document)
    shared = False
    state = kept_in(studio.cloud, studio.stack, studio.studio)
    if bucket := bucket_of(state):
        try:
            for project, document in in_bucket(studio.cloud.buckets, bucket, state.backend or ""):
                known |= ids_of(document)
                standings[studio.studio.studio, project] = standing_of(document, None)
            shared = True
        except (CloudError, PreflightRefused, StateError) as error:
            told.append(f"The studio's states in {bucket.name} cannot be read: {error.message}")
    return States(frozenset(known), standings, shared, tuple(told))


def ids_of(document: Mapping[str, Any]) -> set[str]:
    """What a state in Pulumi's deployment format knows: the ids and ARNs of its resources, and the ends of both. Pure."""
    found: set[str] = set()
    for one in document.get("resources") or ():
        outputs = one.get("outputs") or {}
        for name in (one.get("id"), outputs.get("arn"), outputs.get("name"), outputs.get("allocationId")):
            if isinstance(name, str) and name:
                found |= {name, name.rpartition("/")[2], name.rpartition(":")[2]}
    return found


def _here(told: list[str]) -> Iterator[Mapping[str, Any]]:
    """Every state on this machine, of whichever studio and engine."""
    for home in sorted((home_to_read() / "studios").glob("*")):
        for folder in state_folders(home):
            try:
                yield deployment_in(folder)
            except OperationError as error:
                told.append(f"{folder.name}: {error.message}")
        for file in sorted(home.glob(f"pulumi*/{_ROOT}*/*.json")):
            try:
                yield read_deployment(file)
            except StateError as error:
                told.append(f"{file.stem}: {error.message}")
