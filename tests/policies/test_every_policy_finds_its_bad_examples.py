"""Each policy is killed by its bad examples, exactly, and silent on its good ones."""

import pytest

from soundstage import policies
from soundstage.policies.catalogue import catalogue
from soundstage.policies.example import Example, examples
from soundstage.policies.report import Report
from soundstage.policies.selection import Selection

JUDGED_BY_THE_RUN = {"GOV-04", "GOV-05"}
CASES = [
    pytest.param(id, index, kind, id=f"{id}-{kind}-{index}")
    for id in catalogue()
    if id not in JUDGED_BY_THE_RUN
    for kind, listed in (("good", examples(id).good), ("bad", examples(id).bad))
    for index in range(len(listed))
]


def judged(id: str, example: Example) -> Report:
    return policies.run(example.plan(), example.profile, example.judged_by(), selection=Selection(ids=(id,)))


@pytest.mark.parametrize(("id", "index", "kind"), CASES)
def test_a_policy_finds_exactly_the_bad_resources(id: str, index: int, kind: str) -> None:
    example = getattr(examples(id), kind)[index]
    report = judged(id, example)
    assert {finding.name or "stack" for finding in report.findings} == example.finds
    unexpected = [spot for spot in report.blind if "unexpected shape" in spot.reason]
    assert unexpected == []
