"""Pins: which image each recipe means in which region. One file beside the studio file, made to be committed.

Written whole or not at all, and sorted, so that a diff shows what moved.
"""

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel

from soundstage.components import google_sizes, sizes
from soundstage.core import files, yamlfile
from soundstage.core.filefaults import Problem, checked
from soundstage.core.strict import Form, OneOf, Strict
from soundstage.core.yamlfile import scalar
from soundstage.images.recipe import Name
from soundstage.images.steps.download import Day

PINS_FILE: Final = "images.lock.yaml"
_HEAD: Final = """\
# Which image each recipe means, by region. Written by `workstation image bake` and `workstation image promote`: commit it, so that
# everybody's machines are made of the same images, and yesterday's can be named again.
version: 1
"""
ImageId = Annotated[
    str,
    Form(
        r"^(ami-[0-9a-f]{8,17}|projects/[a-z0-9.:-]+/global/images/[a-z]([-a-z0-9]*[a-z0-9])?)$",
        "the id of an image, such as ami-0123456789abcdef0 or projects/PROJECT/global/images/NAME",
    ),
]
Sha256 = Annotated[str, Form(r"^[0-9a-f]{64}$", "64 hexadecimal digits")]


class Pin(Strict):
    """What one recipe means."""

    digest: Sha256
    """The recipe's digest when the image was baked: another one today means that the recipe has changed since."""

    baked: Day
    """The day of the bake, UTC."""

    bill: Sha256 | None = None
    """Digest of the image's bill of materials."""

    downloads: dict[Name, Sha256] = {}
    """Checksums that the bake found where the publisher gives none. A later bake of the same version must find the same."""

    regions: dict[Annotated[str, OneOf(tuple(sorted(sizes.regions() | google_sizes.regions())))], ImageId]
    """Region → id of the image."""

    def age(self, today: date) -> int:
        """Days since the bake."""
        return (today - self.baked).days


class Pins(Strict):
    """The whole file."""

    version: Literal[1] = 1
    """Of the file's form."""

    recipes: dict[Name, Pin] = {}
    """Recipe → what it means."""

    def image(self, recipe: str, region: str) -> str | None:
        """The id of the image that a recipe means in a region; None where none is pinned."""
        pin = self.recipes.get(recipe)
        return pin.regions.get(region) if pin else None

    def moved(self, recipe: str, pin: Pin) -> "Pins":
        """The same, with one recipe meaning something else."""
        return Pins(recipes={**self.recipes, recipe: pin})

    def without(self, ids: Mapping[str, str]) -> "Pins":
        """The same, without images that are gone: region → id."""
        kept = {
            name: pin.model_copy(
                update={"regions": {region: id for region, id in pin.regions.items() if ids.get(region) != id}}
            )
            for name, pin in self.recipes.items()
        }
        return Pins(recipes={name: pin for name, pin in kept.items() if pin.regions})


def read_pins(path: Path) -> Pins:
    """What a file pins; nothing when there is no such file. Raises `SpecError` with every fault."""
    if not os.path.lexists(path):
        return Pins()
    needed = {"digest": "0" * 64, "baked": "2026-01-01", "regions": {}}
    return checked(yamlfile.read(path), Pins, _no_problems, needed)


def change_pins(path: Path, change: Callable[[Pins], Pins]) -> Pins:
    """Read the file, change what it says and write it. Two bakes that end together do not undo each other's pin."""
    with _alone(path.parent):
        before = read_pins(path)
        pins = change(before)
        if pins != before:
            files.write(path, text_of(pins))
    return pins


def text_of(pins: Pins) -> str:
    """The file's text."""
    lines = [_HEAD + ("recipes:" if pins.recipes else "recipes: {}")]
    for name, pin in sorted(pins.recipes.items()):
        lines += [f"  {scalar(name)}:", f"    digest: {_text(pin.digest)}", f"    baked: {pin.baked.isoformat()}"]
        if pin.bill:
            lines.append(f"    bill: {_text(pin.bill)}")
        for key, table in (("downloads", pin.downloads), ("regions", pin.regions)):
            if table:
                lines.append(f"    {key}:")
                lines += [f"      {one}: {_text(value)}" for one, value in sorted(table.items())]
    return "\n".join(lines) + "\n"


def _text(value: str) -> str:
    # Digits alone, and digits with an e among them, are numbers to YAML.
    return f'"{value}"'


def _no_problems(_pins: BaseModel) -> Iterator[Problem]:
    yield from ()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
