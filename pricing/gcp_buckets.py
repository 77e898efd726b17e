"""What buckets of Cloud Storage cost in their first year, and what leaves them."""

from collections.abc import Iterator

from soundstage.plan.plan import PlannedResource
from soundstage.pricing.facts import Price, items, price
from soundstage.pricing.lines import MONTHS, Line
from soundstage.pricing.site import NoPrice, Site, known, mapping, mappings, number, text
from soundstage.pricing.storage_year import DAYS_A_MONTH, Flow, between, google_classes, objects, spans
from soundstage.pricing.usage import Range

BUCKET = "gcp:storage/bucket:Bucket"
_SEVERAL_REGIONS = ("us", "eu", "asia", "nam4", "eur4", "asia1")
_OURS = "soundstage:gcp:"
"""In the URN of what a component of ours made."""
_ASSUMES = ("ingest_gib_per_month", "stored_gib", "mean_file_mib")


def bucket(site: Site, resource: PlannedResource) -> Iterator[Line]:
    """A year of a bucket. Media come into buckets that hold any, the same into each; buckets of logs take in logs."""
    place = str(text(resource, "location") or "").lower()
    if place in _SEVERAL_REGIONS:
        raise NoPrice(f"no price is known of a bucket over several regions ({place})")
    first = text(resource, "storageClass") or "STANDARD"
    if first not in google_classes():
        raise NoPrice(f"no price is known of the storage class {first}")
    logs = _takes_logs(site, resource)
    tiers, expires = _rules(resource)
    if unknown := sorted({name for _, name in tiers} - set(google_classes())):
        raise NoPrice(f"no price is known of the storage class {unknown[0]}")
    prices = {
        name: _price(site, resource, f"{google_classes()[name]['item']}.storage")
        for name in {first, *(name for _, name in tiers)}
    }
    flows = _flows(site, logs=logs, tiers=tiers, expires=expires)
    writes = _price(site, resource, "gcs.standard.put")
    moves = {name: _move(site, resource, name) for _, name in tiers}
    years = [[_month(flow, first, prices, writes, moves, month) for month in range(MONTHS)] for flow in flows]
    months = tuple(Range(*(sum(parts.values()) for parts in month)) for month in zip(*years, strict=True))
    kept = Range(*(sum(usd for key, usd in one[0].items() if key not in ("requests", "moves")) for one in years))
    shown = prices[first]
    yield Line(
        resource.name, resource.type, "storage", "logs and small files that are kept" if logs else "media that are kept", shown.source, months,
        stopped=kept, parked=kept, region=shown.region, instead_of=shown.instead_of,
        assumes=("other_log_gib_per_month",) if logs else _ASSUMES, parts=tuple(years[1]),
    )  # fmt: skip
    if not logs:
        gib = site.usage["deliver_gib_per_month"].times(site.once(_share))
        yield site.line(
            resource, "storage", _price(site, resource, "egress.internet"), gib, what="media fetched out of the cloud", stopped=0,
            assumes=("deliver_gib_per_month",),
        )  # fmt: skip
        yield from _read_again(site, resource, tiers)
    if lacking := [item for item in moves.values() if isinstance(item, str)]:
        raise NoPrice(f"no price is known of {' and '.join(lacking)}")


def media_flow(site: Site, resource: PlannedResource) -> Flow | None:
    """What typically comes into a bucket of media and how it ages; None for one of logs, and for one that begins in another class or lies
    in several regions."""
    place, first = str(text(resource, "location") or "").lower(), text(resource, "storageClass") or "STANDARD"
    if _takes_logs(site, resource) or first != "STANDARD" or place in _SEVERAL_REGIONS:
        return None
    tiers, expires = _rules(resource)
    return _flows(site, logs=False, tiers=tiers, expires=expires)[1]


def year_usd(site: Site, resource: PlannedResource, flow: Flow) -> float:
    """US dollars of a year of a bucket, and of what is read again from its first colder class. Raises `NoPrice`."""
    names = {"STANDARD", *(name for _, name in flow.tiers)}
    if unknown := sorted(names - set(google_classes())):
        raise NoPrice(f"no price is known of the storage class {unknown[0]}")
    prices = {name: _price(site, resource, f"{google_classes()[name]['item']}.storage") for name in names}
    moves = {name: _move(site, resource, name) for _, name in flow.tiers}
    if lacking := [item for item in moves.values() if isinstance(item, str)]:
        raise NoPrice(f"no price is known of {' and '.join(lacking)}")
    writes = _price(site, resource, "gcs.standard.put")
    usd = sum(sum(_month(flow, "STANDARD", prices, writes, moves, month).values()) for month in range(MONTHS))
    if flow.tiers:
        days, name = flow.tiers[0]
        again = _price(site, resource, f"{google_classes()[name]['item']}.retrieval")
        usd += again.amount(site.usage["retrieve_gib_per_month"].typical) * max(0, MONTHS - days // 30)
    return usd


def _move(site: Site, resource: PlannedResource, name: str) -> Price | str:
    """The price of moves of files to a class, or what has none."""
    item = f"{google_classes()[name]['item']}.transition"
    return price("gcp", item, site.region_of(resource)) or items()["gcp", item].what


def _month(
    flow: Flow, first: str, prices: dict[str, Price], writes: Price, moves: dict[str, Price | str], month: int
) -> dict[str, float]:
    """US dollars of a month by storage class, and of writes and moves, as far as their prices are known."""
    begin, end = month * DAYS_A_MONTH, (month + 1) * DAYS_A_MONTH
    a_day = flow.gib_per_month / DAYS_A_MONTH
    parts = {"requests": writes.amount(objects(flow.gib_per_month, flow.mean_file_mib * 1024))}
    for (start, stop), name in spans(flow):
        held = first if start == 0 else name
        stored = between(flow, a_day, start, stop, begin, end)
        parts[held] = parts.get(held, 0.0) + prices[held].amount(stored)
        move = moves.get(name)
        if start and isinstance(move, Price):
            moved = a_day * max(0.0, end - max(begin, start)) + (flow.stored_gib if begin <= start < end else 0.0)
            parts["moves"] = parts.get("moves", 0.0) + move.amount(objects(moved, flow.mean_file_mib * 1024))
        least = google_classes()[held]["least_days"]
        if stop - start < least:
            left = a_day * max(0.0, end - max(begin, stop)) + (flow.stored_gib if begin <= stop < end else 0.0)
            parts["early"] = parts.get("early", 0.0) + prices[held].amount(
                left * (least - (stop - start)) / DAYS_A_MONTH
            )
    return parts


def _read_again(site: Site, resource: PlannedResource, tiers: tuple[tuple[int, str], ...]) -> Iterator[Line]:
    if tiers:
        item = f"{google_classes()[tiers[0][1]]['item']}.retrieval"
        again = site.usage["retrieve_gib_per_month"].times(site.once(_share))
        yield site.line(
            resource, "storage", _price(site, resource, item), again, stopped=0, assumes=("retrieve_gib_per_month",)
        )


def _flows(site: Site, *, logs: bool, tiers: tuple[tuple[int, str], ...], expires: int | None) -> list[Flow]:
    usage = site.usage
    if logs:
        gib, stored, file, share = usage["other_log_gib_per_month"], Range.of(0), Range.of(0.25), 1.0
    else:
        gib, stored, file, share = (
            usage["ingest_gib_per_month"],
            usage["stored_gib"],
            usage["mean_file_mib"],
            site.once(_share),
        )
    return [Flow(gib[i] * share, stored[i] * share, file[i], tiers, expires, "gcp") for i in range(3)]


def _share(site: Site) -> float:
    """What of all media comes into a bucket."""
    return 1 / max(1, sum(not _takes_logs(site, one) for one in site.by_type.get(BUCKET, ())))


def _takes_logs(site: Site, resource: PlannedResource) -> bool:
    """Whether a bucket is for logs or other small files of ours: by what made it, or because another bucket writes its logs there."""
    if _OURS in resource.urn and ":MediaBucket$" not in resource.urn:
        return True
    return text(resource, "name") in site.once(_named_for_logs)


def _named_for_logs(site: Site) -> frozenset[str]:
    """The names of buckets that others write their logs into."""
    named = (mapping(known(one, "logging")).get("logBucket") for one in site.by_type.get(BUCKET, ()))
    return frozenset(name for name in named if isinstance(name, str))


def _rules(resource: PlannedResource) -> tuple[tuple[tuple[int, str], ...], int | None]:
    """The tiers and the end of live versions of everything in a bucket. Rules for some folders only are left out."""
    tiers: dict[str, int] = {}
    expires = None
    for rule in mappings(known(resource, "lifecycleRules")):
        action, condition = mapping(rule.get("action")), mapping(rule.get("condition"))
        days = number(condition.get("age"))
        archived = (
            condition.get("withState") == "ARCHIVED"
            or condition.get("numNewerVersions")
            or condition.get("daysSinceNoncurrentTime")
        )
        if days is None or archived or condition.get("matchesPrefixes") or condition.get("matchesSuffixes"):
            continue
        if action.get("type") == "SetStorageClass" and isinstance(action.get("storageClass"), str):
            tiers[action["storageClass"]] = min(int(days), tiers.get(action["storageClass"], int(days)))
        elif action.get("type") == "Delete":
            expires = int(days) if expires is None else min(expires, int(days))
    return tuple(sorted((days, name) for name, days in tiers.items())), expires


def _price(site: Site, resource: PlannedResource, item: str) -> Price:
    """Raises `NoPrice`."""
    return site.price(resource, item, "gcp")
