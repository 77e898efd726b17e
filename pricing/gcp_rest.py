"""What the rest of a project on Google Cloud costs: its network, names, keys, logs, and what watches it."""

from collections.abc import Iterator
from typing import Final

from soundstage.plan.plan import PlannedResource
from soundstage.pricing.gcp_machines import INSTANCE, google_price
from soundstage.pricing.lines import MONTHS, Line
from soundstage.pricing.site import NoPrice, Site, known, mapping, mappings, number, priced, text, workstation
from soundstage.pricing.storage_year import DAYS_A_MONTH
from soundstage.pricing.usage import ZERO

_MOST_NAT_MACHINES: Final = 32
"""A gateway with more machines costs no more by the hour (Cloud NAT pricing, read 2026-11)."""
_LOG_DAYS: Final = 30
"""Days of a log that the price of taking it in includes (Google Cloud Observability pricing, read 2026-11)."""


def nat(site: Site, resource: PlannedResource) -> Iterator[Line]:
    """By the hour of each machine behind it, 32 at the most, and by what goes through."""
    machines = site.by_type.get(INSTANCE, ())[:_MOST_NAT_MACHINES]
    hours = ZERO
    for one in machines:
        hours = hours.plus(site.usage.hours_a_month(workstation(one)))
    assumes = () if hours.exact else ("hours_per_week",)
    if machines:
        found = google_price(site, resource, "nat.vm_hour")
        yield site.line(resource, "network", found, hours, stopped=0, assumes=assumes)
    gib = site.usage["nat_gib_per_month"]
    through = google_price(site, resource, "nat.data")
    yield site.line(resource, "network", through, gib, stopped=0, assumes=("nat_gib_per_month",))


def key(site: Site, resource: PlannedResource) -> Iterator[Line]:
    """A key, by its versions: one more with each rotation, and the old ones stay to open what they closed."""
    level = mapping(known(resource, "versionTemplate")).get("protectionLevel") or "SOFTWARE"
    if level != "SOFTWARE":
        raise NoPrice(f"no price is known of keys with the protection level {level}")
    version = google_price(site, resource, "kms.key")
    period = (text(resource, "rotationPeriod") or "").removesuffix("s")
    days = (number(period) or 0) / 86_400
    counts = [1 + (month * DAYS_A_MONTH // days if days else 0) for month in range(MONTHS)]
    months = tuple(priced(version, count) for count in counts)
    yield Line(
        resource.name, resource.type, "keys", version.item.what, version.source, months,
        stopped=months[0], parked=months[0], region=version.region, instead_of=version.instead_of,
    )  # fmt: skip
    requests = site.usage["key_requests_per_month"]
    found = google_price(site, resource, "kms.requests")
    yield site.line(resource, "keys", found, requests, stopped=0, assumes=("key_requests_per_month",))


def log_bucket(site: Site, resource: PlannedResource) -> Iterator[Line]:
    """A log bucket: what is taken in, and from the second month on what is kept of it. Traffic of a network costs half."""
    if ":StudioNetwork$" in resource.urn or "traffic" in (text(resource, "bucketId") or ""):
        name, item = "network_log_gib_per_month", "logs.network"
        gib = site.usage[name].times(max(1, len(site.by_type.get(INSTANCE, ()))))
    else:
        name, item = "other_log_gib_per_month", "logs.ingestion"
        gib = site.usage[name]
    taken, kept = google_price(site, resource, item), google_price(site, resource, "logs.storage")
    days = number(known(resource, "retentionDays")) or _LOG_DAYS
    longest = max(0.0, days - _LOG_DAYS) / DAYS_A_MONTH
    once, first = priced(taken, gib), _LOG_DAYS / DAYS_A_MONTH
    months = tuple(
        once.plus(priced(kept, gib.times(min(max(0.0, month + 0.5 - first), longest)))) for month in range(MONTHS)
    )
    yield Line(
        resource.name, resource.type, "logs", taken.item.what, taken.source, months,
        region=taken.region, instead_of=taken.instead_of, assumes=(name,),
    )  # fmt: skip


def zone(site: Site, resource: PlannedResource) -> Iterator[Line]:
    """A zone of names, public or of a network."""
    yield site.line(resource, "network", google_price(site, resource, "dns.zone"), 1)


def alert(site: Site, resource: PlannedResource) -> Iterator[Line]:
    conditions = max(1, len(mappings(known(resource, "conditions"))))
    yield site.line(resource, "guard", google_price(site, resource, "alert.condition"), conditions)
