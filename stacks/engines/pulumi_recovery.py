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


def arguments(left: list[Unfinished], find: Find) -> tuple[list[str], list[Recovered]]:
    """The options of `pulumi refresh` that settle these operations, and what will be said of each."""
    options: list[str] = []
    told = []
    for one in left:
        if one.doing != "creating":
            told.append(
                Recovered(one.name, f"was {one.doing} when the last command stopped: the cloud is asked how it is")
            )
        elif found := find(one.type, one.urn, one.inputs):
            options += ["--import-pending-creates", one.urn, "--import-pending-creates", found]
            told.append(
                Recovered(one.name, f"was creating when the last command stopped: it is there, as {found}", found)
            )
        else:
            told.append(Recovered(one.name, "was creating when the last command stopped: it is not there"))
    return [*options, "--clear-pending-creates"], told
