"""How long logs are kept."""

from typing import Final

SHORTEST_DAYS: Final = 365
"""A year: what client audits ask for, and what an incident found late needs."""
# The periods that CloudWatch Logs knows from a year upwards; API reference "PutRetentionPolicy", read 2026-11.
DAYS: Final = (365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)


def retention_faults(key: str, days: object) -> list[str]:
    """What is wrong with a retention period; empty when nothing is."""
    if days in DAYS and not isinstance(days, bool):
        return []
    return [f"{key} is {days!r}; allowed: {', '.join(str(allowed) for allowed in DAYS)}"]
