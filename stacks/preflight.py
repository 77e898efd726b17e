"""What is asked of the cloud before anything is built: does the account allow what the project needs?

A launch that must fail is refused in a second here instead of after minutes there. Every refusal comes at once.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from soundstage.components.errors import CloudError, PreflightRefused
from soundstage.components.sizes import known_types
from soundstage.stacks.cloud_calls import call, pages
from soundstage.stacks.spec import Project
from soundstage.stacks.target import Cloud


@dataclass(frozen=True)
class Shortage:
    """A quota that is smaller than what the project needs. Counted in vCPUs, as EC2 does."""

    quota_code: str
    allowed: int
    in_use: int
    wanted: int

    def __str__(self) -> str:
        return f"quota {self.quota_code}: {self.wanted} vCPUs more are needed, {self.in_use} are in use, {self.allowed} are allowed"


def wanted_vcpus(project: Project, existing: Iterable[str]) -> dict[str, int]:
    """vCPUs of the machines that are still to be made, by quota code. `existing` are workstation names that are there."""
    there = set(existing)
    types = known_types()
    wanted: Counter[str] = Counter()
    for name, machine in project.workstations.items():
        if name not in there:
            kind = types[machine.machine_type(project.region)]
            wanted[kind.spot_quota if machine.purchase == "spot" else kind.quota] += kind.vcpus
    return dict(wanted)


def shortages(wanted: Mapping[str, int], allowed: Mapping[str, int], in_use: Mapping[str, int]) -> list[Shortage]:
    """The quotas that do not suffice. A quota that the cloud does not tell is left to the cloud."""
    return [
        Shortage(code, allowed[code], in_use.get(code, 0), count)
        for code, count in sorted(wanted.items())
        if code in allowed and in_use.get(code, 0) + count > allowed[code]
    ]


def preflight(project: Project, cloud: Cloud, existing: Iterable[str]) -> None:
    """Raise `PreflightRefused` when a vCPU quota is too small for the machines that are still to be made.

    `existing` are the names of the project's machines on record. Asks for quotas and running machines only when there is
    something to make. Source of the counting rule: Amazon EC2 user guide, "EC2 instance quotas" (2026-11).
    """
    wanted = wanted_vcpus(project, existing)
    if not wanted:
        return
    missing = shortages(wanted, _allowed(cloud, wanted), _in_use(cloud))
    if missing:
        raise PreflightRefused(
            "The account may not run these machines yet: " + "; ".join(str(one) for one in missing) + ".",
            " and ".join(
                f"`aws service-quotas request-service-quota-increase --service-code ec2 --quota-code {one.quota_code} "
                f"--desired-value {one.in_use + one.wanted} --region {project.region}`"
                for one in missing
            )
            + " asks for more; it can take a day. Until then choose smaller machines.",
        )


def _allowed(cloud: Cloud, codes: Iterable[str]) -> dict[str, int]:
    client = cloud.client("service-quotas")
    found: dict[str, int] = {}
    for code in codes:
        try:
            answer = call(client, "GetServiceQuota", f"quota {code}", ServiceCode="ec2", QuotaCode=code)
        except CloudError as error:
            if error.code != "NoSuchResourceException":
                raise
            continue
        found[code] = int(answer["Quota"]["Value"])
    return found


def _in_use(cloud: Cloud) -> dict[str, int]:
    types = known_types()
    used: Counter[str] = Counter()
    running = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
    for reservation in pages(cloud.client("ec2"), "DescribeInstances", "Reservations", Filters=running):
        for instance in reservation["Instances"]:
            used.update(_vcpus(types, instance))
    return dict(used)


def _vcpus(types: Mapping[str, Any], instance: Mapping[str, Any]) -> dict[str, int]:
    kind = types.get(instance["InstanceType"])
    if kind is None:
        return {}
    return {kind.spot_quota if instance.get("InstanceLifecycle") == "spot" else kind.quota: kind.vcpus}
