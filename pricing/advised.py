"""What advice is made of: what is looked at, the machines in it with their prices, and what is said."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from soundstage.pricing.aws_machines import INSTANCE, system
from soundstage.pricing.facts import MachinePrice, machine_price
from soundstage.pricing.lines import Estimate
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


@dataclass(frozen=True)
class Rented:
    """A workstation of the plan with its price."""

    name: str
    type: str
    region: str
    os: str
    purchase: str
    usd: float
    hours: float
    """In a month, typical."""
    price: MachinePrice = field(repr=False)


def rented(site: Site) -> Iterator[Rented]:
    """The workstations of AWS with a price."""
    for resource in site.by_type.get(INSTANCE, ()):
        name, type = workstation(resource), text(resource, "instanceType")
        if not name or not type:
            continue
        try:
            region = site.region_of(resource)
        except NoPrice:
            continue
        spot = any(one.get("marketType") == "spot" for one in mappings(known(resource, "instanceMarketOptions")))
        purchase, os = "spot" if spot else "on-demand", system(site, resource)
        found = machine_price("aws", type, region)
        hour = found.hour(os, purchase) if found else None
        if found is not None and hour is not None:
            hours = site.usage.hours_a_month(name).typical
            yield Rented(name, type, region, os, purchase, sum(hour) / 2, hours, found)
