"""Which restores of work disks have begun on this machine and not come to their end: the same command, and `up`, go on with them."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from soundstage.core import files
from soundstage.core.errors import StateError
from soundstage.core.home import make_private

_NAME: Final = "restoring.json"
_MOST_BYTES: Final = 1 << 16


@dataclass(frozen=True)
class Restore:
    """One restore that has begun."""

    snapshot: str
    """The id of the snapshot that the disk is to come from."""
    instead_of: str
    """The id of the disk that was there when it began."""


def being_restored(folder: Path) -> dict[str, Restore]:
    """Machine → its restore that has not come to its end."""
    try:
        noted = json.loads(files.read(folder / _NAME, _MOST_BYTES))
        return {str(machine): Restore(**one) for machine, one in noted.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise StateError(
            f"{folder / _NAME} cannot be read.", "Delete that file, then restore the disk again."
        ) from error


def note_restores(folder: Path, restores: Mapping[str, Restore]) -> None:
    """Note in a stack's `folder` which restores are to be done; without any, that there is none."""
    try:
        make_private(folder)
        if restores:
            told = {machine: asdict(one) for machine, one in restores.items()}
            files.write(folder / _NAME, json.dumps(told) + "\n", 0o600)
        else:
            (folder / _NAME).unlink(missing_ok=True)
    except OSError as error:
        raise StateError(
            f"The state folder {folder} cannot be written: {error.strerror}.",
            "Free some space or check its permissions, or set SOUNDSTAGE_HOME to another folder.",
        ) from error
