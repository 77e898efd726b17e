"""What other scanners find, our policies find, or a line says why not.

Checkov judges the exported plans of the red team for real; its verdicts are kept with their day (`data/checkov.yaml`, renewed by
`agreement.py`). The rules of Trivy and Prowler are compared as they are published (`data/other_scanners.yaml`).
"""

import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.policies.agreement import table, verdicts
from tests.policies.red_team_plans import example, judged

from soundstage.policies.catalogue import catalogue

CHECKS: dict[str, Any] = table()["checks"]
COMPARED = sorted(id for id, check in CHECKS.items() if "policies" in check)
PUBLISHED = yaml.safe_load((Path(__file__).parent / "data/other_scanners.yaml").read_text())
PEERS = Path(__file__).resolve().parents[2] / ".venv-peers/bin/checkov"


@cache
def found(plan: str) -> frozenset[str]:
    return frozenset(item.policy.id for item in judged(example(plan)).findings)


@pytest.mark.parametrize("check", COMPARED)
def test_what_checkov_finds_in_a_plan_we_find_too_or_say_why_not(check: str) -> None:
    entry = CHECKS[check]
    missed = {plan for plan in entry["plans"] if not found(plan) & set(entry["policies"])}
    assert missed == set(entry.get("differs", {"plans": ()})["plans"]), entry["asks"]


def test_every_check_that_fails_is_compared_or_refused_with_a_reason() -> None:
    assert [id for id, check in CHECKS.items() if not check.get("policies") and not check.get("none")] == []
    named = {id for check in CHECKS.values() for id in check.get("policies", ())}
    assert named <= catalogue().keys()


@pytest.mark.parametrize(("scanner", "rule"), [(name, rule) for name, rules in PUBLISHED.items() for rule in rules])
def test_a_published_rule_has_a_policy_of_ours_or_a_reason(scanner: str, rule: str) -> None:
    said = PUBLISHED[scanner][rule]
    assert said.startswith("none: ") or set(said.split()) <= catalogue().keys()


def test_checkov_says_today_what_is_kept() -> None:
    checkov = shutil.which("checkov") or (str(PEERS) if PEERS.exists() else None)
    if checkov is None:
        pytest.skip("needs Checkov: `make scan` makes an environment with it")
    sample = sorted({plan for check in COMPARED for plan in CHECKS[check]["plans"][:1]})
    version, said = verdicts(checkov, sample)
    if version != table()["version"]:
        pytest.skip(f"Checkov {version} is at hand, and the verdicts are those of {table()['version']}")
    kept = {id: {plan for plan in CHECKS[id]["plans"] if plan in sample} for id in COMPARED}
    assert {id: set(said[id][1]) for id in COMPARED if id in said} == {id: at for id, at in kept.items() if at}
