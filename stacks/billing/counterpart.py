"""A project and its studio as they would be on the other cloud, to say what they cost there. Pure: values in, values out.

Nothing of it is brought up. What the other cloud has no word for is left out or taken as near as there is, and said.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from pydantic import BaseModel

from soundstage.components import sizes
from soundstage.core.clouds import CLOUDS
from soundstage.core.errors import ArgumentError, UsageError
from soundstage.core.words import nearest, shown
from soundstage.core.yamlfile import Place, key_of
from soundstage.pricing.comparing import regions_of
from soundstage.pricing.facts import machine_facts
from soundstage.projectfile.catalogues import CATALOGUES, Catalogue
from soundstage.projectfile.cloud_limits import key_problems
from soundstage.projectfile.spec import Budget, Project, State, Studio, Workstation

_OTHER: Final = {"aws": "simulated-gcp", "gcp": "simulated"}
"""Family of a cloud → the other one, where anybody may look what there would be."""
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Counterpart:
    """A project on the other cloud. `told` says what of it is not the same, a sentence each."""

    project: Project
    studio: Studio
    told: tuple[str, ...]


def counterpart(project: Project, studio: Studio, region: str | None = None) -> Counterpart:
    """`region`: of the other cloud; the one that is near when absent.

    Raises `UsageError` for a region that the other cloud does not have, and where none is known to be near.
    """
    word = _OTHER[CLOUDS[project.cloud].family]
    there = CATALOGUES[CLOUDS[word].family]
    region = _region(project.region, there, region)
    told: list[str] = []
    if project.storage.backup_region:
        told.append("storage.backup_region: no second region is compared.")
    machines = {
        name: found
        for name, one in project.workstations.items()
        if (found := _machine(name, one, there, region, told)) is not None
    }
    twin = project.model_copy(
        update={
            "cloud": word,
            "region": region,
            "availability_zone": None,
            "residency": None,
            "workstations": machines,
            "allow_spot": tuple(name for name in project.allow_spot if name in machines),
            "budget": Budget(monthly_usd=project.budget.monthly_usd),
            "storage": project.storage.model_copy(update={"backup_region": None}),
        }
    )
    for problem in key_problems(twin):
        told.append(f"{key_of(problem.place)}: {problem.problem.partition(': ')[2]}.")
        twin = _without(twin, problem.place)
    home = {"home_region": region, "regions": (), "alert_emails": (), "permission_sets": (), "state": State()}
    return Counterpart(twin, studio.model_copy(update={**home, "account": None, "billing_account": None}), tuple(told))


def _region(own: str, there: Catalogue, asked: str | None) -> str:
    if asked is None:
        aws, google = regions_of(own)
        return google if there.family == "gcp" else aws
    if asked not in there.regions:
        meant = f' Did you mean "{near}"?' if (near := nearest(asked, there.regions)) else ""
        raise UsageError(
            f"{shown(asked)} is no region of {there.title}.{meant}", f"Regions: {', '.join(sorted(there.regions))}."
        )
    return asked


def _machine(name: str, one: Workstation, there: Catalogue, region: str, told: list[str]) -> Workstation | None:
    """The machine by its role and size. None where the region has none; both are said."""
    try:
        size = _size(one, there, region) if one.instance_type else one.size
        type = there.type_for(one.for_, size, region)
    except ArgumentError as error:
        told.append(f"{name} is left out: {error}")
        return None
    if one.instance_type:
        told.append(f"{name}: the file names {one.instance_type}; {type} is taken, which is {one.for_}, size {size}.")
    scratch, most = one.scratch_gib, there.most_scratch_gib(type)
    if most is not None and scratch > most:
        told.append(f"{name}: scratch_gib is {scratch}; {type} has {most} GiB of local disks, which are taken.")
        scratch = most
    left_out = {
        "scratch_gib": scratch,
        "instance_type": None,
        "availability_zone": None,
        "image": None,
        "display": None,
        "size": size,
    }
    return one.model_copy(update=left_out)


def _size(one: Workstation, there: Catalogue, region: str) -> str:
    """The smallest size that has no less than the type in the file; the largest where none has."""
    facts = {type: has for (_, type), has in machine_facts().items()}
    has, found = facts.get(str(one.instance_type)), list(_offered(one.for_, there, region))
    if has is None or not found:
        return one.size
    enough = (
        size
        for size, type in found
        if (other := facts.get(type)) and other.vram_gib >= has.vram_gib and other.vcpus >= has.vcpus
    )
    return next(enough, found[-1][0])


def _offered(role: str, there: Catalogue, region: str) -> Iterator[tuple[str, str]]:
    for size in sizes.sizes():
        try:
            yield size, there.type_for(role, size, region)
        except ArgumentError:
            continue


def _without(model: Model, place: Place) -> Model:
    """The same with the default at a place."""
    name, *rest = place
    value: Any = getattr(model, str(name))
    if not rest:
        return model.model_copy(
            update={str(name): type(model).model_fields[str(name)].get_default(call_default_factory=True)}
        )
    if isinstance(value, dict):
        key, *deeper = rest
        return model.model_copy(update={str(name): {**value, key: _without(value[key], tuple(deeper))}})
    return model.model_copy(update={str(name): _without(value, tuple(rest))})
