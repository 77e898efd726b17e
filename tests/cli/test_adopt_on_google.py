"""A state that was lost is taken back from what exists on Google Cloud: nothing is made twice, and nothing of anybody else is taken."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from soundstage.providers.gcp.rest import called
from soundstage.simulator import process
from soundstage.simulator.gcp.clients import simulated_project
from soundstage.simulator.process import GOOGLE_PROJECT

pytestmark = [pytest.mark.slow]

PROJECT = "project: teaser\ncloud: simulated-gcp\nclient: {client}\nbudget: {{monthly_usd: {usd}}}\nworkstations:\n  edit-1: {{for: editing, data_gib: 100}}\n"


@pytest.fixture
def studio(
    tmp_path: Path, soundstage_home: Path, monkeypatch: pytest.MonkeyPatch, workstation: Callable[..., Any]
) -> Iterator[Callable[[str], None]]:
    """Goes into the folder of a studio, which has a project `teaser`."""

    def enter(name: str, client: str = "northlight", usd: float = 450) -> None:
        folder = tmp_path / name
        (folder / "projects").mkdir(parents=True, exist_ok=True)
        (folder / "studio.yaml").write_text(f"studio: {name}\nhome_region: europe-west4\n")
        (folder / "projects" / "teaser.yaml").write_text(PROJECT.format(client=client, usd=usd))
        monkeypatch.chdir(folder)

    yield enter
    process.stop(soundstage_home)


def _ids(workstation: Callable[..., Any]) -> dict[str, tuple[str, dict[str, Any]]]:
    """URN → id and inputs of everything on record, without the token of a create."""
    records = json.loads(workstation("state", "export").out)["deployment"]["resources"]
    return {
        one["urn"]: (one["id"], {key: value for key, value in one["inputs"].items() if not key.startswith("__")})
        for one in records
        if one.get("custom") and not one["type"].startswith("pulumi:")
    }


def test_both_states_lost_are_adopted_beside_another_studio_and_an_earlier_key(
    studio: Callable[..., None], soundstage_home: Path, workstation: Callable[..., Any]
) -> None:
    """A ring of keys stays for good, and another studio in the account has a project of the same name: names alone do not tell."""
    studio("north")
    workstation("up", "--yes", "--no-wait")
    workstation("down", "--delete-media", "--yes")
    workstation("up", "--yes", "--no-wait")
    studio("south")
    workstation("up", "--yes", "--no-wait")
    theirs = _ids(workstation)
    studio("north")
    before = _ids(workstation)
    shutil.rmtree(soundstage_home / "studios" / "north")
    refused = workstation("adopt")
    assert refused.code == 2
    assert "--yes" in refused.err
    ran = workstation("adopt", "--yes", "--json")
    assert ran.code == 0, ran.err
    assert ran.document["made"] == 0, ran.err
    assert _ids(workstation) == before
    assert "nothing to change" in workstation("preview", "--refresh").out
    studio("south")
    assert _ids(workstation) == theirs
    assert "nothing to change" in workstation("preview", "--refresh").out


def test_what_the_file_says_since_then_is_brought_about_or_refused(
    studio: Callable[..., None], soundstage_home: Path, workstation: Callable[..., Any]
) -> None:
    studio("north")
    workstation("up", "--yes", "--no-wait")
    before = _ids(workstation)
    shutil.rmtree(next(soundstage_home.glob("studios/north/soundstage.simulated-gcp/teaser")))
    studio("north", usd=99.5)
    ran = workstation("adopt", "--yes", "--json")
    assert ran.code == 0, ran.err
    after = _ids(workstation)
    assert {urn: one[0] for urn, one in after.items()} == {urn: one[0] for urn, one in before.items()}
    (budget,) = (one for urn, one in after.items() if urn.endswith("::teaser-budget-budget"))
    assert budget[1]["amount"]["specifiedAmount"] == {"currencyCode": "USD", "units": "99", "nanos": 500_000_000}
    assert "nothing to change" in workstation("preview", "--refresh").out
    shutil.rmtree(next(soundstage_home.glob("studios/north/soundstage.simulated-gcp/teaser")))
    studio("north", client="eastlight")
    refused = workstation("adopt", "--yes")
    assert refused.code == 1
    assert "exists, and differs in what cannot be changed: snapshotSchedulePolicy" in refused.err
    endpoint = process.running(soundstage_home)
    assert endpoint is not None
    about = {"name": f"projects/{GOOGLE_PROJECT}"}
    channels = called(simulated_project(endpoint), "monitoring.projects.notificationChannels.list", about)
    names = [one["displayName"] for one in channels.get("notificationChannels", ())]
    assert len(names) == len(set(names)), "one that the refused command made beside the first"
