"""Sending notices: which are due, by which ways, and what is done where a way is closed."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from soundstage.core.errors import CloudError
from soundstage.projectfile.quiet_hours import QuietHours
from soundstage.stacks.clouds.notices import Notices
from soundstage.stacks.notices import webhook
from soundstage.stacks.notices.notice import Notice
from soundstage.stacks.notices.remembered import Remembered

_SUBJECT: Final = 100
"""Characters that Amazon SNS takes as the subject of an e-mail (Amazon SNS API Reference, "Publish", read 2026-11)."""


@dataclass(frozen=True)
class Ways:
    """How a studio's people are told. `topic` is empty where the studio is not up; `address` is that of their chat, or empty."""

    studio: str
    port: Notices
    topic: str
    address: str
    quiet: QuietHours | None = None
    post: webhook.Post = webhook.post
    pause: Callable[[float], None] = time.sleep


@dataclass
class Sent:
    """What became of the notices. `by_email` and `by_chat` are empty where a way took them, and say why not otherwise."""

    told: list[Notice] = field(default_factory=list)
    held: list[Notice] = field(default_factory=list)
    by_email: str = ""
    by_chat: str = ""


def send(ways: Ways, happened: Sequence[Notice], known: Remembered, now: datetime) -> Sent:
    """Tell what happened and was not told before, and what was held until now. What can wait is held in quiet hours. Changes `known`.

    What no way took is told the next time.
    """
    fresh = [each for each in happened if each.key not in known.told]
    waiting = {each.key: each for each in (*known.held, *fresh)}
    if ways.quiet and ways.quiet.holds(now):
        due = [each for each in waiting.values() if each.is_urgent]
    else:
        due = list(waiting.values())
    sent = Sent(due, [each for key, each in waiting.items() if each not in due])
    known.held = sent.held
    if due:
        _tell(ways, due, known, sent)
    return sent


def _tell(ways: Ways, due: Sequence[Notice], known: Remembered, sent: Sent) -> None:
    lines = [each.text for each in due]
    sent.by_chat = _in_chat(ways, lines)
    fell_silent = bool(ways.address and sent.by_chat and not known.webhook_is_down)
    known.webhook_is_down = bool(ways.address and sent.by_chat)
    if fell_silent:
        lines.append(
            f"The chat at {webhook.host_of(ways.address)} did not take this: {sent.by_chat}. Until it does, notices come by "
            "e-mail only. `workstation notices set-webhook` gives another address."
        )
    sent.by_email = _by_email(ways, due, lines)
    if sent.by_chat and sent.by_email:
        known.held = [*sent.held, *due]
        sent.held, sent.told = known.held, []


def remember(known: Remembered, notices: Sequence[Notice], now: datetime) -> None:
    """Note that these are dealt with."""
    known.told |= {each.key: now.isoformat() for each in notices}


def _in_chat(ways: Ways, lines: Sequence[str]) -> str:
    if not ways.address:
        return "no chat is set"
    content = webhook.body(webhook.chat_of(ways.address), ways.studio, [f"{ways.studio}: {line}" for line in lines])
    try:
        webhook.deliver(ways.address, content, ways.post, ways.pause)
    except webhook.Unheard as unheard:
        return str(unheard)
    return ""


def _by_email(ways: Ways, due: Sequence[Notice], lines: Sequence[str]) -> str:
    if not ways.topic:
        return "the studio is not up, and has no topic"
    first = due[0].text if len(due) == 1 else f"{len(due)} notices"
    subject = f"Soundstage {ways.studio}: {first}".encode("ascii", "replace").decode()
    subject = subject if len(subject) <= _SUBJECT else f"{subject[: _SUBJECT - 3]}..."
    try:
        ways.port.publish(ways.topic, subject, "\n\n".join(lines))
    except CloudError as error:
        return error.message
    return ""
