"""All checks are made at once; one that may not be asked is said to be so; what failed stops an `up`."""

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from soundstage.core.clouds import CLOUDS
from soundstage.core.errors import CloudError, EngineError, PreflightRefused
from soundstage.plan.plan import Operation, Plan, PlannedResource, PreviewResult
from soundstage.stacks.clouds.facts import Caller
from soundstage.stacks.preflight import run
from soundstage.stacks.preflight.checks import CHECKS, Check
from soundstage.stacks.preflight.finding import Finding, Verdict, not_checked, passed

MADE = Plan("soundstage", "teaser", (PlannedResource("urn", "aws:ec2/vpc:Vpc", "v", Operation.CREATE),))


class Stand:
    """As much of a deployment as `check` needs."""

    class cloud:
        name = CLOUDS["simulated"]

        class facts:
            caller = staticmethod(lambda: Caller("ana"))
            looks: dict[str, Any] = {}

        class quotas:
            kinds: dict[str, Any] = {}


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> list[Check]:
    checks: list[Check] = []
    monkeypatch.setattr(run, "all_checks", lambda _kinds, _looks: tuple(checks))
    return checks


def checked(on_event: Any = lambda _event: None) -> None:
    run.check(Stand(), PreviewResult(MADE, None), on_event)  # type: ignore[arg-type]


def test_as_many_checks_as_the_table_has_ask_at_the_same_time(table: list[Check]) -> None:
    """Each waits for all the others: one after another they would wait forever."""
    number = len(CHECKS) + 4
    everybody = threading.Barrier(number, timeout=30)

    def look(name: str, _at: Any) -> list[Finding]:
        everybody.wait()
        return [passed(name, "")]

    table += [Check(f"check-{place}", look) for place in range(number)]
    checked()


def test_everything_that_failed_is_refused_at_once_and_a_warning_alone_is_told(table: list[Check]) -> None:
    table += [
        Check("one", lambda name, _: [Finding(name, Verdict.FAILED, "One is short.", "Mend one.")]),
        Check("two", lambda name, _: [Finding(name, Verdict.WARNING, "Two is odd.", "Look at two.")]),
        Check("three", lambda name, _: [Finding(name, Verdict.FAILED, "Three is short.", "Mend three.")]),
        Check("four", lambda name, _: [not_checked(name, "no answer")]),
    ]
    with pytest.raises(PreflightRefused, match=r"Nothing was changed\.\nOne is short\.\nThree is short\.") as refused:
        checked()
    assert refused.value.hint == "Mend one.\nMend three."
    del table[0], table[1]
    told: list[str] = []
    checked(lambda event: told.append(event.message))
    assert told == ["Two is odd. Look at two."]


@pytest.mark.parametrize("code", ["AccessDenied", "InternalError"])
def test_a_check_that_may_not_be_asked_is_not_passed(code: str) -> None:
    def look(_name: str, _at: Any) -> list[Finding]:
        raise CloudError("It did not answer.", "Allow it.", action="ce:ListCostAllocationTags", code=code)

    (found,) = run._look(Check("cost tag", look, needs_plan=False), None)  # type: ignore[arg-type]
    assert found.verdict is Verdict.NOT_CHECKED
    assert found.mend == "Allow it."


def test_credentials_that_end_while_checks_are_made_refuse_the_up(table: list[Check]) -> None:
    def look(_name: str, _at: Any) -> list[Finding]:
        raise PreflightRefused("AWS no longer accepts the credentials (ExpiredToken).", "Sign in again.")

    table.append(Check("types", look))
    with pytest.raises(PreflightRefused, match="no longer accepts the credentials"):
        checked()


class Examined(Stand):
    """As much of a deployment as `examine` needs. Its preview answers with a plan, or fails."""

    project = SimpleNamespace(region="eu-west-1", workstations={})
    stack = SimpleNamespace(project="soundstage", stack="teaser")

    def __init__(self, answer: PreviewResult | Exception) -> None:
        self._answer = answer

    def preview(self, **_named: Any) -> PreviewResult:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


DENIED = CloudError("ec2:DescribeAvailabilityZones is not allowed.", "Allow it.", code="UnauthorizedOperation")


@pytest.mark.parametrize(
    ("error", "name"),
    [(DENIED, "plan"), (PreflightRefused("Nothing was changed.\nNo zone."), "plan"), (EngineError("None."), "engine")],
)
def test_a_plan_that_cannot_be_made_is_a_finding_and_what_needs_it_is_not_checked(
    table: list[Check], error: Any, name: str
) -> None:
    table += [
        Check("types", lambda name, _: [passed(name, "")]),
        Check("clock", lambda name, _: [passed(name, "right")], needs_plan=False),
    ]
    first, types, clock = run.examine(Examined(error))  # type: ignore[arg-type]
    assert (first.check, first.verdict, first.mend) == (name, Verdict.FAILED, error.hint)
    assert first.told == error.message.removeprefix("Nothing was changed.\n")
    assert (types.verdict, clock.verdict) == (Verdict.NOT_CHECKED, Verdict.PASSED)


def test_a_check_that_can_do_without_a_plan_was_not_shown_the_one_that_there_is(table: list[Check]) -> None:
    table.append(Check("cost tag", lambda name, at: [passed(name, str(len(at.plan)))], needs_plan=False))
    (found,) = run.examine(Examined(PreviewResult(MADE, None)))  # type: ignore[arg-type]
    assert found.told == "1"
