"""Finds out what became of the operations that a command of the genuine engine began and did not finish.

The engine notes each operation before it begins. What is still noted when nothing runs was cut short: the process was killed
or its connection to the cloud was lost. The engine itself only warns, and would make such a resource a second time.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from soundstage.components.values import Properties, from_json

Find: TypeAlias = Callable[[str, str, Properties], str | None]
"""Type, URN and inputs of a resource that was being made; its id when the cloud has it, None when it has not."""


@dataclass(frozen=True)
class Unfinished:
    """One operation that was cut short: `creating`, `updating`, `deleting`, `reading` or `importing`."""

    urn: str
    type: str
    doing: str
    inputs: Properties

    @property
    def name(self) -> str:
        return self.urn.rpartition("::")[2]


@dataclass(frozen=True)
class Recovered:
    """What became of one of them, in words. `id` is set when a resource was found and put on record."""

    name: str
    told: str
    id: str | None = None


def unfinished(deployment: Mapping[str, Any]) -> list[Unfinished]:
    """The operations that an exported deployment (its `deployment` part) says were cut short."""
    return [
        Unfinished(
            entry["resource"]["urn"],
            entry["resource"]["type"],
            entry["type"],
            from_json(entry["resource"].get("inputs") or {}),
        )
        for entry in deployment.get("pending_operations") or ()
    ]


def settled(deployment: Mapping[str, Any], find: Find) -> tuple[dict[str, Any], list[Recovered]]:
    """The deployment with nothing unfinished, and what will be said of each operation.

    What `find` says is there stands among the resources, with its id and no outputs yet: a refresh reads them. What was
    being changed or deleted stands there already.
    """
    resources = list(deployment.get("resources") or ())
    told = []
    for one, entry in zip(unfinished(deployment), deployment.get("pending_operations") or (), strict=True):
        began = f"was {one.doing} when the last command stopped"
        if one.doing != "creating":
            told.append(Recovered(one.name, f"{began}: the cloud is asked how it is"))
        elif found := find(one.type, one.urn, one.inputs):
            resources.append({**entry["resource"], "id": found})
            told.append(Recovered(one.name, f"{began}: it is there, as {found}", found))
        else:
            told.append(Recovered(one.name, f"{began}: it is not there"))
    return {**deployment, "resources": resources, "pending_operations": []}, told
