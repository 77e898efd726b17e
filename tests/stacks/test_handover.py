"""How a browser gets what opens a display, while the list of processes is open to everybody on the computer."""

import http.client
import os
import threading
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from soundstage.components.boot.login import ToDisplay
from soundstage.stacks.entry import display, handover
from soundstage.stacks.entry.handover import handed_over

SECRET = "https://localhost:8443/?token=" + "t" * 40
BOUND = 30.0


def asked(address: str, path: str | None = None) -> tuple[int, str, str]:
    """Status, where it leads to, and the page."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=BOUND)
    try:
        connection.request("GET", path or parts.path)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Location", ""), answer.read().decode()
    finally:
        connection.close()


def test_the_token_of_a_display_stood_in_the_arguments_of_the_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(display, "_VIEWERS", ())
    monkeypatch.setattr(display.shutil, "which", lambda _name: None)
    monkeypatch.setattr(display.webbrowser, "open", lambda address: not started.append(address))
    way = ToDisplay("ana", "console", "", token="t" * 40, parameter="token")
    shown = display.Shown(SimpleNamespace(value=SimpleNamespace(port=8443)), way)  # type: ignore[arg-type]
    assert shown.open() == "your browser"
    assert "t" * 40 not in started[0]
    assert asked(started[0])[:2] == (303, SECRET)


def test_the_address_leads_on_once_and_says_so_afterwards() -> None:
    address = handed_over(SECRET)
    assert asked(address, "/guessed")[:2] == (404, "")
    assert asked(address)[:2] == (303, SECRET)
    status, leads_to, page = asked(address)
    assert (status, leads_to) == (410, "")
    assert "somebody else on this computer was quicker" in page
    assert SECRET not in page


def test_of_many_who_ask_at_once_one_is_led_on() -> None:
    address = handed_over(SECRET)
    got: list[str] = []
    asking = [threading.Thread(target=lambda: got.append(asked(address)[1])) for _ in range(8)]
    for each in asking:
        each.start()
    for each in asking:
        each.join(BOUND)
    assert sorted(got) == [""] * 7 + [SECRET]


def test_when_the_time_is_over_nobody_answers() -> None:
    address = handed_over(SECRET, seconds=0)
    for each in threading.enumerate():
        if each.name == f"handover {urlsplit(address).port}":
            each.join(BOUND)
    with pytest.raises(ConnectionRefusedError):
        asked(address)


@pytest.mark.skipif(not handover._SOCKETS.exists(), reason="only Linux tells whose a connection is")
def test_another_account_of_this_computer_is_not_led_on(monkeypatch: pytest.MonkeyPatch) -> None:
    address = handed_over(SECRET)
    own = os.getuid()
    monkeypatch.setattr(handover.os, "getuid", lambda: own + 1)
    assert asked(address)[:2] == (403, "")
    monkeypatch.setattr(handover.os, "getuid", lambda: own)
    assert asked(address)[:2] == (303, SECRET), "whoever is turned away uses nothing up"
