"""A studio's own stack: what its file says reaches the account, and a change of the file is said until it has."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from soundstage.cli.main import main
from soundstage.components.tags import PROJECT
from soundstage.engines.base import Event
from soundstage.simulator.testing import simulated_cloud
from soundstage.stacks.clouds.aws import cost_tag
from soundstage.stacks.deployment import open_project
from soundstage.stacks.studio_deployment import open_studio

pytestmark = [pytest.mark.slow]

STUDIO = "studio: home\nalert_emails: [{emails}]\nbudget: {{monthly_usd: {usd}, alert_at_percent: [90]}}\n"


@pytest.fixture
def cloud(soundstage_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.chdir(tmp_path)
    with simulated_cloud(soundstage_home) as cloud:
        yield cloud


def said(act: Callable[..., object]) -> str:
    events: list[Event] = []
    act(on_event=events.append)
    return " ".join(event.message for event in events)


def addresses(cloud: Any) -> set[str]:
    found = cloud.client("sns", "eu-west-1").list_subscriptions()["Subscriptions"]
    return {each["Endpoint"] for each in found if each["Protocol"] == "email"}


def test_changed_alert_emails_reached_the_budget_and_not_the_alarms_and_nothing_said_so(
    cloud: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, project = tmp_path / "studio.yaml", tmp_path / "a.yaml"
    file.write_text(STUDIO.format(emails="ana@tinyorange.example", usd=900))
    project.write_text("project: a\n")
    open_project("a.yaml").up()
    assert "has changed" not in said(open_project("a.yaml").preview)

    file.write_text(STUDIO.format(emails="bo@tinyorange.example", usd=901))
    told = said(open_project("a.yaml").preview)
    assert "The studio's file has changed since the studio came up (alert_emails, budget)" in told
    assert "`workstation studio up` applies" in told
    assert main(["studio", "status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["outdated"] is True
    assert main(["studio", "preview"]) == 0
    assert "bo@tinyorange.example" in capsys.readouterr().out

    open_studio().up()
    assert addresses(cloud) == {"bo@tinyorange.example"}
    assert "has changed" not in said(open_project("a.yaml").preview)

    # The budget of the whole account, with its readers.
    budgets = cloud.client("budgets", "us-east-1")
    account = budgets.describe_budget(AccountId=cloud.account_id, BudgetName="home-account")["Budget"]
    assert account["BudgetLimit"]["Amount"] in ("901", "901.00", "901.0")
    assert "CostFilters" not in account or not account["CostFilters"]
    alerts = budgets.describe_notifications_for_budget(AccountId=cloud.account_id, BudgetName="home-account")
    kinds = {(each["NotificationType"], each["Threshold"]) for each in alerts["Notifications"]}
    assert kinds == {("ACTUAL", 90), ("FORECASTED", 90)}
    for each in alerts["Notifications"]:
        readers = budgets.describe_subscribers_for_notification(
            AccountId=cloud.account_id, BudgetName="home-account", Notification=each
        )["Subscribers"]
        assert {"bo@tinyorange.example"} < {reader["Address"] for reader in readers}

    # `up` has activated the tag that project budgets count by.
    ce = cloud.client("ce", "us-east-1")
    [tag] = ce.list_cost_allocation_tags(TagKeys=[PROJECT])["CostAllocationTags"]
    assert tag["Status"] == "Active"


def test_a_studio_can_be_checked_before_and_after_it_is_up(
    cloud: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "studio.yaml").write_text("studio: home\n")
    assert main(["studio", "check"]) == 0
    capsys.readouterr()
    assert main(["studio", "check", "--profile", "content", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["format"].startswith("soundstage.policy-report")


class Ce:
    """Cost Explorer of an account in a certain state."""

    def __init__(self, status: str | None, errors: list[dict[str, str]]) -> None:
        self.meta = type("Meta", (), {"service_model": type("Model", (), {"signing_name": "ce"})})
        self._status, self._errors = status, errors
        self.asked: list[str] = []

    def list_cost_allocation_tags(self, **_asked: object) -> dict[str, Any]:
        return {"CostAllocationTags": [{"TagKey": PROJECT, "Status": self._status}] if self._status else []}

    def update_cost_allocation_tags_status(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked["CostAllocationTagsStatus"][0]["TagKey"])
        return {"Errors": self._errors}


@pytest.mark.parametrize(
    ("status", "errors", "told", "asked"),
    [
        ("Active", [], "", []),
        ("Inactive", [], "", [PROJECT]),
        (None, [], "It takes up to a day; the next `workstation up` activates the tag", []),
        ("Inactive", [{"Code": "LinkedAccount", "Message": "linked"}], "whoever has the management account", [PROJECT]),
    ],
)
def test_a_budget_that_counts_nothing_is_said(
    status: str | None, errors: list[dict[str, str]], told: str, asked: list[str]
) -> None:
    client = Ce(status, errors)
    words = cost_tag.activate(type("Account", (), {"client": lambda *_: client})())
    assert (told in words, bool(words), client.asked) == (True, bool(told), asked)
