"""What is shown of a price: with its day, with what it lacks, and within the screen."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from tests.pricing.test_bills import BUCKET, EIP, VOLUME, machine, resource

from soundstage.cli.costing import assumptions
from soundstage.cli.display.cost_documents import cost_document, cost_summary, difference_markdown
from soundstage.cli.display.costs import cost_lines, cost_text, difference_text
from soundstage.cli.display.prices import Listed, prices_document, prices_text
from soundstage.cli.display.screen import Screen
from soundstage.core.errors import UsageError
from soundstage.plan.plan import Plan, PlannedResource
from soundstage.pricing.difference import Difference
from soundstage.pricing.estimate import estimate
from soundstage.pricing.machines import Wanted, checked
from soundstage.pricing.usage import Usage
from soundstage.stacks.costs import Costs

DAY = date(2026, 11, 26)


def costs(*resources: PlannedResource, budget: float | None = 500, before: bool = False, **said: float) -> Costs:
    usage = Usage(said=said)
    found = estimate(Plan("p", "s", resources), usage)
    return Costs(found, usage, budget, found if before else None, None, DAY)


def whole(**said: float) -> Costs:
    return costs(
        machine(),
        resource(VOLUME, "data", type="gp3"),
        resource(VOLUME, "work", size=500),
        resource(BUCKET, "media"),
        **said,
    )


def test_a_sum_that_lacks_a_resource_says_so_wherever_it_is_shown() -> None:
    found = whole()
    assert "a month at least" in cost_lines(found, "workstation cost p", Screen(width=200))
    assert "Without 1 resource that no price is known for: data." in cost_lines(
        found, "workstation cost p", Screen(width=200)
    )
    assert "at least" in cost_text(found, "p", Screen(width=120))
    assert "Not in any sum" in cost_text(found, "p", Screen(width=120))
    assert cost_summary(found)["complete"] is False
    changed = Difference(costs().project, found.project)
    assert "as far as prices are known" in difference_text(changed, Screen()).lower()
    assert "at least" in difference_markdown(changed, found)
    assert "Not in these sums" in difference_markdown(changed, found)


def test_no_sum_that_lacks_a_resource_was_left_without_saying_so() -> None:
    """An hour, a month, a month with machines stopped and one after `down`."""
    found = whole()
    assert cost_lines(found, "workstation cost p", Screen(width=400)).split("\nWithout")[0].count("at least") == 4
    shown = difference_markdown(Difference(costs().project, found.project), found)
    assert "all machines work: at least " in shown
    assert "machines stopped: at least " in shown


def test_a_budget_is_not_said_to_be_kept_by_what_has_no_price() -> None:
    """A machine of sa-east-1 has no price: its disk alone is within any budget."""
    found = costs(machine(region="sa-east-1"), resource(EIP, "ip", region="sa-east-1"), budget=500)
    for shown in (
        cost_lines(found, "workstation cost p", Screen(width=300)),
        cost_text(found, "p", Screen(width=300)),
    ):
        assert "Within" not in shown
        assert "What has a price stays within the budget of 500 a month; whether all of it does is not known." in shown


def test_no_price_is_shown_without_its_day() -> None:
    found = whole()
    for shown in (
        cost_lines(found, "workstation cost p", Screen(width=200)),
        cost_text(found, "p", Screen(width=200)),
        difference_markdown(Difference(costs().project, found.project), found),
        prices_text(Listed(Wanted(), checked(Wanted(gpu="L4")), 40, DAY), Screen(width=200)),
    ):
        assert "rices of 2026-0" in shown
        assert "more than 90 days old" in shown
    assert "more than 90 days old" in cost_summary(found)["prices"]


@pytest.mark.parametrize("width", [60, 80, 130])
def test_nothing_is_wider_than_the_screen(width: int) -> None:
    screen = Screen(width=width)
    shown = [
        cost_lines(whole(), "workstation cost p", screen),
        cost_text(whole(), "p", screen, every=True),
        difference_text(Difference(costs(resource(EIP)).project, whole().project), screen),
        prices_text(Listed(Wanted(), checked(Wanted(region="all", gpu="any")), 40, DAY), screen),
    ]
    assert [line for text in shown for line in text.split("\n") if len(line) > width] == []


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        (150.0, "is used up in week"),
        (380.0, "is too small from month"),
        (1400.0, "Within the budget of 1400 a month; at the high end"),
        (99_999.0, "Within the budget of 99999 a month."),
    ],
)
def test_a_budget_is_compared_and_says_when_it_is_used_up(budget: float, said: str) -> None:
    found = costs(machine(), resource(BUCKET, "media"), budget=budget, hours_per_week=40, ingest_gib_per_month=4000)
    assert said in cost_lines(found, "workstation cost p", Screen(width=300))


def test_what_is_there_already_is_what_a_change_is_measured_by() -> None:
    same = cost_lines(costs(machine(), before=True), "workstation cost p", Screen(width=300))
    assert "than what is there now" not in same
    usage = Usage()
    more = Costs(
        estimate(Plan("p", "s", (machine(), resource(EIP))), usage), usage, None, estimate(Plan("p", "s", (machine(),)), usage), None, DAY
    )  # fmt: skip
    assert "That is 3.65 a month more than what is there now." in cost_lines(
        more, "workstation cost p", Screen(width=300)
    )


def test_parked_machines_cost_something_that_their_project_did_not_show() -> None:
    found = replace(costs(), parked=("edit-1", "grade-1"), parked_usd=9.004)
    assert "Parked: edit-1, grade-1. What keeps their disks costs about 9.00 a month" in cost_text(
        found, "p", Screen(width=300)
    )
    assert cost_document(found)["parked"] == {"machines": ["edit-1", "grade-1"], "monthly_usd": 9.0}
    assert "Parked" not in cost_text(costs(), "p", Screen(width=300))


def test_the_words_of_a_plan_cannot_leave_their_cell_in_a_pull_request() -> None:
    hostile = resource(VOLUME, "a|b`c<img src=x>\n# head", type="gp3", size=100)
    shown = difference_markdown(Difference(costs().project, costs(hostile).project), costs(hostile))
    row = next(line for line in shown.split("\n") if "a\\|b" in line)
    assert row == "| a\\|b'c&lt;img src=x> # head |  | 8.00 | +8.00 |"


def test_documents_hold_nothing_but_json() -> None:
    import json

    found = whole()
    document: dict[str, Any] = cost_document(found, Difference(costs().project, found.project))
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["monthly_usd"]["low"] <= document["monthly_usd"]["typical"] <= document["monthly_usd"]["high"]
    assert len(document["months"]) == 12
    listed = prices_document(Listed(Wanted(), checked(Wanted(region="sa-east-1")), 40, DAY))
    assert json.loads(json.dumps(listed, allow_nan=False)) == listed


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("hours_per_weak=5", 'did you mean "hours_per_week"'),
        ("hours_per_week", "allowed: a number of h"),
        ("hours_per_week=-1", "allowed: a number of h"),
        ("ingest_gib_per_month=nan", "allowed: a number of GiB"),
        ("mean_file_mib=0", "allowed: a number of MiB from 0.001 to 5000000."),
        ("hours_per_week=200", "allowed: a number of h from 0 to 168."),
        ("disk_used_percent=101", "allowed: a number of % from 0 to 100."),
        ("ingest_gib_per_month=1e14", "allowed: a number of GiB from 0 to 10000000."),
    ],
)
def test_an_assumption_that_is_none_is_refused_with_what_is(typed: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        assumptions((typed,))
    assert said in refused.value.message
