"""What advice is made of: what is looked at, the machines in it with their prices, and what is said."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from soundstage.components.google_sizes import google_machines
from soundstage.components.sizes import known_types
from soundstage.plan.plan import PlannedResource
from soundstage.pricing import aws_machines, gcp_machines
from soundstage.pricing.facts import MachineFacts, machine_facts
from soundstage.pricing.lines import Estimate
from soundstage.pricing.machines import offer, sold
from soundstage.pricing.site import NoPrice, Site, known, mappings, text, workstation


@dataclass(frozen=True, slots=True)
class Advice:
    """Something to do, and what it saves a month in US dollars at what is typical. `day` is that of the oldest price in it."""

    subject: str
    what: str
    arithmetic: str
    usd: float
    day: date


@dataclass(frozen=True, slots=True)
class Unused:
    """Something in the cloud that costs and that nothing uses: an item of `facts`, how much of it, and its id."""

    item: str
    what: str
    id: str
    amount: float
    region: str
    cloud: str = "aws"


@dataclass(frozen=True, slots=True)
class Use:
    """The most that was used of a machine in what its idle guard told on so many days. None for what it could not read."""

    days: int
    cores: float | None
    memory_gib: float | None
    vram_gib: float | None
    """Of the GPU that holds most."""
    gpu_percent: float | None


@dataclass(frozen=True)
class View:
    """What is advised about. `regions` are those in which the project may live; `unattended` are the names of machines at which nobody
    sits; `unused` is what the cloud has of the project and nothing uses."""

    site: Site
    estimate: Estimate
    regions: Sequence[str] = ()
    unattended: frozenset[str] = frozenset()
    unused: tuple[Unused, ...] = ()
    uses: Mapping[str, Use] = field(default_factory=dict)
    """Workstation → how much of it was used, where that is known."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for an hour of a machine with all that it needs: US dollars in the cheapest and the dearest zone, the same on demand."""

    has: MachineFacts
    low: float
    high: float
    day: date
    """Of the oldest price in it."""

    @property
    def usd(self) -> float:
        return (self.low + self.high) / 2


def asked(cloud: str, type: str, region: str, os: str, purchase: str = "on-demand") -> Asked | None:
    """None where the region does not offer the type, and where a part of the price is not known."""
    found = offer(cloud, type, region, os, purchase) if sold(cloud, type, region) else None
    if found is None or found.low is None or found.high is None or found.source is None or found.licence_missing:
        return None
    return Asked(found.has, found.low, found.high, found.source.day)


def types_of(cloud: str) -> Iterator[str]:
    """The machine types of a cloud that a workstation may have and of which something is known."""
    mine = google_machines() if cloud == "gcp" else known_types()
    return (type for named, type in machine_facts() if named == cloud and type in mine)


@dataclass(frozen=True)
class Rented:
    """A workstation of the plan with its price."""

    name: str
    cloud: str
    """`aws` or `gcp`."""
    type: str
    region: str
    os: str
    purchase: str
    hours: float
    """In a month, typical."""
    asked: Asked

    @property
    def usd(self) -> float:
        return self.asked.usd

    def elsewhere(self, region: str) -> Asked | None:
        """The same in another region."""
        return asked(self.cloud, self.type, region, self.os, self.purchase)


def rented(site: Site) -> Iterator[Rented]:
    """The workstations with a price."""
    for cloud, token, key in (
        ("aws", aws_machines.INSTANCE, "instanceType"),
        ("gcp", gcp_machines.INSTANCE, "machineType"),
    ):
        for resource in site.by_type.get(token, ()):
            name, type = workstation(resource), (text(resource, key) or "").rpartition("/")[2]
            try:
                region = site.region_of(resource)
            except NoPrice:
                continue
            os, spot = _SYSTEM[cloud](site, resource), _SPOT[cloud](resource)
            purchase = "spot" if spot else "on-demand"
            found = offer(cloud, type, region, os, purchase)
            if not name or found is None or found.low is None or found.high is None or found.source is None:
                continue
            hours = site.usage.hours_a_month(name).typical
            has = Asked(found.has, found.low, found.high, found.source.day)
            yield Rented(name, cloud, type, region, os, purchase, hours, has)


def _aws_spot(resource: PlannedResource) -> bool:
    return any(one.get("marketType") == "spot" for one in mappings(known(resource, "instanceMarketOptions")))


_SYSTEM: Final[Mapping[str, Callable[[Site, PlannedResource], str]]] = {
    "aws": aws_machines.system,
    "gcp": lambda _site, resource: gcp_machines.system(resource),
}
_SPOT: Final[Mapping[str, Callable[[PlannedResource], bool]]] = {"aws": _aws_spot, "gcp": gcp_machines.is_spot}
