"""A bill as rows for an invoice, with a margin and in another currency. The rate is what somebody said, never looked up."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from soundstage.pricing.bill import Bill, Entry

COLUMNS: Final = (
    "day", "client", "project", "machine", "kind", "usage", "quantity", "cost_usd", "margin_percent", "rate", "rate_date", "amount", "currency",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Terms:
    """How an invoice asks for a cost. `rate` is units of `currency` for one US dollar, as of `rate_date` (None for US dollars)."""

    margin_percent: float = 0.0
    currency: str = "USD"
    rate: float = 1.0
    rate_date: date | None = None

    def amount(self, usd: float) -> float:
        return usd * (1 + self.margin_percent / 100) * self.rate


def invoice_csv(found: Bill, terms: Terms, client: str = "") -> str:
    """One row for each day, machine and usage; `client` is whose it is where the bill does not say. Amounts are not rounded, so that
    their sum is that of the bill."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_rows(found, terms, client))
    return out.getvalue()


def _rows(found: Bill, terms: Terms, client: str) -> Iterator[tuple[str, ...]]:
    for one in sorted(found.entries, key=lambda one: (one.day, one.client, one.project, one.machine, one.usage_type)):
        if one.usd:
            yield _row(one, terms, client)


def _row(one: Entry, terms: Terms, client: str) -> tuple[str, ...]:
    words = (one.client or client, one.project, one.machine, one.kind if one.usage_type else "", one.usage_type)
    return (
        one.day.isoformat(), *(_cell(word) for word in words), f"{one.quantity:.6f}" if one.usage_type else "", f"{one.usd:.6f}",
        f"{terms.margin_percent:g}", f"{terms.rate:g}", terms.rate_date.isoformat() if terms.rate_date else "",
        f"{terms.amount(one.usd):.6f}", terms.currency,
    )  # fmt: skip


def _cell(text: str) -> str:
    """Words that a spreadsheet does not take for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
