"""What a project costs: its plan, what its file says of its use, and its budget. What `pricing` knows of plans, for a project."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from soundstage.plan.plan import Plan
from soundstage.pricing.clock_hours import clock_hours
from soundstage.pricing.estimate import estimate
from soundstage.pricing.lines import Estimate, Limit, limit_hit
from soundstage.pricing.usage import NAMES, Usage
from soundstage.projectfile.project_file import Project
from soundstage.stacks.programs.disk_sources import under_new_names


@dataclass(frozen=True)
class Costs:
    """What a project costs. `before` is what is there now, None where nothing is; `studio` what all projects of the studio share."""

    project: Estimate
    usage: Usage
    budget_usd: float | None
    before: Estimate | None = None
    studio: Estimate | None = None
    today: date = date(1970, 1, 1)
    parked: tuple[str, ...] = ()
    """The machines that are parked. No other figure holds them."""
    parked_usd: float = 0.0
    """What a month costs of the snapshots that keep the disks of those machines, typical."""

    @property
    def limit(self) -> Limit | None:
        """When the budget is used up, at what is typical."""
        if self.budget_usd is None:
            return None
        return limit_hit([month.typical for month in self.project.year], self.budget_usd)


def usage_of(project: Project, assumed: Mapping[str, float] | None = None) -> Usage:
    """What is assumed of a project: what its file says, then what somebody typed, and the hours of machines that work by the clock."""
    said = {name: value for name in NAMES if (value := getattr(project.cost, name)) is not None}
    hours = {name: one.hours.per_week for name, one in project.workstations.items() if one.hours}
    return Usage({**said, **(assumed or {})}, hours)


def costs_of(
    project: Project,
    plan: Plan,
    recorded: Plan | None = None,
    studio: Plan | None = None,
    assumed: Mapping[str, float] | None = None,
) -> Costs:
    """The costs of what `up` would make, beside those of what is there, each by the hours of its own schedules."""
    usage = usage_of(project, assumed)
    there = under_new_names(project, recorded) if recorded is not None and len(recorded) else None
    return Costs(
        estimate(plan, usage, project.region),
        usage,
        project.budget.monthly_usd,
        estimate(there, replace(usage, hours=clock_hours(there)), project.region) if there is not None else None,
        estimate(studio, usage, project.region) if studio is not None else None,
        datetime.now(UTC).date(),
    )
