"""Remedies are shown as a patch, and what is patched is in order."""

from typing import Any

import pytest

from soundstage import policies
from soundstage.policies.catalogue import catalogue
from soundstage.policies.crossguard import _set
from soundstage.policies.example import examples, plan_of
from soundstage.policies.patch import patch
from soundstage.policies.selection import Selection

REMEDIED = [id for id, policy in catalogue().items() if policy.remedy]


def test_a_patch_shows_what_changes_and_nothing_else() -> None:
    plan = plan_of(
        {
            "edit": {
                "type": "aws:ec2/instance:Instance",
                "properties": {"instanceType": "g5.xlarge", "metadataOptions": {"httpTokens": "optional"}},
            }
        }
    )
    report = policies.run(plan, selection=Selection(ids=("WS-01",)))
    urn = plan.resources[0].urn
    assert patch(report, plan).splitlines() == [
        f"--- {urn}",
        f"+++ {urn}",
        '-metadataOptions.httpTokens: "optional"',
        '+metadataOptions.httpTokens: "required"',
    ]


def test_a_stack_in_order_has_no_patch() -> None:
    plan = plan_of({})
    assert patch(policies.run(plan), plan) == ""


@pytest.mark.parametrize("id", REMEDIED)
def test_what_a_remedy_changes_satisfies_its_policy(id: str) -> None:
    mended = 0
    for example in examples(id).bad:
        plan, only = example.plan(), Selection(ids=(id,))
        report = policies.run(plan, example.profile, example.judged_by(), selection=only)
        resources: dict[str, Any] = {name: {**entry} for name, entry in example.resources.items()}
        for finding in report.findings:
            for edit in finding.edits:
                properties = dict(resources[finding.name].get("properties", {}))
                _set(properties, edit.path.split("."), edit.value)
                resources[finding.name]["properties"] = properties
                mended += 1
        if any(finding.edits for finding in report.findings):
            after = policies.run(plan_of(resources), example.profile, example.judged_by(), selection=only)
            mended_places = {(item.name, edit.path) for item in report.findings for edit in item.edits}
            assert not mended_places & {(item.name, path) for item in after.findings for path in item.paths}
    assert mended > 0
