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
