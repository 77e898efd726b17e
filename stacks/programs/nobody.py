"""Who stands in on a simulated cloud, which sends nothing and bills nobody."""

from typing import Final

NOBODY: Final = "alerts@example.com"
"""For a subscriber (example.com is reserved by RFC 2606)."""
BILLING_ACCOUNT: Final = "012345-6789AB-CDEF01"
"""The billing account of the simulated Google Cloud (`simulator.process.GOOGLE_BILLING_ACCOUNT`)."""
