"""Which machine of Google Cloud a role and a size mean, what machine types exist and where their accelerators are.

Facts are data: `data/google_machine_types.json`, with source and dates. Adding a machine type is an entry there.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

from soundstage.components.sizes import DEFAULT_SIZE

LEAST_DISK_GIB: Final = 10
LOCAL_SSD_GIB: Final = 375
"""What one local SSD holds (Compute Engine, "About Local SSD disks", read 2026-11)."""


@dataclass(frozen=True, slots=True)
class Accelerator:
    """A GPU with the licence of a virtual workstation."""

    name: str
    """Google's name, such as `nvidia-l4-vws`."""
    gpu: str
    vram_gib: int
    quota: str
    """Metric of the quota that it counts against."""
    regions: frozenset[str]
    zones: frozenset[str]
    """Those that were there when zones were last read, which is long ago."""


@dataclass(frozen=True, slots=True)
class GoogleMachine:
    """What a machine of this type has."""

    name: str
    """Google's name, such as `g2-standard-8`. An `n1` here has a T4."""
    vcpus: int
    memory_gib: int
    accelerator: Accelerator | None
    gpus: int
    disk: str
    """Type of its disks: `pd-balanced`, or `hyperdisk-balanced` where there is nothing else."""
    local_ssds: tuple[int, ...]
    """How many local SSDs it may have, smallest first; empty for none."""


def drivers_are_signed(os: str, machine: GoogleMachine) -> bool:
    """Whether all that starts on such a machine is signed by a key that it knows, so that Secure Boot can be on. On Linux the installer of
    NVIDIA's driver for virtual workstations compiles the module there, and no key signs it; Microsoft signs the one for Windows. Compute
    Engine has Secure Boot off unless told otherwise for that reason ("What is Shielded VM?", read 2026-11)."""
    return os != "linux" or machine.accelerator is None


@cache
def regions() -> frozenset[str]:
    """The regions that have any accelerator of a virtual workstation."""
    return frozenset(region for row in _facts()["accelerators"].values() for region in row["regions"])


@cache
def google_machines() -> Mapping[str, GoogleMachine]:
    """Every machine type that a workstation may have, by name."""
    accelerators = {
        name: Accelerator(
            name, row["gpu"], row["vram_gib"], row["quota"], frozenset(row["regions"]), frozenset(row["zones"])
        )
        for name, row in _facts()["accelerators"].items()
    }
    return MappingProxyType(
        {
            name: GoogleMachine(
                name=name,
                vcpus=row["vcpus"],
                memory_gib=row["memory_gib"],
                accelerator=accelerators[row["accelerator"]] if "accelerator" in row else None,
                gpus=row.get("gpus", 0),
                disk=row["disk"],
                local_ssds=tuple(row["local_ssds"]),
            )
            for name, row in _facts()["types"].items()
        }
    )


def offered(machine: GoogleMachine, region: str) -> bool:
    """Whether the region has the machine's accelerator. A machine without one is taken to be everywhere."""
    return machine.accelerator is None or region in machine.accelerator.regions


def in_doubt(machine: GoogleMachine, zone: str) -> bool:
    """Whether a zone was not among those of its region that had the accelerator when zones were last read."""
    if machine.accelerator is None:
        return False
    region = zone.rpartition("-")[0]
    read = {each for each in machine.accelerator.zones if each.startswith(f"{region}-")}
    return bool(read) and zone not in read


def zones_read() -> str:
    """The day of which the zones are, YYYY-MM-DD."""
    day: str = _facts()["zones_read"]
    return day


def google_type(role: str, size: str = DEFAULT_SIZE, region: str = "") -> GoogleMachine | None:
    """The machine for a role and a size: the best candidate that the region offers; None where it offers none.

    Raises `KeyError` for a role or size that there is not.
    """
    candidates = [google_machines()[name] for name in _facts()["roles"][role][size]]
    return next((each for each in candidates if offered(each, region)), None)


def regions_for(role: str, size: str) -> list[str]:
    """The regions that offer a machine for a role and a size."""
    candidates = [google_machines()[name] for name in _facts()["roles"][role][size]]
    return sorted({region for each in candidates if each.accelerator for region in each.accelerator.regions})


def local_ssds(machine: GoogleMachine, scratch_gib: int) -> int | None:
    """How many local SSDs give so much room; None where the machine cannot have as many."""
    if not scratch_gib:
        return 0
    return next((count for count in machine.local_ssds if count * LOCAL_SSD_GIB >= scratch_gib), None)


def most_scratch_gib(type: str) -> int:
    """How much room the local SSDs of a machine type give at most; 0 for one that nobody knows."""
    machine = google_machines().get(type)
    return max(machine.local_ssds, default=0) * LOCAL_SSD_GIB if machine else 0


@cache
def _facts() -> Mapping[str, Any]:
    text = (files("soundstage.components") / "data" / "google_machine_types.json").read_text("utf-8")
    facts: Mapping[str, Any] = json.loads(text)
    return facts
