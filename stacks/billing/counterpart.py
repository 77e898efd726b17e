"""A project and its studio as they would be on the other cloud, to say what they cost there. Pure: values in, values out.

Nothing of it is brought up. What the other cloud has no word for is left out or taken as near as there is, and said.
"""

from dataclasses import dataclass
from typing import Any, Final, TypeVar

from pydantic import BaseModel

from soundstage.core.clouds import CLOUDS
from soundstage.core.errors import ArgumentError, UsageError
from soundstage.core.words import nearest, shown
from soundstage.core.yamlfile import Place, key_of
from soundstage.pricing.comparing import NEAR, regions_of
from soundstage.projectfile.catalogues import CATALOGUES, Catalogue
from soundstage.projectfile.cloud_limits import key_problems
from soundstage.projectfile.residency import regions_within
from soundstage.projectfile.spec import Budget, Project, State, Studio, Workstation
from soundstage.stacks.billing.alike import alike, has_words

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

    Raises `UsageError` for a region that the other cloud does not have or that lies outside the project's residency, and where none is known
    to be near.
    """
    word = _OTHER[CLOUDS[project.cloud].family]
    there = CATALOGUES[CLOUDS[word].family]
    told: list[str] = []
    region = _region(project, there, region, told)
    own = (CATALOGUES[CLOUDS[project.cloud].family], project.region)
    if project.storage.backup_region:
        told.append("storage.backup_region: no second region is compared.")
    machines = {
        name: found
        for name, one in project.workstations.items()
        if (found := _machine(name, one, own, there, region, told)) is not None
    }
    twin = project.model_copy(
        update={
            "cloud": word,
            "region": region,
            "availability_zone": None,
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


def _region(project: Project, there: Catalogue, asked: str | None, told: list[str]) -> str:
    """The region of the other cloud: the one that was asked for, or one that is near, within the project's residency."""
    residency = project.residency
    inside = [one for one in there.regions if residency is None or one in regions_within(residency)]
    if not inside:
        raise UsageError(
            f"{there.title} has no region within the residency {shown(residency)}, so nothing of this project could be there."
        )
    if asked is None:
        near = _near(project.region, there.family)
        if near in inside:
            return near
        # In the order of the table: where the other cloud is near to a region that the residency allows.
        beside = (one for pair in NEAR.items() for one in pair if one in inside)
        taken = next(beside, min(inside))
        told.append(f"{near} is nearest and lies outside the residency {shown(residency)}; {taken} is taken.")
        return taken
    if asked not in there.regions:
        meant = f' Did you mean "{near}"?' if (near := nearest(asked, there.regions)) else ""
        raise UsageError(
            f"{shown(asked)} is no region of {there.title}.{meant}", f"Regions: {', '.join(sorted(there.regions))}."
        )
    if asked not in inside:
        raise UsageError(
            f"{asked} lies outside the residency {shown(residency)} of this project.",
            f"Regions of {there.title} within it: {', '.join(sorted(inside))}.",
        )
    return asked


def _near(own: str, family: str) -> str:
    aws, google = regions_of(own)
    return google if family == "gcp" else aws


def _machine(
    name: str, one: Workstation, own: tuple[Catalogue, str], there: Catalogue, region: str, told: list[str]
) -> Workstation | None:
    """The machine by its role and size, or like the type that the file names. None where the region has none; both are said."""
    try:
        named = _like(name, one.instance_type, own, there, region, told) if one.instance_type else None
        type = named or there.type_for(one.for_, one.size, region)
    except ArgumentError as error:
        told.append(f"{name} is left out: {error}")
        return None
    scratch, most = one.scratch_gib, there.most_scratch_gib(type)
    if most is not None and scratch > most:
        told.append(f"{name}: scratch_gib is {scratch}; {type} has {most} GiB of local disks, which are taken.")
        scratch = most
    left_out = {
        "scratch_gib": scratch,
        "instance_type": named,
        "availability_zone": None,
        "image": None,
        "display": None,
    }
    return one.model_copy(update=left_out)


def _like(name: str, type: str, own: tuple[Catalogue, str], there: Catalogue, region: str, told: list[str]) -> str:
    """The type of the other cloud that is like one, which is said. Raises `ArgumentError` where there is none."""
    found = alike(type, *own, there, region)
    if found is None:
        raise ArgumentError(f"nothing is known of {type} that another type could be compared by.")
    mine, other = found
    if other is None:
        raise ArgumentError(f"{region} offers no machine that has no less than {type} ({has_words(mine.has)}).")
    told.append(
        f"{name}: the file names {type} ({has_words(mine.has)}); {other.has.type} ({has_words(other.has)}) is taken, the nearest that has no "
        "less."
    )
    return other.has.type


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
