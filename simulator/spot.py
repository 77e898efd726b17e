"""Spot capacity that the simulated cloud takes back and gives again when it is told to. Kept as a parameter of the simulated account, so
that it is remembered like everything else there."""

from typing import Final

PREFIX: Final = "/soundstage/simulated-spot/"
TAKEN: Final = "taken"
GIVEN: Final = "given"
GOOGLE_PREEMPTED: Final = "compute.instances.preempted"
"""The type of the operation by which Google tells that it took a machine back (Compute Engine, "Create and use Spot VMs", read 2026-11)."""


def metadata_key(zone: str, instance: str) -> str:
    """The key of the metadata of a simulated project of Google Cloud that says that a zone has no room for a machine."""
    return f"simulated-spot_{zone}_{instance}"


def parameter_name(studio: str, project: str, machine: str) -> str:
    """The parameter that says whether a machine has its spot capacity."""
    return f"{PREFIX}{studio}/{project}/{machine}"
