"""A list of what has tags is read page by page. moto keeps each page that is to come as a generator, also after the last, and no snapshot can
hold one: from then on the world could not be saved, nor its clock turned. A page that is asked for after a restart has expired."""

from typing import Any

from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend


def _without_pages(self: Any) -> dict[str, Any]:
    return {**vars(self), "_pages": {}}


def apply() -> None:
    """Leave what is to come of a list out of snapshots."""
    patched: Any = ResourceGroupsTaggingAPIBackend
    patched.__getstate__ = _without_pages
