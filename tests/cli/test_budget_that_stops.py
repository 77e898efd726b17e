"""`at_limit: stop`, followed through a month of the simulated cloud's clock: machines stop, people are told, and nothing else happens."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from soundstage.cli.main import main
from soundstage.simulator import process

pytestmark = [pytest.mark.slow]

PROJECT = """project: teaser
client: northlight
owner: ana@tinyorange.example
workstations:
  edit-1: {for: editing}
budget: {monthly_usd: 100, alert_at_percent: [50, 100], at_limit: stop}
"""


def test_a_month_in_which_the_budget_of_a_project_stops_its_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, soundstage_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "projects").mkdir()
    (tmp_path / "projects" / "teaser.yaml").write_text(PROJECT)

    def said(*words: str) -> dict[str, Any]:
        assert main([*words, "--json"]) == 0
        document: dict[str, Any] = json.loads(capsys.readouterr().out)
        return document

    (tmp_path / "projects" / "plain.yaml").write_text("project: plain\nworkstations:\n  edit-1: {for: editing}\n")

    said("simulator", "start")
    plain = said("cost", "plain")
    assert (plain["budget"]["week"], plain["budget"]["month"]) == (None, None), (
        "the default budget bears the default machine"
    )
    now = datetime.fromtimestamp(process.clock(soundstage_home)[0], UTC)
    first = (now.replace(day=1, hour=0, minute=0, second=0) + timedelta(days=32)).replace(day=1)
    process.turn_clock(soundstage_home, (first - now).total_seconds() + 60)
    said("up", "teaser", "--yes")
    start = first.strftime("%Y-%m-%d")

    def state() -> str:
        word: str = said("status", "teaser")["machines"][0]["state"]
        return word

    said("simulator", "clock", "--forward", "1d")
    assert state() == "running"
    assert said("simulator", "mail")["messages"] == [], "a forecast after one day tells nobody"
    said("simulator", "clock", "--forward", "5d")
    assert state() == "stopped"
    told = said("simulator", "mail")["messages"]
    assert [one["text"].partition("USD")[0].split()[1:3] for one in told if one["to"] == "ana@tinyorange.example"] == [
        ["has", "cost"], ["has", "cost"], ["has", "passed"],
    ]  # fmt: skip

    bill = said("cost", "teaser", "--actual", "--from", start)
    assert 100 < bill["billed_usd"] < 130
    assert bill["billed_usd"] == pytest.approx(sum(bill["days"].values()), abs=0.01)
    (machine,) = (row for row in bill["compared"] if (row["machine"], row["kind"]) == ("edit-1", "machine"))
    assert machine["reasons"][0].startswith("more hours: ")

    said("simulator", "clock", "--forward", "15d")
    assert said("simulator", "mail")["messages"] == told, "people are told once"
    later = said("cost", "teaser", "--actual", "--from", start)
    machines = {one["machine"]: one["billed_usd"] for one in later["compared"] if one["kind"] == "machine"}
    assert machines == {"edit-1": machine["billed_usd"]}, "the machine costs nothing more, its disks do"
    assert later["billed_usd"] > bill["billed_usd"]
    by_time = {row["kind"]: row for row in later["compared"] if row["kind"] in ("disk", "network")}
    assert {kind: row["billed_usd"] for kind, row in by_time.items()} == {
        kind: pytest.approx(row["estimated_usd"], rel=0.01) for kind, row in by_time.items()
    }, "what is there costs what the estimate says, whatever the machine did"
    assert len(by_time) == 2
    by_client = said("cost", "teaser", "--actual", "--by", "client", "--from", start)
    assert list(by_client["groups"]) == ["northlight"]
