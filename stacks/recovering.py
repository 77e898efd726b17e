"""Settles what a killed command of the genuine engine left in the middle, with what a person found in the cloud."""

from collections.abc import Sequence

from soundstage.components.errors import StateError, UsageError
from soundstage.components.values import Properties
from soundstage.stacks.deployment import Deployment
from soundstage.stacks.engines.pulumi_recovery import Find, Recovered
from soundstage.stacks.target import SimulatedCloud
from soundstage.stacks.unlocking import pulumi_stack


def recover(deployment: Deployment, made: Sequence[str], *, not_made: bool) -> list[Recovered]:
    """Put on record what became of unfinished operations. `made` are `NAME=ID` of what is there.

    Raises `StateError` when it is unknown whether a resource was made, and `UsageError` when `made` names something else.
    """
    engine = pulumi_stack(deployment)
    left = engine.unfinished() if engine else []
    if engine is None or not left:
        return []
    names = [one.name for one in left if one.doing == "creating"]
    ids = _ids(made, names)
    cloud = deployment.cloud
    if isinstance(cloud, SimulatedCloud):
        return engine.recover(cloud.find)
    if unknown := [] if not_made else [name for name in names if name not in ids]:
        raise StateError(
            f"Only the cloud knows whether these were made: {', '.join(unknown)}.",
            f"Look for them in {cloud.describe()}; then `workstation recover {deployment.typed} --made NAME=ID` for each "
            "that is there, and `--not-made` for the rest.",
        )
    return engine.recover(_told_by(ids))


def _told_by(ids: dict[str, str]) -> Find:
    def find(_type: str, urn: str, _inputs: Properties) -> str | None:
        return ids.get(urn.rpartition("::")[2])

    return find


def _ids(made: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    ids = {}
    for one in made:
        name, equals, id = one.partition("=")
        if not equals or not id or name not in names:
            raise UsageError(
                f"--made {one}: nothing of that name was being made.", f"Use NAME=ID with one of: {', '.join(names)}."
            )
        ids[name] = id
    return ids
