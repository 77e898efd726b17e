"""Coverage-guided fuzzing of what reads files: `python tests/soak/fuzz.py [-runs=100000]` with atheris installed.

The project file and the state are the two things that a stranger may hand over. Anything but an error in our own words ends
the run, with the input kept in `crash-…`.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["soundstage"]):
    from soundstage.components.errors import SoundstageError
    from soundstage.stacks.engines import checkpoint
    from soundstage.stacks.engines.state import StackState
    from soundstage.stacks.spec import load_project

_FOLDER = Path(tempfile.mkdtemp())


def one(data: bytes) -> None:
    """One input: its first byte says what it is read as."""
    try:
        if data[:1] < b"\x80":
            file = _FOLDER / "any.yaml"
            file.write_bytes(data[1:])
            load_project(file)
        else:
            (_FOLDER / checkpoint.CHECKPOINT_FILE).write_bytes(data[1:])
            StackState(_FOLDER, write=False)
    except SoundstageError:
        pass


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
