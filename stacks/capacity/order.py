"""In which order places and types are tried for a machine that is to be made or gets another size. Pure: values in, values out.

First the wanted type in the other zones, then the types that its file allows in its stead, each in the zones that offer it. Another type
is never taken unasked. A machine that has a work disk stays in the zone of that disk. Another region is never taken: the media, the
network and the keys of a project are in the one that it is in.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from soundstage.components.cidr import MOST_ZONES
from soundstage.components.tags import INSTEAD_OF, WORKSTATION
from soundstage.core.words import listed
from soundstage.plan.plan import Plan
from soundstage.pricing.facts import machine_price
from soundstage.pricing.machines import priced_words
from soundstage.projectfile.catalogues import catalogue_of
from soundstage.projectfile.project_file import Project, Workstation
from soundstage.stacks.kinds.resource_kinds import MACHINE, tags_on, type_on

Price: TypeAlias = Callable[[str, str, str], float | None]
"""US dollars an hour of a machine type with an operating system, bought `on-demand` or `spot`, in the project's region; None where no price is
known."""
_MOST_SAID: Final = 3
"""Machines that a sentence names."""


@dataclass(frozen=True)
class Choice:
    """A machine type and the zone that it is looked for in."""

    type: str
    zone: str

    def __str__(self) -> str:
        return f"{self.type} in {self.zone}"


def order(
    machine: Workstation,
    first: Choice,
    zones: Sequence[str],
    able: Mapping[str, Collection[str]],
    price: Price,
    *,
    moves: bool,
) -> tuple[Choice, ...]:
    """What is tried for a machine, one after another, beginning with `first`. `zones` are those that its network may have, `able` says
    which of them offer each type. Without `moves` it stays in its zone."""
    there = [first.zone, *(zone for zone in zones if zone != first.zone)] if moves else [first.zone]
    types = dict.fromkeys([first.type, *(type for type in machine.fallback.types if _affordable(machine, type, price))])
    return tuple(
        Choice(type, zone)
        for type in types
        for zone in there
        if (type, zone) == (first.type, first.zone) or zone in able.get(type, ())
    )


def network_zones(taken: Sequence[str], usable: Iterable[str]) -> tuple[str, ...]:
    """The zones that a network may have: those that it has, and more as long as there is room."""
    return tuple(dict.fromkeys([*taken, *usable]))[: max(MOST_ZONES, len(taken))]


def affordable(machine: Workstation, price: Price) -> list[str]:
    """The types that the file allows instead, within its limit, in their order."""
    return [type for type in machine.fallback.types if _affordable(machine, type, price)]


def withdrawn(project: Project, instead: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each machine that is made of another type, because the region offers the one that its file wants no longer."""
    for name, type in instead.items():
        machine = project.workstations[name]
        wanted = machine.machine_type(project.region)
        words = priced_words(type, project.region, machine.os, machine.purchase, catalogue_of(project.region).family)
        yield f"{name}: {wanted} is not offered any more where it would stand; `fallback.types` allows {words}, which is taken."


def too_dear(machine: Workstation, price: Price) -> list[str]:
    """The types that the file allows and whose price is above its limit, or not known."""
    return [type for type in machine.fallback.types if not _affordable(machine, type, price)]


def _affordable(machine: Workstation, type: str, price: Price) -> bool:
    limit, usd = machine.fallback.max_hourly_usd, price(type, machine.os, machine.purchase)
    return limit is None or (usd is not None and usd <= limit)


def as_chosen(project: Project, chosen: Mapping[str, Choice], kept: Mapping[str, str]) -> Project:
    """The project as if its file asked for what was chosen: type and zone of `chosen`, the types alone of those that are `kept`."""
    if not chosen and not kept:
        return project
    machines = {
        name: machine.model_copy(
            update={"instance_type": chosen[name].type, "availability_zone": chosen[name].zone}
            if name in chosen
            else {"instance_type": kept[name]}
        )
        if name in chosen or name in kept
        else machine
        for name, machine in project.workstations.items()
    }
    return project.model_copy(update={"workstations": machines})


def kept_stand_ins(project: Project, recorded: Plan) -> dict[str, str]:
    """Machine → its type, of each that was made of another type than the file wants and keeps it: as long as the file wants what it
    wanted then, and still allows what was taken. The machine's own tag remembers it, so that every colleague's `up` agrees."""
    found = {}
    for one in recorded.of_type(*MACHINE):
        tags = tags_on(one)
        name, type = str(tags.get(WORKSTATION, "")), type_on(one)
        machine = project.workstations.get(name)
        if machine and tags.get(INSTEAD_OF) == machine.machine_type(project.region) and type in machine.fallback.types:
            found[name] = type
    return found


def told(project: Project, orders: Mapping[str, Sequence[Choice]], price: Price) -> Iterator[str]:
    """What would be tried, in sentences for whoever is asked: machines that have the same order share one."""
    alike: dict[tuple[str, str, tuple[Choice, ...]], list[str]] = {}
    for name, choices in orders.items():
        machine = project.workstations[name]
        alike.setdefault((machine.os, machine.purchase, tuple(choices)), []).append(name)
    for (os, purchase, (first, *rest)), names in alike.items():
        more = f" and {len(names) - _MOST_SAID} more" if len(names) > _MOST_SAID else ""
        whom = f"{', '.join(names[:_MOST_SAID])}{more}" if more else listed(names)
        then = (
            f"{', then '.join(_by_type(rest, first.type, os, purchase, price))} would be tried"
            if rest
            else "nothing else would be tried"
        )
        yield f"Should {catalogue_of(project.region).title} have no {first.type} free in {first.zone} for {whom}, {then}."
    for name in orders:
        machine = project.workstations[name]
        if dear := too_dear(machine, price):
            yield (
                f"{name}: {listed(dear)} of `fallback.types` {'are' if len(dear) > 1 else 'is'} left out: above "
                f"`max_hourly_usd` {machine.fallback.max_hourly_usd:g}, or of unknown price."
            )


def in_words(choices: Sequence[Choice]) -> str:
    """`g5.xlarge in eu-west-1a, eu-west-1b; g4dn.xlarge in eu-west-1a`."""
    types = dict.fromkeys(one.type for one in choices)
    return "; ".join(f"{type} in {', '.join(one.zone for one in choices if one.type == type)}" for type in types)


def known_price(region: str) -> Price:
    """Prices as far as they are known; of a spot machine that of the dearest zone, since it moves, or else that on demand: AWS never takes
    more where no highest price is given (AWS whitepaper "Overview of Amazon EC2 Spot Instances", "How Spot Instances Work", read 2026-11).
    None is given: it ends machines more often (Amazon EC2 API Reference, "SpotMarketOptions", read 2026-11)."""

    def price(type: str, os: str, purchase: str) -> float | None:
        found = machine_price(catalogue_of(region).family, type, region)
        hour = (found.hour(os, purchase) or found.hour(os)) if found else None
        return hour[1] if hour else None

    return price


def elsewhere(type: str, region: str) -> list[str]:
    """Other regions that offer a type."""
    here = catalogue_of(region)
    return [one for one in sorted(here.regions) if one != region and here.offered(type, one)]


def _by_type(choices: Sequence[Choice], wanted: str, os: str, purchase: str, price: Price) -> Iterator[str]:
    for type in dict.fromkeys(one.type for one in choices):
        zones = ", ".join(one.zone for one in choices if one.type == type)
        usd = price(type, os, purchase)
        about = "" if type == wanted else f"{type} ({usd:.2f} USD an hour) in " if usd is not None else f"{type} in "
        yield f"{about}{zones}"
