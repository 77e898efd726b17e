"""What no state knows, as a table."""

from collections.abc import Sequence
from typing import Any

from soundstage.cli.display.screen import Screen, filled
from soundstage.cli.display.table import table
from soundstage.projectfile.project_paths import typed
from soundstage.stacks.clouds.estate import Kind
from soundstage.stacks.orphans.finding import Orphan
from soundstage.stacks.orphans.looking import Found
from soundstage.stacks.state.on_record import OnRecord, Standing

_FREE = (Kind.LOG_GROUP, Kind.ROLE, Kind.OTHER)


def orphans_text(found: Found, deleted: Sequence[Orphan], screen: Screen, *, cleaning: bool) -> str:
    """What there is, what it costs and what may be done about it; at the end what was deleted."""
    lines = []
    left = [one for one in found.orphans if one not in deleted]
    shown = [one for one in left if one.thing.kind not in _FREE]
    if shown:
        rows = [
            (
                one.thing.name or one.thing.id, str(one.thing.kind), one.thing.region or "-", one.thing.project or "-",
                one.thing.detail, _usd(one), one.reason, one.keeps or "--clean deletes it",
            )
            for one in shown
        ]  # fmt: skip
        headings = ("name", "what", "region", "project", "", "USD a month", "why", "then")
        lines.append(table(headings, rows, screen))
        total = sum(one.monthly_usd or 0 for one in left)
        unknown = "" if all(one.monthly_usd is not None for one in shown) else "; of some it is not known"
        lines.append(screen.lines(f"{len(shown)} in {', '.join(found.regions)}: {total:.2f} USD a month{unknown}."))
        if not cleaning and any(not one.keeps for one in left):
            lines.append(screen.lines("`workstation orphans --clean` deletes what may be deleted, after a question."))
    elif not left and not deleted:
        lines.append(
            screen.lines(
                f"There is no orphan in {', '.join(found.regions)}: all that there is of the studio is on record."
            )
        )
    if rest := len(left) - len(shown):
        words = "more that cost next to nothing (log groups, roles, parts of networks)"
        lines.append(screen.lines(f"{rest} {words}: `workstation orphans --json` lists them."))
    lines += [filled(screen, _goes_on(one)) for one in found.unfinished]
    if left and not found.shared:
        lines.append(
            filled(
                screen,
                "The studio keeps no states in a bucket, so what colleagues have up from their machines looks like this too. "
                "Ask them; then name a project that nobody has up with --project.",
            )
        )
    lines += [
        screen.lines(f"Studio {name} has {number} in this account; they are left alone.")
        for name, number in found.others.items()
    ]
    lines += [screen.paint(f"Not looked at: {one}", "yellow") for one in found.silent]
    lines += [screen.paint(one, "yellow") for one in found.told]
    if deleted:
        saved = sum(one.monthly_usd or 0 for one in deleted)
        lines.append(screen.lines(f"{len(deleted)} deleted, which saves {saved:.2f} USD a month."))
    return "\n".join(lines)


def orphans_document(found: Found, deleted: Sequence[Orphan]) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "regions": list(found.regions),
        "orphans": [_document(one) for one in found.orphans],
        "monthly_usd": round(found.monthly_usd, 2),
        "unfinished": [
            {"project": one.project or None, "state": str(one.standing), "command": _command(one)}
            for one in found.unfinished
        ],
        "shared": found.shared,
        "others": dict(found.others),
        "silent": list(found.silent),
        "told": list(found.told),
        "deleted": [one.thing.id for one in deleted],
    }


def _document(one: Orphan) -> dict[str, Any]:
    thing = one.thing
    return {
        "id": thing.id,
        "name": thing.name or None,
        "kind": str(thing.kind),
        "region": thing.region or None,
        "project": thing.project or None,
        "detail": thing.detail,
        "monthly_usd": None if one.monthly_usd is None else round(one.monthly_usd, 2),
        "reason": one.reason,
        "kept_because": one.keeps or None,
    }


def _usd(one: Orphan) -> str:
    return "not known" if one.monthly_usd is None else f"{one.monthly_usd:.2f}"


def _goes_on(one: OnRecord) -> str:
    what = f"project {one.project}" if one.project else f"studio {one.studio}"
    words = f"The last `{_verb(one)}` of {what} did not finish; what is left is on its record."
    if one.file and not one.file.exists():
        return f"{words} Its file {one.file} is gone: put it back, then `{_command(one)}` goes on with it."
    return f"{words} `{_command(one)}` goes on with it."


def _command(one: OnRecord) -> str:
    if not one.project:
        return f"workstation studio {_verb(one)}"
    return f"workstation {_verb(one)} {typed(one.file) if one.file else one.project}"


def _verb(one: OnRecord) -> str:
    return "down" if one.standing is Standing.HALF_DOWN else "up"
