"""Plans written from what attackers, bug reports and AWS's own documents say, each with what must be said of it.

A file of `red_team/` is one case, and its name says what happens in it. `source` names where it is from. One of:
`caught` lists policies of which each must find something (`POLICY` or `POLICY resource`), `not_judged` lists policies of which each
must say that it could not see, or types that nothing judges, and `silent` lists policies that must find nothing; `silent: all` means
that no policy refuses the plan; `kept` lists policies that must find nothing and have seen everything that they need. `not_judged` may
say where: `POLICY resource path`. A case of several is held to each. `controls` names controls of a framework that the plan breaks
(`test_evidence.py`).
"""

import pytest
from tests.policies import red_team_plans


@pytest.mark.parametrize("name", red_team_plans.NAMES)
def test_a_plan_is_judged_as_its_case_says(name: str) -> None:
    case = red_team_plans.case(name)
    report = red_team_plans.judged(red_team_plans.example(name))
    found = {item.policy.id for item in report.findings}
    found |= {f"{item.policy.id} {item.name}" for item in report.findings}
    unseen = {item.policy.id for item in report.blind} | {type for type, _ in report.unjudged}
    unseen |= {f"{item.policy.id} {item.urn.rpartition('::')[2]} {item.path}" for item in report.blind}
    said = [f"{item.policy.id} {item.name}: {item.message}" for item in report.findings]
    assert set(case.get("caught", ())) <= found, "\n".join(said)
    assert set(case.get("not_judged", ())) <= unseen, sorted(unseen)
    silent = case.get("silent", [])
    if silent == "all":
        assert [f"{item.policy.id} {item.name}: {item.message}" for item in report.violations(mandatory=True)] == []
    else:
        assert not set(silent) & found, "\n".join(said)
    kept = set(case.get("kept", ()))
    assert not kept & (found | unseen), sorted(unseen)
    assert case.get("caught") or case.get("not_judged") or kept or silent, "a case that expects nothing"
    assert case["source"]
