"""Chats: what their addresses look like, what each wants to be sent, and how it is sent. The address is the secret."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from http.client import HTTPException
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from soundstage.core.errors import UsageError

Chat = Literal["Slack", "Discord", "Teams", "JSON"]
TRIES: Final = 4
FIRST_PAUSE: Final = 2.0
"""Seconds before the second try; each later pause is twice as long."""
SECONDS: Final = 10
LONGEST: Final = 1900
"""Characters: Discord takes 2,000 (Discord developer documentation, "Webhook", read 2026-11), the others more."""
_HERE: Final = ("127.0.0.1", "localhost", "::1")
_HOSTS: Final[dict[str, Chat]] = {
    "hooks.slack.com": "Slack",
    "hooks.slack-gov.com": "Slack",
    "discord.com": "Discord",
    "discordapp.com": "Discord",
    "webhook.office.com": "Teams",
    "logic.azure.com": "Teams",
    "api.powerplatform.com": "Teams",
}

Post = Callable[[str, bytes], None]
"""Send a body to an address. Raises `Unheard` where it was not taken."""


class Unheard(Exception):
    """A chat did not take what it was sent. The words never hold the address. `again` says whether it may take it in a moment."""

    def __init__(self, why: str, *, again: bool) -> None:
        super().__init__(why)
        self.again = again


def checked(address: str) -> str:
    """The address of a webhook. Raises `UsageError`, which does not repeat it, for what is none."""
    text = address.strip()
    try:
        parts = urlsplit(text)
        host, port_is_one = parts.hostname or "", (parts.port or 443) > 0
    except ValueError:
        host, port_is_one = "", False
    good = port_is_one and text.isascii() and text.isprintable() and " " not in text and len(text) <= 2000
    if good and host and not parts.username and (parts.scheme == "https" or (parts.scheme == "http" and host in _HERE)):
        return text
    raise UsageError(
        "That is not the address of a webhook.",
        "Paste the whole address that the chat shows for an incoming webhook; it begins with https://. Nothing was changed.",
    )


def host_of(address: str) -> str:
    """The part of an address that is no secret."""
    return urlsplit(address).hostname or ""


def chat_of(address: str) -> Chat:
    """Which chat an address belongs to; `JSON` for any other receiver."""
    host = host_of(address).lower()
    return next((chat for known, chat in _HOSTS.items() if host == known or host.endswith(f".{known}")), "JSON")


def body(chat: Chat, studio: str, lines: Sequence[str]) -> bytes:
    """What a chat is sent. Names of people or channels that stand in a text call nobody."""
    text = _cut("\n".join(lines))
    document: dict[str, Any]
    match chat:
        case "Slack":
            for sign, told in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
                text = text.replace(sign, told)
            document = {"text": text, "unfurl_links": False}
        case "Discord":
            document = {"content": text, "allowed_mentions": {"parse": []}, "username": f"Soundstage {studio}"[:80]}
        case "Teams":
            blocks = [{"type": "TextBlock", "text": line, "wrap": True} for line in text.splitlines()]
            card = {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "body": blocks,
            }
            attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
            document = {"type": "message", "attachments": [attachment]}
        case _:
            document = {"studio": studio, "text": text, "notices": list(lines)}
    return json.dumps(document, ensure_ascii=False).encode()


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"


def deliver(address: str, content: bytes, post: Post, pause: Callable[[float], None]) -> None:
    """Send to a chat, and again where that may help. Raises `Unheard` with the last reason."""
    wait = FIRST_PAUSE
    for attempt in range(1, TRIES + 1):
        try:
            post(address, content)
        except Unheard as unheard:
            if not unheard.again or attempt == TRIES:
                raise
            pause(wait)
            wait *= 2
        else:
            return


class _NoDetour(urllib.request.HTTPRedirectHandler):
    """An address that leads elsewhere would carry the notice, and its own secret, to somebody else."""

    def redirect_request(self, *_: Any) -> None:
        return None


def post(address: str, content: bytes) -> None:
    """See `Post`."""
    request = urllib.request.Request(  # noqa: S310 - `checked` lets only https pass, and http to this machine
        address, data=content, headers={"Content-Type": "application/json"}, method="POST"
    )
    handlers = [_NoDetour(), *([urllib.request.ProxyHandler({})] if host_of(address) in _HERE else [])]
    try:
        urllib.request.build_opener(*handlers).open(request, timeout=SECONDS).close()
    except urllib.error.HTTPError as error:
        error.close()
        raise Unheard(f"it answered {error.code}", again=error.code in (408, 429) or error.code >= 500) from None
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        words = reason.strerror if isinstance(reason, OSError) and reason.strerror else type(reason).__name__
        raise Unheard(f"it cannot be reached ({words})", again=True) from None
