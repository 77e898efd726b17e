"""How AWS names on a bill what is used: `EUC1-BoxUsage:g6.xlarge`. data/usage_types.csv says what each is of our items and kinds.

The names are those of the AWS Price List (attribute `usagetype`); the letters in front of them stand for the region (AWS Cost and Usage
Reports User Guide, "lineItem/UsageType", read 2026-11).
"""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Final, cast

from soundstage.pricing.facts import rows
from soundstage.pricing.lines import Kind

REGION_LETTERS: Final = {
    "us-east-1": "", "us-east-2": "USE2", "us-west-1": "USW1", "us-west-2": "USW2", "ca-central-1": "CAN1", "sa-east-1": "SAE1",
    "eu-west-1": "EU", "eu-west-2": "EUW2", "eu-west-3": "EUW3", "eu-central-1": "EUC1", "eu-central-2": "EUC2", "eu-north-1": "EUN1",
    "eu-south-1": "EUS1", "eu-south-2": "EUS2", "ap-southeast-1": "APS1", "ap-southeast-2": "APS2", "ap-south-1": "APS3",
    "ap-northeast-1": "APN1", "ap-northeast-2": "APN2", "ap-northeast-3": "APN3", "ap-east-1": "APE1", "me-south-1": "MES1",
    "me-central-1": "MEC1", "af-south-1": "AFS1", "il-central-1": "ILC1",
}  # fmt: skip
"""Region → what stands before its usage types."""
_LETTERS: Final = re.compile(r"^(?:[A-Z]{2,4}\d?|[a-z]{2}-[a-z]+-\d)-(?=.)")


@dataclass(frozen=True, slots=True)
class UsageType:
    """A name on a bill without its region, such as `BoxUsage:*`, and what it is. `item` is empty where no price of ours is of it."""

    pattern: str
    item: str
    kind: Kind
    service: str
    unit: str


def named(item: str) -> UsageType | None:
    """What a bill calls an item; None where no name is known."""
    return next((one for one in table() if one.item == item and "*" not in one.pattern), None)


def written(pattern: str, region: str) -> str:
    """A usage type as the bill of a region writes it."""
    letters = REGION_LETTERS.get(region, region)
    return f"{letters}-{pattern}" if letters else pattern


@cache
def known_as(usage_type: str) -> UsageType | None:
    """What a usage type of a bill is, whatever its region; None where nothing is known of it."""
    bare = _LETTERS.sub("", usage_type, count=1)
    exact = [one for one in table() if one.pattern in (usage_type, bare)]
    alike = [one for one in table() if fnmatchcase(usage_type, one.pattern) or fnmatchcase(bare, one.pattern)]
    return next(iter(exact or alike), None)


def machine_type(usage_type: str) -> str | None:
    """`g6.xlarge` for `EUC1-BoxUsage:g6.xlarge`; None for what is no machine."""
    found = known_as(usage_type)
    _, _, type = usage_type.rpartition(":")
    return type if found is not None and found.pattern.endswith("Usage:*") and type else None


@cache
def table() -> tuple[UsageType, ...]:
    return tuple(
        UsageType(row["usage"], row["item"], cast("Kind", row["kind"]), row["service"], row["unit"])
        for row in rows("usage_types.csv")
    )
