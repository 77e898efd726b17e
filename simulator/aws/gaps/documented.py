"""AWS's documented limits, as data (`limits.json`, with sources and date)."""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

_SPACE: Final = re.compile(r"\s+")


@cache
def limits() -> Mapping[str, Any]:
    """The limits by name; sizes have their unit in the name."""
    found: Mapping[str, Any] = json.loads((files(__package__) / "limits.json").read_text("utf-8"))
    return found


def counted(document: str) -> int:
    """How long a policy is for IAM, which does not count white space (IAM User Guide, "IAM and AWS STS quotas", 2026-11)."""
    return len(_SPACE.sub("", document))
