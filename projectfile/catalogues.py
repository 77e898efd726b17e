"""What there is on each cloud to choose from: its regions and its machine types. A region belongs to one cloud, and so tells which."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from soundstage.components import google_sizes, sizes
from soundstage.components.arguments import MOST_EMAILS
from soundstage.components.budgets import GOOGLE_MOST_EMAILS
from soundstage.components.labels import LONGEST, label_length
from soundstage.components.zones import id_prefix, is_in
from soundstage.core.clouds import CLOUDS
from soundstage.core.errors import ArgumentError

GOOGLE_REGION: Final = "europe-west4"
"""Where a project on Google Cloud lives that names no region."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a machine type has, as far as a project file asks."""

    name: str
    gpu: str | None
    """The GPU's model; None without one."""


@dataclass(frozen=True)
class Catalogue:
    """What one cloud has."""

    family: str
    """`aws` or `gcp`."""
    title: str
    default_region: str
    regions: frozenset[str]
    types: Mapping[str, Kind]
    offered: Callable[[str, str], bool]
    """Whether a region offers a machine type. False for what is not known."""
    type_for: Callable[[str, str, str], str]
    """The machine type for a role and a size in a region. Raises `ArgumentError` where the region offers none."""
    holds_zone: Callable[[str, str], bool]
    """Whether a zone, by its name or its id, can be one of a region."""
    zones_such_as: Callable[[str], str]
    """What the zones of a region are called, in words."""
    account: str
    """What an account is, in words."""
    is_account: Callable[[str], bool]
    """Whether this can be one."""
    most_emails: int
    """Addresses that a project's budget tells."""
    least_disk_gib: int = 1
    """The size of the smallest disk."""
    tag_length: Callable[[str], int] = len
    """How many characters a value of a tag takes."""
    longest_tag: int = 256
    most_scratch_gib: Callable[[str], int | None] = lambda _type: None
    """How much room a machine type has at most for caches, where no disk is added for them. None where there is no such limit."""
    slow_from_snapshot: bool = False
    """Whether a disk that comes from a snapshot is slow at first, unless a rate is paid for."""
    named: Mapping[str, str] = field(default_factory=dict)
    """Keys of the studio file that a real account needs besides: what credentials do not tell, and the command that shows it."""


def _google_offered(type: str, region: str) -> bool:
    machine = google_sizes.google_machines().get(type)
    return machine is not None and region in _GOOGLE_REGIONS and google_sizes.offered(machine, region)


def _google_type(role: str, size: str, region: str) -> str:
    found = google_sizes.google_type(role, size, region)
    if found is None:
        raise ArgumentError(
            f"{region} offers no machine with a virtual workstation for {role}, size {size}.",
            f"Regions that do: {', '.join(google_sizes.regions_for(role, size))}.",
        )
    return found.name


_GOOGLE_REGIONS: Final = google_sizes.regions()

_AWS: Final = Catalogue(
    family="aws",
    title="AWS",
    default_region=sizes.DEFAULT_REGION,
    regions=sizes.regions(),
    account="the 12 digits of an AWS account, in quotes",
    is_account=str.isdecimal,
    most_emails=MOST_EMAILS,
    types={name: Kind(name, machine.gpu) for name, machine in sizes.known_types().items()},
    offered=sizes.offered,
    type_for=sizes.instance_type,
    holds_zone=is_in,
    slow_from_snapshot=True,
    zones_such_as=lambda region: f"{region} with a letter, such as {region}b, or {id_prefix(region)}-az with a digit",
)
_GOOGLE: Final = Catalogue(
    family="gcp",
    title="Google Cloud",
    default_region=GOOGLE_REGION,
    regions=_GOOGLE_REGIONS,
    account="the id of a Google Cloud project",
    is_account=lambda account: not account.isdecimal(),
    most_emails=GOOGLE_MOST_EMAILS,
    types={
        name: Kind(name, machine.accelerator.gpu if machine.accelerator else None)
        for name, machine in google_sizes.google_machines().items()
    },
    offered=_google_offered,
    type_for=_google_type,
    holds_zone=lambda zone, region: zone.rpartition("-")[0] == region,
    zones_such_as=lambda region: f"{region} with a hyphen and a letter, such as {region}-b",
    named={"account": "gcloud projects list", "billing_account": "gcloud billing projects describe PROJECT"},
    least_disk_gib=google_sizes.LEAST_DISK_GIB,
    tag_length=label_length,
    longest_tag=LONGEST,
    most_scratch_gib=google_sizes.most_scratch_gib,
)
CATALOGUES: Final[Mapping[str, Catalogue]] = {one.family: one for one in (_AWS, _GOOGLE)}
"""By the family of the cloud."""


def catalogue_of(region: str) -> Catalogue:
    """What the cloud that a region belongs to has; that of AWS for a region that nobody knows."""
    return next((one for one in CATALOGUES.values() if region in one.regions), _AWS)


def catalogue_with(type: str) -> Catalogue:
    """What the cloud that a machine type belongs to has; that of AWS for a type that nobody knows."""
    return next((one for one in CATALOGUES.values() if type in one.types), _AWS)


def with_region(file: Any) -> Any:
    """A project file that says its cloud and no region, with the region that it then means."""
    if not isinstance(file, Mapping) or "region" in file or not isinstance(file.get("cloud"), str):
        return file
    name = CLOUDS.get(file["cloud"])
    default = CATALOGUES[name.family].default_region if name else sizes.DEFAULT_REGION
    return file if default == sizes.DEFAULT_REGION else {**file, "region": default}


def every_region() -> tuple[str, ...]:
    """The regions of all clouds, sorted."""
    return tuple(sorted(region for one in CATALOGUES.values() for region in one.regions))


def kinds() -> Mapping[str, Kind]:
    """The machine types of all clouds, by name. Those of different clouds have different names."""
    return {name: kind for one in CATALOGUES.values() for name, kind in one.types.items()}
