"""Who may do what on Google Cloud, asked before anything is made: of the project, and of the account that pays."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from soundstage.providers.gcp.rest import called
from soundstage.simulator import process
from soundstage.simulator.gcp.clients import simulated_project
from soundstage.simulator.process import GOOGLE_FRONT, GOOGLE_PROJECT
from soundstage.stacks.clouds.facts import PAYER, Caller, Question
from soundstage.stacks.clouds.gcp.facts import GoogleFacts

ANA = "user:ana@studio.example"
ASKED = [Question(("compute.instances.list",)), Question(("billing.budgets.create", "billing.budgets.get"), (PAYER,))]


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    home = tmp_path / "home"
    monkeypatch.setenv("SOUNDSTAGE_HOME", str(home))
    endpoint = process.ensure(home, GOOGLE_FRONT)
    yield lambda who="owner": SimpleNamespace(project=simulated_project(endpoint, who))
    process.stop(home, save=False)


def refused(cloud: Any, who: str) -> list[str]:
    facts = GoogleFacts(cloud(who), "europe-west4", lambda: Caller(who))
    return [one.action for one in facts.refused(Caller(who), ASKED)]


def test_what_the_billing_account_does_not_allow_is_known_before_a_budget_is_made(cloud: Any) -> None:
    assert refused(cloud, "owner") == []
    assert refused(cloud, ANA) == ["compute.instances.list", "billing.budgets.create", "billing.budgets.get"]


def test_where_nobody_pays_the_project_alone_is_asked_about(cloud: Any) -> None:
    about = {"name": f"projects/{GOOGLE_PROJECT}", "billingAccountName": ""}
    called(cloud().project, "cloudbilling.projects.updateBillingInfo", about)
    assert refused(cloud, ANA) == ["compute.instances.list"]
