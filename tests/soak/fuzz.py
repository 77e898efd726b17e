"""Coverage-guided fuzzing of what reads files: `python tests/soak/fuzz.py [-runs=100000]` with atheris installed.

Whatever a stranger may hand over is read: project and studio files, states and journals, plans and policy files. Anything but
an error in our own words ends the run, with the input kept in `crash-…`.
"""

import contextlib
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["soundstage"]):
    from soundstage.core.errors import SoundstageError
    from soundstage.engines.embedded import store
    from soundstage.engines.embedded.state import StackState
    from soundstage.plan import saved
    from soundstage.policies.policy_file import read_policy_file
    from soundstage.policies.sources import read_plan
    from soundstage.projectfile.spec import load_project, load_studio

_FOLDER = Path(tempfile.mkdtemp())
(_FOLDER / "earlier").mkdir()
READERS = (
    ("any.yaml", load_project),
    ("studio.yaml", load_studio),
    ("any.policy.yaml", read_policy_file),
    ("plan.json", read_plan),
    ("saved.json", saved.load),
    (store.STATE_FILE, lambda file: StackState(file.parent, write=False)),
    ("earlier/state.json", lambda file: StackState(file.parent, write=False)),
)
"""The name of a file, and what reads it."""


def one(data: bytes) -> None:
    """One input: its first byte says what it is read as."""
    name, read = READERS[data[0] % len(READERS) if data else 0]
    (_FOLDER / name).write_bytes(data[1:])
    with contextlib.suppress(SoundstageError):
        read(_FOLDER / name)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
