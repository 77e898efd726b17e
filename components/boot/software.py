"""What boot scripts may install: exact versions with checksums."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def software() -> Mapping[str, Any]:
    """The table `data/software.json`: `url` or `bucket` and `key`, `version` and `sha256` of each piece."""
    text = (files("soundstage.components") / "data" / "software.json").read_text("utf-8")
    table: Mapping[str, Any] = json.loads(text)
    return table
