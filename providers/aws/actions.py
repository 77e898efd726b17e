"""The IAM action that a call asks for first of all. Where it is not named after the call, `data/actions.json` says it, with source
and date."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any


def prefix_of(service: str) -> str:
    """The prefix of a service's actions, by boto3's name of the service."""
    return str(_facts()["prefixes"].get(service, service))


def action_of(service: str, operation: str) -> str:
    """The action for a call, such as `s3:ListBucket` for `s3` and `HeadBucket`."""
    return str(_facts()["actions"].get(f"{service}:{operation}") or f"{prefix_of(service)}:{operation}")


@cache
def _facts() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads((files(__package__) / "data" / "actions.json").read_text("utf-8"))
    return found
