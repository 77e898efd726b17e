"""ProjectBudget: told before, told after, and stopped when asked."""

from collections.abc import Callable
from typing import Any

import pytest

from soundstage.components.aws.budget import ProjectBudget
from soundstage.components.tags import base_tags
from soundstage.core.errors import ArgumentError

Deploy = Callable[[Callable[[], object]], Any]
TOPIC = "arn:aws:sns:eu-west-1:123456789012:home-alerts"


def budget(deploy: Deploy, **changes: Any) -> Any:
    args: Any = {
        "studio": "home",
        "project": "teaser",
        "monthly_usd": 500,
        "emails": ["ana@studio.example"],
        "tags": base_tags("home", "teaser"),
        **changes,
    }
    return deploy(lambda: ProjectBudget("teaser", args))


def test_the_budget_counts_the_projects_tag_in_dollars_a_month(deploy: Deploy) -> None:
    made = budget(deploy).one("Budget").inputs
    assert made["costFilters"] == [{"name": "TagKeyValue", "values": ["user:soundstage:project$teaser"]}]
    assert (made["budgetType"], made["limitAmount"], made["limitUnit"], made["timeUnit"]) == (
        "COST",
        "500.00",
        "USD",
        "MONTHLY",
    )


def test_everyone_is_told_of_spent_and_forecast_money_at_each_percentage(deploy: Deploy) -> None:
    notifications = budget(deploy, topic_arn=TOPIC).one("Budget").inputs["notifications"]
    assert {(each["notificationType"], each["threshold"]) for each in notifications} == {
        (kind, percent) for kind in ("ACTUAL", "FORECASTED") for percent in (50, 80, 100)
    }
    for each in notifications:
        assert each["thresholdType"] == "PERCENTAGE"
        assert each["subscriberEmailAddresses"] == ["ana@studio.example"]
        assert each["subscriberSnsTopicArns"] == [TOPIC]


def test_a_topic_alone_is_enough_to_be_told(deploy: Deploy) -> None:
    notifications = budget(deploy, emails=[], topic_arn=TOPIC).one("Budget").inputs["notifications"]
    assert all("subscriberEmailAddresses" not in each for each in notifications)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"at_limit": "notify", "instance_ids": ["i-1"]},
        {"at_limit": "stop"},
        {"at_limit": "stop", "instance_ids": []},
    ],
    ids=["by-default", "notify", "stop-without-machines", "stop-with-an-empty-list"],
)
def test_no_machine_is_stopped_unless_asked_for_and_there_is_one(deploy: Deploy, changes: dict[str, Any]) -> None:
    made = budget(deploy, **changes)
    assert made.all("BudgetAction") == made.all("Role") == []


def test_at_the_limit_the_projects_machines_are_stopped_without_asking(deploy: Deploy) -> None:
    made = budget(deploy, at_limit="stop", instance_ids=["i-1", "i-2"], topic_arn=TOPIC, region="eu-west-3")
    action = made.one("BudgetAction").inputs
    assert action["actionType"] == "RUN_SSM_DOCUMENTS"
    assert (action["approvalModel"], action["notificationType"]) == ("AUTOMATIC", "ACTUAL")
    assert action["actionThreshold"] == {"actionThresholdType": "PERCENTAGE", "actionThresholdValue": 100}
    assert action["definition"] == {
        "ssmActionDefinition": {
            "actionSubType": "STOP_EC2_INSTANCES",
            "instanceIds": ["i-1", "i-2"],
            "region": "eu-west-3",
        }
    }
    assert {each["address"] for each in action["subscribers"]} == {"ana@studio.example", TOPIC}
    assert made.one("RolePolicy").policy()["StopsMachinesOfThisProject"]["Resource"] == [
        "arn:aws:ec2:eu-west-3:123456789012:instance/*"
    ]


def test_more_machines_than_one_action_takes_are_all_stopped(deploy: Deploy) -> None:
    machines = [f"i-{number}" for number in range(250)]
    made = budget(deploy, at_limit="stop", instance_ids=machines)
    batches = {
        each.name: each.inputs["definition"]["ssmActionDefinition"]["instanceIds"] for each in made.all("BudgetAction")
    }
    assert sorted(batches) == ["teaser-stop-1", "teaser-stop-2", "teaser-stop-3"]
    assert [one for name in sorted(batches) for one in batches[name]] == machines
    assert max(map(len, batches.values())) <= 100


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"monthly_usd": 0}, "monthly_usd"),
        ({"monthly_usd": -1}, "monthly_usd"),
        ({"monthly_usd": float("nan")}, "monthly_usd"),
        ({"monthly_usd": float("inf")}, "monthly_usd"),
        ({"monthly_usd": True}, "monthly_usd"),
        ({"monthly_usd": "500"}, "monthly_usd"),
        ({"alert_at_percent": []}, "alert_at_percent"),
        ({"alert_at_percent": [0]}, "alert_at_percent"),
        ({"alert_at_percent": [50, 50]}, "different"),
        ({"alert_at_percent": [10, 20, 30, 40, 50, 60]}, "one to 5"),
        ({"emails": []}, "emails and topic_arn are both absent"),
        ({"emails": ["x"]}, "e-mail"),
        ({"emails": [f"a{number}@x.example" for number in range(11)]}, "emails has 11"),
        ({"at_limit": "terminate"}, "at_limit"),
        ({"project": "Teaser"}, "project"),
        ({"budget": 1}, "budget is not known"),
    ],
)
def test_a_wrong_argument_is_refused(deploy: Deploy, changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ArgumentError, match=complaint):
        budget(deploy, **changes)
