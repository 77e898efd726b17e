"""What a plan costs, for programs and for a pull request."""

from typing import Any

from soundstage.pricing.difference import Difference
from soundstage.pricing.facts import as_of
from soundstage.pricing.lines import Estimate, Line
from soundstage.pricing.usage import ASSUMPTIONS, Range
from soundstage.stacks.costs import Costs

MOST_ROWS = 30
"""Resources that the Markdown of a difference names."""


def cost_summary(costs: Costs) -> dict[str, Any]:
    """The `cost` of a preview. `complete` is false where a resource has no price: every sum is then at least so much."""
    found, limit = costs.project, costs.limit
    return {
        "currency": "USD",
        "complete": not found.unpriced,
        "prices": as_of(found.sources, costs.today),
        "hourly_usd": _range(found.hour),
        "monthly_usd": _range(found.month()),
        "stopped_usd": _range(found.stopped),
        "parked_usd": _range(found.parked),
        "now_monthly_usd": None if costs.before is None else _range(costs.before.month()),
        "budget": None if limit is None else {"monthly_usd": limit.monthly_usd, "week": limit.week, "month": limit.month},
        "unpriced": [{"resource": one.resource, "type": one.type, "why": one.why} for one in found.unpriced],
    }  # fmt: skip


def cost_document(costs: Costs, difference: Difference | None = None) -> dict[str, Any]:
    """What `cost --json` prints, without whom it is about."""
    found = costs.project
    return cost_summary(costs) | {
        "months": [_range(month) for month in found.year],
        "kinds": {kind: _range(usd) for kind, usd in found.by(lambda line: line.kind).items()},
        "lines": [_line(line) for line in found.lines],
        "assumptions": [_assumption(costs, name) for name in found.assumes],
        "hours_per_week": dict(costs.usage.hours),
        "parked": {"machines": list(costs.parked), "monthly_usd": round(costs.parked_usd, 2)},
        "instead": [
            {"region": asked, "prices_of": taken, "kinds": list(kinds)} for (asked, taken), kinds in found.stand_ins.items()
        ],
        "told": list(found.told),
        "sources": [
            {"title": one.title, "url": one.url, "date": one.day.isoformat()} for one in found.sources
        ],
        "shared": None if costs.studio is None else _studio(costs.studio),
        "difference": None if difference is None else _difference(difference),
    }  # fmt: skip


def difference_markdown(found: Difference, costs: Costs) -> str:
    """For a pull request."""
    after, before = found.after.month().typical, found.before.month().typical
    least = "" if found.complete else "at least, as far as prices are known: "
    rows = [
        f"| {_cell(one.resource)} | {_money(one.before)} | {_money(one.after)} | {one.usd:+,.2f} |"
        for one in found.changed[:MOST_ROWS]
    ]
    lines = [
        f"### Cost: {least}{before:,.2f} → {after:,.2f} USD a month ({after - before:+,.2f})",
        "",
        *(
            ["| Resource | Before | After | USD a month |", "|---|---:|---:|---:|", *rows]
            if rows
            else ["No price changes."]
        ),
    ]
    if len(found.changed) > MOST_ROWS:
        lines.append(f"| and {len(found.changed) - MOST_ROWS} more | | | |")
    limit = costs.limit
    if limit is not None and limit.week is not None:
        lines += [
            "",
            f"**The budget of {limit.monthly_usd:,.0f} USD a month is used up in week {limit.week} of the month.**",
        ]
    elif limit is not None and limit.month is not None:
        lines += [
            "",
            f"**The budget of {limit.monthly_usd:,.0f} USD a month is too small from month {limit.month} on.**",
        ]
    floor = "at least " if found.after.unpriced else ""
    hour, stopped = (f"{floor}{each.typical:,.2f}" for each in (found.after.hour, found.after.stopped))
    lines += ["", f"An hour in which all machines work: {hour}. A month with machines stopped: {stopped}."]
    if found.after.unpriced:
        names = ", ".join(f"`{_cell(one.resource)}`" for one in found.after.unpriced[:MOST_ROWS])
        lines += ["", f"Not in these sums, because no price is known: {names}."]
    lines += ["", f"List prices in US dollars without taxes: {as_of(found.after.sources, costs.today)}."]
    return "\n".join(lines)


def _line(line: Line) -> dict[str, Any]:
    return {
        "resource": line.resource,
        "type": line.type,
        "kind": line.kind,
        "what": line.what,
        "region": line.region,
        "instead_of": line.instead_of,
        "hourly_usd": _range(line.hour),
        "months": [_range(month) for month in line.months],
        "stopped_usd": _range(line.stopped),
        "parked_usd": _range(line.parked),
        "assumes": list(line.assumes),
        "date": line.source.day.isoformat(),
    }


def _assumption(costs: Costs, name: str) -> dict[str, Any]:
    one = next(each for each in ASSUMPTIONS if each.name == name)
    value = costs.usage[name]
    return {"name": name, **value._asdict(), "unit": one.unit, "said": name in costs.usage.said, "what": one.says}


def _studio(found: Estimate) -> dict[str, Any]:
    return {"monthly_usd": _range(found.month()), "complete": not found.unpriced}


def _difference(found: Difference) -> dict[str, Any]:
    return {
        "complete": found.complete,
        "monthly_usd": round(found.monthly_usd, 4),
        "changes": [
            {"resource": one.resource, "type": one.type, "before_usd": one.before, "after_usd": one.after, "usd": round(one.usd, 4)}
            for one in found.changed
        ],
    }  # fmt: skip


def _range(found: Range) -> dict[str, float]:
    return {name: round(value, 4) for name, value in found._asdict().items()}


def _money(value: float | None) -> str:
    return "" if value is None else f"{value:,.2f}"


def _cell(text: str) -> str:
    """Words of a plan that cannot leave their cell."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("`", "'").replace("<", "&lt;").replace("\n", " ")
