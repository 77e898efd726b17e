"""What happened to a project, as a table."""

from typing import Any

from soundstage.cli.display.screen import Screen, filled
from soundstage.cli.display.table import table
from soundstage.stacks.journal.history import Happening, History


def history_text(found: History, name: str, since: str, screen: Screen) -> str:
    """One row for each thing, the newest last; what is wrong with the journal follows."""
    lines = []
    if found.happenings:
        rows = [
            (f"{one.at:%Y-%m-%d %H:%M}", _who(one), _what(one), one.result, _detail(one)) for one in found.happenings
        ]
        lines.append(table(("when (UTC)", "who", "did", "result", ""), rows, screen))
    else:
        lines.append(screen.lines(f"Nothing is on record for {name} in the last {since}."))
    lines += [filled(screen, one) for one in found.problems]
    if not found.is_shared:
        lines.append(
            filled(
                screen,
                f"Kept on this machine alone ({found.where}): what a colleague did from another one is not in it.",
            )
        )
    return "\n".join(lines)


def history_document(found: History) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "since": found.since.isoformat(timespec="seconds"),
        "kept_in": found.where,
        "shared": found.is_shared,
        "entries": [_document(one) for one in found.happenings],
        "problems": list(found.problems),
    }


def _document(one: Happening) -> dict[str, Any]:
    return {
        "at": one.at.isoformat(timespec="seconds"),
        "who": one.who,
        "host": one.host or None,
        "command": one.command,
        "machines": list(one.machines),
        "result": one.result,
        "seconds": one.seconds,
        "detail": one.detail or None,
        "source": one.source,
    }


def _who(one: Happening) -> str:
    return f"{one.who} on {one.host}" if one.host else f"{one.who} itself"


def _what(one: Happening) -> str:
    return f"{one.command} {', '.join(one.machines)}".rstrip() if one.host else one.command


def _detail(one: Happening) -> str:
    took = f"took {one.seconds:.0f} s" if one.seconds is not None and one.seconds >= 1 else ""
    return "; ".join(filter(None, (one.detail, took)))
