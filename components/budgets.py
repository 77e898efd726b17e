"""What a budget's limit may be and what happens when it is spent, whichever cloud it is in."""

import math
from typing import Final

AT_LIMIT: Final = ("notify", "stop")
GOOGLE_MOST_EMAILS: Final = 5
"""Channels that one budget tells (Cloud Billing, "Create, edit, or delete budgets and budget alerts", read 2026-11)."""

_CENT: Final = 10_000_000
"""Billionths of a dollar."""


def google_amount(usd: float) -> tuple[str, int | None]:
    """An amount as a budget of Google Cloud says it: whole dollars, and what is after the decimal point in billionths, None for nothing
    (Cloud Billing Budget API, `GoogleTypeMoney`, read 2026-11; `gcloud billing budgets create` shows 100.75USD)."""
    units, cents = divmod(round(usd * 100), 100)
    return str(units), cents * _CENT or None


def is_amount(value: object, least_usd: float) -> bool:
    """Whether a value is a finite number of US dollars, `least_usd` or more."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and value >= least_usd  # type: ignore[arg-type, operator]
