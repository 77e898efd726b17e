"""Inputs as a preview knows them, for whoever asks what a resource takes before it is made."""

from collections.abc import Mapping
from typing import Any, Final

from soundstage.core.values import UNKNOWN, Properties, reveal

DECIDED_LATER: Final = "(decided later)"
"""In the place of what nobody knows yet, which counts as given."""


def planned(inputs: Properties) -> dict[str, Any]:
    """The inputs that are given, without secrets' covers, and with `DECIDED_LATER` for what is not known yet."""
    return {name: _settled(value) for name, value in reveal(inputs).items() if value is not None}


def _settled(value: Any) -> Any:
    if value is UNKNOWN:
        return DECIDED_LATER
    if isinstance(value, Mapping):
        return {key: _settled(inner) for key, inner in value.items()}
    return [_settled(inner) for inner in value] if isinstance(value, list) else value
