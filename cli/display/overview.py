"""All machines of a studio, as a table."""

from datetime import date, datetime
from typing import Any

from soundstage.cli.display.screen import Screen, filled
from soundstage.cli.display.table import table
from soundstage.stacks.team.overview import Overview, Row, idle_minutes
from soundstage.stacks.team.spending import Spent

ESTIMATE = (
    "USD are estimates at list prices: the hours that a machine was on, and its disks. Media, network, traffic and tax are not in them; "
    "days and months begin at midnight UTC."
)
AT_LEAST = "+ at least so much: only the hours since the last start are known, or the price of a licence is not."
NOT_KNOWN = "Not known: of what is parked, and where a machine or one of its disks has no price here."


def overview_text(found: Overview, screen: Screen) -> str:
    """One row for each machine, those that run first; then what was not found out, and what the numbers are."""
    lines = []
    if found.rows:
        rows = [_cells(row, found) for row in found.rows]
        headings: tuple[str, ...] = (
            "machine", "project", "region", "state", "who", "idle for", "today USD", "month USD", "expires", "image age",
        )  # fmt: skip
        if len({row.studio for row in found.rows}) > 1:
            headings = ("studio", *headings)
            rows = [(row.studio, *cells) for row, cells in zip(found.rows, rows, strict=True)]
        lines.append(table(headings, rows, screen))
        about = [f"{in_words(found)}.", ESTIMATE]
        if any(row.month.usd is not None and not row.month.is_all for row in found.rows):
            about.append(AT_LEAST)
        if any(row.month.usd is None for row in found.rows):
            about.append(NOT_KNOWN)
        lines.append(filled(screen, " ".join(about)))
    else:
        lines.append(screen.lines("There is no machine in any region that was asked."))
    lines += [screen.paint(f"Not shown: {one}", "yellow") for one in found.silent]
    lines += [filled(screen, one) for one in found.told]
    return "\n".join(lines)


def in_words(found: Overview) -> str:
    """How many machines run, and what all have cost."""
    on = sum(row.state in ("running", "coming") for row in found.rows)
    return (
        f"{on} of {len(found.rows)} machines {'is' if on == 1 else 'are'} on. Today {found.today_usd:.2f} USD, this month "
        f"{found.month_usd:.2f} USD"
    )


def overview_document(found: Overview) -> dict[str, Any]:
    """What `--json` adds about machines."""
    return {
        "at": found.at.isoformat(timespec="seconds"),
        "machines": [_document(row, found.now_of(row)) for row in found.rows],
        "estimate_usd": {"today": round(found.today_usd, 2), "month": round(found.month_usd, 2)},
        "silent": list(found.silent),
        "told": list(found.told),
    }


def who_of(row: Row) -> str:
    """Who was on it last, or whose it is."""
    if row.last:
        return f"{row.last.who}, now" if row.last.is_open else row.last.who
    return f"({row.machine.user})" if row.machine.user else "-"


def idle_of(row: Row, now: datetime) -> str:
    minutes = idle_minutes(row, now)
    if minutes is None:
        return "-"
    if minutes == 0:
        return "in use"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"


def usd_of(spent: Spent) -> str:
    if spent.usd is None:
        return "not known"
    return f"{spent.usd:.2f}{'' if spent.is_all else '+'}"


def expires_of(row: Row, today: date) -> str:
    if row.expires is None:
        return "-"
    return f"{row.expires} (past)" if row.expires < today else str(row.expires)


def _cells(row: Row, found: Overview) -> tuple[str, ...]:
    machine, now = row.machine, found.now_of(row)
    age = "-" if row.image_age_days is None else f"{row.image_age_days} d"
    return (
        machine.name, row.title, row.region, row.state, who_of(row), idle_of(row, now), usd_of(row.today),
        usd_of(row.month), expires_of(row, now.date()), age,
    )  # fmt: skip


def _document(row: Row, now: datetime) -> dict[str, Any]:
    machine = row.machine
    return {
        "studio": row.studio,
        "project": machine.project,
        "called": row.title,
        "machine": machine.name,
        "cloud": row.kind,
        "region": row.region,
        "instance_id": machine.instance_id,
        "type": machine.instance_type,
        "state": row.state,
        "since": machine.launched.isoformat(timespec="seconds") if machine.launched else None,
        "user": machine.user or None,
        "last_session": {
            "who": row.last.who,
            "at": row.last.at.isoformat(timespec="seconds"),
            "open": row.last.is_open,
        }
        if row.last
        else None,
        "idle_minutes": idle_minutes(row, now),
        "estimate_today": _spent(row.today),
        "estimate_month": _spent(row.month),
        "expires": row.expires.isoformat() if row.expires else None,
        "image": machine.image or None,
        "image_age_days": row.image_age_days,
    }


def _spent(spent: Spent) -> dict[str, Any]:
    return {"usd": spent.usd, "hours": spent.hours, "complete": spent.is_all}
