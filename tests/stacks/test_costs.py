"""What a project's own file does to its estimate, and what the policies make of it."""

from pathlib import Path

from tests.pricing.test_bills import machine, resource

from soundstage.plan.plan import Plan
from soundstage.policies.settings import Settings
from soundstage.pricing.usage import NAMES, Usage
from soundstage.projectfile.spec import load_project
from soundstage.stacks.costs import costs_of, usage_of
from soundstage.stacks.verdict import priced, verdict

BUDGET = "aws:budgets/budget:Budget"


def test_what_a_file_says_and_somebody_types_is_what_is_assumed(repository: Path) -> None:
    project = load_project(repository / "examples" / "feature.yaml")
    usage = usage_of(project, {"hours_per_week": 12})
    assert set(usage.said) == set(NAMES)
    assert (usage["hours_per_week"], usage["ingest_gib_per_month"]) == ((12, 12, 12), (500, 500, 500))
    # Four days of ten hours and two stretches of four on Friday, each with a quarter of an hour before and half an hour after.
    assert dict(usage.hours) == {"edit-1": 4 * 10.75 + 2 * 4.75}


def test_a_project_is_compared_with_its_budget_and_with_what_is_there(repository: Path) -> None:
    project = load_project(repository / "examples" / "teaser.yaml")
    plan, empty = Plan("p", "s", (machine(),)), Plan("p", "s", ())
    first, again = costs_of(project, plan, empty), costs_of(project, plan, plan)
    assert first.before is None
    assert again.before is not None
    assert again.before.month() == again.project.month()
    assert first.limit is not None
    assert first.limit.monthly_usd == project.budget.monthly_usd


def test_a_budget_below_the_estimate_is_a_finding_of_the_policies(repository: Path) -> None:
    project = load_project(repository / "examples" / "feature.yaml")
    small, large = (Plan("p", "s", (machine(), resource(BUDGET, "limit", limitAmount=usd))) for usd in ("20", "5000"))
    told = [
        [one.message for one in verdict(plan, None, "studio", usage_of(project)).report.findings if one.policy.id == "COST-05"]
        for plan in (small, large)
    ]  # fmt: skip
    assert len(told[0]) == 1
    assert "is 20 USD a month; the plan costs" in told[0][0]
    assert told[1] == []


def test_a_sum_that_the_policy_file_says_counts_before_the_estimate() -> None:
    plan = Plan("p", "s", (machine(),))
    assert priced(Settings(monthly_estimate_usd=7), plan, Usage()).expected_usd == 7
    assert priced(Settings(), plan, None).expected_usd is None
    assert (priced(Settings(), plan, Usage()).expected_usd or 0) > 100


def test_an_estimate_is_no_setting_that_somebody_changed() -> None:
    assert priced(Settings(), Plan("p", "s", (machine(),)), Usage()).changed == ()


def test_a_renamed_machine_with_hours_was_said_to_cost_more_than_before(tmp_path: Path) -> None:
    file = tmp_path / "film.yaml"
    hours = "Mon-Fri 09:00-19:00 Europe/Lisbon"
    file.write_text(f"project: film\nworkstations: {{cut-1: {{was: edit-1, for: editing, hours: {hours}}}}}\n")
    renamed = machine()
    renamed.inputs["tags"]["soundstage:workstation"] = "cut-1"
    costs = costs_of(load_project(file), Plan("p", "s", (renamed,)), Plan("p", "s", (machine(),)))
    assert costs.before is not None
    assert costs.before.month() == costs.project.month()
