"""How clean the electricity of a region is: data/carbon.csv. It is what the local grid gives, not what a cloud buys besides."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from soundstage.pricing.facts import Source, rows, sources

YEAR: Final = 2024
"""The year that the figures are of."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Grams of carbon dioxide (equivalent) for a kWh, the average of `YEAR`. `as_in` is the region of Google Cloud in the same place that it
    was published for; empty where it is the region itself."""

    grams_per_kwh: float
    as_in: str
    source: Source


def grid(cloud: str, region: str) -> Grid | None:
    """None where no figure is known."""
    return _grids().get((cloud, region))


@cache
def _grids() -> Mapping[tuple[str, str], Grid]:
    return {
        (row["cloud"], row["region"]): Grid(float(row["grams_per_kwh"]), row["as_in"], sources()[row["source"]])
        for row in rows("carbon.csv")
    }
