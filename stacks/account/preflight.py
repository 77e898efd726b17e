"""What is asked of the cloud before anything is changed: does the account allow what the plan makes?

What must fail is refused in a second here instead of after minutes there. Every refusal comes at once. Counted is what the plan
starts or resizes, so that `--only` and an edit of one machine ask for no more than they need.

Sources: Amazon EC2 user guide, "EC2 instance quotas"; Amazon VPC user guide, "Amazon VPC quotas" (2026-11).
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from soundstage.components.sizes import known_types
from soundstage.components.tags import WORKSTATION
from soundstage.core.errors import CloudError, PreflightRefused
from soundstage.plan.plan import Operation, Plan, PlannedResource
from soundstage.stacks.account.cloud_calls import call, pages
from soundstage.stacks.target import Cloud

NETWORKS: Final = ("vpc", "L-F678F1CE")
ADDRESSES: Final = ("ec2", "L-0263D0A3")
RULES: Final = ("vpc", "L-0EA8095F")
"""Inbound rules of one security group; a range and a single address count alike."""

_MADE: Final = (Operation.CREATE, Operation.REPLACE)
_INSTANCE: Final = "aws:ec2/instance:Instance"
_RULE: Final = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
_STARTS: Final = ("instanceType", "userData", "userDataBase64")
"""A change of these stops a machine and starts it (pulumi-aws 7.51, resource `Instance`)."""


@dataclass(frozen=True)
class Need:
    """What the plan adds to what an account counts. `quota` is the service and the code of Service Quotas."""

    quota: tuple[str, str]
    what: str
    """In the plural: `vCPUs for g5.2xlarge`."""
    wanted: int
    in_use: int = 0
    instead: str = ""
    """What a person can change, where not only more can be asked for."""

    def told(self, allowed: int) -> str:
        used = f" besides the {self.in_use} in use" if self.in_use else ""
        return f"{self.what}: {self.wanted} needed{used}, {allowed} allowed (quota {self.quota[1]})"


def preflight(plan: Plan, cloud: Cloud) -> None:
    """Raise `PreflightRefused` when a quota of the account is too small for what `plan` makes, starts or resizes.

    Asks the cloud only about what there is to make. A quota that the cloud does not tell is left to the cloud.
    """
    needs = [*_machines(plan, cloud), *_networks(plan, cloud), *_addresses(plan, cloud), *_rules(plan)]
    allowed = {need.quota: _allowed(cloud, need.quota) for need in needs}
    short = [(need, most) for need in needs if (most := allowed[need.quota]) is not None and _total(need) > most]
    if not short:
        return
    asking = " and ".join(
        f"`aws service-quotas request-service-quota-increase --service-code {need.quota[0]} --quota-code {need.quota[1]} "
        f"--desired-value {_total(need)} --region {cloud.region}`"
        for need, _ in short
    )
    instead = " ".join(dict.fromkeys(need.instead for need, _ in short))
    raise PreflightRefused(
        "The account does not allow this yet. Nothing was changed.\n" + "\n".join(n.told(most) for n, most in short),
        f"{asking} asks for more; it can take a day. {instead}".rstrip(),
    )


def wanted_vcpus(plan: Plan) -> tuple[dict[str, int], set[str]]:
    """vCPUs of the machines that the plan starts or resizes, by quota code; and the ids of those that run already, which the
    account counts now."""
    wanted: Counter[str] = Counter()
    there: set[str] = set()
    for machine in plan.of_type(_INSTANCE):
        changed = {change.path for change in machine.changes}
        restarted = machine.operation is Operation.UPDATE and not changed.isdisjoint(_STARTS)
        if machine.operation not in _MADE and not restarted:
            continue
        if restarted and machine.id:
            there.add(machine.id)
        market = machine.inputs.get("instanceMarketOptions")
        spot = isinstance(market, Mapping) and market.get("marketType") == "spot"
        wanted.update(_vcpus(str(machine.inputs.get("instanceType")), spot=spot))
    return dict(wanted), there


def _machines(plan: Plan, cloud: Cloud) -> Iterator[Need]:
    wanted, there = wanted_vcpus(plan)
    if not wanted:
        return
    used: Counter[str] = Counter()
    running = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
    for reservation in pages(cloud.client("ec2"), "DescribeInstances", "Reservations", Filters=running):
        for instance in reservation["Instances"]:
            if instance["InstanceId"] not in there:
                used.update(_vcpus(instance["InstanceType"], spot=instance.get("InstanceLifecycle") == "spot"))
    for code, count in sorted(wanted.items()):
        yield Need(("ec2", code), _kind(code), count, used[code], "Until then choose smaller machines, or fewer.")


def _networks(plan: Plan, cloud: Cloud) -> Iterator[Need]:
    if made := _count(plan, "aws:ec2/vpc:Vpc"):
        used = sum(1 for _ in pages(cloud.client("ec2"), "DescribeVpcs", "Vpcs"))
        hint = "Each project is a VPC: take a project of this region down, or delete a VPC that nothing uses."
        yield Need(NETWORKS, "VPCs in the region", made, used, hint)


def _addresses(plan: Plan, cloud: Cloud) -> Iterator[Need]:
    if made := _count(plan, "aws:ec2/eip:Eip"):
        used = len(call(cloud.client("ec2"), "DescribeAddresses", "elastic addresses")["Addresses"])
        hint = "Each machine with access via allowlist has one, and so has network.nat: use `via: session`, or release one."
        yield Need(ADDRESSES, "elastic addresses in the region", made, used, hint)


def _rules(plan: Plan) -> Iterator[Need]:
    """A group's inbound rules, where the plan adds to them. Prefix lists would not help: each counts with all its entries."""
    groups: dict[str, list[PlannedResource]] = {}
    for rule in plan.of_type(_RULE):
        groups.setdefault(_group(rule), []).append(rule)
    for rules in groups.values():
        if any(rule.operation in _MADE for rule in rules):
            name = rules[0].inputs.get("tags", {}).get(WORKSTATION) or rules[0].name.partition("-in-")[0]
            hint = "Each address under access.from is two rules: join neighbouring addresses to ranges, or use a VPN."
            yield Need(RULES, f"inbound rules of {name}", len(rules), 0, hint)


def _group(rule: PlannedResource) -> str:
    """What tells the group of a rule from others, also where its id is not known yet."""
    return next(iter(rule.property_dependencies.get("securityGroupId", ())), str(rule.inputs.get("securityGroupId")))


def _count(plan: Plan, type: str) -> int:
    return sum(1 for resource in plan.of_type(type) if resource.operation in _MADE)


def _total(need: Need) -> int:
    return need.in_use + need.wanted


def _allowed(cloud: Cloud, quota: tuple[str, str]) -> int | None:
    service, code = quota
    try:
        answer = call(
            cloud.client("service-quotas"), "GetServiceQuota", f"quota {code}", ServiceCode=service, QuotaCode=code
        )
    except CloudError as error:
        if error.code != "NoSuchResourceException":
            raise
        return None
    return int(answer["Quota"]["Value"])


def _vcpus(type: str, *, spot: bool) -> dict[str, int]:
    kind = known_types().get(type)
    if kind is None:
        return {}
    return {kind.spot_quota if spot else kind.quota: kind.vcpus}


def _kind(code: str) -> str:
    """What a vCPU quota is about, by the families of machines that count against it."""
    types = known_types().values()
    families = sorted({kind.family for kind in types if code in (kind.quota, kind.spot_quota)})
    spot = "spot " if any(kind.spot_quota == code for kind in types) else ""
    return f"vCPUs of {spot}machines of the families {', '.join(families)}"
