"""What a project's own file does to its estimate, and what the policies make of it."""

from pathlib import Path

import pytest
from tests.pricing.test_bills import machine, resource

from soundstage.plan.plan import Plan, PlannedResource
from soundstage.policies.settings import Settings
from soundstage.pricing.clock_hours import clock_hours
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


HOURS = "Mon-Fri 09:00-19:00 Europe/Lisbon"


def by_the_clock(
    expressions: tuple[str, str] = ("0 9 ? * MON,TUE,WED,THU,FRI *", "0 19 ? * MON,TUE,WED,THU,FRI *"),
) -> list[PlannedResource]:
    """The schedules of the machine of `machine()`, as `Workstation` makes them."""
    calls = (("start", "startInstances", 0), ("begin", "createTags", 0), ("stop", "createTags", 1))
    return [
        resource(
            "aws:scheduler/schedule:Schedule", f"edit-1-{name}", scheduleExpression=f"cron({expressions[which]})",
            target={"arn": f"arn:aws:scheduler:::aws-sdk:ec2:{call}"}, depends={"target": ["aws:ec2/instance:Instance::one"]},
        )
        for name, call, which in calls
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("start", "stop", "hours"),
    [
        ("0 9 ? * MON,TUE,WED,THU,FRI *", "0 19 ? * MON,TUE,WED,THU,FRI *", 50.0),
        ("45 8 ? * MON *", "30 19 ? * MON *", 10.75),
        ("0 22 ? * SAT *", "0 6 ? * SUN *", 8.0),
        ("0 9 ? * MON *", "0 9 ? * MON *", 168.0),
    ],
)
def test_hours_are_read_off_the_schedules_that_keep_them(start: str, stop: str, hours: float) -> None:
    assert clock_hours(Plan("p", "s", (machine(), *by_the_clock((start, stop))))) == {"edit-1": hours}


@pytest.mark.parametrize(
    ("start", "stop", "hours"),
    [
        ("0 9 * * 1-5", "0 19 * * 1-5", {"edit-1": 50.0}),
        ("45 8 * * 1,3,6-7", "30 19 * * 1,3,6-7", {"edit-1": 4 * 10.75}),
        ("0 9 * * *", "0 17 * * *", {"edit-1": 56.0}),
        ("0 22 * * 6", "0 6 * * 7", {"edit-1": 8.0}),
        ("0 9 * * 1", "", {"edit-1": 168.0}),
        ("0 9 1 * *", "0 19 1 * *", {}),
        ("0 9 * * 1-*", "0 19 * * 1-*", {}),
        ("0 9 * * 1-2-3", "0 19 * * 1-2-3", {}),
    ],
)
def test_hours_are_read_off_the_schedule_of_a_machine_on_google_cloud(
    start: str, stop: str, hours: dict[str, float]
) -> None:
    """What is no schedule of days of the week says no hours: a plan of somebody else's program may hold anything."""
    policy, kind = "gcp:compute/resourcePolicy:ResourcePolicy", "gcp:compute/instance:Instance"
    made = resource(
        kind, "edit-1", labels={"soundstage-workstation": "edit-1"}, depends={"resourcePolicies": [f"{policy}::hours"]}
    )
    said = {"vmStartSchedule": {"schedule": start}, "vmStopSchedule": {"schedule": stop}}
    plan = Plan("p", "s", (resource(policy, "hours", instanceSchedulePolicy=said), made))
    assert clock_hours(plan) == hours


def test_hours_that_were_taken_out_of_a_file_made_no_difference(tmp_path: Path) -> None:
    """The hours of today's file were taken for what is there too."""
    file = tmp_path / "film.yaml"
    file.write_text("project: film\nworkstations: {edit-1: {for: editing}}\ncost: {hours_per_week: 100}\n")
    plan, recorded = Plan("p", "s", (machine(),)), Plan("p", "s", (machine(), *by_the_clock()))
    costs = costs_of(load_project(file), plan, recorded)
    assert costs.before is not None
    assert costs.before.hour == costs.project.hour
    machines = [each.by(lambda line: line.kind)["machine"].typical for each in (costs.before, costs.project)]
    assert machines[1] == pytest.approx(2 * machines[0])


def test_a_renamed_machine_with_hours_was_said_to_cost_more_than_before(tmp_path: Path) -> None:
    file = tmp_path / "film.yaml"
    file.write_text(f"project: film\nworkstations: {{cut-1: {{was: edit-1, for: editing, hours: {HOURS}}}}}\n")
    renamed = machine()
    renamed.inputs["tags"]["soundstage:workstation"] = "cut-1"
    recorded = Plan("p", "s", (machine(), *by_the_clock()))
    costs = costs_of(load_project(file), Plan("p", "s", (renamed, *by_the_clock())), recorded)
    assert costs.before is not None
    assert costs.before.month() == costs.project.month()
