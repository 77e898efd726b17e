"""A project that lives at random: up, changed, stopped, meddled with, faulted, killed, lost, down; see `life.py`.

300 rounds in `make soak`, a few in `make test`, which are the same every day. A round is a step that is more than an edit of
the project file. A life that fails is printed as a file that can be put into `lives/`, where `make test` lives it for good.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from life import Life, Step
from lives import LIVES, live, written
from stage import Stage
from tests.exploring import KEPT, LIFE_ROUNDS, SEED, SOAK

pytestmark = [pytest.mark.slow]

ROUNDS, STEPS = (LIFE_ROUNDS, 20) if SOAK else (5, 8)
"""How many rounds all lives have together, and the steps of each life."""
FIRST = SEED if SOAK else 2031
"""Another number is another life."""
NO_ROUND = ("kills", "faults", "edit")


def rounds(tally: Counter[str]) -> int:
    return sum(number for what, number in tally.items() if what not in NO_ROUND)


@pytest.mark.parametrize("file", sorted(LIVES.glob("*.yaml")), ids=lambda file: file.stem)
def test_a_life_that_failed_once(file: Path, stage: Stage) -> None:
    live(Life(stage, Counter(), []), file.read_text())


def test_any_life_of_a_project(
    stage: Stage, record_property: Callable[[str, object], None], capsys: pytest.CaptureFixture[str]
) -> None:
    tally: Counter[str] = Counter()
    failed: list[list[Step]] = []
    for life in range(ROUNDS):
        if rounds(tally) >= ROUNDS:
            break
        try:
            run_state_machine_as_test(
                seed(FIRST + life)(lambda: Life(stage, tally, failed)),  # type: ignore[arg-type]
                settings=settings(
                    max_examples=2,  # the first is always the simplest one: nothing but edits
                    stateful_step_count=STEPS,
                    derandomize=False,
                    database=None,
                    phases=[Phase.generate, Phase.shrink],
                    suppress_health_check=list(HealthCheck),
                ),
            )
        except BaseException:
            if failed:
                KEPT.mkdir(exist_ok=True)
                file = KEPT / f"life-{FIRST + life}.yaml"
                file.write_text(written(min(failed, key=len)))
                print(f"The shortest life that failed, for {LIVES.name}/ (kept as {file}):\n{file.read_text()}")
            raise
        if SOAK:
            with capsys.disabled():
                print(f"\nlife {FIRST + life}: {rounds(tally)} rounds of {ROUNDS}", end="", flush=True)
    assert rounds(tally) >= ROUNDS, tally
    record_property("count", ("rounds of a random life", rounds(tally)))
    for what, number in tally.items():
        record_property("count", (f"of a random life: {what}", number))
