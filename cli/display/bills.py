"""A bill: by what it splits, beside the estimate, for a person and for programs."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from soundstage.cli.display.screen import Screen, filled
from soundstage.cli.display.table import table
from soundstage.cli.display.text import spoken
from soundstage.pricing.bill import LATE_HOURS, REQUEST_USD, Bill, Compared, kinds_of
from soundstage.pricing.facts import as_of
from soundstage.pricing.invoice import Terms
from soundstage.stacks.billing.actual import Actual

UNTAGGED: Final = "(no machine)"
_LEAST_SHOWN_USD: Final = 0.01


def actual_document(found: Actual, by: str, terms: Terms) -> dict[str, Any]:
    """What `cost --actual --json` prints, without whom it is about."""
    bill = found.bill
    return {
        "currency": "USD",
        "from": bill.start.isoformat(),
        "to": bill.end.isoformat(),
        "billed_until": bill.last.isoformat() if bill.last else None,
        "billed_usd": round(bill.usd, 4),
        "estimated_usd": None if found.estimate is None else round(sum(row.estimated for row in found.rows), 4),
        "by": by,
        "groups": _rounded(groups(bill, by)),
        "days": _rounded(bill.days()),
        "kinds": _rounded(kinds_of(bill)) if by in ("machine", "kind", "day") else None,
        "compared_days": round(found.days, 2),
        "compared": [
            {
                "machine": row.machine or None, "kind": row.kind, "estimated_usd": round(row.estimated, 4),
                "billed_usd": round(row.billed, 4), "reasons": list(row.reasons),
            }
            for row in found.rows
        ],
        "inactive_tags": list(bill.inactive),
        "requests": bill.asked,
        "read_from": bill.read_from or None,
        "invoice": {
            "margin_percent": terms.margin_percent, "currency": terms.currency, "rate": terms.rate,
            "rate_date": terms.rate_date.isoformat() if terms.rate_date else None, "amount": round(terms.amount(bill.usd), 4),
        },
    }  # fmt: skip


def actual_text(found: Actual, title: str, by: str, terms: Terms, screen: Screen, *, simulated: bool) -> str:
    """What it cost, by what was asked for, beside the estimate, and what of it is not known yet."""
    bill = found.bill
    parts = [screen.paint(f"{title}: what was billed from {bill.start} to {bill.end}", "bold")]
    if not bill.usd:
        parts.append(filled(screen, *_nothing(bill, simulated=simulated)))
        return "\n\n".join(parts)
    parts.append(_total(found, terms, screen))
    heading = {"day": "day", "kind": "what", "machine": "machine"}.get(by, by)
    rows = [(name, f"{usd:.2f}") for name, usd in groups(bill, by).items() if abs(usd) >= _LEAST_SHOWN_USD]
    parts.append(table((heading, "USD"), rows, screen))
    if compared := [row for row in found.rows if max(row.estimated, row.billed) >= 1]:
        parts.append(_beside(found, compared, screen))
    parts.append(filled(screen, *_known(found, simulated=simulated)))
    return "\n\n".join(parts)


def groups(bill: Bill, by: str) -> dict[str, float]:
    """US dollars by `client`, `project`, `machine`, `kind` or `day`."""
    match by:
        case "client":
            return bill.by(lambda one: one.client or "(no client)")
        case "project":
            return bill.by(lambda one: one.project)
        case "day":
            return bill.days()
        case "kind":
            return dict(kinds_of(bill))
        case _:
            return bill.by(lambda one: one.machine or UNTAGGED)


def _total(found: Actual, terms: Terms, screen: Screen) -> str:
    lines = [f"Billed: {found.bill.usd:.2f} USD."]
    if terms.currency != "USD" or terms.margin_percent:
        rate = f", {terms.rate:g} {terms.currency} for a US dollar on {terms.rate_date}" if terms.rate_date else ""
        lines.append(
            f"To invoice: {terms.amount(found.bill.usd):.2f} {terms.currency} (margin {terms.margin_percent:g} %{rate})."
        )
    return filled(screen, *lines)


def _beside(found: Actual, rows: list[Compared], screen: Screen) -> str:
    cells = [
        (row.machine or UNTAGGED, row.kind, f"{row.estimated:.2f}", f"{row.billed:.2f}", f"{row.usd:+.2f}")
        for row in rows
    ]
    listed = table(("machine", "kind", "estimated", "billed", "difference"), cells, screen)
    why = [f"{row.machine or UNTAGGED}, {row.kind}: {'; '.join(row.reasons)}." for row in rows if row.reasons]
    days = f"Estimate and bill of the {found.days:.1f} days that are over"
    return "\n".join([screen.paint(days, "bold"), listed, *([filled(screen, *why)] if why else [])])


def _nothing(bill: Bill, *, simulated: bool) -> Iterator[str]:
    if bill.read_from:
        yield f"{bill.read_from} has no row of these days whose labels soundstage-studio and soundstage-project are those of the project."
        return
    yield f"Nothing is on the bill. It is up to {LATE_HOURS} hours late."
    if simulated:
        yield "On the simulated cloud, `workstation simulator clock --forward 1d` lets a day pass."
    yield from _tags(bill)


def _known(found: Actual, *, simulated: bool) -> Iterator[str]:
    bill = found.bill
    if bill.read_from:
        yield f"It was read from {bill.read_from}, with credits taken off; the newest day of the project in it is {bill.last}."
    else:
        yield f"The bill is up to {LATE_HOURS} hours late; the newest day on it is {bill.last}."
    if found.estimate is not None:
        yield f"The estimate is of what is up now, typical, at list prices ({as_of(found.estimate.sources, found.today)})."
        if not found.rows:
            yield "It stands beside the bill from tomorrow on: of a day that is not over nobody knows how much of it is billed."
    else:
        yield "There is no estimate beside it."
    if not simulated and not bill.read_from:
        times = f"{bill.asked} time{'s' if bill.asked != 1 else ''}"
        yield f"Cost Explorer was asked {times}, for which AWS bills {REQUEST_USD:g} USD each."
    yield from _tags(bill)


def _tags(bill: Bill) -> Iterator[str]:
    if bill.inactive:
        keys = spoken(list(bill.inactive))
        yield (
            f"The bill is not split by {keys}: not active for cost allocation. `workstation cost --activate-tags` activates "
            "what it can; it counts from then on."
        )


def _rounded(sums: Mapping[str, float]) -> dict[str, float]:
    return {key: round(usd, 4) for key, usd in sums.items()}
