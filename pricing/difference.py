"""What a change does to the price: two estimates, resource by resource."""

from collections.abc import Iterator
from dataclasses import dataclass

from soundstage.pricing.lines import Estimate

LEAST_USD = 0.005
"""A smaller difference a month is none."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What a resource costs a month before and after, typical; None where it is not there."""

    resource: str
    type: str
    before: float | None
    after: float | None

    @property
    def usd(self) -> float:
        return (self.after or 0.0) - (self.before or 0.0)


@dataclass(frozen=True)
class Difference:
    """What a change does to the price. `complete` is whether everything on both sides has one."""

    before: Estimate
    after: Estimate

    @property
    def changed(self) -> tuple[Changed, ...]:
        """What costs more or less, the largest difference first."""
        return tuple(sorted(self._changed(), key=lambda one: (-abs(one.usd), one.resource, one.type)))

    @property
    def monthly_usd(self) -> float:
        return self.after.month().typical - self.before.month().typical

    @property
    def complete(self) -> bool:
        return not (self.before.unpriced or self.after.unpriced)

    def _changed(self) -> Iterator[Changed]:
        before, after = (_by_resource(one) for one in (self.before, self.after))
        for key in sorted({*before, *after}):
            found = Changed(*key, before.get(key), after.get(key))
            if abs(found.usd) >= LEAST_USD:
                yield found


def _by_resource(found: Estimate) -> dict[tuple[str, str], float]:
    sums: dict[tuple[str, str], float] = {}
    for line in found.lines:
        key = (line.resource, line.type)
        sums[key] = sums.get(key, 0.0) + line.month(0).typical
    return sums
