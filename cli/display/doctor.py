"""What the checks before an `up` found."""

import textwrap
from collections.abc import Sequence
from typing import Any, Final

from soundstage.cli.display.screen import Screen
from soundstage.cli.display.text import columns, count, pad
from soundstage.stacks.clouds.facts import Filed, Filing
from soundstage.stacks.deployment import Deployment
from soundstage.stacks.preflight.finding import Finding, Verdict, failed

_MARKS: Final = {
    Verdict.PASSED: ("ok", "green"),
    Verdict.WARNING: ("warning", "yellow"),
    Verdict.FAILED: ("failed", "red"),
    Verdict.NOT_CHECKED: ("not checked", "yellow"),
}
_GAP: Final = "  "
_WIDEST: Final = 130
_NARROWEST: Final = 24


def findings_text(found: Sequence[Finding], filed: Sequence[Filed], deployment: Deployment, screen: Screen) -> str:
    """A row for each check, what mends it under it, and what to type next."""
    name = max(len(one.check) for one in found)
    mark = max(len(word) for word, _ in _MARKS.values())
    indent = " " * (name + mark + 2 * len(_GAP))
    room = max(min(screen.width, _WIDEST) - columns(indent) - 1, _NARROWEST)
    lines = [screen.paint(f"{deployment.project.title} on {deployment.cloud.describe()}", "bold"), ""]
    for one in found:
        word, colour = _MARKS[one.verdict]
        first, *more = _wrapped(one.told, room)
        lines.append(f"{screen.paint(pad(word, mark), colour)}{_GAP}{pad(one.check, name)}{_GAP}{screen.plain(first)}")
        lines += [indent + screen.plain(line) for line in more]
        lines += [indent + screen.paint(line, "bold") for line in _wrapped(one.mend, room) if line]
    lines += ["", *(_request_line(one, screen) for one in filed)]
    return "\n".join([*lines, _next(found, deployment, screen)])


def findings_document(found: Sequence[Finding], filed: Sequence[Filed]) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "ok": not failed(found),
        "checks": [
            {"check": one.check, "verdict": str(one.verdict), "told": one.told, "mend": one.mend or None, "quota": _quota(one)}
            for one in found
        ],
        "requests": [
            {
                "service": one.quota[0], "code": one.quota[1], "wanted": one.wanted, "standing": str(one.standing),
                "status": one.status, "since": one.since.isoformat() if one.since else None,
            }
            for one in filed
        ],
    }  # fmt: skip


def _quota(one: Finding) -> dict[str, Any] | None:
    if one.need is None:
        return None
    service, code = one.need.quota
    return {"service": service, "code": code, "needed": one.need.total, "allowed": one.allowed}


def _request_line(one: Filed, screen: Screen) -> str:
    words = {Filing.OPEN: "is open", Filing.GRANTED: "is granted", Filing.REFUSED: "was refused"}[one.standing]
    return screen.plain(f"The request for {one.wanted} of quota {one.quota[1]} {words} ({one.status}).")


def _next(found: Sequence[Finding], deployment: Deployment, screen: Screen) -> str:
    bad = failed(found)
    if bad:
        return screen.paint(
            f"{count(len(bad), 'check')} failed. `up` would stop before it changes anything.", "bold", "red"
        )
    unknown = [one.check for one in found if one.verdict is Verdict.NOT_CHECKED]
    besides = f" Not checked: {', '.join(unknown)}." if unknown else ""
    return screen.paint(f"Nothing is in the way.{besides} Next: `{deployment.command('up')}`.", "bold", "green")


def _wrapped(text: str, room: int) -> list[str]:
    """Lines of a text. A command that is longer than the room stays whole, to be copied."""
    lines = (textwrap.wrap(line, room, break_long_words=False, break_on_hyphens=False) for line in text.split("\n"))
    return [part for line in lines for part in line] or [""]
