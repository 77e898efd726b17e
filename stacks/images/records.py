"""What is kept of each image that was baked, beside the pins and to be committed with them: its bill of materials, and its recipe in brief."""

import json
from pathlib import Path
from typing import Any

from soundstage.core import files
from soundstage.images.changes import brief, changes, text_of
from soundstage.images.recipes import Composed

_FOLDER = "images.bills"


def bill_path(pins: Path, image: str) -> Path:
    """Where the bill of the image of this name is; `pins` is the file of pins."""
    return pins.parent / _FOLDER / f"{_stem(image)}.json"


def keep_brief(pins: Path, image: str, recipe: Composed) -> None:
    """Keep what the image was baked of."""
    path = _brief_path(pins, image)
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write(path, text_of(brief(recipe)))


def changed_since(pins: Path, image: str, recipe: Composed) -> tuple[str, ...] | None:
    """What the recipe says now that it did not say when the image was baked; None where nobody kept it."""
    try:
        kept: dict[str, Any] = json.loads(_brief_path(pins, image).read_text("utf-8"))
        return changes(kept, brief(recipe))
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def _brief_path(pins: Path, image: str) -> Path:
    return pins.parent / _FOLDER / f"{_stem(image)}.recipe.json"


def _stem(image: str) -> str:
    return image.split("/", 1)[-1].replace("/", ".")
