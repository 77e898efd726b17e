"""`workstation notices …` on Google Cloud: a chat whose address is in Secret Manager, and e-mails by an alarm of the studio's log."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.cli.test_notices_commands import chat

from soundstage.providers.calls import Declined
from soundstage.providers.gcp.rest import called
from soundstage.simulator import process
from soundstage.simulator.gcp.clients import simulated_project
from soundstage.simulator.process import GOOGLE_FRONT, GOOGLE_PROJECT
from soundstage.stacks.clouds.gcp.notices import GoogleNotices

__all__ = ["chat"]
STUDIO = "studio: northlight\nhome_region: europe-west4\nalert_emails: [ana@example.com]\n"
SECRET = f"projects/{GOOGLE_PROJECT}/secrets/soundstage-northlight-notices-webhook"
ON_GOOGLE = ("--cloud", "simulated-gcp")

pytestmark = [pytest.mark.slow]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """A studio's folder, and a call of the owner's."""
    monkeypatch.chdir(tmp_path)
    home = tmp_path / "home"
    monkeypatch.setenv("SOUNDSTAGE_HOME", str(home))
    (tmp_path / "studio.yaml").write_text(STUDIO)
    yield lambda method, **params: called(simulated_project(process.ensure(home, GOOGLE_FRONT)), method, params)
    process.stop(home, save=False)


def test_an_address_is_set_tried_and_forgotten_and_stands_nowhere(
    chat: tuple[str, list[bytes]],
    ask: Callable[..., Any],
    workstation: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address, got = chat
    early = workstation("notices", "test", *ON_GOOGLE)
    assert (early.code, "`workstation studio up" in early.err) == (4, True)
    assert workstation("studio", "up", "--yes", *ON_GOOGLE).code == 0
    assert "Chat: none is set." in workstation("notices", "test", *ON_GOOGLE).out
    for given in (f"{address}-old", address):
        monkeypatch.setattr("sys.stdin", io.StringIO(given + "\n"))
        said = workstation("notices", "set-webhook", "--from-file", "-", *ON_GOOGLE)
        assert "JSON at 127.0.0.1 is told from now on" in said.out, said.err
    tried = workstation("notices", "test", *ON_GOOGLE)
    assert (tried.code, "Chat: JSON at 127.0.0.1 took it." in tried.out, len(got)) == (0, True, 1)
    mail = json.loads(workstation("simulator", "mail", "--json").out)["messages"]
    assert [(one["to"], "This is a trial of" in one["text"]) for one in mail] == [("ana@example.com", True)]
    states = [one["state"] for one in ask("secretmanager.projects.secrets.versions.list", parent=SECRET)["versions"]]
    assert sorted(states) == ["DESTROYED", "ENABLED"]
    replicas = ask("secretmanager.projects.secrets.get", name=SECRET)["replication"]["userManaged"]["replicas"]
    assert [one["location"] for one in replicas] == ["europe-west4"]
    assert (
        "xyzzy-secret"
        not in f"{said.out}{said.err}{tried.out}{workstation('studio', 'status', *ON_GOOGLE, '--json').out}"
    )
    home = tmp_path / "home"
    assert [str(one) for one in home.rglob("*") if one.is_file() and b"xyzzy-secret" in one.read_bytes()] == []
    for _ in range(2):
        assert workstation("notices", "set-webhook", "--remove", *ON_GOOGLE).code == 0
    assert workstation("notices", "test", "--json", *ON_GOOGLE).document["chat"] is None
    with pytest.raises(Declined):
        ask("secretmanager.projects.secrets.get", name=SECRET)


def test_an_alarm_that_somebody_deleted_is_told_and_the_chat_is_told_nevertheless(
    chat: tuple[str, list[bytes]],
    ask: Callable[..., Any],
    workstation: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address, got = chat
    assert workstation("studio", "up", "--yes", *ON_GOOGLE).code == 0
    monkeypatch.setattr("sys.stdin", io.StringIO(address + "\n"))
    assert workstation("notices", "set-webhook", "--from-file", "-", *ON_GOOGLE).code == 0
    for alarm in ask("monitoring.projects.alertPolicies.list", name=f"projects/{GOOGLE_PROJECT}")["alertPolicies"]:
        if "logName" in str(alarm["conditions"]):
            ask("monitoring.projects.alertPolicies.delete", name=alarm["name"])
    assert workstation("notices", "test", *ON_GOOGLE).code != 0
    sent = workstation("notices", "send", *ON_GOOGLE)
    assert (sent.code, "Nothing new" in sent.out) == (0, True)
    assert len(got) <= 1


def test_a_third_address_was_refused_because_the_first_was_destroyed_already(
    chat: tuple[str, list[bytes]],
    ask: Callable[..., Any],
    workstation: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address, _ = chat
    assert workstation("studio", "up", "--yes", *ON_GOOGLE).code == 0
    for given in (f"{address}-1", f"{address}-2", address):
        monkeypatch.setattr("sys.stdin", io.StringIO(given + "\n"))
        said = workstation("notices", "set-webhook", "--from-file", "-", *ON_GOOGLE)
        assert said.code == 0, said.err
    states = [one["state"] for one in ask("secretmanager.projects.secrets.versions.list", parent=SECRET)["versions"]]
    assert sorted(states) == ["DESTROYED", "DESTROYED", "ENABLED"]


def test_where_secret_manager_is_switched_off_nobody_was_told_by_email_either(
    ask: Callable[..., Any], tmp_path: Path
) -> None:
    service = f"projects/{GOOGLE_PROJECT}/services/secretmanager.googleapis.com"
    ask("serviceusage.services.disable", name=service)
    with pytest.raises(Declined):
        ask("secretmanager.projects.secrets.get", name=SECRET)
    endpoint = process.running(tmp_path / "home")
    assert endpoint is not None
    cloud = SimpleNamespace(project=simulated_project(endpoint))
    assert GoogleNotices(cloud, "europe-west4").webhook("northlight") == ""


def test_the_address_of_a_studio_that_was_taken_down_was_not_forgotten(
    ask: Callable[..., Any], workstation: Callable[..., Any]
) -> None:
    kept = {"replication": {"userManaged": {"replicas": [{"location": "europe-west4"}]}}}
    ask(
        "secretmanager.projects.secrets.create",
        parent=f"projects/{GOOGLE_PROJECT}",
        secretId=SECRET.rpartition("/")[2],
        body=kept,
    )
    forgotten = workstation("notices", "set-webhook", "--remove", *ON_GOOGLE)
    assert forgotten.code == 0, forgotten.err
    with pytest.raises(Declined):
        ask("secretmanager.projects.secrets.get", name=SECRET)


def test_where_somebody_disabled_the_address_nobody_was_told_by_email_either(
    ask: Callable[..., Any], tmp_path: Path
) -> None:
    kept = {"replication": {"automatic": {}}}
    name = SECRET.rpartition("/")[2]
    ask("secretmanager.projects.secrets.create", parent=f"projects/{GOOGLE_PROJECT}", secretId=name, body=kept)
    ask("secretmanager.projects.secrets.addVersion", parent=SECRET, body={"payload": {"data": "aHR0cA=="}})
    endpoint = process.running(tmp_path / "home")
    assert endpoint is not None
    notices = GoogleNotices(SimpleNamespace(project=simulated_project(endpoint)), "europe-west4")
    assert notices.webhook("northlight") == "http"
    ask("secretmanager.projects.secrets.versions.disable", name=f"{SECRET}/versions/1")
    assert notices.webhook("northlight") == ""


def test_who_sends_them_has_no_role_of_its_own_yet(
    ask: Callable[..., Any], workstation: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "projects").mkdir()
    (tmp_path / "projects" / "teaser.yaml").write_text(
        "project: teaser\ncloud: simulated-gcp\nworkstations:\n  edit-1: {for: audio}\n"
    )
    refused = workstation("permissions", "--for", "notices")
    assert (refused.code, "--for daily" in refused.err) == (2, True)
