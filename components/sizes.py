"""Which machine a role and a size mean, what machine types exist and which region offers them.

Facts are data: `data/machine_types.json` (with source and date) and `data/roles.json` (our choice). Adding a machine type,
a size or a role is an entry there; the meta-test checks the rest.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

from soundstage.core.errors import ArgumentError

DEFAULT_REGION: Final = "eu-west-1"
DEFAULT_SIZE: Final = "medium"


@dataclass(frozen=True, slots=True)
class MachineType:
    """What a machine of this type has."""

    name: str
    """Amazon EC2's name, such as `g6.2xlarge`."""
    family: str
    """The part before the dot; offers and quotas belong to the family."""
    vcpus: int
    memory_gib: int
    gpu: str | None
    """The GPU's model, such as `L4`; None without one."""
    gpus: int
    vram_gib: float
    """Memory of one GPU as the cloud reports it (a "24 GB" card reports 22.4)."""
    encoder: bool
    """Whether a hardware video encoder is present, which a fluent remote display of 4K needs."""
    nvme_gb: int
    """Local disk in GB of 10^9 bytes, all disks together; lost on stop. 0 without one."""
    nvme_disks: int
    quota: str
    """Service Quotas code of the on-demand vCPU limit that it counts against."""
    spot_quota: str
    """Service Quotas code of the spot vCPU limit that it counts against."""

    @property
    def nvme_gib(self) -> int:
        """Local disk in GiB, rounded down."""
        return self.nvme_gb * 10**9 // 2**30


def roles() -> tuple[str, ...]:
    """The kinds of work that a workstation can be made for."""
    return tuple(_roles())


def role_purpose(role: str) -> str:
    """One sentence on what the role's machines are chosen for."""
    purpose: str = _role(role)["for"]
    return purpose


def sizes() -> tuple[str, ...]:
    """The size names, smallest first; every role has all of them."""
    return ("small", "medium", "large", "xlarge")


def regions() -> frozenset[str]:
    """The AWS regions that the tables know."""
    return frozenset(_facts()["regions"])


@cache
def known_types() -> Mapping[str, MachineType]:
    """Every machine type that a workstation may have, by name."""
    families = _facts()["families"]
    types: dict[str, MachineType] = {}
    for name, row in _facts()["types"].items():
        family = name.partition(".")[0]
        types[name] = MachineType(
            name=name,
            family=family,
            vcpus=row["vcpus"],
            memory_gib=row["memory_gib"],
            gpu=row.get("gpu"),
            gpus=row.get("gpus", 0),
            vram_gib=round(row.get("vram_mib", 0) / 1024, 1),
            encoder=families[family]["encoder"],
            nvme_gb=row.get("nvme_gb", 0),
            nvme_disks=row.get("nvme_disks", 0),
            quota=families[family]["quota"],
            spot_quota=families[family]["spot_quota"],
        )
    return MappingProxyType(types)


def offered(instance_type: str, region: str) -> bool:
    """Whether the region offers the machine type. False for a type or a region that the tables do not know."""
    machine = known_types().get(instance_type)
    return machine is not None and region in _facts()["families"][machine.family]["offered_in"]


def instance_type(role: str, size: str = DEFAULT_SIZE, region: str = DEFAULT_REGION) -> str:
    """The machine type for a role and a size: the best candidate that the region offers.

    Raises `ArgumentError` for an unknown role, size or region, and where the region offers no candidate.
    """
    table = _role(role)["sizes"]
    if size not in table:
        raise ArgumentError(f'There is no size "{size}" (sizes: {", ".join(sizes())}).')
    if region not in regions():
        raise ArgumentError(f'The region "{region}" is not known.', "Name the machine with instance_type instead.")
    candidates: list[str] = table[size]
    for candidate in candidates:
        if offered(candidate, region):
            return candidate
    raise ArgumentError(
        f"{region} offers none of the machines for {role}, size {size}: {', '.join(candidates)}.",
        f"Regions that do: {', '.join(sorted(r for r in regions() if any(offered(c, r) for c in candidates)))}.",
    )


def type_in(role: str, size: str, region: str) -> str | None:
    """As `instance_type`, and None where the region offers no candidate. Raises `KeyError` for a role or size that there is not."""
    return next((one for one in _roles()[role]["sizes"][size] if offered(one, region)), None)


def data_mib_per_second(role: str, size: str) -> int | None:
    """MiB a second that the data volume of a machine for this work needs; None where what AWS gives every volume is enough.

    Raises `ArgumentError` for an unknown role, and `KeyError` for an unknown size.
    """
    needed: Mapping[str, int] = _role(role).get("data_mib_per_second", {})
    return needed[size] if needed else None


def _role(role: str) -> Mapping[str, Any]:
    table = _roles()
    if role not in table:
        raise ArgumentError(f'There is no role "{role}" (roles: {", ".join(table)}).')
    found: Mapping[str, Any] = table[role]
    return found


@cache
def _roles() -> Mapping[str, Any]:
    table: Mapping[str, Any] = _load("roles.json")["roles"]
    return table


@cache
def _facts() -> Mapping[str, Any]:
    return _load("machine_types.json")


def _load(name: str) -> Mapping[str, Any]:
    document: Mapping[str, Any] = json.loads((files("soundstage.components") / "data" / name).read_text("utf-8"))
    return document
