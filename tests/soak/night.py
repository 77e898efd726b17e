"""The long nights, part by part: `make soak`, or `make soak PART="life races"`. Everything by chance comes from one seed.

The seed is printed first; `SOUNDSTAGE_SEED=N make soak` tries the same again. A part that fails does not keep the others from
being tried, and one that does not end is ended. `SOUNDSTAGE_ROUNDS` and `SOUNDSTAGE_INPUTS` ask for fewer rounds of a random life and
inputs of each kind (300 and 10,000), and `PYTEST_ADDOPTS="-k update"` for those tests of a part alone. The random life goes on where
it was stopped with the seed of its next life, which is printed.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Final

PARTS: Final[dict[str, tuple[str, ...]]] = {
    "life": ("tests/soak/test_any_life_of_a_project.py",),
    "inputs": ("tests", "-m", "hypothesis"),
    "week": ("tests/cli/test_week_of_ten_people.py",),
    "races": ("tests/resilience/test_two_people.py",),
    "gigabyte": ("tests/stacks/test_a_gigabyte_is_carried.py",),
    "growth": ("tests/soak/test_nothing_grows.py",),
    "kills": (
        "tests/resilience/test_killed_on_the_way.py",
        "tests/resilience/test_killed_while_parking.py",
        "tests/resilience/test_killed_while_falling_back.py",
        "tests/resilience/test_disks_killed_on_the_way.py",
        "tests/resilience/test_full_disk.py",
        "tests/engines/test_embedded_killed.py",
    ),
    "faults": ("tests/resilience/test_every_fault_at_every_call.py",),
    "roles": ("tests/roles",),
    "hidden": ("tests/policies/test_unknown_values_never_silence_a_violation.py",),
    "mutants": ("tests/policies/test_no_mutant_of_a_view_survives.py",),
}
"""What pytest is told for each part."""
LONGEST: Final = 4 * 3600
"""Seconds that one part may take."""


def lived(part: str, seed: str) -> str:
    """Run one part. Returns how it ended, in words; empty when all is well."""
    environment = {**os.environ, "SOUNDSTAGE_SOAK": "1", "SOUNDSTAGE_SEED": seed}
    command = [sys.executable, "-m", "pytest", "--verbose", "--numprocesses", "0", *PARTS[part]]
    with subprocess.Popen(command, env=environment, start_new_session=True) as running:
        try:
            code = running.wait(LONGEST)
        except BaseException as error:
            os.killpg(running.pid, signal.SIGKILL)
            if isinstance(error, subprocess.TimeoutExpired):
                return f"ended after {LONGEST // 3600} hours"
            raise
    return "" if code == 0 else f"failed ({code})"


def main(chosen: Sequence[str]) -> int:
    """Run the chosen parts, or all. Returns 1 when any of them failed."""
    if unknown := set(chosen) - set(PARTS):
        print(f"There is no part {', '.join(sorted(unknown))}. Choose from: {', '.join(PARTS)}.", file=sys.stderr)
        return 2
    seed = os.environ.get("SOUNDSTAGE_SEED") or str(int(time.time()))
    print(f"Seed {seed}. The same night again: SOUNDSTAGE_SEED={seed} make soak", flush=True)
    told = {}
    for part in chosen or PARTS:
        begun = time.monotonic()
        said = lived(part, seed)
        told[part] = f"{said or 'well':<20} {(time.monotonic() - begun) / 60:6.1f} minutes"
        print(f"{part}: {told[part]}", flush=True)
    print(f"\nSeed {seed}:", *(f"  {part:<8} {line}" for part, line in told.items()), sep="\n")
    return int(any(not line.startswith("well") for line in told.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
