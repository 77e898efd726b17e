"""What AWS documents and this cloud goes by, as data. Each file of `data/` names its source and date."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def table(name: str) -> Mapping[str, Any]:
    """The rows of a file of `data/`."""
    found: Mapping[str, Any] = json.loads(
        (files("soundstage.simulator.aws") / "data" / f"{name}.json").read_text("utf-8")
    )
    rows: Mapping[str, Any] = found["rows"]
    return rows
