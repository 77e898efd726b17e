"""`workstation notices …`, as a studio's technical person types it."""

import io
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

STUDIO = "studio: northlight\nalert_emails: [ana@example.com]\n"


@pytest.fixture
def chat() -> Iterator[tuple[str, list[bytes]]]:
    """A receiver on loopback, and what it got."""
    got: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hooks/xyzzy-secret", got
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.slow
def test_an_address_is_set_tried_and_forgotten_and_stands_nowhere(
    chat: tuple[str, list[bytes]],
    workstation: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address, got = chat
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOUNDSTAGE_HOME", str(tmp_path / "home"))
    (tmp_path / "studio.yaml").write_text(STUDIO)
    early = workstation("notices", "test")
    assert (early.code, "`workstation studio up`" in early.err) == (4, True)
    assert workstation("studio", "up", "--yes").code == 0
    assert "Chat: none is set." in workstation("notices", "test").out
    monkeypatch.setattr("sys.stdin", io.StringIO(address + "\n"))
    said = workstation("notices", "set-webhook", "--from-file", "-")
    assert "JSON at 127.0.0.1 is told from now on" in said.out
    tried = workstation("notices", "test")
    assert (tried.code, "Chat: JSON at 127.0.0.1 took it." in tried.out, len(got)) == (0, True, 1)
    mail = workstation("simulator", "mail").out
    assert mail.count("This is a trial of") == 2
    assert "xyzzy-secret" not in f"{said.out}{said.err}{tried.out}{mail}{workstation('studio', 'status', '--json').out}"
    home = tmp_path / "home"
    assert [str(one) for one in home.rglob("*") if one.is_file() and b"xyzzy-secret" in one.read_bytes()] == []
    workstation("notices", "set-webhook", "--remove")
    assert workstation("notices", "test", "--json").document["chat"] is None


@pytest.mark.parametrize(
    ("text", "words"),
    [("ftp://hooks.example/xyzzy-secret\n", "not the address of a webhook"), ("\n", "not the address of a webhook")],
)
def test_what_is_no_address_is_refused_before_a_studio_is_asked_anything(
    text: str,
    words: str,
    workstation: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "studio.yaml").write_text(STUDIO)
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    refused = workstation("notices", "set-webhook", "--from-file", "-")
    assert (refused.code, words in refused.err, "xyzzy" in refused.err) == (2, True, False)


def test_without_a_terminal_it_says_how_else_to_give_the_address(
    workstation: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    refused = workstation("notices", "set-webhook")
    assert (refused.code, "--from-file" in refused.err) == (2, True)
