"""What compute does beyond what names and schemas say."""

from collections.abc import Mapping
from typing import Final

from soundstage.simulator.gcp.compute import disks, firewall, instances, networks, reads
from soundstage.simulator.gcp.work import Handler

HANDLERS: Final[Mapping[str, Handler]] = {
    **instances.HANDLERS,
    **disks.HANDLERS,
    **firewall.HANDLERS,
    **networks.HANDLERS,
    **reads.HANDLERS,
}
"""By the id of the method."""
MADE: Final[Mapping[str, Handler]] = {**disks.MADE, **networks.MADE}
"""What completes a thing that was made, by collection."""
