"""What a bake takes, in time and money, and what is typed for one."""

from collections.abc import Mapping
from typing import Final

from soundstage.core.errors import ArgumentError
from soundstage.images.index import Known
from soundstage.pricing.facts import Price, Source, as_of, machine_price, price
from soundstage.projectfile.catalogues import catalogue_of

_OUT: Final = {"aws": "nat.hour", "gcp": "nat.vm_hour"}
"""Cloud → what an hour of a builder's way out is called in the table of prices."""
_KEPT: Final = {"aws": "ebs.snapshot", "gcp": "image"}
"""The same of a GiB of an image for a month."""


def typed(words: str, cloud: str) -> str:
    """What a person types for a command about images, `list` or `promote edit-linux`. `cloud` is as project files name it."""
    return f"workstation image {words}" + ("" if cloud == "simulated" else f" --cloud {cloud}")


def bake_command(recipe: str, region: str, cloud: str) -> str:
    """What a person types to make an image."""
    return typed(f"bake {recipe} --region {region}", cloud)


def takes(recipe: Known, region: str) -> str:
    """How long a bake takes and what it costs, in words: `about 35 minutes and 0.60 USD, then 2.00 USD a month`."""
    usd = bake_usd(recipe, region)
    once = f" and {usd:.2f} USD" if usd is not None else ""
    monthly = kept_usd(recipe, region)
    return f"about {recipe.bake_minutes} minutes{once}, then at most {monthly:.2f} USD a month ({as_of(_priced_by(recipe, region))})"


def bake_usd(recipe: Known, region: str) -> float | None:
    """US dollars of one bake: its machine and its way out for the time that it takes. None where the machine's price is not known."""
    hour = _hour(recipe, region)
    return None if hour is None else (hour[0] + _price(_OUT, region).amount(1)) * recipe.bake_minutes / 60


def kept_usd(recipe: Known, region: str) -> float:
    """US dollars a month for an image of the recipe, at the most."""
    return _price(_KEPT, region).amount(recipe.disk_gib)


def _hour(recipe: Known, region: str) -> tuple[float, Source] | None:
    catalogue = catalogue_of(region)
    try:
        found = machine_price(catalogue.family, catalogue.type_for(*recipe.builder, region), region)
    except ArgumentError:
        return None
    return None if found is None or found.linux is None else (found.linux, found.source)


def _priced_by(recipe: Known, region: str) -> list[Source]:
    """Where the prices of a bake are from."""
    hour = _hour(recipe, region)
    return [_price(_KEPT, region).source, *([_price(_OUT, region).source, hour[1]] if hour else [])]


def _price(item: Mapping[str, str], region: str) -> Price:
    family = catalogue_of(region).family
    found = price(family, item[family], region)
    assert found is not None  # noqa: S101 - the table has both for every region
    return found
