"""What an account of AWS may have, and what a plan adds to it. Counted is what the plan starts or resizes, so that `--only` and an
edit of one machine ask for no more than they need.

Sources: Amazon EC2 user guide, "EC2 instance quotas"; Amazon VPC user guide, "Amazon VPC quotas" (2026-11).
"""

import functools
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from soundstage.components.sizes import known_types
from soundstage.components.tags import WORKSTATION
from soundstage.core.errors import CloudError
from soundstage.plan.plan import Operation, Plan, PlannedResource
from soundstage.stacks.clouds.aws.calls import Clients, call, pages
from soundstage.stacks.clouds.base import Need, Needs
from soundstage.stacks.clouds.facts import Filed, Filing

NETWORKS: Final = ("vpc", "L-F678F1CE")
ADDRESSES: Final = ("ec2", "L-0263D0A3")
RULES: Final = ("vpc", "L-0EA8095F")
"""Inbound rules of one security group; a range and a single address count alike."""

_STANDING: Final = {"PENDING": Filing.OPEN, "CASE_OPENED": Filing.OPEN, "APPROVED": Filing.GRANTED}
"""What AWS's words for a request mean; all others (`DENIED`, `CASE_CLOSED`, `NOT_APPROVED`, `INVALID_REQUEST`) end it (Service Quotas
API Reference, `RequestedServiceQuotaChange`, read 2026-11)."""
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)

_MADE: Final = (Operation.CREATE, Operation.REPLACE)
_INSTANCE: Final = "aws:ec2/instance:Instance"
_RULE: Final = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
_STARTS: Final = ("instanceType", "userData", "userDataBase64")
"""A change of these stops a machine and starts it (pulumi-aws 7.51, resource `Instance`)."""


class AwsQuotas:
    """See `Quotas`. A quota is named by the service and the code of Service Quotas."""

    def __init__(self, clients: Clients, region: str) -> None:
        self._clients = clients
        self._region = region

        self.kinds: Mapping[str, Needs] = {
            "machines": functools.partial(_machines, clients=clients),
            "networks": functools.partial(_networks, clients=clients),
            "addresses": functools.partial(_addresses, clients=clients),
            "firewall rules": _rules,
        }

    def allowed(self, quota: tuple[str, str]) -> int | None:
        service, code = quota
        client = self._clients.client("service-quotas")
        try:
            answer = call(client, "GetServiceQuota", f"quota {code}", ServiceCode=service, QuotaCode=code)
        except CloudError as error:
            if error.code != "NoSuchResourceException":
                raise
            return None
        return int(answer["Quota"]["Value"])

    def request(self, need: Need) -> str:
        return (
            f"aws service-quotas request-service-quota-increase --service-code {need.quota[0]} --quota-code {need.quota[1]} "
            f"--desired-value {need.total} --region {self._region}"
        )

    def file(self, need: Need) -> Filed:
        service, code = need.quota
        client = self._clients.client("service-quotas")
        answer = call(
            client, "RequestServiceQuotaIncrease", f"quota {code}",
            ServiceCode=service, QuotaCode=code, DesiredValue=float(need.total),
        )  # fmt: skip
        return _filed(need.quota, answer["RequestedQuota"])

    def filed(self, quota: tuple[str, str]) -> Filed | None:
        service, code = quota
        client = self._clients.client("service-quotas")
        found = pages(
            client, "ListRequestedServiceQuotaChangeHistoryByQuota", "RequestedQuotas",
            ServiceCode=service, QuotaCode=code,
        )  # fmt: skip
        every = [_filed(quota, one) for one in found]
        return max(every, key=lambda one: one.since or _LONG_AGO, default=None)


def _filed(quota: tuple[str, str], told: Mapping[str, Any]) -> Filed:
    since = told.get("Created")
    return Filed(
        quota, int(told["DesiredValue"]), _STANDING.get(told["Status"], Filing.REFUSED), str(told["Status"]),
        since.astimezone(UTC) if isinstance(since, datetime) else None,
    )  # fmt: skip


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


def _machines(plan: Plan, clients: Clients) -> Iterator[Need]:
    wanted, there = wanted_vcpus(plan)
    if not wanted:
        return
    used: Counter[str] = Counter()
    running = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
    for reservation in pages(clients.client("ec2"), "DescribeInstances", "Reservations", Filters=running):
        for instance in reservation["Instances"]:
            if instance["InstanceId"] not in there:
                used.update(_vcpus(instance["InstanceType"], spot=instance.get("InstanceLifecycle") == "spot"))
    for code, count in sorted(wanted.items()):
        yield Need(("ec2", code), _kind(code), count, used[code], "Until then choose smaller machines, or fewer.")


def _networks(plan: Plan, clients: Clients) -> Iterator[Need]:
    if made := _count(plan, "aws:ec2/vpc:Vpc"):
        used = sum(1 for _ in pages(clients.client("ec2"), "DescribeVpcs", "Vpcs"))
        hint = "Each project is a VPC: take a project of this region down, or delete a VPC that nothing uses."
        yield Need(NETWORKS, "VPCs in the region", made, used, hint)


def _addresses(plan: Plan, clients: Clients) -> Iterator[Need]:
    if made := _count(plan, "aws:ec2/eip:Eip"):
        used = len(call(clients.client("ec2"), "DescribeAddresses", "elastic addresses")["Addresses"])
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
