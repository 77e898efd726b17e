"""A project that lives: up, changed, stopped, meddled with, faulted, killed, lost, down; see `life.py`.

300 rounds at random in `make soak`; in `make test` the lives in `lives/`, which hold every kind of step and of trouble. A round is a step
that is more than an edit of the project file. A life that fails is printed as a file that can be put into `lives/`, where `make test`
lives it for good.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from life import FAULTS, KINDS, MEDDLING, Life, Step
from lives import LIVES, live, written
from stage import Stage
from tests.exploring import KEPT, LIFE_ROUNDS, SEED, SOAK

pytestmark = [pytest.mark.slow]

STEPS = 20
"""Of each life at random."""
NO_ROUND = ("kills", "faults", "edit")


def rounds(tally: Counter[str]) -> int:
    return sum(number for what, number in tally.items() if what not in NO_ROUND)


def test_what_happens_to_a_random_life_happens_to_one_that_is_lived_every_day() -> None:
    written = [step for file in LIVES.glob("*.yaml") for step in yaml.safe_load(file.read_text())]
    steps = [(name, arguments) for step in written for name, arguments in step.items()]
    assert {name for name, _ in steps} == KINDS
    said = {
        (name, key, value)
        for name, arguments in steps
        for key, value in arguments.items()
        if isinstance(value, str | bool)
    }
    assert {value for name, _, value in said if name == "meddle"} == set(MEDDLING)
    assert {("stop_or_start", "verb", verb) for verb in ("stop", "start")} < said
    for name, key in (("down", "delete_media"), ("lose_the_state", "spoilt")):
        assert {(name, key, False), (name, key, True)} < said
    troubles = [trouble for _, arguments in steps for trouble in arguments.get("troubles", ())]
    assert {one["fault"] for one in troubles if "fault" in one} == set(FAULTS)
    assert {one["kill"] for one in troubles if "kill" in one} == {"SIGKILL", "SIGINT", "SIGTERM"}


@pytest.mark.parametrize("file", sorted(LIVES.glob("*.yaml")), ids=lambda file: file.stem)
def test_a_life_that_is_lived_every_day(file: Path, stage: Stage) -> None:
    live(Life(stage, Counter(), []), file.read_text())


@pytest.mark.skipif(not SOAK, reason="by chance; `make soak` runs it")
def test_any_life_of_a_project(
    stage: Stage, record_property: Callable[[str, object], None], capsys: pytest.CaptureFixture[str]
) -> None:
    tally: Counter[str] = Counter()
    failed: list[list[Step]] = []
    for life in range(LIFE_ROUNDS):
        if rounds(tally) >= LIFE_ROUNDS:
            break
        try:
            run_state_machine_as_test(
                seed(SEED + life)(lambda: Life(stage, tally, failed)),  # type: ignore[arg-type]
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
                file = KEPT / f"life-{SEED + life}.yaml"
                file.write_text(written(min(failed, key=len)))
                print(f"The shortest life that failed, for {LIVES.name}/ (kept as {file}):\n{file.read_text()}")
            raise
        with capsys.disabled():
            print(f"\nlife {SEED + life}: {rounds(tally)} rounds of {LIFE_ROUNDS}", end="", flush=True)
    assert rounds(tally) >= LIFE_ROUNDS, tally
    record_property("count", ("rounds of a random life", rounds(tally)))
    for what, number in tally.items():
        record_property("count", (f"of a random life: {what}", number))
