"""Spot capacity that the simulated cloud takes back and gives again when it is told to. Kept as a parameter of the simulated account, so
that it is remembered like everything else there."""

from typing import Final

PREFIX: Final = "/soundstage/simulated-spot/"
TAKEN: Final = "taken"
GIVEN: Final = "given"


def parameter_name(studio: str, project: str, machine: str) -> str:
    """The parameter that says whether a machine has its spot capacity."""
    return f"{PREFIX}{studio}/{project}/{machine}"
