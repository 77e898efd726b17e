"""What other rooms need to know of a recipe, without reading all of it: `index_aws.json` and `index_gcp.json`, which a test
holds to the recipes.

Every command that reads a project file asks here, and reading and checking all recipes takes longer than such a command.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeVar

from soundstage.core.errors import UsageError
from soundstage.core.words import nearest, shown

_T = TypeVar("_T")
FOLDER: Final = "images"
"""Beside the studio file: the studio's own recipes."""


@dataclass(frozen=True, slots=True)
class Known:
    """A recipe in brief."""

    name: str
    about: str
    os: str
    """`linux` or `windows`."""
    roles: tuple[str, ...]
    """The kinds of work whose machines get it when their project file names no image."""
    disk_gib: int
    """The smallest system disk that a machine made of it can have."""
    carries: tuple[str, ...]
    """What machines have because of it."""
    bake_minutes: int
    builder: tuple[str, str]
    """Kind of work and size of the machine that it is baked on."""
    digest: str

    @property
    def gpu_driver(self) -> bool:
        return "gpu-driver" in self.carries


Index = Mapping[str, Known]


@cache
def shipped_index(family: str = "aws") -> Index:
    """The recipes that come with the project, as they are on a cloud (`aws` or `gcp`). They differ in what is in an image alone.
    On a cloud where nothing is baked yet they are as on AWS."""
    own = files("soundstage.images") / f"index_{family}.json"
    if not own.is_file():
        return shipped_index()
    text = own.read_text("utf-8")
    return MappingProxyType({name: _known(name, row) for name, row in json.loads(text).items()})


def index(studio_file: Path | None = None, family: str = "aws") -> Index:
    """The same, and those of the studio whose file is `studio_file`. Raises `SpecError` for what is wrong in a studio's recipe."""
    folder = studio_file.parent / FOLDER if studio_file else None
    if folder is None or not folder.is_dir() or next(folder.glob("*.yaml"), None) is None:
        return shipped_index(family)
    from soundstage.images.recipes import recipes

    return indexed(recipes(studio_file, family), recipes(studio_file))


def indexed(found: Any, everywhere: Any) -> Index:
    """The index of `Recipes` of a cloud. What is not baked there is as it is on AWS, `everywhere`: somebody may have made one by hand."""
    return MappingProxyType(
        {
            name: Known(
                name=name,
                about=one.about,
                os=one.os,
                roles=one.roles,
                disk_gib=one.builder.disk_gib,
                carries=one.carries,
                bake_minutes=one.bake_minutes,
                builder=(one.builder.for_, one.builder.size),
                digest=one.digest,
            )
            for name, one in sorted({**everywhere.by_name, **found.by_name}.items())
        }
    )


def recipe_named(found: Mapping[str, _T], name: str) -> _T:
    """What is there under a recipe's name. Raises `UsageError` with the names that there are."""
    if name not in found:
        close = nearest(name, found)
        asked = f' Did you mean "{close}"?' if close else ""
        raise UsageError(f"There is no recipe {shown(name)}.{asked}", f"Recipes: {', '.join(found)}.")
    return found[name]


def text_of(found: Index) -> str:
    """The index as it is written."""
    rows = {name: {key: value for key, value in asdict(one).items() if key != "name"} for name, one in found.items()}
    return json.dumps(rows, indent=2) + "\n"


def for_work(found: Index, role: str, os: str) -> Known | None:
    """The recipe of a machine for this work that names no image; None where there is none."""
    return next((one for one in found.values() if one.os == os and role in one.roles), None)


def _known(name: str, row: Mapping[str, Any]) -> Known:
    lists = {key: tuple(row[key]) for key in ("roles", "carries", "builder")}
    return Known(name=name, **{**row, **lists})
