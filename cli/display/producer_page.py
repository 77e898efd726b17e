"""All machines of a studio as one page for a producer: plain words, no server, no script, nothing loaded from elsewhere, no secret."""

import html
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from soundstage.cli.display.overview import ESTIMATE, usd_of
from soundstage.cli.display.text import count
from soundstage.core.words import printable
from soundstage.stacks.state.on_record import OnRecord, Standing
from soundstage.stacks.team.overview import Overview, Row, idle_minutes

_STYLE: Final = """
:root{color-scheme:light dark;--text:#1c1e21;--dim:#57606a;--line:#d8dee4;--card:#f6f8fa;--page:#fff;--on:#1a7f37;--late:#b42318}
@media (prefers-color-scheme:dark){:root{--text:#e6e6e6;--dim:#9da7b1;--line:#3a424b;--card:#1b2027;--page:#12151a;--on:#4cc26a;
--late:#ff8a80}}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,sans-serif;color:var(--text);background:var(--page);max-width:76rem;margin:2rem auto;padding:0 1rem;
overflow-wrap:break-word}
h1{font-size:1.5rem;line-height:1.25;margin:0}h2{font-size:1.15rem;margin:2rem 0 .6rem}p{margin:.4rem 0}
.dim,small{color:var(--dim)}.on{color:var(--on);font-weight:600}.late{color:var(--late);font-weight:600}
.sums{display:flex;flex-wrap:wrap;gap:.8rem;margin:1rem 0}.sums div{background:var(--card);border-radius:6px;padding:.6rem 1rem;
min-width:9rem}.sums b{display:block;font-size:1.35rem;line-height:1.3}
table{border-collapse:collapse;width:100%;margin:.6rem 0}
th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;border-bottom:1px solid var(--line)}th{font-weight:600;color:var(--dim)}
td.usd,th.usd{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}td:first-child{font-weight:600}td small{display:block;
font-weight:400}
@media screen and (max-width:48rem){thead{display:none}table,tbody{display:block}tr{display:block;padding:.6rem 0;
border-bottom:1px solid var(--line)}td,td.usd{display:flex;gap:.6rem;justify-content:space-between;border:0;padding:.1rem 0;text-align:right;white-space:normal}
td[title]::before{content:attr(title);color:var(--dim);font-weight:400;text-align:left;flex:none}td:first-child::before{content:none}
td:first-child{text-align:left;font-size:1.05rem}}
@page{margin:14mm;size:A4 landscape}
@media print{:root{color-scheme:light;--text:#000;--dim:#444;--line:#bbb;--card:#fff;--page:#fff;--on:#000;--late:#000}
body{margin:0;padding:0;max-width:none;font-size:9.5pt;line-height:1.35}tr{break-inside:avoid}thead{display:table-header-group}
.sums div{border:1px solid var(--line)}th,td{padding:.15rem .5rem}}
"""
_STATES: Final = {
    "running": "on",
    "coming": "starting",
    "stopping": "going off",
    "stopped": "off",
    "parked": "parked: its disks are kept as snapshots",
}
_STANDING: Final = {
    Standing.UP: "up",
    Standing.HALF_UP: "half up: the last start of it did not finish",
    Standing.HALF_DOWN: "half down: taking it down did not finish",
    Standing.PARKED: "parked: all its machines are put away",
    Standing.KEPT: "down; its media are kept",
    Standing.DOWN: "down",
    Standing.UNREADABLE: "not known: its state cannot be read",
}


def page(seen: Overview, found: Sequence[OnRecord]) -> str:
    """The page, whole."""
    studios = sorted({row.studio for row in seen.rows} | {one.studio for one in found})
    title = f"Machines of {', '.join(studios)}" if studios else "Machines"
    on = sum(row.state in ("running", "coming") for row in seen.rows)
    body = [
        f"<h1>{_safe(title)}</h1>",
        f'<p class="dim">As it was on {_moment(seen.at)}.</p>',
        '<div class="sums">',
        f"<div><b>{on} of {len(seen.rows)}</b>machines on</div>",
        f"<div><b>{seen.today_usd:.2f} USD</b>{_least(seen, all(row.today.is_all for row in seen.rows))}today, estimated</div>",
        f"<div><b>{seen.month_usd:.2f} USD</b>{_least(seen, all(row.month.is_all for row in seen.rows))}in {seen.at:%B}, estimated</div>",
        "</div>",
        *(f'<p class="late">Not shown: {_safe(one)}</p>' for one in seen.silent),
        *_machines(seen),
        *_projects(found),
        f'<p class="dim"><small>{_safe(ESTIMATE)} &ldquo;At least&rdquo;: only the hours since the last start are known, or the price of a licence is not.</small></p>',
        *(f'<p class="dim"><small>{_safe(one)}</small></p>' for one in seen.told),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{_safe(title)}</title><style>{_STYLE}</style></head><body>\n" + "\n".join(body) + "\n</body></html>\n"
    )


def _machines(seen: Overview) -> list[str]:
    if not seen.rows:
        return ["<p>There is no machine in any region that was asked.</p>"]
    several = len({row.studio for row in seen.rows}) > 1
    head = (
        "<tr><th>Machine</th><th>Project</th><th>State</th><th>Last person</th><th>Unused for</th>"
        '<th class="usd">Today, USD</th><th class="usd">This month, USD</th><th>Project ends</th><th>Image</th></tr>'
    )
    return [
        "<table><thead>",
        head,
        "</thead><tbody>",
        *(_row(row, seen.now_of(row), several) for row in seen.rows),
        "</tbody></table>",
    ]


def _row(row: Row, now: datetime, several: bool) -> str:
    """`several`: whether machines of more than one studio are on the page."""
    where = f"studio {row.studio}, {row.region}" if several else row.region
    machine, state = row.machine, _STATES.get(row.state, row.state)
    since = f"<small>since {_moment(machine.launched)}</small>" if row.state == "running" and machine.launched else ""
    if row.state == "stopped" and machine.stopped:
        since = f"<small>since {_moment(machine.stopped)}</small>"
    last = row.last
    who = (
        _safe(last.who) + f"<small>{'now, since' if last.is_open else 'on'} {_moment(last.at)}</small>" if last else ""
    )
    nobody = "nobody was on it in 30 days" if row.knows_last else "who was on it is not known"
    who = who or (f"{_safe(machine.user)}<small>assigned; {nobody}</small>" if machine.user else nobody)
    age = "not known" if row.image_age_days is None else f"{count(row.image_age_days, 'day')} old"
    cells = [
        ("Machine", "", f"<span>{_safe(machine.name)}</span>"),
        ("Project", "", f"<span>{_safe(row.title)}<small>{_safe(where)}</small></span>"),
        (
            "State",
            "",
            f'<span><span class="{"on" if row.state == "running" else ""}">{_safe(state)}</span>{since}</span>',
        ),
        ("Last person", "", f"<span>{who}</span>"),
        ("Unused for", "", _unused(row, now)),
        ("Today, USD", "usd", _at_least(usd_of(row.today))),
        ("This month, USD", "usd", _at_least(usd_of(row.month))),
        ("Project ends", "", _ends(row.expires, now.date())),
        ("Image", "", age),
    ]
    inner = "".join(
        f'<td title="{title}"{f" class={chr(34)}{kind}{chr(34)}" if kind else ""}>{text}</td>'
        for title, kind, text in cells
    )
    return f"<tr>{inner}</tr>"


def _projects(found: Sequence[OnRecord]) -> list[str]:
    projects = [one for one in found if one.project]
    if not projects:
        return []
    rows = [
        f'<tr><td title="Project">{_safe(one.title)}</td><td title="State">{_STANDING[one.standing]}</td>'
        f'<td title="Region">{_safe(one.region or "not known")}</td></tr>'
        for one in projects
    ]
    head = "<tr><th>Project</th><th>State</th><th>Region</th></tr>"
    return ["<h2>Projects</h2>", "<table><thead>", head, "</thead><tbody>", *rows, "</tbody></table>"]


def _least(seen: Overview, whole: bool) -> str:
    return "" if whole and not seen.silent else "at least, "


def _unused(row: Row, now: datetime) -> str:
    minutes = idle_minutes(row, now)
    if minutes is None:
        return "not known" if row.state == "running" else "-"
    if minutes == 0:
        return "in use"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours else f"{rest} min"


def _at_least(text: str) -> str:
    return f"at least {text[:-1]}" if text.endswith("+") else text


def _ends(day: date | None, today: date) -> str:
    if day is None:
        return "no day is set"
    words = f"{day.day} {day:%B %Y}"
    return f'<span class="late">{words}: past</span>' if day < today else words


def _moment(at: datetime) -> str:
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def _safe(text: str) -> str:
    return html.escape(printable(text))
