"""Which preset of ageing would cost least for a bucket of media, on either cloud. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from soundstage.components.lifecycle import GOOGLE_CLASS_OF, PRESETS, StorageClass
from soundstage.plan.plan import PlannedResource
from soundstage.pricing import aws_buckets, gcp_buckets
from soundstage.pricing.facts import price
from soundstage.pricing.lines import MONTHS
from soundstage.pricing.site import NoPrice, Site
from soundstage.pricing.storage_year import Flow, classes, year

_AT_HAND: Final = frozenset({"STANDARD_IA", "INTELLIGENT_TIERING", "GLACIER_IR"})
"""Storage classes of S3 whose files are there at once. All of Cloud Storage are."""
_KEPT_DAYS: Final = 90
"""Nobody is advised to keep what was replaced for less: the loss of a file may be noticed late."""
_Tiers = tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Store:
    """How buckets of one cloud are looked at."""

    cloud: str
    types: tuple[str, ...]
    """Pulumi types of buckets."""
    flow: Callable[[Site, PlannedResource], Flow | None]
    usd: Callable[[Site, PlannedResource, Flow], float]
    """A year of it with what is read again. Raises `LookupError` and `NoPrice`."""
    ages: Mapping[str, _Tiers]
    """By preset, when files move to which class."""
    standard: str
    """The item of what is stored at first."""


def presets(site: Site) -> Iterator[tuple[PlannedResource, float, str, float, date]]:
    """Each bucket of media with what its year costs now, the preset with the cheapest year, that year, and the day of the prices. A bucket
    of which a price is not known is left out."""
    for store in STORES:
        for bucket in (one for type in store.types for one in site.by_type.get(type, ())):
            flow = store.flow(site, bucket)
            if flow is None:
                continue
            try:
                now = store.usd(site, bucket, flow)
            except (LookupError, NoPrice):
                continue
            others = {
                name: usd
                for name, tiers in store.ages.items()
                if tiers != flow.tiers and (usd := _usd(store, site, bucket, flow, tiers))
            }
            found = price(store.cloud, store.standard, site.region_of(bucket))
            if others and found is not None:
                name, usd = min(others.items(), key=lambda item: (item[1], item[0]))
                yield bucket, now, name, usd, found.source.day


def _usd(store: Store, site: Site, bucket: PlannedResource, flow: Flow, tiers: _Tiers) -> float | None:
    try:
        return store.usd(site, bucket, replace(flow, tiers=tiers))
    except (LookupError, NoPrice):
        return None


def _aws_usd(site: Site, bucket: PlannedResource, flow: Flow) -> float:
    """A year of a bucket, and what is read again from its first colder class."""
    region = site.region_of(bucket)
    usd = sum(part.usd for month in year(flow, region) for part in month)
    for days, storage_class in flow.tiers:
        item = f"{classes()[storage_class]['item']}.retrieval"
        found = price("aws", item, region) if storage_class != "INTELLIGENT_TIERING" else None
        if found is not None:
            usd += found.amount(site.usage["retrieve_gib_per_month"].typical) * max(0, MONTHS - days // 30)
            break
    return usd


def _ages(word: Callable[[StorageClass], str], *, at_hand: Callable[[StorageClass], bool]) -> dict[str, _Tiers]:
    """Presets none of whose files have to be asked for within a year."""
    return {
        name: tuple((tier.after_days, word(tier.storage_class)) for tier in preset.tiers)
        for name, preset in PRESETS.items()
        if preset.old_versions_kept_days >= _KEPT_DAYS
        and all(at_hand(tier.storage_class) or tier.after_days >= 365 for tier in preset.tiers)
    }


STORES: Final = (
    Store(
        "aws", aws_buckets.BUCKETS, aws_buckets.media_flow, _aws_usd, _ages(str, at_hand=_AT_HAND.__contains__), "s3.standard.storage"
    ),
    Store(
        "gcp", (gcp_buckets.BUCKET,), gcp_buckets.media_flow, gcp_buckets.year_usd,
        _ages(GOOGLE_CLASS_OF.__getitem__, at_hand=lambda _name: True), "gcs.standard.storage",
    ),
)  # fmt: skip
