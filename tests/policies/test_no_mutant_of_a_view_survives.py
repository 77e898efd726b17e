"""Break each decision of each view in each small way: a plan of the red team or an example must be judged differently.

`make test` tries a fixed part, each mutant on the plan that noticed it before (`data/mutants_of_views.yaml`). `make soak PART=mutants`
tries all on every plan that comes to the changed function, and `UPDATE_MUTANTS=1` with it writes the file anew.
"""

import os
import sys
from collections import defaultdict
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest
import yaml
from tests.policies.judged_plans import Case, cases
from tests.policies.view_mutants import Mutant, forget, mutants

FILE = Path(__file__).parent / "data/mutants_of_views.yaml"
KNOWN: dict[str, Any] = yaml.load(FILE.read_text(), yaml.CSafeLoader)
EVERY = 10
"""`make test` tries one mutant in so many, and each whose plan is not known."""
SOAK = "SOUNDSTAGE_SOAK" in os.environ


def test_a_part_of_the_mutants_is_noticed_by_the_plans_that_noticed_them() -> None:
    plans = {case.name: case for case in cases()}
    said: dict[str, Any] = {}
    survivors = []
    for mutant in list(mutants())[::EVERY]:
        name = KNOWN["noticed"].get(mutant.name)
        if mutant.name in KNOWN["alike"] or name not in plans:
            continue
        said.setdefault(name, plans[name].said())
        with mutant.at_work():
            if not mutant.is_noticed(plans[name], said[name]):
                survivors.append(f"{mutant.name} is not noticed by {name} any more; run with SOUNDSTAGE_SOAK=1")
    assert survivors == []


def test_what_is_kept_is_about_mutants_that_there_are() -> None:
    there = {mutant.name for mutant in mutants()}
    kept = KNOWN["noticed"].keys() | KNOWN["alike"].keys()
    assert len(there - kept) <= len(there) // 7, "many mutants are new: run with SOUNDSTAGE_SOAK=1 UPDATE_MUTANTS=1"
    assert KNOWN["alike"].keys() <= there, "told alike, and no mutant any more"


@pytest.mark.slow
@pytest.mark.skipif(not SOAK, reason="long; `make soak PART=mutants` tries every mutant")
def test_every_mutant_of_a_view_is_noticed() -> None:
    found = list(mutants())
    said, callers = _listened(found)
    noticed, survivors, lately = {}, [], []
    for mutant in found:
        before = KNOWN["noticed"].get(mutant.name)
        order = sorted(callers[mutant.function.__code__], key=lambda case: (case.name != before, case not in lately))
        with mutant.at_work():
            noticing = next((case for case in order if mutant.is_noticed(case, said[case.name])), None)
        if noticing is None:
            survivors.append(mutant.name)
            continue
        noticed[mutant.name] = noticing.name
        lately = [noticing, *(other for other in lately[:40] if other is not noticing)]
    if "UPDATE_MUTANTS" in os.environ:
        FILE.write_text(yaml.safe_dump({"alike": KNOWN["alike"], "noticed": noticed}, sort_keys=True, width=1000))
    assert set(survivors) - KNOWN["alike"].keys() == set()


def _listened(found: list[Mutant]) -> tuple[dict[str, Any], dict[CodeType, list[Case]]]:
    """What is said of each plan, and which plans come to each function that has mutants."""
    wanted = {mutant.function.__code__ for mutant in found}
    said: dict[str, Any] = {}
    callers: dict[CodeType, list[Case]] = defaultdict(list)
    for case in cases():
        called: set[CodeType] = set()

        def listen(frame: FrameType, event: str, _argument: object, called: set[CodeType] = called) -> None:
            if event == "call" and frame.f_code in wanted:
                called.add(frame.f_code)

        forget()
        sys.setprofile(listen)
        try:
            said[case.name] = case.said()
        finally:
            sys.setprofile(None)
        for code in called:
            callers[code].append(case)
    return said, callers
