"""A project that lives at random: up, changed, stopped, meddled with, faulted, killed, lost, down; see `life.py`.

300 rounds in `make soak`, a few in `make test`. A round is a step that is more than an edit of the project file.
"""

import os
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from life import Life
from stage import Stage

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("soak")]

ROUNDS, STEPS = (300, 20) if os.environ.get("SOUNDSTAGE_SOAK") else (5, 8)
"""How many rounds all lives have together, and the steps of each life."""
SEED = int(os.environ.get("SOUNDSTAGE_SEED", "2031"))
"""Another number is another life."""
NO_ROUND = ("kills", "faults", "edit")


def rounds(tally: Counter[str]) -> int:
    return sum(number for what, number in tally.items() if what not in NO_ROUND)


def test_any_life_of_a_project(stage: Stage, record_property: Callable[[str, object], None]) -> None:
    tally: Counter[str] = Counter()
    for life in range(ROUNDS):
        if rounds(tally) >= ROUNDS:
            break
        run_state_machine_as_test(
            seed(SEED + life)(lambda: Life(stage, tally)),  # type: ignore[arg-type]
            settings=settings(
                max_examples=2,  # the first is always the simplest one: nothing but edits
                stateful_step_count=STEPS,
                deadline=None,
                database=None,
                phases=[Phase.generate, Phase.shrink],
                suppress_health_check=list(HealthCheck),
            ),
        )
    assert rounds(tally) >= ROUNDS, tally
    record_property("count", ("rounds of a random life", rounds(tally)))
    for what, number in tally.items():
        record_property("count", (f"of a random life: {what}", number))
