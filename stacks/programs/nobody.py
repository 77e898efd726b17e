"""Who stands in on a simulated cloud, which sends nothing and bills nobody."""

from typing import Final

NOBODY: Final = "alerts@example.com"
"""For a subscriber (example.com is reserved by RFC 2606)."""
BILLING_ACCOUNT: Final = "000000-000000-000000"
"""For a billing account of Google Cloud."""
