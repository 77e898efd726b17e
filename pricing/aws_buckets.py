"""What buckets on AWS cost in their first year, and what leaves them."""

from collections.abc import Iterator
from dataclasses import replace

from soundstage.plan.plan import PlannedResource
from soundstage.pricing.facts import Price, items
from soundstage.pricing.lines import MONTHS, Line
from soundstage.pricing.site import NoPrice, Site, known, mapping, mappings, number, text
from soundstage.pricing.storage_year import DAYS_A_MONTH, Flow, Part, classes, priced_items, year
from soundstage.pricing.usage import ZERO, Range, Usage

BUCKETS = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")
LIFECYCLES = (
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2",
)
REPLICATION = ("aws:s3/bucketReplicationConfig:BucketReplicationConfig",)
LOGGING = ("aws:s3/bucketLogging:BucketLogging", "aws:s3/bucketLoggingV2:BucketLoggingV2")
TRAIL = "aws:cloudtrail/trail:Trail"
_NO_MEDIA = ("AccessLogBucket", "AuditTrail", "StateBucket")
"""Components whose buckets hold no media."""


def bucket(site: Site, resource: PlannedResource) -> Iterator[Line]:
    """A year of a bucket. Media come into buckets that hold any, the same into each; the others take in logs."""
    region = site.region_of(resource)
    tiers, expires = _rules(site, resource)
    logs = _takes_logs(site, resource)
    names = ("other_log_gib_per_month",) if logs else ("ingest_gib_per_month", "stored_gib", "mean_file_mib")
    flows = _flows(site, tiers, expires, logs=logs)
    try:
        years = [year(flow, region) for flow in flows]
    except LookupError as missing:
        raise NoPrice(f"no price is known of {missing} in {region}") from missing
    months = tuple(Range(*(_usd(parts) for parts in month)) for month in zip(*years, strict=True))
    kept = tuple(Range(*(_usd(_stored(parts)) for parts in month)) for month in zip(*years, strict=True))
    found = [site.price(resource, item) for item in priced_items(flows[1])]
    stand_in = next((one for one in found if one.instead_of), None)
    shown = stand_in or found[0]
    yield Line(
        resource.name, resource.type, "storage", "logs that are kept" if logs else "media that are kept", _oldest(found).source, months,
        stopped=kept[0], parked=kept[0], region=shown.region, instead_of=shown.instead_of, assumes=names,
        parts=tuple(_by_key(month) for month in years[1]),
    )  # fmt: skip
    if not logs and not _is_copy(site, resource):
        yield from _out(site, resource, tiers)


def replication(site: Site, resource: PlannedResource) -> Iterator[Line]:
    """What comes in goes to another region once more."""
    destinations = site.referred(resource, "rules", *BUCKETS)
    if destinations and site.region_of(destinations[0]) == site.region_of(resource):
        return
    gib = site.usage["ingest_gib_per_month"].times(site.once(_share))
    found = site.price(resource, "egress.region")
    yield site.line(
        resource, "storage", found, gib, what="copy to another region", stopped=0, assumes=("ingest_gib_per_month",)
    )


def media_flow(site: Site, resource: PlannedResource) -> Flow | None:
    """What typically comes into a bucket of media and how it ages; None for one of logs and for a copy."""
    if _takes_logs(site, resource) or _is_copy(site, resource):
        return None
    return _flows(site, *_rules(site, resource), logs=False)[1]


def _out(site: Site, resource: PlannedResource, tiers: tuple[tuple[int, str], ...]) -> Iterator[Line]:
    share = site.once(_share)
    out = site.usage["deliver_gib_per_month"].times(share)
    found = site.price(resource, "egress.internet")
    yield site.line(
        resource, "storage", found, out, what="media fetched out of the cloud", stopped=0, assumes=("deliver_gib_per_month",)
    )  # fmt: skip
    read = ((days, f"{classes()[name]['item']}.retrieval") for days, name in tiers)
    colder = next(((days, item) for days, item in read if ("aws", item) in items()), None)
    if colder:
        days, item = colder
        again = site.usage["retrieve_gib_per_month"].times(share)
        line = site.line(
            resource, "storage", site.price(resource, item), again, stopped=0, assumes=("retrieve_gib_per_month",)
        )
        without = min(MONTHS, int(days / DAYS_A_MONTH))
        yield replace(line, months=(ZERO,) * without + line.months)


def _flows(site: Site, tiers: tuple[tuple[int, str], ...], expires: int | None, *, logs: bool) -> list[Flow]:
    usage: Usage = site.usage
    if logs:
        gib, file = usage["other_log_gib_per_month"], Range.of(0.25)
        return [Flow(gib[i], 0.0, file[i], tiers, expires) for i in range(3)]
    share = site.once(_share)
    gib, stored, file = usage["ingest_gib_per_month"], usage["stored_gib"], usage["mean_file_mib"]
    return [Flow(gib[i] * share, stored[i] * share, file[i], tiers, expires) for i in range(3)]


def _share(site: Site) -> float:
    """What of all media comes into a bucket and is fetched from it."""
    buckets = [one for type in BUCKETS for one in site.by_type.get(type, ())]
    return 1 / max(1, sum(not _takes_logs(site, one) and not _is_copy(site, one) for one in buckets))


def _takes_logs(site: Site, resource: PlannedResource) -> bool:
    """Whether a bucket is for logs or states: by what made it, or because something writes logs there."""
    if any(f":{name}$" in resource.urn for name in _NO_MEDIA):
        return True
    if resource.urn in site.referring("targetBucket", *LOGGING) or resource.urn in site.referring(
        "s3BucketName", TRAIL
    ):
        return True
    return text(resource, "bucket") in site.once(_named_for_logs)


def _named_for_logs(site: Site) -> frozenset[str]:
    """The names of buckets that something writes logs into."""
    named = [text(one, "targetBucket") for type in LOGGING for one in site.by_type.get(type, ())]
    named += [text(one, "s3BucketName") for one in site.by_type.get(TRAIL, ())]
    return frozenset(name for name in named if name)


def _is_copy(site: Site, resource: PlannedResource) -> bool:
    return resource.urn in site.referring("rules", *REPLICATION)


def _rules(site: Site, resource: PlannedResource) -> tuple[tuple[tuple[int, str], ...], int | None]:
    """The tiers and the end of current versions of everything in a bucket. Rules for some folders only are left out."""
    name = text(resource, "bucket")
    rules = [
        rule
        for type in LIFECYCLES
        for one in site.by_type.get(type, ())
        if resource in site.referred(one, "bucket", *BUCKETS) or (name is not None and text(one, "bucket") == name)
        for rule in mappings(known(one, "rules"))
    ] or mappings(known(resource, "lifecycleRules"))
    tiers: dict[str, int] = {}
    expires = None
    for rule in rules:
        filtered = mapping(rule.get("filter"))
        if rule.get("prefix") or filtered.get("prefix") or filtered.get("and") or filtered.get("tag"):
            continue
        if rule.get("status", "Enabled") != "Enabled" or rule.get("enabled") is False:
            continue
        for move in mappings(rule.get("transitions")):
            days = number(move.get("days"))
            if days is not None and isinstance(move.get("storageClass"), str):
                tiers[str(move["storageClass"])] = int(days)
        end = number(mapping(rule.get("expiration")).get("days"))
        expires = int(end) if end else expires
    colder = classes().keys() - {"STANDARD"}
    moves = sorted((days, storage) for storage, days in tiers.items() if storage in colder)
    return tuple(moves), expires


def _usd(parts: tuple[Part, ...] | list[Part]) -> float:
    return sum(part.usd for part in parts)


def _by_key(parts: tuple[Part, ...]) -> dict[str, float]:
    """US dollars by class and reason; with several tiers there are several parts of moves."""
    sums: dict[str, float] = {}
    for part in parts:
        if part.usd:
            sums[part.key] = sums.get(part.key, 0.0) + part.usd
    return sums


def _stored(parts: tuple[Part, ...]) -> list[Part]:
    """What is stored, without what came in and moved in the month."""
    return [part for part in parts if part.key not in ("requests", "moves", "early")]


def _oldest(found: list[Price]) -> Price:
    return min(found, key=lambda one: one.source.day)
