"""Recipes as they are baked: read from their files and put together of their parts.

The project's own are in `recipes/`; a studio's are the files of the folder `images` beside its studio file, and may extend them.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from soundstage.components.images import Image
from soundstage.components.images import images as pinned
from soundstage.core import yamlfile
from soundstage.core.clouds import CLOUDS
from soundstage.core.errors import Fault, SpecError, UsageError
from soundstage.core.filefaults import Problem, checked, fault_of
from soundstage.core.words import nearest, shown
from soundstage.core.yamlfile import Document
from soundstage.images.index import FOLDER, recipe_named
from soundstage.images.recipe import Builder, Check, Entry, Part, Recipe, problems, unknown_downloads
from soundstage.images.steps.command import System
from soundstage.images.steps.download import Source

_NEEDED = {
    "recipe": "a", "part": "a", "about": "a", "os": "linux", "base": next(iter(pinned())), "system": "debian",
    "builder": {"for": "editing", "disk_gib": 8},
    "for": "editing", "disk_gib": 8, "bake_minutes": 1,
    "version": "a", "sha256": "0" * 64, "source": "a", "read": "2026-01-01",
}  # fmt: skip
"""Stand-ins for keys that have no default, so that the rest can be checked."""


@dataclass(frozen=True)
class Recipes:
    """Every recipe that a studio can bake, by name."""

    by_name: Mapping[str, "Composed"]
    unbaked: Mapping[str, str] = field(default_factory=dict)
    """Recipes that are not baked on this cloud → why, in a sentence."""

    def named(self, name: str) -> "Composed":
        """The recipe of a name. Raises `UsageError` with the names that there are."""
        if name in self.unbaked:
            raise UsageError(self.unbaked[name], f"Recipes that are baked there: {', '.join(self.by_name)}.")
        return recipe_named(self.by_name, name)


@dataclass(frozen=True)
class Composed:
    """A recipe with all its parts: what a bake does."""

    name: str
    about: str
    os: str
    system: System
    roles: tuple[str, ...]
    """The kinds of work that it is meant for."""
    base: Image
    builder: Builder
    bake_minutes: int
    """What a bake is likely to take, from start to finished image."""
    parts: tuple[str, ...]
    """The recipe that it extends and its parts, in order."""
    carries: tuple[str, ...]
    """What machines have because of it; see `CARRIES`."""
    downloads: Mapping[str, Source]
    steps: tuple[Entry, ...]
    checks: tuple[Check, ...]
    digest: str = field(default="")
    """Changes with whatever changes the image: hexadecimal digits."""

    def content(self) -> dict[str, object]:
        """Everything that the image depends on, as JSON."""
        return {
            "recipe": self.name,
            "base": {"name": self.base.name, "owner": self.base.owner},
            "os": self.os,
            "disk_gib": self.builder.disk_gib,
            "carries": list(self.carries),
            "downloads": {name: source.model_dump(mode="json", exclude={"source", "read"}) for name, source in self.downloads.items()},
            "steps": [entry.model_dump(mode="json", exclude_none=True) for entry in self.steps],
            "verify": [check.model_dump(mode="json") for check in self.checks],
        }  # fmt: skip


def recipes(studio_file: Path | None = None, family: str = "aws") -> Recipes:
    """The project's recipes as they are baked on a cloud (`aws` or `gcp`), and those of the studio whose file is `studio_file`. Raises
    `SpecError` with every fault."""
    folder = studio_file.parent / FOLDER if studio_file else None
    own = sorted(folder.glob("*.yaml")) if folder and folder.is_dir() else []
    return _with_own(own, family) if own else shipped(family)


@cache
def shipped(family: str = "aws") -> Recipes:
    """The project's own recipes on a cloud. Their files are part of the package and are read once."""
    return _composed(_shipped_files(), Recipes({}), family)


@cache
def _shipped_files() -> Mapping[str, tuple[Recipe, str]]:
    return {
        recipe.recipe: (recipe, document.file) for document in _documents("recipes") for recipe in [_recipe(document)]
    }


@cache
def parts() -> Mapping[str, Part]:
    """The project's own parts, by name."""
    found = {}
    for document in _documents("parts"):
        part = checked(document, Part, problems, _NEEDED)
        _named_as_its_file(document, "part", part.part)
        found[part.part] = part
    return MappingProxyType(found)


def _with_own(paths: Iterable[Path], family: str) -> Recipes:
    there = _shipped_files()
    found = {}
    for path in paths:
        document = yamlfile.read(path)
        recipe = _recipe(document)
        if recipe.recipe in there:
            problem = Problem(
                ("recipe",), f"is {shown(recipe.recipe)}, which comes with Soundstage", allowed="another name"
            )
            raise SpecError([fault_of(problem, document)])
        found[recipe.recipe] = (recipe, document.file)
    return _composed(found, shipped(family), family)


def _composed(found: Mapping[str, tuple[Recipe, str]], there: Recipes, family: str) -> Recipes:
    done, unbaked = dict(there.by_name), dict(there.unbaked)
    faults: list[Fault] = []
    waiting = dict(found)
    while waiting:
        ready = [name for name, (recipe, _) in waiting.items() if recipe.extends in (None, *done, *unbaked)]
        if not ready:
            for recipe, file in waiting.values():
                words = f"is {shown(recipe.extends)}, which is no recipe that could come first"
                faults.append(Fault(file, 0, "extends", words, recipe.extends, ", ".join(done)))
            break
        for name in ready:
            recipe, file = waiting.pop(name)
            document = Document(file)
            found_problems: list[Problem] = []
            if why := unbaked.get(recipe.extends or "") or _not_on(recipe, family):
                unbaked[name] = why
                continue
            done[name] = _one(recipe, done.get(recipe.extends or ""), found_problems, family)
            faults += [fault_of(problem, document) for problem in found_problems]
    if faults:
        raise SpecError(faults)
    return Recipes(MappingProxyType(dict(sorted(done.items()))), MappingProxyType(unbaked))


def _not_on(recipe: Recipe, family: str) -> str:
    """Why a recipe is not baked on a cloud; empty where it is. A part that is not known is another fault."""
    title = CLOUDS[family].title
    if pinned()[recipe.base].on(family) is None:
        return f"{recipe.recipe} is not baked on {title}: no image of its base {recipe.base} is known there."
    for name in recipe.parts:
        if name in parts() and _in_place_of(name, family) is None:
            return f"{recipe.recipe} is not baked on {title}: its part {name} is for {CLOUDS[str(parts()[name].cloud)].title} alone."
    return ""


def _in_place_of(name: str, family: str) -> tuple[str, ...] | None:
    """The parts that stand for a part on a cloud; None where nothing does."""
    part = parts()[name]
    return (name,) if part.cloud in (None, family) else part.elsewhere.get(family)


def _one(recipe: Recipe, first: Composed | None, found: list[Problem], family: str) -> Composed:
    pieces: list[Part] = []
    for number, name in enumerate(recipe.parts):
        if name not in parts():
            found.append(
                Problem(("parts", number), f"is {shown(name)}", name, ", ".join(parts()), nearest(name, parts()))
            )
        elif parts()[name].os != recipe.os:
            found.append(Problem(("parts", number), f"is {shown(name)}, a part for {parts()[name].os}", name))
        elif parts()[name].system not in (None, recipe.system):
            found.append(
                Problem(
                    ("parts", number),
                    f"is {shown(name)}, a part for the system {parts()[name].system}",
                    name,
                    concerns=(("system",),),
                )
            )
        else:
            pieces += [parts()[one] for one in _in_place_of(name, family) or ()]
    if first and first.os != recipe.os:
        found.append(Problem(("extends",), f"is {shown(first.name)}, a recipe for {first.os}", first.name))
    elif first and first.system != recipe.system:
        said = f"is {shown(first.name)}, a recipe for the system {first.system}"
        found.append(Problem(("extends",), said, first.name, concerns=(("system",),)))
    downloads = dict(first.downloads) if first else {}
    for piece in (*pieces, recipe):
        for name, source in piece.downloads.items():
            if downloads.setdefault(name, source) != source:
                found.append(Problem(("downloads", name), "is there already, as another file", allowed="another name"))
    steps = tuple(entry for piece in (*pieces, recipe) for entry in piece.steps)
    found += unknown_downloads(steps, downloads)
    carried = {word for piece in (*pieces, recipe) for word in piece.carries} | set(first.carries if first else ())
    base = pinned()[recipe.base].on(family)
    assert base is not None  # noqa: S101 - `_not_on` has looked
    composed = Composed(
        name=recipe.recipe,
        about=recipe.about,
        os=recipe.os,
        system=recipe.system,
        roles=recipe.for_,
        base=base,
        builder=recipe.builder,
        bake_minutes=recipe.bake_minutes,
        parts=((first.name,) if first else ()) + tuple(piece.part for piece in pieces),
        carries=tuple(sorted(carried)),
        downloads=downloads,
        steps=(first.steps if first else ()) + steps,
        checks=(first.checks if first else ()) + tuple(check for piece in (*pieces, recipe) for check in piece.verify),
    )
    text = json.dumps(composed.content(), sort_keys=True)
    return Composed(**{**composed.__dict__, "digest": hashlib.sha256(text.encode()).hexdigest()})


def _recipe(document: Document) -> Recipe:
    recipe = checked(document, Recipe, problems, _NEEDED)
    _named_as_its_file(document, "recipe", recipe.recipe)
    return recipe


def _named_as_its_file(document: Document, key: str, name: str) -> None:
    stem = Path(document.file).stem
    if stem != name:
        raise SpecError(
            [fault_of(Problem((key,), f"is {shown(name)}, and its file is {stem}.yaml", name, stem), document)]
        )


def _documents(folder: str) -> list[Document]:
    place = files("soundstage.images") / folder
    found = sorted((one for one in place.iterdir() if one.name.endswith(".yaml")), key=lambda one: one.name)
    return [yamlfile.parse(one.read_text("utf-8"), f"{folder}/{one.name}") for one in found]
