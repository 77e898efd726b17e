"""What `make soak` does besides: it explores, by chance, from one seed. `make test` does the same every day.

The seed is printed at the start; `SOUNDSTAGE_SEED=N make soak` repeats what that night tried. Inputs that failed are kept in
`.hypothesis/` of the checkout and are tried first by the next night.
"""

import os
import time
from pathlib import Path
from typing import Final

from hypothesis import core, settings
from hypothesis.database import DirectoryBasedExampleDatabase

SOAK: Final = bool(os.environ.get("SOUNDSTAGE_SOAK"))
"""Whether this is a long night."""
SEED: Final = int(os.environ.get("SOUNDSTAGE_SEED") or time.time()) if SOAK else 0
"""Where all chance of a long night comes from."""
KEPT: Final = Path(__file__).resolve().parent.parent / ".hypothesis"
"""Where what failed is kept."""
MANY: Final = int(os.environ.get("SOUNDSTAGE_INPUTS") or 10_000)
"""Inputs of each kind that a long night tries at the command's door; of each pure function a tenth."""
LIFE_ROUNDS: Final = int(os.environ.get("SOUNDSTAGE_ROUNDS") or 300)
"""Rounds of a random life in a long night."""


def begin() -> None:
    """Let hypothesis try the same inputs at every run, or in a long night others, as the seed says."""
    settings.register_profile("same every day", derandomize=True, deadline=None)
    settings.register_profile(
        "long night",
        max_examples=MANY // 10,
        deadline=None,
        database=DirectoryBasedExampleDatabase(KEPT / "examples"),
        print_blob=True,
    )
    settings.load_profile("long night" if SOAK else "same every day")
    if SOAK:
        core.global_force_seed = SEED
        os.environ["SOUNDSTAGE_SEED"] = str(SEED)  # workers of this run go by the same
