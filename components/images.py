"""Machine images, pinned by exact name and owner.

An image's id differs from region to region and "the latest" differs from day to day; a name with its owner does neither.
The table is `data/images.json`. An entry is never removed while a machine may still name it; a newer image is a new entry.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

ARCHITECTURE: Final = "x86_64"
VIRTUALISATION: Final = "hvm"
OPERATING_SYSTEMS: Final = ("linux", "windows")


@dataclass(frozen=True, slots=True)
class Image:
    """One machine image."""

    key: str
    """What a project file calls it."""
    os: str
    """`linux` or `windows`."""
    name: str
    """The cloud's own name, exact."""
    owner: str
    """Account that published it, 12 digits."""
    owner_alias: str
    """`amazon` where AWS gives the owner that alias, else empty."""
    created: str
    """Day of publication, YYYY-MM-DD."""
    root_device: str
    smallest_disk_gib: int
    """Size of the image's own root volume; a machine's cannot be smaller."""
    gpu_driver: bool
    """Whether the GPU's driver is installed."""
    about: str
    series: str = ""
    """Pattern of the names of which a new machine gets the newest, where the owner withdraws what is older; what was found is
    recorded with the machine, which keeps it. Amazon makes its Windows images private after three months (AWS Windows AMI
    reference, read 2026-11)."""
    elsewhere: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, hash=False)
    """Another cloud → what is different of the image of the same system there. On Google Cloud `owner` is a project and `series` a
    family, of which a builder gets the newest: what is older is withdrawn within months (Compute Engine, "Operating system details",
    read 2026-11). Which one it was is recorded with what is baked of it."""

    def on(self, family: str) -> "Image | None":
        """The image of the same system on another cloud; None where none is known."""
        if family == "aws":
            return self
        return replace(self, **self.elsewhere[family], elsewhere={}) if family in self.elsewhere else None


@dataclass(frozen=True, slots=True)
class Baked:
    """An image that was baked of a recipe, as its name tells."""

    recipe: str
    day: date | None
    """Of the bake; None for those that the simulated cloud has from the start, which hold nothing and never grow old."""
    digest: str
    """The first digits of the recipe's digest at that time."""


_BAKED: Final = re.compile(
    r"soundstage/(?P<recipe>[a-z][a-z0-9-]*)/(?:(?P<day>\d{4}-\d{2}-\d{2})-(?P<digest>[0-9a-f]{8})|simulated)"
)


def baked_name(recipe: str, day: date | None, digest: str = "") -> str:
    """The name of an image that is baked of a recipe. Two bakes of the same recipe on one day mean the same name."""
    return f"soundstage/{recipe}/" + (f"{day.isoformat()}-{digest[:8]}" if day else "simulated")


def baked(name: object) -> Baked | None:
    """What the name of a baked image tells; None for any other name."""
    found = _BAKED.fullmatch(name) if isinstance(name, str) else None
    if found is None:
        return None
    day = date.fromisoformat(found["day"]) if found["day"] else None
    return Baked(found["recipe"], day, found["digest"] or "")


@cache
def images() -> Mapping[str, Image]:
    """Every pinned image, by the name that a project file uses."""
    return MappingProxyType({key: Image(key=key, **row) for key, row in _table()["images"].items()})


def default_image(os: str, *, gpu: bool) -> Image:
    """The image of a machine that names none. `os` is `linux` or `windows`."""
    return images()[_table()["defaults"][os]["gpu" if gpu else "cpu"]]


@cache
def _table() -> Mapping[str, Any]:
    text = (files("soundstage.components") / "data" / "images.json").read_text("utf-8")
    table: Mapping[str, Any] = json.loads(text)
    return table
