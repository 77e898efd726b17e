"""A provider that takes what exists for its own instead of making it: for a state that was lost.

Nothing is known of a lost resource but what the program says of it. Each cloud locates it in its own way.
"""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from soundstage.core.errors import CloudError
from soundstage.core.values import Properties, has_unknown
from soundstage.providers.base import Checked, Created, Found
from soundstage.providers.table_provider import TableProvider


class Adopting(TableProvider):
    """Before a cloud's own provider: `create` looks for the resource first, makes it what the program says, and makes a new one only where
    there is none."""

    def __init__(self, endpoint: Any, region: str, on_retry: Callable[[str], None], taken: list[str]) -> None:
        """`taken` gets the URN of everything that was taken back; the rest is what the cloud's own provider takes."""
        place: tuple[Any, ...] = (endpoint, region, on_retry)
        super().__init__(*place)
        self._taken = taken
        self._located: dict[str, Found] = {}

    def check(self, type: str, urn: str, olds: Properties, news: Properties, seed: bytes) -> Checked:
        if not olds and not has_unknown(news):
            found = self._locate(type, urn, news, seed)
            if found:
                self._located[urn] = found
                return super().check(type, urn, found.inputs, news, seed)
        return super().check(type, urn, olds, news, seed)

    def create(self, type: str, urn: str, inputs: Properties) -> Created:
        found = self._located.pop(urn, None)
        if found is None:
            return super().create(type, urn, inputs)
        now = self.read(type, found.id, inputs, found.outputs) or found
        difference = self.diff(type, now.id, now.inputs, now.outputs, inputs)
        if difference.replaces:
            paths = ", ".join(change.path for change in difference.changes if change.replaces)
            raise CloudError(
                f"{now.id} exists, and differs in what cannot be changed: {paths}.",
                "Let the project file say what exists, or delete the resource, and run this again.",
            )
        outputs = now.outputs
        if difference.changes:
            outputs = self.update(type, urn, now.id, now.inputs, now.outputs, inputs)
        self._taken.append(urn)
        return Created(found.id, outputs)

    @abstractmethod
    def _locate(self, type: str, urn: str, news: Properties, seed: bytes) -> Found | None:
        """What exists of a resource that the state does not know, with its generated name and its token among its inputs."""

    def _nearest(self, found: Sequence[Found], type: str, urn: str, news: Properties, seed: bytes) -> tuple[Found, ...]:
        """Those that differ least from what the program says."""
        if len(found) < 2:
            return tuple(found)
        far = {one.id: self._distance(one, type, urn, news, seed) for one in found}
        return tuple(one for one in found if far[one.id] == min(far.values()))

    def _distance(self, found: Found, type: str, urn: str, news: Properties, seed: bytes) -> tuple[bool, int]:
        """How far something is from what the program says: whether it cannot become it, and in how many places it differs."""
        inputs = super().check(type, urn, found.inputs, news, seed).inputs
        now = self.read(type, found.id, inputs, found.outputs) or found
        difference = self.diff(type, now.id, now.inputs, now.outputs, inputs)
        return difference.replaces, len(difference.changes)
