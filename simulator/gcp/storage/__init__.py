"""Cloud Storage: buckets, objects, and what is sent and fetched of them."""

from collections.abc import Mapping
from typing import Final

from soundstage.simulator.gcp.storage import buckets, objects
from soundstage.simulator.gcp.storage.uploads import medium, told_of
from soundstage.simulator.gcp.work import Handler

HANDLERS: Final[Mapping[str, Handler]] = {**buckets.HANDLERS, **objects.HANDLERS}
"""By the id of the method."""
__all__ = ["HANDLERS", "medium", "told_of"]
