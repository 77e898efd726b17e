"""What a budget's limit may be and what happens when it is spent, whichever cloud it is in."""

import math
from typing import Final

AT_LIMIT: Final = ("notify", "stop")
GOOGLE_MOST_EMAILS: Final = 5
"""Channels that one budget tells (Cloud Billing, "Create, edit, or delete budgets and budget alerts", read 2026-11)."""
GOOGLE_LEAST_USD: Final = 1
"""The smallest budget of Google Cloud: what is after the decimal point is left out."""


def is_amount(value: object, least_usd: float) -> bool:
    """Whether a value is a finite number of US dollars, `least_usd` or more."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and value >= least_usd  # type: ignore[arg-type, operator]
