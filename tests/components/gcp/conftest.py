"""Judges what components for Google Cloud ask for, as the policies judge a plan."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from soundstage import policies
from soundstage.plan.plan import Operation, Options, Plan, PlannedResource
from soundstage.policies.report import Finding, Status
from soundstage.policies.settings import Settings

SETTINGS = Settings.model_validate({"today": "2026-11-26", "account_baseline": "elsewhere"})


def plan_of(made: Any, **changes: dict[str, Any]) -> Plan:
    """The plan of what was asked for. `changes`: inputs by the name of a resource, None to leave one out."""
    found = []
    for each in made.resources:
        inputs = {**each.inputs, **changes.get(each.name, {})}
        found.append(
            PlannedResource(
                each.urn,
                each.type,
                each.name,
                Operation.CREATE,
                parent=each.parent,
                id=f"{each.name}-id",
                inputs={key: value for key, value in inputs.items() if value is not None},
                outputs={"name": inputs.get("name", f"{each.name}-1234567")},
                dependencies=each.waits_for,
                property_dependencies={
                    key: urns for key, urns in each.made_of.items() if key not in changes.get(each.name, {})
                },
                options=Options(protect=each.protect),
            )
        )
    return Plan("film", "teaser", tuple(found), cloud="gcp")


Findings = Callable[..., set[str]]


@pytest.fixture
def findings() -> Findings:
    """The policies that a plan breaks, and the resource that breaks each: `findings(plan, "content")`."""

    def judged(plan: Plan, profile: str, **settings: Any) -> set[str]:
        held = SETTINGS.model_copy(update=settings)
        report = policies.run(plan, profile, held)
        return {_said(finding) for finding in report.findings if finding.status is not Status.WAIVED}

    return judged


def _said(finding: Finding) -> str:
    return f"{finding.policy.id} {finding.urn.rpartition('::')[2] if finding.urn else '-'}"


def without(plan: Plan, *names: str) -> Plan:
    """The plan as if these resources had been forgotten."""
    return replace(plan, resources=tuple(each for each in plan if each.name not in names))
