"""What was told to people, and by which ways."""

from collections.abc import Sequence
from typing import Any

from soundstage.cli.display.screen import Screen
from soundstage.cli.display.text import count
from soundstage.stacks.notices.notice import Notice
from soundstage.stacks.notices.of_studio import Round, Tried


def tried_text(tried: Tried, screen: Screen) -> str:
    """A line for each way."""
    lines = []
    if tried.sent.by_email:
        lines.append(screen.paint(f"E-mail: not sent: {tried.sent.by_email}", "red"))
    elif tried.is_simulated:
        lines.append(screen.plain("E-mail: nothing leaves the simulated cloud; `workstation simulator mail` shows it."))
    else:
        for address, confirmed in sorted(tried.readers.items()):
            lines.append(
                screen.plain(f"E-mail: sent to {address}.")
                if confirmed
                else screen.paint(
                    f"E-mail: {address} gets none yet. On AWS, answer the message of AWS Notifications there; on Google Cloud, "
                    "somebody switched its notification channel off: switch it on in Cloud Monitoring, Alerting.",
                    "yellow",
                )
            )
    if not tried.host:
        lines.append(screen.plain("Chat: none is set. `workstation notices set-webhook` sets one."))
    elif tried.sent.by_chat:
        lines.append(screen.paint(f"Chat: {tried.chat} at {tried.host} did not take it: {tried.sent.by_chat}.", "red"))
    else:
        lines.append(screen.plain(f"Chat: {tried.chat} at {tried.host} took it."))
    return "\n".join(lines)


def tried_document(tried: Tried) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "arrived": tried.arrived,
        "email": {"problem": tried.sent.by_email or None, "confirmed": dict(tried.readers)},
        "chat": {"chat": tried.chat, "host": tried.host, "problem": tried.sent.by_chat or None} if tried.host else None,
        "simulated": tried.is_simulated,
    }


def round_text(done: Round, screen: Screen) -> str:
    """What was told and what waits."""
    lines = [screen.plain(f"Told: {each.text}") for each in done.sent.told]
    lines += [screen.plain(f"Held until the quiet hours end: {each.text}") for each in done.sent.held]
    if not lines:
        lines = [screen.plain(f"Nothing new in {count(len(done.looked_at), 'project')}.")]
    if done.is_first:
        lines.append(screen.plain("This is the first time: machines that were stopped before are noted, and not told."))
    if done.sent.told or done.sent.held:
        for way, why in (("E-mail", done.sent.by_email), ("Chat", done.sent.by_chat)):
            if why and why != "no chat is set":
                lines.append(screen.paint(f"{way}: {why}", "yellow"))
    lines += [screen.paint(f"{file} was left out: {why}", "yellow") for file, why in done.unread.items()]
    return "\n".join(lines)


def round_document(done: Round) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "told": _documents(done.sent.told),
        "held": _documents(done.sent.held),
        "email_problem": done.sent.by_email or None,
        "chat_problem": done.sent.by_chat or None,
        "projects": done.looked_at,
        "unread": done.unread,
        "first": done.is_first,
    }


def _documents(notices: Sequence[Notice]) -> list[dict[str, str]]:
    return [{"kind": each.kind, "text": each.text} for each in notices]
