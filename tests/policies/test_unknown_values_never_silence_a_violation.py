"""Previews hide values. For every bad example, every leaf is hidden in turn: a violation that rests on other values
must survive, and one that rests on the hidden value must turn into a blind spot, never into silence."""

from typing import Any

import pytest

from soundstage import policies
from soundstage.plan.plan import Plan
from soundstage.policies.catalogue import catalogue
from soundstage.policies.example import examples, variants
from soundstage.policies.report import Report
from soundstage.policies.selection import Selection

POLICIES = [id for id in catalogue() if id not in ("GOV-04", "GOV-05")]

# Facts about names and tags decide what a policy is about, not whether it is kept: which bucket holds logs, which
# title is secret. Hiding them moves the subject itself.
SUBJECT = {"GOV-01", "LOG-02", "STO-13"}


def covers(evidence: str, path: str) -> bool:
    """Whether a leaf lies at or below a piece of evidence."""
    return path == evidence or path.startswith((f"{evidence}.", f"{evidence}[")) or evidence == ""


@pytest.mark.parametrize("id", POLICIES)
def test_a_hidden_value_never_silences_a_violation(id: str) -> None:
    wrong: list[Any] = []
    for example in examples(id).bad:
        plan, settings, only = example.plan(), example.judged_by(), Selection(ids=(id,))

        def judge(plan: Plan, profile: str = example.profile, settings: Any = settings, only: Any = only) -> Report:
            return policies.run(plan, profile, settings, selection=only)

        before = judge(plan)
        for name, path, changed in variants(plan):
            after = judge(changed)
            named = {item.name for item in after.findings}
            for finding in before.findings:
                evidence = [text.partition(": ") for text in finding.paths]
                rests = any(
                    (owner == name and covers(inner, path))
                    if inner or ": " in text
                    else name == finding.name and covers(owner, path)
                    for text, (owner, _, inner) in zip(finding.paths, evidence, strict=True)
                )
                if not rests and finding.name not in named:
                    wrong.append(("lost", finding.name, finding.message, name, path))
                if rests and finding.name not in named and not after.blind and id not in SUBJECT:
                    wrong.append(("silent", finding.name, finding.message, name, path))
            assert not [spot for spot in after.blind if "unexpected shape" in spot.reason], (name, path, after.blind)
    assert wrong == []
