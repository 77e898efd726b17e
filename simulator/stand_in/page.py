"""What answers on the display's port of a simulated machine: a page over TLS that says what it is, to whoever shows a token, or
signs in with a password, once."""

import asyncio
import base64
import binascii
import contextlib
import html
import secrets
import ssl
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

_COOKIE: Final = "simulated-display"
_ADMITTED: Final = "run/password"
_SAMPLE: Final = 1 << 20
"""Bytes of the file by which the speed of the way can be measured, as a display's own client is."""
_LARGEST_REQUEST: Final = 64 * 1024
_ALL: Final = "Content-Security-Policy: default-src 'self' 'unsafe-inline'\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n"
_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><script src="/client.js" defer></script>
<style>body{{font:16px/1.5 sans-serif;margin:15vh auto;max-width:34em;padding:0 1em}}</style></head>
<body><h1>{title}</h1><p>{text}</p></body></html>
"""


class Page:
    """The display of one machine. It listens on a port of loopback that nobody is told."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._cookies: set[str] = set()
        self._server: asyncio.Server | None = None

    async def dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to it."""
        if self._server is None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self._folder / "etc/dcv/dcv.pem", self._folder / "etc/dcv/dcv.key")
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        return await asyncio.open_connection(*self._server.sockets[0].getsockname()[:2])

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ssl.SSLError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                if len(head) > _LARGEST_REQUEST:
                    break
                writer.write(self._answer(head))
                await writer.drain()
        writer.close()

    def _answer(self, head: str) -> bytes:
        lines = head.split("\r\n")
        target = urlsplit([*lines[0].split(" "), "", ""][1])
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        if target.path == "/client.js":
            return _response(
                HTTPStatus.OK, "text/javascript", b"// what a display's client would be\n".ljust(_SAMPLE, b" ")
            )
        if target.path != "/":
            return _response(HTTPStatus.NOT_FOUND, "text/plain", b"There is no such page.\n")
        token = (parse_qs(target.query).get("authToken") or [""])[0]
        known = {part.strip().partition("=")[2] for part in fields.get("cookie", "").split(";")}
        if known & self._cookies:
            return self._page(HTTPStatus.OK)
        lasting = (parse_qs(target.query).get("token") or [""])[0]
        if (token and self._takes(token)) or self._knows(lasting) or self._admits(fields.get("authorization", "")):
            cookie = secrets.token_urlsafe(24)
            self._cookies.add(cookie)
            return self._page(HTTPStatus.OK, f"Set-Cookie: {_COOKIE}={cookie}; Secure; HttpOnly; SameSite=Strict\r\n")
        asks = f'WWW-Authenticate: Basic realm="{self._name}"\r\n' if (self._folder / _ADMITTED).exists() else ""
        return self._page(HTTPStatus.UNAUTHORIZED, asks)

    def _takes(self, token: str) -> bool:
        """Whether a token was let in; it opens the display once."""
        kept = self._folder / "run" / "tokens"
        tokens = kept.read_text().split() if kept.exists() else []
        if not any(secrets.compare_digest(each.encode(), token.encode()) for each in tokens):
            return False
        kept.write_text("".join(f"{each}\n" for each in tokens if each != token))
        return True

    def _knows(self, token: str) -> bool:
        """Whether this is the token that counts until there is another."""
        kept = self._folder / "run" / "lasting"
        return bool(token) and kept.exists() and secrets.compare_digest(kept.read_bytes().strip(), token.encode())

    def _admits(self, shown: str) -> bool:
        """Whether a person's name and password were let in; they open the display once."""
        kept = self._folder / _ADMITTED
        try:
            said = base64.b64decode(shown.removeprefix("Basic "), validate=True)
        except binascii.Error:
            return False
        if not kept.exists() or not secrets.compare_digest(kept.read_bytes().strip(), said):
            return False
        kept.unlink()
        return True

    def _page(self, status: HTTPStatus, more: str = "") -> bytes:
        person = html.escape((self._folder / "etc/soundstage/person").read_text())
        if status is HTTPStatus.OK:
            text = f"You are signed in as {person}. A real machine would show its desktop here."
        else:
            text = "You are not signed in, or the token or password was used already. Run <code>workstation connect</code> again."
        title = f"{html.escape(self._name)} is a simulated machine: it has no picture"
        return _response(status, "text/html; charset=utf-8", _PAGE.format(title=title, text=text).encode(), more)


def _response(status: HTTPStatus, kind: str, body: bytes, more: str = "") -> bytes:
    head = f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{_ALL}{more}\r\n"
    return head.encode() + body
