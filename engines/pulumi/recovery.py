"""Finds out what became of the operations that a command of the genuine engine began and did not finish.

The engine notes each operation before it begins. What is still noted when nothing runs was cut short: the process was killed
or its connection to the cloud was lost. The engine itself only warns, and would make such a resource a second time.
"""

import time
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from soundstage.core.values import Properties
from soundstage.engines.base import Find, Recovered, Unclear, Unfinished
from soundstage.engines.pulumi.events import UNANSWERED
from soundstage.engines.pulumi.record import closed
from soundstage.engines.pulumi.unanswered import unanswered
from soundstage.providers.base import Sighting

_IN_FLIGHT: Final = 20.0
_IN_FLIGHT_SIMULATED: Final = 2.0
"""Seconds after the state was last written in which a cloud may still carry out what it was asked, or not yet show what it
has made. AWS names no bound for that (EC2 API guide, "Eventual consistency", 2026-11); it is seconds as a rule."""


def unfinished(deployment: Mapping[str, Any]) -> list[Unfinished]:
    """The operations that an exported deployment (its `deployment` part) says were cut short."""
    return [
        Unfinished(
            entry["resource"]["urn"],
            entry["resource"]["type"],
            entry["type"],
            closed(entry["resource"].get("inputs") or {}),
        )
        for entry in _entries(deployment)
    ]


def _entries(deployment: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What the engine has noted of unfinished operations, and what we have where it forgets."""
    return [*(deployment.get("pending_operations") or ()), *unanswered(deployment)]


def settled(deployment: Mapping[str, Any], find: Find, hint: str) -> tuple[dict[str, Any], list[Recovered]]:
    """The deployment with nothing unfinished, and what will be said of each operation.

    What `find` says is there stands among the resources, with its id and no outputs yet: a refresh reads them. What was
    being changed or deleted stands there already. Raises `Unclear` with `hint` for whatever `find` doubts.
    """
    resources = [state for state in deployment.get("resources") or () if state["type"] != UNANSWERED]
    known = {str(state["id"]) for state in resources if state.get("id")}
    told, doubts = [], []
    for one, entry in zip(unfinished(deployment), _entries(deployment), strict=True):
        began = f"was {one.doing} when the last command stopped"
        if one.doing != "creating":
            told.append(Recovered(one.name, f"{began}: the cloud is asked how it is"))
            continue
        sighting = find(one.type, one.urn, one.inputs, known)
        if sighting.doubt:
            doubts.append((one, sighting.doubt))
        elif sighting.id:
            resources = _with(resources, {**entry["resource"], "id": sighting.id})
            known.add(sighting.id)
            told.append(Recovered(one.name, f"{began}: it is there, as {sighting.id}", sighting.id))
        else:
            told.append(Recovered(one.name, f"{began}: it is not there"))
    if doubts:
        raise Unclear(doubts, hint)
    return {**deployment, "resources": resources, "pending_operations": []}, told


def _with(resources: Sequence[Mapping[str, Any]], found: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The resources with one more. Where it replaces another it stands in its place, and the other, which is still there
    unless it had to go first, waits behind it to be deleted."""
    place = next((at for at, one in enumerate(resources) if one["urn"] == found["urn"] and not one.get("delete")), None)
    if place is None:
        return [*resources, found]
    old = resources[place]
    # The engine takes no state in which something stands before what it needs.
    earlier = {one["urn"] for one in resources[:place]}
    needs = dict.fromkeys([*(old.get("dependencies") or ()), *(found.get("dependencies") or ())])
    new = {**found, "dependencies": [urn for urn in needs if urn in earlier]}
    left = [] if old.get("pendingReplacement") else [{**old, "delete": True}]
    return [*resources[:place], new, *left, *resources[place + 1 :]]


def patiently(find: Find, deployment: Mapping[str, Any], *, real: bool) -> Find:
    """`find`, which looks once more for what is not there as long as it may still appear."""
    written = datetime.fromisoformat(deployment["manifest"]["time"]).astimezone(UTC).timestamp()
    longest = _IN_FLIGHT if real else _IN_FLIGHT_SIMULATED

    def look(type: str, urn: str, inputs: Properties, known: Collection[str]) -> Sighting:
        found = find(type, urn, inputs, known)
        rest = min(longest, written + longest - time.time())
        if found.id or found.doubt or rest <= 0:
            return found
        time.sleep(rest)
        return find(type, urn, inputs, known)

    return look
