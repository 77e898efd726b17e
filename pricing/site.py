"""A plan as its prices need it: which region a resource is in, what it refers to, and who works how long."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeVar

from soundstage.components.labels import tags_of
from soundstage.components.tags import WORKSTATION
from soundstage.core.values import UNKNOWN, Secret
from soundstage.plan.plan import Operation, Plan, PlannedResource
from soundstage.pricing.facts import HOURS_A_MONTH, Price, items, price
from soundstage.pricing.lines import Kind, Line
from soundstage.pricing.usage import ZERO, Range, Usage

Found = TypeVar("Found")
_ZONE: Final = re.compile(r"([a-z0-9-]+[0-9])-?[a-z]")
_GONE: Final = (Operation.DELETE, Operation.FORGET, Operation.READ)


class NoPrice(Exception):
    """A price that a resource needs is not known; the text says which."""


@dataclass(frozen=True)
class Site:
    """A plan, what is assumed of it, and the region of resources that name none."""

    plan: Plan
    usage: Usage
    region: str | None = None

    @cached_property
    def resources(self) -> tuple[PlannedResource, ...]:
        """What will exist and is billed to whoever owns the plan: no component, no provider, nothing that is only read."""
        return tuple(
            one for one in self.plan if one.custom and one.operation not in _GONE and not one.type.startswith("pulumi:")
        )

    @cached_property
    def by_type(self) -> Mapping[str, Sequence[PlannedResource]]:
        found: dict[str, list[PlannedResource]] = {}
        for one in self.resources:
            found.setdefault(one.type, []).append(one)
        return found

    @cached_property
    def systems(self) -> Mapping[str, Any]:
        """Workstation → the operating system that its work disk names."""
        disks = self.by_type.get("aws:ebs/volume:Volume", ())
        return {name: os for disk in disks if (name := workstation(disk)) and (os := tags(disk).get("soundstage:os"))}

    @cached_property
    def _provider_regions(self) -> Mapping[str, str]:
        found = {}
        for one in self.plan:
            if one.type in ("pulumi:providers:aws", "pulumi:providers:gcp"):
                region = text(one, "region")
                if region:
                    found[one.urn] = region
        return found

    def region_of(self, resource: PlannedResource) -> str:
        """Raises `NoPrice` where nothing says it."""
        said = text(resource, "region") or _of_zone(text(resource, "availabilityZone") or text(resource, "zone"))
        if resource.type.startswith("gcp:storage/"):
            said = said or (text(resource, "location") or "").lower()
        if not said and resource.provider:
            said = self._provider_regions.get(resource.provider.rpartition("::")[0])
        found = said or self.region or next(iter(self._provider_regions.values()), None)
        if not found:
            raise NoPrice("its region is not in the plan")
        return found

    def referring(self, key: str, *types: str) -> frozenset[str]:
        """The URNs that an input of any resource of these types is made of."""
        index = self._referring.get((key, types))
        if index is None:
            made_of = (one.property_dependencies.get(key, ()) for type in types for one in self.by_type.get(type, ()))
            index = self._referring[key, types] = frozenset(urn for urns in made_of for urn in urns)
        return index

    @cached_property
    def _referring(self) -> dict[tuple[str, tuple[str, ...]], frozenset[str]]:
        return {}

    def referred(self, resource: PlannedResource, key: str, *types: str) -> list[PlannedResource]:
        """The resources of these types that an input is made of."""
        urns = resource.property_dependencies.get(key, ())
        return [one for urn in urns if (one := self.plan.by_urn.get(urn)) and one.type in types]

    def once(self, find: Callable[["Site"], Found]) -> Found:
        """What a function finds in the plan, looked for once."""
        if find not in self._found:
            self._found[find] = find(self)
        found: Found = self._found[find]
        return found

    @cached_property
    def _found(self) -> dict[Callable[["Site"], Any], Any]:
        return {}

    def price(self, resource: PlannedResource, item: str, cloud: str = "aws") -> Price:
        """Raises `NoPrice`."""
        region = self.region_of(resource)
        found = price(cloud, item, region)
        if found is None:
            raise NoPrice(f"no price is known of {items()[cloud, item].what} in {region}")
        return found

    def line(
        self,
        resource: PlannedResource,
        kind: Kind,
        found: Price,
        quantity: Range | float,
        *,
        what: str = "",
        stopped: Range | float | None = None,
        parked: Range | float | None = None,
        hour: Range | float | None = None,
        assumes: tuple[str, ...] = (),
    ) -> Line:
        """A line of so many units a month; `stopped` as many as that, and `parked` and `hour` none, when absent."""
        return Line(
            resource.name, resource.type, kind, what or found.item.what, found.source,
            (priced(found, quantity),),
            ZERO if hour is None else priced(found, hour),
            priced(found, quantity if stopped is None else stopped),
            ZERO if parked is None else priced(found, parked),
            found.region, found.instead_of, assumes, machine=workstation(resource) or "",
        )  # fmt: skip

    def all_month(self, resource: PlannedResource, kind: Kind, item: str, number: float = 1) -> Iterator[Line]:
        """So many things that are billed every hour of the month."""
        yield self.line(resource, kind, self.price(resource, item), HOURS_A_MONTH * number)


def priced(found: Price, quantity: Range | float) -> Range:
    """US dollars for so many units in a month, each of the three counted band by band."""
    if isinstance(quantity, Range):
        return Range(*(found.amount(one) for one in quantity))
    return Range.of(found.amount(quantity))


def known(resource: PlannedResource, name: str) -> Any:
    """An input or output; None where it is unknown, secret or absent."""
    value = resource.property(name)
    return None if value is UNKNOWN or isinstance(value, Secret) else value


def text(resource: PlannedResource, name: str) -> str | None:
    value = known(resource, name)
    return value if isinstance(value, str) and value else None


def number(value: Any) -> float | None:
    """A number, also where a program wrote it as text."""
    if isinstance(value, bool) or value is None or value is UNKNOWN:
        return None
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if 0 <= found < float("inf") else None


def mapping(value: Any) -> Mapping[str, Any]:
    """A mapping, or the first one of a list; empty otherwise."""
    if isinstance(value, (list, tuple)):
        value = value[0] if value else None
    return value if isinstance(value, Mapping) else {}


def mappings(value: Any) -> list[Mapping[str, Any]]:
    """The mappings in a list, or the only one."""
    if isinstance(value, Mapping):
        return [value]
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, (list, tuple)) else []


def tags(resource: PlannedResource) -> Mapping[str, Any]:
    """Its tags, or what its labels say as tags."""
    if found := mapping(known(resource, "tags")) or mapping(known(resource, "tagsAll")):
        return found
    labels = mapping(known(resource, "labels"))
    return tags_of({key: value for key, value in labels.items() if isinstance(value, str)}) if labels else {}


def workstation(resource: PlannedResource) -> str | None:
    """The name of the workstation that it belongs to."""
    name = tags(resource).get(WORKSTATION)
    return name if isinstance(name, str) else None


def _of_zone(zone: str | None) -> str | None:
    """`eu-west-1` for `eu-west-1b`, `europe-west4` for `europe-west4-a`; None for what is no zone."""
    found = _ZONE.fullmatch(zone or "")
    return found[1] if found else None
