"""What the rest of a project on AWS costs: its network, keys, logs, and what watches it."""

from collections.abc import Iterator

from soundstage.plan.plan import PlannedResource
from soundstage.pricing.aws_machines import INSTANCE
from soundstage.pricing.facts import HOURS_A_MONTH
from soundstage.pricing.lines import MONTHS, Line
from soundstage.pricing.site import NoPrice, Site, known, mappings, number, priced, text
from soundstage.pricing.storage_year import DAYS_A_MONTH
from soundstage.pricing.usage import Range

_DAYS = HOURS_A_MONTH / 24
_WRITERS = {
    "aws:ec2/flowLog:FlowLog": "logDestination",
    "aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig": "destinationArn",
}
"""What writes more into a log than a few lines, and the input that names the log."""


def nat(site: Site, resource: PlannedResource) -> Iterator[Line]:
    yield from site.all_month(resource, "network", "nat.hour")
    gib = site.usage["nat_gib_per_month"]
    yield site.line(
        resource, "network", site.price(resource, "nat.data"), gib, stopped=0, assumes=("nat_gib_per_month",)
    )


def endpoint(site: Site, resource: PlannedResource) -> Iterator[Line]:
    """An interface endpoint is billed in each zone; a gateway costs nothing. What goes through is counted with the pictures."""
    kind = text(resource, "vpcEndpointType") or "Gateway"
    if kind == "Gateway":
        return
    zones = known(resource, "subnetIds")
    yield from site.all_month(
        resource, "network", "endpoint.interface.hour", len(zones) if isinstance(zones, list) and zones else 1
    )


def key(site: Site, resource: PlannedResource) -> Iterator[Line]:
    """A key, which stays as long as the media that it opens."""
    yield site.line(resource, "keys", site.price(resource, "kms.key"), 1, parked=1)
    requests = site.usage["key_requests_per_month"]
    found = site.price(resource, "kms.requests")
    yield site.line(resource, "keys", found, requests, stopped=0, assumes=("key_requests_per_month",))


def log_group(site: Site, resource: PlannedResource) -> Iterator[Line]:
    """A log: what is taken in, and what is kept of it month after month."""
    name = "other_log_gib_per_month"
    gib = site.usage[name]
    if any(resource.urn in site.referring(input, type) for type, input in _WRITERS.items()):
        name = "network_log_gib_per_month"
        gib = site.usage[name].times(max(1, len(site.by_type.get(INSTANCE, ()))))
    taken, kept = site.price(resource, "logs.ingestion"), site.price(resource, "logs.storage")
    days = number(known(resource, "retentionInDays")) or 0
    longest = days / DAYS_A_MONTH if days else float("inf")
    once = priced(taken, gib)
    months = tuple(once.plus(priced(kept, gib.times(min(count + 0.5, longest)))) for count in range(MONTHS))
    yield Line(
        resource.name, resource.type, "logs", taken.item.what, taken.source, months,
        stopped=priced(kept, gib.times(0.5)), region=taken.region, instead_of=taken.instead_of, assumes=(name,),
    )  # fmt: skip


def alarm(site: Site, resource: PlannedResource) -> Iterator[Line]:
    period = number(known(resource, "period"))
    item = "alarm.high_resolution" if period is not None and period < 60 else "alarm"
    metrics = sum("metric" in one for one in mappings(known(resource, "metricQueries")))
    yield site.line(resource, "guard", site.price(resource, item), max(1, metrics))


def budget_action(site: Site, resource: PlannedResource) -> Iterator[Line]:
    """Each budget with an action is billed by the day, beyond the first two of the account (AWS Budgets pricing, 2026-08): other
    projects may have those."""
    actions = site.by_type["aws:budgets/budgetAction:BudgetAction"]
    mine = text(resource, "budgetName")
    if next(one for one in actions if text(one, "budgetName") == mine) is not resource:
        return
    yield site.line(resource, "guard", site.price(resource, "budget.action"), Range(0, 0, _DAYS))


def trail(site: Site, resource: PlannedResource) -> Iterator[Line]:
    """The first copy of management events is free; reads and writes of media are not."""
    data = [
        one for one in mappings(known(resource, "advancedEventSelectors"))
        if any("Data" in (field.get("equals") or ()) for field in mappings(one.get("fieldSelectors")))
    ] + [one for one in mappings(known(resource, "eventSelectors")) if one.get("dataResources")]  # fmt: skip
    if data:
        events = site.usage["trail_events_per_month"]
        found = site.price(resource, "trail.data_events")
        yield site.line(resource, "guard", found, events, stopped=0, assumes=("trail_events_per_month",))


def dns_firewall(site: Site, resource: PlannedResource) -> Iterator[Line]:
    machines = max(1, len(site.by_type.get(INSTANCE, ())))
    queries = site.usage["dns_queries_per_month"].times(machines)
    found = site.price(resource, "dns_firewall.queries")
    yield site.line(resource, "network", found, queries, stopped=0, assumes=("dns_queries_per_month",))


def dns_names(site: Site, resource: PlannedResource) -> Iterator[Line]:
    names = known(resource, "domains")
    yield site.line(
        resource, "network", site.price(resource, "dns_firewall.names"), len(names) if isinstance(names, list) else 1
    )


def zone(site: Site, resource: PlannedResource) -> Iterator[Line]:
    yield site.line(resource, "network", site.price(resource, "dns.zone"), 1)


def secret(site: Site, resource: PlannedResource) -> Iterator[Line]:
    yield site.line(resource, "keys", site.price(resource, "secret"), 1)


def by_use(_site: Site, _resource: PlannedResource) -> Iterator[Line]:
    raise NoPrice("it is billed by its use, of which nothing is assumed")
