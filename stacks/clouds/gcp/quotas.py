"""What a project of Google Cloud may have, and what a plan adds to it: its GPUs, which a new project has none of.

Source: Compute Engine, "Allocation quotas", and the enum `Quota.metric` of its API (read 2026-11). The GPUs of G4 machines are in the
Cloud Quotas API alone, which is not asked: of those the check says that it does not know.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from soundstage.components.google_sizes import google_machines
from soundstage.plan.plan import Operation, Plan, PlannedResource
from soundstage.stacks.clouds.base import Need, Needs
from soundstage.stacks.clouds.facts import Filed
from soundstage.stacks.clouds.gcp.calls import Projects, ask
from soundstage.stacks.clouds.gcp.missing import Missing
from soundstage.stacks.kinds.resource_kinds import MACHINE, type_on

ALL_GPUS: Final = "GPUS_ALL_REGIONS"
EVERYWHERE: Final = "global"
_STARTS: Final = (Operation.CREATE, Operation.REPLACE)


class GoogleQuotas:
    """See `Quotas`. A quota is named by its region (`global` for that of the project) and its metric."""

    def __init__(self, cloud: Projects, region: str) -> None:
        self._cloud, self._region = cloud, region
        self.kinds: Mapping[str, Needs] = {"machines": self._machines}

    def allowed(self, quota: tuple[str, str]) -> int | None:
        found = self._counted(quota[0]).get(quota[1])
        return int(found["limit"]) if found else None

    def request(self, need: Need) -> str:
        region, metric = need.quota
        where = f" --dimensions=region={region}" if region != EVERYWHERE else ""
        return (
            f"gcloud beta quotas preferences create --service=compute.googleapis.com --quota-id={metric.replace('_', '-')}"
            f" --preferred-value={need.total}{where} --project={self._cloud.project.account_id}"
        )

    def file(self, need: Need) -> Filed:
        made: Filed = Missing(
            "More of a quota cannot be asked for on Google Cloud by this command yet.", f"Run `{self.request(need)}`."
        ).file()
        return made

    def filed(self, quota: tuple[str, str]) -> Filed | None:  # noqa: ARG002 - nothing was asked for by us
        return None

    def _machines(self, plan: Plan) -> Iterator[Need]:
        wanted: Counter[str] = Counter()
        for machine in plan.of_type(*MACHINE):
            if machine.operation in _STARTS or _resized(machine):
                wanted.update(_gpus(machine))
        if not wanted:
            return
        here, all_of_them = self._counted(self._region), self._counted(EVERYWHERE)
        for metric, count in sorted(wanted.items()):
            yield Need((self._region, metric), f"{_words(metric)} in {self._region}", count, _used(here, metric))
        yield Need((EVERYWHERE, ALL_GPUS), "GPUs in all regions", sum(wanted.values()), _used(all_of_them, ALL_GPUS))

    def _counted(self, region: str) -> dict[str, Mapping[str, Any]]:
        answer = (
            ask(self._cloud, "compute.projects.get", "quotas")
            if region == EVERYWHERE
            else ask(self._cloud, "compute.regions.get", "quotas", region=region)
        )
        return {str(one["metric"]): one for one in answer.get("quotas") or ()}


def _resized(machine: PlannedResource) -> bool:
    return machine.operation is Operation.UPDATE and any(one.path == "machineType" for one in machine.changes)


def _gpus(machine: PlannedResource) -> dict[str, int]:
    known = google_machines().get(type_on(machine))
    if known is None or known.accelerator is None:
        return {}
    scheduling = machine.property("scheduling")
    spot = isinstance(scheduling, Mapping) and scheduling.get("provisioningModel") == "SPOT"
    return {f"PREEMPTIBLE_{known.accelerator.quota}" if spot else known.accelerator.quota: known.gpus}


def _used(counted: Mapping[str, Mapping[str, Any]], metric: str) -> int:
    return int(counted.get(metric, {}).get("usage") or 0)


def _words(metric: str) -> str:
    """`GPUs (NVIDIA_L4_GPUS)`."""
    return f"{'spot ' if metric.startswith('PREEMPTIBLE_') else ''}GPUs ({metric})"
