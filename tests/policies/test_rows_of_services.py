"""Each row about a managed service finds its bad resource of every type, leaves its good one alone, and is not sure of a hidden one."""

import pytest

from soundstage import policies
from soundstage.plan.plan import Plan
from soundstage.policies.example import plan_of, variants
from soundstage.policies.report import Report
from soundstage.policies.selection import Selection
from soundstage.policies.settings import Settings
from soundstage.policies.views.services import Row, rows

CASES = [
    pytest.param(id, row, type, id=f"{id}-{type.rpartition(':')[2]}-{row.property}")
    for id, listed in rows().items()
    for row in listed
    for type in row.types
]
TODAY = Settings.model_validate({"today": "2026-11-21"})


def judged(id: str, plan: Plan) -> Report:
    return policies.run(plan, "studio", TODAY, selection=Selection(ids=(id,)))


@pytest.mark.parametrize(("id", "row", "type"), CASES)
def test_a_row_finds_what_is_wrong_and_leaves_the_rest(id: str, row: Row, type: str) -> None:
    bad = plan_of({"it": {"type": type, "properties": row.bad}})
    assert row.told in {finding.message for finding in judged(id, bad).findings}
    if not row.any:
        good = plan_of({"it": {"type": type, "properties": row.good}})
        assert row.told not in {finding.message for finding in judged(id, good).findings}


@pytest.mark.parametrize(("id", "row", "type"), CASES)
def test_a_hidden_value_is_not_taken_for_a_good_one(id: str, row: Row, type: str) -> None:
    for _, path, plan in variants(plan_of({"it": {"type": type, "properties": row.bad}})):
        report = judged(id, plan)
        assert report.findings or report.blind, path
