"""What the idle guard of a machine heeds: programs that mean that it is at work, and how much use of it counts as work."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def rules() -> Mapping[str, Any]:
    """The table that machines get, on Linux and on Windows the same. `idle_watch.py` says what each entry means."""
    text = (files("soundstage.components") / "data" / "guard.json").read_text("utf-8")
    table: Mapping[str, Any] = json.loads(text)["rules"]
    return table
