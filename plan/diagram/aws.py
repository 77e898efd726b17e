"""Reads a picture's facts off a plan for AWS: off rules, routes and disks themselves, and off a component only what nothing else holds.

What a plan does not say is left out, not assumed.
"""

from collections.abc import Iterator
from typing import Final

from soundstage.core.values import Value
from soundstage.plan.diagram.aws_rules import addressed, doors, ways_out
from soundstage.plan.diagram.facts import Bucket, Budget, Disk, Facts, Machine, Network, People
from soundstage.plan.diagram.hours import hours
from soundstage.plan.diagram.links import Links, entry, items, number, text, texts, word
from soundstage.plan.diagram.standing import standing, title
from soundstage.plan.plan import Plan, PlannedResource

_TIERS: Final = {
    "STANDARD_IA": "cheaper storage",
    "ONEZONE_IA": "cheaper storage in one zone",
    "INTELLIGENT_TIERING": "storage priced by use",
    "GLACIER_IR": "archive, at hand at once",
    "GLACIER": "archive, hours to fetch",
    "DEEP_ARCHIVE": "deep archive, up to two days to fetch",
}  # Amazon S3 user guide, "Understanding and managing Amazon S3 storage classes", read 2026-11
_ACTION: Final = "aws:budgets/budgetAction:BudgetAction"
_BLOCKS: Final = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def facts(plan: Plan) -> Facts:
    """What the picture of a plan shows."""
    links = Links(plan)
    networks = tuple(_network(links, vpc) for vpc in links.of("aws:ec2/vpc:Vpc"))
    instances = links.of("aws:ec2/instance:Instance")
    buckets = links.of("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")
    placed = [*instances, *links.of("aws:ec2/vpc:Vpc"), *buckets, *links.by_urn.values()]
    return Facts(
        name=title(plan),
        cloud=plan.cloud,
        region=next((found for found in (links.region(one) for one in placed) if found), ""),
        standing=standing(plan),
        networks=networks,
        machines=tuple(_machine(links, one, buckets) for one in instances),
        buckets=tuple(_bucket(links, one) for one in buckets),
        people=tuple(_people(links, one) for one in links.of("soundstage:aws:AccessRoles")),
        budgets=tuple(_budget(links, one) for one in links.of("aws:budgets/budget:Budget")),
    )


def _network(links: Links, vpc: PlannedResource) -> Network:
    owner = links.component(vpc)
    services = [text(one, "serviceName") for one in links.that_name(vpc, "vpcId", "aws:ec2/vpcEndpoint:VpcEndpoint")]
    subnets = links.that_name(vpc, "vpcId", "aws:ec2/subnet:Subnet")
    guards = "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation"
    return Network(
        urn=vpc.urn,
        name=owner.name if owner else vpc.name,
        range=text(vpc, "cidrBlock"),
        zones=tuple(sorted({zone for subnet in subnets if (zone := text(subnet, "availabilityZone"))})),
        logged=bool(links.that_name(vpc, "vpcId", "aws:ec2/flowLog:FlowLog")),
        names_limited=bool(links.that_name(vpc, "vpcId", guards)),
        storage_inside=any(service.endswith(".s3") for service in services),
        sessions={"ssm", "ssmmessages"} <= {service.rpartition(".")[2] for service in services},
    )


def _machine(links: Links, instance: PlannedResource, buckets: list[PlannedResource]) -> Machine:
    owner = links.component(instance)
    said = owner.inputs if owner else {}
    subnets = links.targets(instance, "subnetId")
    volumes = [
        volume
        for one in links.that_name(instance, "instanceId", "aws:ec2/volumeAttachment:VolumeAttachment")
        for volume in links.targets(one, "volumeId")
    ]
    groups = links.targets(instance, "vpcSecurityGroupIds")
    listed = instance.property("vpcSecurityGroupIds")
    policies = links.parts(owner, "aws:iam/rolePolicy:RolePolicy")
    idle = entry(said, "idle", "stopAfterMinutes")
    return Machine(
        name=word(said, "workstation") or instance.name,
        work=word(said, "role"),
        user=word(said, "user"),
        type=text(instance, "instanceType"),
        os=word(said, "os"),
        spot=entry(instance.property("instanceMarketOptions"), "marketType") == "spot",
        network=next((vpc.urn for subnet in subnets for vpc in links.targets(subnet, "vpcId")), None),
        zone=_zone(instance, subnets, volumes),
        disks=tuple(_disks(instance, volumes)),
        hours=hours(owner) if links.parts(owner, "aws:scheduler/schedule:Schedule") else "",
        idle_minutes=number(idle),
        doors=tuple(dict.fromkeys(door for group in groups for door in doors(links, group))),
        public=addressed(links, instance),
        ways_out=ways_out(links, instance, subnets, groups),
        unseen_rules=not isinstance(listed, list) or len(listed) > len(groups),
        media=tuple(b.urn for b in buckets if any(_mentions(links, policy, b) for policy in policies)),
        stopped_by_budget=any(_stops(one) for one in links.that_name(instance, "definition", _ACTION)),
    )


def _zone(instance: PlannedResource, subnets: list[PlannedResource], volumes: list[PlannedResource]) -> str:
    """A machine stands where its disks do; a plan does not yet say in which of several subnets."""
    zones = [text(one, "availabilityZone") for one in (instance, *volumes)]
    zones += [text(subnets[0], "availabilityZone")] if len(subnets) == 1 else []
    return next((zone for zone in zones if zone), "")


def _disks(instance: PlannedResource, volumes: list[PlannedResource]) -> Iterator[Disk]:
    for volume in volumes:
        kept = volume.property("finalSnapshot") is True
        yield Disk("work disk" if kept else "scratch disk", number(volume.property("size")), kept)
    yield Disk("system disk", number(entry(instance.property("rootBlockDevice"), "volumeSize")))


def _stops(action: PlannedResource) -> bool:
    """Whether a budget's action stops machines."""
    does = entry(action.property("definition"), "ssmActionDefinition")
    return word(does, "actionSubType") == "STOP_EC2_INSTANCES"


def _mentions(links: Links, policy: PlannedResource, bucket: PlannedResource) -> bool:
    """Whether a policy is about a bucket, by its text or, before `up`, by what it is made of."""
    written = policy.property("policy")
    if isinstance(written, str):
        name = text(bucket, "bucket") or bucket.id or ""
        return bool(name) and f":s3:::{name}" in written
    made_of = links.targets(policy, "policy")
    return bucket in made_of or any(bucket in links.targets(one, "bucket") for one in made_of)


def _bucket(links: Links, bucket: PlannedResource) -> Bucket:
    def part(kind: str, key: str) -> Value:
        types = [f"aws:s3/{kind}{version}:{kind[0].upper()}{kind[1:]}{version}" for version in ("", "V2")]
        found = links.that_name(bucket, "bucket", *types)
        return found[0].property(key) if found else None

    owner = links.component(bucket)
    sealed = items(part("bucketServerSideEncryptionConfiguration", "rules"))
    keys = [text(r, "key") for r in links.that_name(bucket, "bucket", "aws:s3/bucketObjectv2:BucketObjectv2")]
    blocked = links.that_name(bucket, "bucket", "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
    return Bucket(
        urn=bucket.urn,
        name=text(bucket, "bucket") or bucket.name,
        media=owner is not None and owner.type == "soundstage:aws:MediaBucket",
        region=links.region(bucket),
        folders=tuple(key.removesuffix("/.keep") for key in keys if key.endswith("/.keep")),
        tiers=tuple(_tiers(part("bucketLifecycleConfiguration", "rules"))),
        lock_days=number(entry(part("bucketObjectLockConfiguration", "rule"), "defaultRetention", "days")),
        versioned=entry(part("bucketVersioning", "versioningConfiguration"), "status") == "Enabled",
        old_days=min(_expiries(part("bucketLifecycleConfiguration", "rules")), default=None),
        own_key=any(entry(one, "applyServerSideEncryptionByDefault", "sseAlgorithm") == "aws:kms" for one in sealed),
        private=any(all(one.property(key) is True for key in _BLOCKS) for one in blocked),
        kept=bool(bucket.options.protect or bucket.options.retain_on_delete),
        copy_of=next(_copied_from(links, bucket), None),
    )


def _tiers(rules: Value) -> Iterator[str]:
    """When objects of every folder move to which storage."""
    for rule in items(rules):
        if entry(rule, "status") == "Enabled" and not entry(rule, "filter", "prefix"):
            for one in items(entry(rule, "transitions")):
                kind, days = word(one, "storageClass"), number(entry(one, "days"))
                if kind and days is not None:
                    yield f"After {days} days: {_TIERS.get(kind, kind)}"


def _expiries(rules: Value) -> Iterator[int]:
    """After how many days old versions go, rule by rule. A folder whose name begins with a dot holds copies on their way, and no media."""
    for rule in items(rules):
        days = number(entry(rule, "noncurrentVersionExpiration", "noncurrentDays"))
        on_the_way = word(entry(rule, "filter"), "prefix").startswith(".")
        if entry(rule, "status") == "Enabled" and days is not None and not on_the_way:
            yield days


def _copied_from(links: Links, bucket: PlannedResource) -> Iterator[str]:
    name = text(bucket, "bucket")
    for one in links.of("aws:s3/bucketReplicationConfig:BucketReplicationConfig"):
        rules = [rule for rule in items(one.property("rules")) if entry(rule, "status") == "Enabled"]
        to_it = name and any(word(entry(rule, "destination"), "bucket").endswith(f":::{name}") for rule in rules)
        if rules and (to_it or bucket in links.targets(one, "rules")):
            yield from (source.urn for source in links.targets(one, "bucket"))


def _people(links: Links, roles: PlannedResource) -> People:
    inside: bool | None = None
    for policy in links.parts(roles, "aws:iam/rolePolicy:RolePolicy"):
        if policy.name == f"{roles.name}-artist-policy":
            written, made_of = policy.property("policy"), links.targets(policy, "policy")
            if isinstance(written, str):
                inside = "aws:SourceVpc" in written
            elif made_of:
                inside = any(one.type == "aws:ec2/vpc:Vpc" for one in made_of)
    return People(sign_on=tuple(texts(roles.inputs.get("permissionSets"))), media_only_inside=inside)


def _budget(links: Links, budget: PlannedResource) -> Budget:
    told = items(budget.property("notifications"))
    stops = [
        number(entry(one.property("actionThreshold"), "actionThresholdValue"))
        for one in links.of(_ACTION)
        if _stops(one)
        and (budget in links.targets(one, "budgetName") or text(one, "budgetName") == text(budget, "name"))
    ]
    return Budget(
        monthly=f"{text(budget, 'limitAmount').removesuffix('.00')} {text(budget, 'limitUnit')}".strip(),
        alerts=_levels(told, "ACTUAL"),
        forecasts=_levels(told, "FORECASTED"),
        receivers=len({mail for one in told for mail in texts(entry(one, "subscriberEmailAddresses"))}),
        stops_at=min((level for level in stops if level is not None), default=None),
    )


def _levels(told: list[Value], kind: str) -> tuple[int, ...]:
    levels = [number(entry(one, "threshold")) for one in told if entry(one, "notificationType") == kind]
    return tuple(sorted({level for level in levels if level is not None}))
