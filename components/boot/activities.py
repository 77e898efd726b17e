"""Which programs mean that a machine is at work."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files


@cache
def activities() -> Mapping[str, Sequence[str]]:
    """The patterns of each activity that a project file may name."""
    text = (files("soundstage.components") / "data" / "activities.json").read_text("utf-8")
    table: Mapping[str, Sequence[str]] = json.loads(text)["activities"]
    return table


def patterns(keep_while: Sequence[str]) -> list[str]:
    """The patterns behind activities and names of processes, lower case, each once, in a fixed order.

    A pattern is a program's file name, then words that must be among its arguments. A word that is no activity is the
    name of a program as it stands, spaces included.
    """
    found: set[str] = set()
    for word in keep_while:
        found.update(activities().get(word, (word.lower(),)))
    return sorted(found)
