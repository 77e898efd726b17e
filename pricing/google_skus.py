"""What the SKUs on a bill of Google Cloud are, by their descriptions: data/google_skus.csv. The first pattern that fits counts."""

from fnmatch import fnmatchcase
from functools import cache
from typing import cast

from soundstage.pricing.facts import rows
from soundstage.pricing.lines import Kind


@cache
def sku_kind(description: str) -> Kind | None:
    """What a SKU of Google is, by its description; None where nothing is known of it."""
    lower = description.lower()
    return next(
        (cast("Kind", row["kind"]) for row in rows("google_skus.csv") if fnmatchcase(lower, row["pattern"])), None
    )
