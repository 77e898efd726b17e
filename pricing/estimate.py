"""What a plan costs: each resource type → its price components. Works on any plan, ours or not; what it cannot price it lists."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final, TypeAlias

from soundstage.plan.plan import Plan, PlannedResource
from soundstage.pricing import aws_buckets, aws_machines, aws_rest, gcp_buckets, gcp_machines, gcp_rest
from soundstage.pricing.lines import Estimate, Line, Unpriced
from soundstage.pricing.site import NoPrice, Site, known, mapping, number, text, workstation
from soundstage.pricing.usage import Usage

Pricer: TypeAlias = Callable[[Site, PlannedResource], Iterator[Line]]

PRICERS: Final[Mapping[str, Pricer]] = {
    **dict.fromkeys(aws_machines.MACHINES, aws_machines.instance),
    "aws:ebs/volume:Volume": aws_machines.volume,
    "aws:ebs/snapshot:Snapshot": aws_machines.snapshot,
    "aws:ec2/ami:Ami": aws_machines.image,
    "aws:dlm/lifecyclePolicy:LifecyclePolicy": aws_machines.snapshots,
    "aws:ec2/eip:Eip": aws_machines.address,
    "aws:ec2/natGateway:NatGateway": aws_rest.nat,
    "aws:ec2/vpcEndpoint:VpcEndpoint": aws_rest.endpoint,
    "aws:kms/key:Key": aws_rest.key,
    "aws:kms/replicaKey:ReplicaKey": aws_rest.key,
    "aws:cloudwatch/logGroup:LogGroup": aws_rest.log_group,
    "aws:cloudwatch/metricAlarm:MetricAlarm": aws_rest.alarm,
    "aws:budgets/budgetAction:BudgetAction": aws_rest.budget_action,
    "aws:cloudtrail/trail:Trail": aws_rest.trail,
    "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation": aws_rest.dns_firewall,
    "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList": aws_rest.dns_names,
    "aws:route53/zone:Zone": aws_rest.zone,
    "aws:secretsmanager/secret:Secret": aws_rest.secret,
    "aws:cfg/recorder:Recorder": aws_rest.by_use,
    "aws:cfg/rule:Rule": aws_rest.by_use,
    "aws:s3/bucket:Bucket": aws_buckets.bucket,
    "aws:s3/bucketV2:BucketV2": aws_buckets.bucket,
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig": aws_buckets.replication,
    gcp_machines.INSTANCE: gcp_machines.instance,
    gcp_machines.DISK: gcp_machines.disk,
    gcp_machines.POLICY: gcp_machines.snapshots,
    "gcp:compute/snapshot:Snapshot": gcp_machines.snapshot,
    "gcp:compute/image:Image": gcp_machines.image,
    "gcp:compute/address:Address": gcp_machines.address,
    gcp_machines.ROUTER_NAT: gcp_rest.nat,
    "gcp:kms/cryptoKey:CryptoKey": gcp_rest.key,
    "gcp:logging/projectBucketConfig:ProjectBucketConfig": gcp_rest.log_bucket,
    "gcp:dns/managedZone:ManagedZone": gcp_rest.zone,
    "gcp:monitoring/alertPolicy:AlertPolicy": gcp_rest.alert,
    gcp_buckets.BUCKET: gcp_buckets.bucket,
}


def estimate(plan: Plan, usage: Usage | None = None, region: str | None = None) -> Estimate:
    """What a plan costs. `region` is where resources are that name none."""
    site = Site(plan, usage or Usage(), region)
    lines: list[Line] = []
    unpriced: list[Unpriced] = []
    for resource in site.resources:
        pricer = PRICERS.get(resource.type)
        if pricer is None:
            if not free(resource.type):
                unpriced.append(
                    Unpriced(
                        resource.name,
                        resource.type,
                        "resources of this type are not priced",
                        workstation(resource) or "",
                    )
                )
            continue
        try:
            lines += pricer(site, resource)
        except NoPrice as why:
            unpriced.append(Unpriced(resource.name, resource.type, str(why), workstation(resource) or ""))
    return Estimate(tuple(lines), tuple(unpriced), tuple(_told(site)))


def free(type: str) -> bool:
    """Whether a resource type costs nothing by itself."""
    return type in _free() or f"{type.partition('/')[0]}/" in _free()


def _told(site: Site) -> Iterator[str]:
    """What was taken for granted."""
    machines = [one for type in (*aws_machines.MACHINES, gcp_machines.INSTANCE) for one in site.by_type.get(type, ())]
    if "hours_per_week" not in site.usage.said and (always := [one.name for one in machines if not workstation(one)]):
        more = f" and {len(always) - 3} more" if len(always) > 3 else ""
        yield f"{', '.join(always[:3])}{more}: taken to run all month, because nothing in the plan stops a machine; `hours_per_week` says otherwise."
    for resource in machines:
        google = resource.type == gcp_machines.INSTANCE
        size = (
            gcp_machines.boot(resource).get("size")
            if google
            else mapping(known(resource, "rootBlockDevice")).get("volumeSize")
        )
        if not number(size):
            taken = gcp_machines.DEFAULT_BOOT_GIB if google else aws_machines.DEFAULT_ROOT_GIB
            yield f"{resource.name}: the size of its system disk is not in the plan; taken: {taken} GiB."
        if not workstation(resource) and text(resource, "ami") and aws_machines.system(site, resource) == "linux":
            yield f"{resource.name}: its operating system is not in the plan; taken: Linux."


@cache
def _free() -> Mapping[str, str]:
    document: dict[str, Any] = json.loads((files("soundstage.pricing") / "data" / "free_types.json").read_text("utf-8"))
    return {**document["aws"], **document["gcp"]}
