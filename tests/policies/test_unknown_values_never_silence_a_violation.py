"""Previews hide values. In every plan that our tests judge, each value is hidden in turn, lists and objects as a whole included: what was
found before is still found, or the policy says what it could not judge. It is never silence.

Every bad example is tried on each run, and of the other plans one value in so many, by a digest of its place. `SOUNDSTAGE_SOAK=1`
(`make soak PART=hidden`) tries all.
"""

import os
import zlib
from collections.abc import Iterator
from typing import Final

import pytest
from tests.policies.judged_plans import Case, cases, hidden

from soundstage import policies
from soundstage.policies.catalogue import catalogue
from soundstage.policies.example import examples, variants
from soundstage.policies.judge import JUDGED_BY_THE_RUN
from soundstage.policies.report import Finding, Report
from soundstage.policies.selection import Selection
from soundstage.policies.views.node import leaves

SOAK: Final = "SOUNDSTAGE_SOAK" in os.environ
EVERY: Final = 1 if SOAK else 25
PARTS: Final = 8
"""The plans are tried in so many tests, so that workers can share them."""
SUBJECT: Final = ("LOG-02", "STO-13")
"""Zones and purposes decide what these are about, not whether they are kept: hiding one moves the subject itself."""
BY_SHAPE: Final = ("KMS-03",)
"""About whatever looks like a key, under any name: what hides the value hides the subject itself."""


def lost(before: Report, after: Report) -> set[tuple[str, str]]:
    """What was found, by policy and name of the resource, of which nothing is said any more."""
    known = {(item.policy.id, item.urn, item.path) for item in before.blind}
    unseen = {item.policy.id for item in after.blind if (item.policy.id, item.urn, item.path) not in known}
    found = {(item.policy.id, item.name) for item in after.findings}
    unjudged = {type for type, _ in after.unjudged}
    return {
        (item.policy.id, item.name)
        for item in before.findings
        if (item.policy.id, item.name) not in found
        and item.policy.id not in unseen
        and item.policy.id not in BY_SHAPE
        and item.urn.split("::")[-2].rpartition("$")[2] not in unjudged
    }


def chosen(case: Case) -> Iterator[Case]:
    """The variants of a case that are tried."""
    for variant in hidden(case):
        if " bad " in case.name or zlib.crc32(variant.name.encode()) % EVERY == 0:
            yield variant


@pytest.mark.parametrize("part", range(PARTS))
def test_a_hidden_value_never_silences_a_violation(part: int) -> None:
    wrong: list[str] = []
    for case in list(cases())[part::PARTS]:
        before = None
        for variant in chosen(case):
            before = before or case.report()
            if not before.findings:
                break
            after = variant.report()
            wrong += [f"{variant.name}: {id} of {name} is lost" for id, name in sorted(lost(before, after))]
            wrong += [f"{variant.name}: {item.reason}" for item in after.blind if "unexpected shape" in item.reason]
    assert wrong == []


def covers(evidence: str, path: str) -> bool:
    """Whether a place is a piece of evidence or part of one."""
    return path == evidence or evidence == "" or path.startswith((f"{evidence}.", f"{evidence}["))


def rests(finding: Finding, name: str, path: str) -> bool:
    """Whether a finding rests on the value at a place of the resource `name`. Evidence of another resource begins with its name."""
    for text in finding.paths:
        owner, other, inner = text.partition(": ")
        if (owner, covers(inner, path)) == (name, True) if other else name == finding.name and covers(owner, path):
            return True
    return False


@pytest.mark.parametrize("id", [id for id in catalogue() if id not in (*JUDGED_BY_THE_RUN, *SUBJECT)])
def test_a_violation_that_rests_on_other_values_is_still_found(id: str) -> None:
    wrong: list[str] = []
    for example in examples(id).bad:
        plan, settings, only = example.plan(), example.judged_by(), Selection(ids=(id,))
        before = policies.run(plan, example.profile, settings, selection=only)
        leaf = {(item.name, path) for item in plan for path, _ in leaves(item.inputs)}
        for name, path, changed in (item for item in variants(plan) if item[:2] in leaf):
            after = policies.run(changed, example.profile, settings, selection=only)
            named = {item.name for item in after.findings}
            for finding in before.findings:
                if finding.name not in named and not rests(finding, name, path):
                    wrong.append(f"{finding.name}: {finding.message} is lost without {name} {path}")
    assert wrong == []
