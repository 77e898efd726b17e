"""What must happen when the simulated cloud is emptied: no stack may go on remembering what was in it."""

from pathlib import Path

from soundstage.engines.base import StackName
from soundstage.engines.embedded.checkpoint import CHECKPOINT_FILE
from soundstage.engines.embedded.engine import EmbeddedEngine
from soundstage.stacks.target import SimulatedCloud

_NOTHING = {"version": 3, "deployment": {"manifest": {}, "resources": []}}


def forget_embedded(home: Path) -> list[str]:
    """Empty the state of every stack that the embedded engine keeps below `home`, and return the names of those that had anything.

    That engine builds on the simulated cloud only, so nothing real is forgotten. Earlier states stay as backups.
    Raises `StateError` for a state in use or damaged.
    """
    forgotten = []
    for file in sorted((home / "studios").glob(f"*/*/*/{CHECKPOINT_FILE}")):
        stack = StackName(file.parent.parent.name, file.parent.name)
        # An empty deployment needs no region: nothing is asked of the cloud.
        engine = EmbeddedEngine(stack, file.parent, SimulatedCloud("").provider)
        if engine.exists():
            forgotten.append(stack.stack)
        engine.import_(_NOTHING)
    return forgotten
