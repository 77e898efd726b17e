"""Every plan that tests of the policies judge: those of the red team and the examples of each policy."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.policies import red_team_plans

from soundstage.plan.plan import Plan
from soundstage.policies.catalogue import catalogue
from soundstage.policies.example import Example, examples, variants
from soundstage.policies.judge import JUDGED_BY_THE_RUN
from soundstage.policies.report import Report
from soundstage.policies.views.services import rows

_TODAY = {"today": "2026-11-21"}


@dataclass(frozen=True)
class Case:
    """One plan, and how it is judged."""

    name: str
    example: Example
    plan: Plan

    def report(self) -> Report:
        """How it is judged."""
        return red_team_plans.judged(self.example, self.plan)

    def said(self) -> Any:
        """Everything that a person could observe; that judging fails is something as well."""
        try:
            report = self.report()
        except Exception as error:  # noqa: BLE001 - a mutant may fail in any way
            return repr(error)
        told = {(item.policy.id, item.name, item.message, tuple(item.paths), item.status) for item in report.findings}
        blind = {(item.policy.id, item.urn, item.path, item.reason) for item in report.blind}
        return told, blind, report.unjudged


def cases() -> Iterator[Case]:
    """The plans of the red team, every example of a policy, and those of the rows about managed services."""
    for name in red_team_plans.NAMES:
        example = red_team_plans.example(name)
        yield Case(name, example, example.plan())
    for id in catalogue():
        for kind in ("bad", "good") if id not in JUDGED_BY_THE_RUN else ():
            for number, example in enumerate(getattr(examples(id), kind)):
                yield Case(f"{id} {kind} {number}", example, example.plan())
    for id, listed in rows().items():
        for number, row in enumerate(listed):
            for kind, properties in (("bad", row.bad), ("good", row.good)):
                example = Example({"it": {"type": row.types[0], "properties": properties}}, frozenset(), _TODAY)
                yield Case(f"{id} row {number} {kind}", example, example.plan())


def hidden(case: Case) -> Iterator[Case]:
    """The plan with one value after another not known."""
    for name, path, plan in variants(case.plan):
        yield Case(f"{case.name} without {name} {path}", case.example, plan)
