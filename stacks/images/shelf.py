"""What there is to choose from when a machine needs an image: recipes, pins, and the account's images."""

from dataclasses import dataclass
from pathlib import Path

from soundstage.core.home import state_home
from soundstage.images.index import Index, index
from soundstage.images.pins import PINS_FILE, Pins, read_pins
from soundstage.projectfile.spec import Studio
from soundstage.stacks.clouds.base import Cloud
from soundstage.stacks.clouds.machine_images import Images


@dataclass(frozen=True)
class Shelf:
    """See above."""

    known: Index
    """The recipes."""
    pins: Pins
    images: Images
    simulated: bool = False
    """Whether there is an image of each recipe from the start, which holds nothing."""


def shelf_of(cloud: Cloud, studio: Studio, file: Path | None) -> Shelf:
    """The shelf of a studio, whose file is `file`, on a cloud. Raises `SpecError` for a recipe or a pin that is wrong."""
    pins = read_pins(pins_path(cloud, studio, file))
    return Shelf(index(file, cloud.name.family), pins, cloud.images, simulated=not cloud.name.is_real)


def pins_path(cloud: Cloud, studio: Studio, file: Path | None) -> Path:
    """The file that pins a studio's images on `cloud`: beside the studio's `file`, to be committed. Those of a simulated cloud mean
    nothing to anybody else, and are with its state."""
    if not cloud.name.is_real:
        return state_home() / "studios" / studio.studio / _simulated_file(cloud.kind)
    return (file.parent if file else Path.cwd()) / PINS_FILE


def _simulated_file(kind: str) -> str:
    """A studio can be on several simulated clouds, where its recipes mean other images."""
    return PINS_FILE if kind == "simulated" else f"{kind}.{PINS_FILE}"
