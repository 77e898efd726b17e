"""What must happen when the simulated cloud is emptied: no stack may go on remembering what was in it."""

from pathlib import Path

from soundstage.stacks.target import embedded_engines

_NOTHING = {"version": 3, "deployment": {"manifest": {}, "resources": []}}


def forget_embedded(home: Path) -> list[str]:
    """Empty the state of every stack of a simulated cloud below `home`, and return the names of those that had anything.

    What a real cloud has is not forgotten. Earlier states stay as backups.
    Raises `StateError` for a state in use or damaged.
    """
    forgotten = []
    for engine in embedded_engines(home):
        if engine.exists():
            forgotten.append(engine.stack.stack)
        engine.import_(_NOTHING)
    return forgotten
