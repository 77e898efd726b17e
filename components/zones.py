"""Availability zones, which have two names: `eu-west-1b` is another place in every account, `euw1-az2` the same in all.

Source: AWS RAM user guide, "Availability Zone IDs for your AWS resources" (2026-11).
"""

import re
from typing import Final

ZONE: Final = r"^([a-z]{2}(-[a-z]+)+-[0-9][a-z]|[a-z]{3,5}[0-9]-az[0-9])$"
"""The form of a zone's name or id."""
GOOGLE_ZONE: Final = r"^[a-z]+-[a-z]+[0-9]+-[a-z]$"
"""The form of the name of a zone of Google Cloud, such as `europe-west4-b` (Compute Engine, "Regions and zones", read 2026-11)."""
_POINTS: Final = re.compile(r"north|south|east|west|central")


def is_id(zone: str) -> bool:
    """Whether this is an id, such as `euw1-az2`, and no name."""
    return "-az" in zone


def id_prefix(region: str) -> str:
    """What the ids of a region's zones begin with: `euw1` for `eu-west-1`."""
    land, _, rest = region.partition("-")
    return land + "".join(point[0] for point in _POINTS.findall(rest)) + rest[-1:]


def is_in(zone: str, region: str) -> bool:
    """Whether a zone, by its name or its id, can be one of a region."""
    return zone.partition("-")[0] == id_prefix(region) if is_id(zone) else zone[:-1] == region
