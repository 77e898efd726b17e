"""What a month costs while machines are parked, and what is saved by it. Pure: plans and sizes come in."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from soundstage.plan.plan import Plan
from soundstage.pricing.estimate import estimate
from soundstage.pricing.facts import as_of, snapshot_month, snapshot_source
from soundstage.pricing.usage import Usage
from soundstage.projectfile.project_file import Project
from soundstage.stacks.costs import usage_of


@dataclass(frozen=True)
class Saving:
    """US dollars a month, typical: with the machines stopped, and with them parked. At least so much where `complete` is false."""

    stopped: float
    parked: float
    complete: bool = True
    """Whether every part that is billed has a price."""
    dated: str = ""
    """How old the prices are."""

    @property
    def saved(self) -> float:
        return max(0.0, self.stopped - self.parked)


def saving(
    project: Project, before: Plan, after: Plan, machines: Collection[str], already: Collection[str] = ()
) -> Saving:
    """What it saves to park `machines`: `before` is what is on record with them, `after` what is left when they are parked beside those
    that are `already`. A snapshot stores what was ever written of a disk, for which an assumption stands (`disk_used_percent`)."""
    usage = usage_of(project)
    there, left = estimate(before, usage, project.region), estimate(after, usage, project.region)
    kept_before, kept = kept_month(project, usage, already), kept_month(project, usage, [*already, *machines])
    dated = as_of([*there.sources, snapshot_source(project.region)])
    whole = not there.unpriced and not left.unpriced
    return Saving(there.stopped.typical + kept_before, left.stopped.typical + kept, whole, dated)


def kept_month(project: Project, usage: Usage, machines: Iterable[str]) -> float:
    """US dollars a month for the snapshots that keep the disks of these machines while they are parked, typical."""
    share = usage["disk_used_percent"].typical / 100
    return snapshot_month(sum(_gib(project, machines)) * share, project.region)


def _gib(project: Project, machines: Iterable[str]) -> Iterator[int]:
    """The sizes of the disks that are kept as snapshots."""
    for name in machines:
        machine = project.workstations[name]
        yield machine.data_gib
        yield machine.disk_gib
