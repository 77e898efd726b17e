"""Chats: addresses, what each is sent, and what happens when one does not answer."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from soundstage.core.errors import UsageError
from soundstage.stacks.notices import webhook
from soundstage.stacks.notices.webhook import Unheard, body, chat_of, checked, deliver, host_of, post

SECRET = "T0001/B0002/xyzzy-secret"


@pytest.mark.parametrize(
    ("address", "chat"),
    [
        (f"https://hooks.slack.com/services/{SECRET}", "Slack"),
        (f"https://discord.com/api/webhooks/{SECRET}", "Discord"),
        (f"https://northlight.webhook.office.com/webhookb2/{SECRET}", "Teams"),
        (f"https://prod-1.westeurope.logic.azure.com:443/workflows/1?sig={SECRET}", "Teams"),
        (f"https://1.2.environment.api.powerplatform.com:443/powerautomate/{SECRET}", "Teams"),
        (f"https://chat.northlight.example/hooks/{SECRET}", "JSON"),
        # Nobody else's name ends so that it passes for one of them.
        ("https://nothooks.slack.com.example/x", "JSON"),
        ("https://evil-discord.com/x", "JSON"),
        ("http://127.0.0.1:8080/x", "JSON"),
    ],
)
def test_an_address_says_which_chat_it_is_of(address: str, chat: str) -> None:
    assert chat_of(checked(f" {address}\n")) == chat
    assert SECRET not in host_of(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "hooks.slack.com/services/x",
        f"http://hooks.slack.com/services/{SECRET}",
        f"ftp://hooks.slack.com/{SECRET}",
        f"https://user:{SECRET}@hooks.slack.com/x",
        "https://",
        f"https://hooks.slack.com:99999999/{SECRET}",
        f"https://hooks.slack.com/{SECRET} and more",
        f"https://hooks.slack.com/{SECRET}\nhttps://two",
        f"https://höoks.example/{SECRET}",
        "https://[::1/x",
        "http://127.0.0.1.example/x",
        f"https://hooks.slack.com/{'x' * 3000}",
    ],
)
def test_what_is_no_address_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(UsageError) as refused:
        checked(address)
    assert SECRET not in f"{refused.value.message}{refused.value.hint}"


def test_each_chat_gets_its_own_form_and_nobody_is_called_by_a_name_in_a_text() -> None:
    line = "edit-1 & <!channel> @everyone"
    slack = json.loads(body("Slack", "northlight", [line]))
    assert slack["text"] == "edit-1 &amp; &lt;!channel&gt; @everyone"
    discord = json.loads(body("Discord", "northlight", [line]))
    assert (discord["content"], discord["allowed_mentions"]) == (line, {"parse": []})
    teams = json.loads(body("Teams", "northlight", [line, "two"]))
    assert [one["text"] for one in teams["attachments"][0]["content"]["body"]] == [line, "two"]
    assert json.loads(body("JSON", "northlight", [line, "two"]))["notices"] == [line, "two"]
    assert len(json.loads(body("Discord", "northlight", ["x" * 5000]))["content"]) <= 2000


class Receiver:
    """A chat on loopback that answers with these codes, one after another, and then with 200."""

    def __init__(self, codes: list[int]) -> None:
        self.got: list[dict[str, Any]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                code = codes.pop(0) if codes else 200
                self.send_response(code)
                if code == 302:
                    self.send_header("Location", "http://127.0.0.1:9/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/hooks/{SECRET}"


@pytest.fixture
def receiver(request: pytest.FixtureRequest) -> Iterator[Receiver]:
    found = Receiver(list(getattr(request, "param", [])))
    thread = threading.Thread(target=found.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield found
    found.server.shutdown()
    thread.join()
    found.server.server_close()


@pytest.mark.parametrize(
    ("receiver", "tries", "why"),
    [
        ([], 1, ""),
        ([503, 429], 3, ""),
        ([500, 500, 500, 500], 4, "it answered 500"),
        # The address is wrong, or was withdrawn: no try mends that.
        ([404], 1, "it answered 404"),
        # What leads elsewhere is not followed with a client's news.
        ([302], 1, "it answered 302"),
    ],
    indirect=["receiver"],
)
def test_a_chat_that_does_not_take_it_is_tried_again_where_that_helps(receiver: Receiver, tries: int, why: str) -> None:
    paused: list[float] = []
    said = ""
    try:
        deliver(receiver.address, body("JSON", "northlight", ["hello"]), post, paused.append)
    except Unheard as unheard:
        said = str(unheard)
    assert (len(receiver.got), said) == (tries, why)
    assert paused == [2.0, 4.0, 8.0][: tries - 1]
    assert receiver.got[0]["notices"] == ["hello"]


def test_a_chat_that_is_down_is_named_without_its_secret(receiver: Receiver) -> None:
    receiver.server.socket.close()
    with pytest.raises(Unheard) as unheard:
        deliver("http://127.0.0.1:1/" + SECRET, b"{}", post, lambda _: None)
    assert SECRET not in str(unheard.value)
    assert unheard.value.again
    assert webhook.TRIES == 4
