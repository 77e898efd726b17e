"""The zones of a region, of which not every account may use each and not each has every machine."""

from collections.abc import Collection
from typing import Protocol


class Zones(Protocol):
    """The zones of the region."""

    def usable(self) -> dict[str, str]:
        """Those that this account may use: name → id, sorted by name. A name is another place in every account."""

    def offering(self, types: Collection[str]) -> dict[str, set[str]]:
        """Which zones offer each of these machine types to this account."""
