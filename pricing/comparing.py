"""The machines that a role and a size mean on both clouds, side by side."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from soundstage.components import sizes
from soundstage.core.errors import UsageError
from soundstage.pricing.facts import STANDS_IN
from soundstage.pricing.machines import Offer, Wanted, checked, offer, type_of

NEAR: Final = {
    "us-east-1": "us-east4", "us-east-2": "us-central1", "us-west-1": "us-west2", "us-west-2": "us-west1",
    "ca-central-1": "northamerica-northeast1", "sa-east-1": "southamerica-east1", "eu-west-1": "europe-west2",
    "eu-west-2": "europe-west2", "eu-west-3": "europe-west1", "eu-central-1": "europe-west3", "eu-north-1": "europe-north1",
    "ap-northeast-1": "asia-northeast1", "ap-southeast-1": "asia-southeast1", "ap-southeast-2": "australia-southeast1",
    "ap-south-1": "asia-south1",
}  # fmt: skip
"""The region of Google Cloud in the same place as one of AWS, or the nearest one whose prices are known (AWS Global Infrastructure;
Google Cloud, "Geography and regions"; both read 2026-11)."""
_NEAR_GOOGLE: Final = {
    "europe-west4": "eu-central-1", "europe-west6": "eu-central-1", "europe-west10": "eu-central-1", "europe-central2": "eu-central-1",
    "europe-west8": "eu-west-3", "us-east1": "us-east-1", "us-east5": "us-east-2", "us-south1": "us-east-2", "us-west3": "us-west-2",
    "us-west4": "us-west-1", "northamerica-northeast2": "ca-central-1", "asia-east1": "ap-northeast-1", "asia-east2": "ap-southeast-1",
    "asia-northeast3": "ap-northeast-1", "asia-south2": "ap-south-1", "asia-southeast2": "ap-southeast-1",
}  # fmt: skip
"""The region of AWS that is nearest to one of Google Cloud which is nearest to none (same sources)."""


@dataclass(frozen=True, slots=True)
class Pair:
    """What a role and a size mean on each cloud; None where a region offers nothing for them."""

    role: str
    size: str
    aws: Offer | None
    gcp: Offer | None


def regions_of(region: str | None) -> tuple[str, str]:
    """The regions to compare, of AWS and of Google Cloud, for one of either; without one those whose prices stand in for others.

    Raises `UsageError` for a region that has none near by.
    """
    if region is None:
        return STANDS_IN["aws"], STANDS_IN["gcp"]
    if region in NEAR:
        return region, NEAR[region]
    for aws, google in NEAR.items():
        if google == region:
            return aws, region
    if region in _NEAR_GOOGLE:
        return _NEAR_GOOGLE[region], region
    known = sorted({*NEAR, *NEAR.values(), *_NEAR_GOOGLE})
    raise UsageError(f'Nothing is known to compare "{region}" with.', f"Regions: {', '.join(known)}.")


def pairs(wanted: Wanted) -> Iterator[Pair]:
    """Every role and size, or those of one role. `wanted` also says region, system and purchase. Raises `UsageError`."""
    aws, google = regions_of(wanted.region)
    checked(Wanted(role=wanted.role))
    for role in [wanted.role] if wanted.role else sizes.roles():
        for size in sizes.sizes():
            yield Pair(role, size, _of("aws", role, size, aws, wanted), _of("gcp", role, size, google, wanted))


def _of(cloud: str, role: str, size: str, region: str, wanted: Wanted) -> Offer | None:
    type = type_of(cloud, role, size, region)
    return offer(cloud, type, region, wanted.os, wanted.purchase) if type else None
