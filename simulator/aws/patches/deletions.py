"""moto frees the content of every version that goes, and breaks on a delete marker, which has none."""

from typing import Any

from moto.s3.models import FakeDeleteMarker


def apply() -> None:
    """Let delete markers be deleted in any order."""
    marker: Any = FakeDeleteMarker
    marker.dispose = lambda self: None  # noqa: ARG005
