"""A project that lives at random: up, changed, stopped, meddled with, faulted, killed, lost, down; see `life.py`.

300 rounds in `make soak`, a few in `make test`.
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

LIVES, ROUNDS = (15, 20) if os.environ.get("SOUNDSTAGE_SOAK") else (2, 8)
SEED = int(os.environ.get("SOUNDSTAGE_SEED", "2031"))
"""Another number is another life."""
TROUBLES = ("kills", "faults")


def test_any_life_of_a_project(stage: Stage, record_property: Callable[[str, object], None]) -> None:
    tally: Counter[str] = Counter()
    run_state_machine_as_test(
        seed(SEED)(lambda: Life(stage, tally)),  # type: ignore[arg-type]
        settings=settings(
            max_examples=LIVES,
            stateful_step_count=ROUNDS,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )
    rounds = tally.total() - sum(tally[trouble] for trouble in TROUBLES)
    assert rounds >= LIVES * ROUNDS * 0.9, tally
    record_property("count", ("rounds of a random life", rounds))
    for what, number in tally.items():
        record_property("count", (f"of a random life: {what}", number))
