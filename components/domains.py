"""Names of domains, as rules about them say them."""

import re
from collections.abc import Sequence
from typing import Final

DOMAIN: Final = r"^(?=.{1,250}$)(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$"
"""A domain in lower case, or `*.` and a domain for every name below it (Amazon Route 53 Developer Guide, "Creating and editing your own
domain lists", read 2026-11)."""
MOST: Final = 1_000
"""Names that a list of Route 53 Resolver DNS Firewall takes in one call (`UpdateFirewallDomains`, read 2026-11)."""


def domain_faults(argument: str, names: Sequence[str]) -> list[str]:
    """What is wrong with a list of domains."""
    faults = [
        f"{argument} has {name!r}; allowed: a domain in lower case such as licences.example.com, or *.example.com for all below it"
        for name in names
        if not re.fullmatch(DOMAIN, name)
    ]
    if len(set(names)) != len(names):
        twice = sorted({name for name in names if list(names).count(name) > 1})
        faults.append(f"{argument} has {', '.join(twice)} more than once")
    if len(names) > MOST - 100:
        faults.append(f"{argument} has {len(names)} names; at most {MOST - 100}")
    return faults
