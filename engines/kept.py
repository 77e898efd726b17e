"""What the embedded engine keeps on this machine, read from its files without an engine or a cloud."""

from pathlib import Path
from typing import Any

from soundstage.engines.embedded import earlier
from soundstage.engines.embedded.state import StackState
from soundstage.engines.embedded.store import STATE_FILE


def state_folders(studio: Path) -> list[Path]:
    """The folders `PROJECT/STACK` in a studio's that hold a state, also an earlier version's."""
    names = (STATE_FILE, earlier.EARLIER_FILE)
    return sorted({file.parent for name in names for file in studio.glob(f"*/*/{name}")})


def deployment_in(folder: Path) -> dict[str, Any]:
    """The state of the stack in `folder` in Pulumi's deployment format. Raises `StateError` and `EngineError` where it cannot be
    read."""
    return StackState(folder, write=False).deployment()


def has_records(folder: Path) -> bool:
    """Whether the stack in `folder` has anything on record. Raises as `deployment_in`."""
    return bool(StackState(folder, write=False).records)
