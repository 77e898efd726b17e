"""An address of this computer that leads a browser on to a secret one, once.

What a program is started with stands in the list of processes, which everybody with an account on the computer may read. So a browser
is started with an address of loopback, which answers to the first who asks for it with the secret one, within a minute, and to nobody
after that.
"""

import html
import os
import secrets
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final, cast

from soundstage.sessions.tunnel import LOOPBACK

_GOOD_FOR: Final = 60.0
"""Seconds."""
_SOCKETS: Final = Path("/proc/net/tcp")
_PAGE: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<body style="font:16px/1.5 sans-serif;margin:15vh auto;max-width:34em;padding:0 1em"><h1>{title}</h1><p>{text}</p></body></html>
"""
_USED: Final = (
    "This address worked once",
    "The display was opened by it. If not for you, somebody else on this computer was quicker: Ctrl-C, and connect again.",
)
_NOT_YOURS: Final = ("This is not your display", "Another account of this computer opened it.")
_NONE: Final = ("There is no such page", "`workstation connect` opens the display of a machine.")


def handed_over(secret_address: str, seconds: float = _GOOD_FOR) -> str:
    """The address that leads on to it once, within so many seconds."""
    server = _Once((LOOPBACK, 0), _Visit)
    server.path, server.leads_to = f"/{secrets.token_urlsafe(24)}", secret_address
    threading.Thread(target=server.wait, args=(seconds,), name=f"handover {server.server_port}", daemon=True).start()
    return f"http://{LOOPBACK}:{server.server_port}{server.path}"


class _Once(ThreadingHTTPServer):
    path = ""
    leads_to = ""
    timeout = 0.5
    daemon_threads = True
    block_on_close = False

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._taking = threading.Lock()

    def wait(self, seconds: float) -> None:
        """Answer until the time is over."""
        until = time.monotonic() + seconds
        with self:
            while time.monotonic() < until:
                self.handle_request()
        self.leads_to = ""

    def take(self) -> str:
        """The secret address; empty from the second time on."""
        with self._taking:
            leads_to, self.leads_to = self.leads_to, ""
        return leads_to


class _Visit(BaseHTTPRequestHandler):
    timeout = 10.0
    """Seconds for a question: nobody holds a thread longer."""

    def do_GET(self) -> None:
        server = cast("_Once", self.server)
        if not secrets.compare_digest(self.path.encode(), server.path.encode()):
            self._say(HTTPStatus.NOT_FOUND, _NONE)
        elif _account(self.client_address[1], server.server_port) not in (None, os.getuid()):
            self._say(HTTPStatus.FORBIDDEN, _NOT_YOURS)
        elif address := server.take():
            self._say(HTTPStatus.SEE_OTHER, ("The display", "It opens."), address)
        else:
            self._say(HTTPStatus.GONE, _USED)

    def _say(self, status: HTTPStatus, words: tuple[str, str], address: str = "") -> None:
        body = _PAGE.format(title=html.escape(words[0]), text=html.escape(words[1])).encode()
        self.send_response(status)
        if address:
            self.send_header("Location", address)
        for name, value in (
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "no-referrer"),
            ("Connection", "close"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nowhere: the address is half a secret."""


def _account(port: int, to: int) -> int | None:
    """Whose the connection is that comes from a port of loopback to another; None where this computer does not tell. Linux has it in
    `/proc/net/tcp` (proc_pid_net(5)): addresses in hexadecimal, and the account in the eighth column."""
    if not _SOCKETS.exists():
        return None
    for line in _SOCKETS.read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1].endswith(f":{port:04X}") and fields[2].endswith(f":{to:04X}"):
            return int(fields[7])
    return None
