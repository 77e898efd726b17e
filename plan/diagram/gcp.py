"""Reads a picture's facts off a plan for Google Cloud: off rules, routes and disks themselves, and off a component only what nothing else
holds.

What a plan does not say is left out, not assumed.
"""

from collections.abc import Iterator
from typing import Final

from soundstage.core.values import Value
from soundstage.plan.diagram.facts import Bucket, Budget, Disk, Facts, Machine, Network, People
from soundstage.plan.diagram.gcp_rules import PROXY, doors, goes_through_proxy, rules_of, unseen, ways_out
from soundstage.plan.diagram.hours import hours
from soundstage.plan.diagram.links import Links, entry, items, number, text, texts, word
from soundstage.plan.diagram.standing import standing, title
from soundstage.plan.plan import Plan, PlannedResource

_TIERS: Final = {
    "NEARLINE": "cheaper storage",
    "COLDLINE": "cheaper storage, for what is rarely read",
    "ARCHIVE": "archive, at hand at once",
}  # Cloud Storage, "Storage classes", read 2026-11
_INSTANCE: Final = "gcp:compute/instance:Instance"
_NETWORK: Final = "gcp:compute/network:Network"
_STOP: Final = "gcp:cloudfunctionsv2/function:Function"
_DAY: Final = 86_400


def facts(plan: Plan) -> Facts:
    """What the picture of a plan shows."""
    links = Links(plan)
    networks, instances = links.of(_NETWORK), links.of(_INSTANCE)
    buckets = [one for one in links.of("gcp:storage/bucket:Bucket") if _is_for_files(links, one)]
    placed = [*links.of("gcp:compute/subnetwork:Subnetwork"), *instances, *links.by_urn.values()]
    budgets = links.of("gcp:billing/budget:Budget")
    stopped = any(_stops(links, one) for one in budgets)
    return Facts(
        name=title(plan),
        cloud=plan.cloud,
        region=next((found for found in (links.region(one) for one in placed) if found), ""),
        standing=standing(plan),
        networks=tuple(_network(links, one, instances) for one in networks),
        machines=tuple(_machine(links, one, buckets, stopped=stopped) for one in instances),
        buckets=tuple(_bucket(links, one) for one in buckets),
        people=tuple(_people(one) for one in links.of("soundstage:gcp:AccessRoles")),
        budgets=tuple(_budget(links, one) for one in budgets),
    )


def _network(links: Links, network: PlannedResource, instances: list[PlannedResource]) -> Network:
    owner, rules = links.component(network), rules_of(links, network)
    subnets = links.that_name(network, "network", "gcp:compute/subnetwork:Subnetwork")
    proxied = any(map(goes_through_proxy, rules))
    inside = [one for one in instances if network in _networks(links, one)]
    return Network(
        urn=network.urn,
        name=owner.name if owner else network.name,
        range=", ".join(text(subnet, "ipCidrRange") for subnet in subnets),
        zones=tuple(sorted({text(one, "zone") for one in inside} - {""})),
        logged=bool(subnets) and all(subnet.property("logConfig") for subnet in subnets),
        storage_inside=bool(subnets) and all(subnet.property("privateIpGoogleAccess") is True for subnet in subnets),
        sessions=proxied,
        proxy=PROXY if proxied else "",
    )


def _networks(links: Links, instance: PlannedResource) -> list[PlannedResource]:
    return [one for subnet in _subnets(links, instance) for one in links.targets(subnet, "network")]


def _subnets(links: Links, instance: PlannedResource) -> list[PlannedResource]:
    named = [word(card, "subnetwork") for card in items(instance.property("networkInterfaces"))]
    found = [one for one in links.of("gcp:compute/subnetwork:Subnetwork") if one.id and one.id in named]
    return found or [one for one in links.targets(instance, "networkInterfaces") if "subnetwork" in one.type]


def _machine(links: Links, instance: PlannedResource, buckets: list[PlannedResource], *, stopped: bool) -> Machine:
    owner = links.component(instance)
    said = owner.inputs if owner else {}
    networks, os = _networks(links, instance), word(said, "os")
    rules = [rule for network in networks for rule in rules_of(links, network)]
    policies = links.parts(owner, "gcp:compute/resourcePolicy:ResourcePolicy")
    public = any(entry(card, "accessConfigs") for card in items(instance.property("networkInterfaces")))
    members = links.parts(owner, "gcp:storage/bucketIAMMember:BucketIAMMember")
    may = [bucket for one in members for bucket in buckets if _is_of(links, one, bucket)]
    return Machine(
        name=word(said, "workstation") or instance.name,
        work=word(said, "role"),
        user=word(said, "user"),
        type=text(instance, "machineType"),
        os=os,
        spot=entry(instance.property("scheduling"), "provisioningModel") == "SPOT",
        network=next((network.urn for network in networks), None),
        zone=text(instance, "zone"),
        disks=tuple(_disks(links, instance)),
        hours=hours(owner) if any(one.property("instanceSchedulePolicy") for one in policies) else "",
        # Nothing watches a machine with Windows yet.
        idle_minutes=number(entry(said, "idle", "stopAfterMinutes")) if os != "windows" else None,
        doors=tuple(dict.fromkeys(doors(rules))),
        public=public,
        ways_out=ways_out(links, networks, rules, public=public),
        unseen_rules=not networks or any(unseen(links, network) for network in networks),
        media=tuple(dict.fromkeys(bucket.urn for bucket in may)),
        stopped_by_budget=stopped and owner is not None,
    )


def _is_of(links: Links, member: PlannedResource, bucket: PlannedResource) -> bool:
    """Whether a right is one to a bucket."""
    named = text(member, "bucket")
    return bucket in links.targets(member, "bucket") or (bool(named) and named == (text(bucket, "name") or bucket.id))


def _disks(links: Links, instance: PlannedResource) -> Iterator[Disk]:
    named = [word(one, "source").rpartition("/disks/")[2] for one in items(instance.property("attachedDisks"))]
    known = [one for one in links.of("gcp:compute/disk:Disk") if text(one, "name") in named]
    for disk in known or [one for one in links.targets(instance, "attachedDisks") if "disk:Disk" in one.type]:
        yield Disk("work disk", number(disk.property("size")), disk.property("createSnapshotBeforeDestroy") is True)
    scratch = items(instance.property("scratchDisks"))
    if scratch:
        yield Disk("scratch disk", 375 * len(scratch))
    yield Disk("system disk", number(entry(instance.property("bootDisk"), "initializeParams", "size")))


def _is_for_files(links: Links, bucket: PlannedResource) -> bool:
    """Whether people have anything to do with a bucket: what stops machines keeps its program in one, and a copy its parts while it goes."""
    owner = links.component(bucket)
    return owner is None or owner.type not in ("soundstage:gcp:ProjectBudget", "soundstage:gcp:TransferBucket")


def _bucket(links: Links, bucket: PlannedResource) -> Bucket:
    owner, rules = links.component(bucket), bucket.property("lifecycleRules")
    objects = links.that_name(bucket, "bucket", "gcp:storage/bucketObject:BucketObject")
    keys = [text(one, "name") for one in objects]
    locked = number(entry(bucket.property("retentionPolicy"), "retentionPeriod"))
    return Bucket(
        urn=bucket.urn,
        name=text(bucket, "name") or bucket.name,
        region=text(bucket, "location").lower(),
        media=owner is not None and owner.type == "soundstage:gcp:MediaBucket",
        folders=tuple(key.removesuffix("/.keep") for key in keys if key.endswith("/.keep")),
        tiers=tuple(_tiers(rules)),
        lock_days=locked // _DAY if locked else None,
        versioned=entry(bucket.property("versioning"), "enabled") is True,
        old_days=min(_expiries(rules), default=None),
        own_key=bool(bucket.property("encryption")),
        private=text(bucket, "publicAccessPrevention") == "enforced",
        kept=bool(bucket.options.protect or bucket.options.retain_on_delete),
    )


def _tiers(rules: Value) -> Iterator[str]:
    """When objects of every folder move to which storage."""
    for rule in items(rules):
        kind, days = word(entry(rule, "action"), "storageClass"), number(entry(rule, "condition", "age"))
        if kind and days is not None and not texts(entry(rule, "condition", "matchesPrefixes")):
            yield f"After {days} days: {_TIERS.get(kind, kind)}"


def _expiries(rules: Value) -> Iterator[int]:
    """After how many days old versions go, rule by rule. A folder whose name begins with a dot holds copies on their way, and no media."""
    for rule in items(rules):
        days = number(entry(rule, "condition", "daysSinceNoncurrentTime"))
        folders = texts(entry(rule, "condition", "matchesPrefixes") or [])
        on_the_way = bool(folders) and all(folder.startswith(".") for folder in folders)
        if word(entry(rule, "action"), "type") == "Delete" and days is not None and not on_the_way:
            yield days


def _people(roles: PlannedResource) -> People:
    given = tuple(name for name in ("artists", "reviewers", "admins") if texts(roles.inputs.get(name)))
    return People(groups=given)


def _stops(links: Links, budget: PlannedResource) -> bool:
    """Whether a function that stops machines belongs to a budget."""
    return bool(links.parts(links.component(budget), _STOP))


def _budget(links: Links, budget: PlannedResource) -> Budget:
    rules, amount = items(budget.property("thresholdRules")), entry(budget.property("amount"), "specifiedAmount")
    cents = f".{nanos // 10**7:02}" if (nanos := number(entry(amount, "nanos")) or 0) else ""
    channels = links.parts(links.component(budget), "gcp:monitoring/notificationChannel:NotificationChannel")
    return Budget(
        monthly=f"{word(amount, 'units')}{cents} {word(amount, 'currencyCode')}".strip(),
        alerts=_levels(rules, "CURRENT_SPEND"),
        forecasts=_levels(rules, "FORECASTED_SPEND"),
        receivers=sum(text(one, "type") == "email" for one in channels),
        stops_at=100 if _stops(links, budget) else None,
    )


def _levels(rules: list[Value], kind: str) -> tuple[int, ...]:
    shares = [entry(one, "thresholdPercent") for one in rules if entry(one, "spendBasis") == kind]
    return tuple(sorted({round(share * 100) for share in shares if isinstance(share, (int, float))}))
