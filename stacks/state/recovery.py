"""Settles what a killed command of the genuine engine left in the middle: the cloud is asked, and a person where it cannot tell."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Final

from soundstage.components.tags import PROJECT, STUDIO, WORKSTATION
from soundstage.core.errors import UsageError
from soundstage.core.values import Properties
from soundstage.engines.base import Recovered, Unclear, Unfinished
from soundstage.providers.base import Sighting
from soundstage.stacks.clouds.base import Cloud
from soundstage.stacks.deployment import AnyDeployment

_IDENTITY: Final = ("Name", STUDIO, PROJECT, WORKSTATION)
"""Tags that are enough to find a thing by."""


def recover(deployment: AnyDeployment, made: Sequence[str], *, not_made: bool) -> list[Recovered]:
    """Put on record what became of unfinished operations; empty when there are none.

    `made` are `NAME=ID` (or `URN=ID`) of what a person has seen, and `not_made` says that whatever the cloud cannot tell was
    not made. Raises `Unclear` for what nobody has told, and `UsageError` when `made` names something that was not being
    made or an id that does not exist.
    """
    engine = deployment.engine
    left = engine.unfinished()
    if not left:
        if made:
            raise UsageError(f"--made {made[0]}: no operation was left unfinished.", "Leave out `--made`.")
        return []
    cloud = deployment.cloud
    seen = _seen(made, [one for one in left if one.doing == "creating"], cloud)

    def find(type: str, urn: str, inputs: Properties, known: Collection[str]) -> Sighting:
        if urn in seen:
            return Sighting(seen[urn])
        found = cloud.find(type, urn, inputs, known)
        return Sighting() if found.doubt and not_made else found

    try:
        return engine.recover(find)
    except Unclear as unclear:
        raise Unclear(unclear.doubts, _hint(deployment, [one for one, _ in unclear.doubts])) from unclear


def _hint(deployment: AnyDeployment, doubtful: Sequence[Unfinished]) -> str:
    ways = dict.fromkeys(deployment.cloud.console(one.inputs, _IDENTITY) for one in doubtful)
    return (
        f"Look for them in {deployment.cloud.describe()}:\n"
        + "".join(f"  {way}\n" for way in ways)
        + f"Then `{deployment.command('recover')} --made NAME=ID` for each that is there, and `--not-made` for the rest."
    )


def _seen(made: Sequence[str], creating: Sequence[Unfinished], cloud: Cloud) -> dict[str, str]:
    """Ids by URN."""
    count = Counter(one.name for one in creating)
    by_name = {one.urn: one for one in creating} | {one.name: one for one in creating if count[one.name] == 1}
    seen = {}
    for given in made:
        name, equals, id = given.partition("=")
        if count[name] > 1:
            urns = ", ".join(one.urn for one in creating if one.name == name)
            raise UsageError(f"--made {given}: several of that name were being made.", f"Give one of: {urns}.")
        one = by_name.get(name)
        if not equals or not id or one is None:
            known = ", ".join(sorted({one.name for one in creating})) or "nothing was being made"
            raise UsageError(f"--made {given}: nothing of that name was being made.", f"Use NAME=ID with: {known}.")
        if not cloud.exists(one.type, id, one.inputs):
            raise UsageError(
                f"--made {given}: there is no {one.type} {id} in {cloud.describe()}.", "Check the id, and the region."
            )
        seen[one.urn] = id
    return seen
