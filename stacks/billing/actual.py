"""Reads the bill of a project, or of all projects of the account, and compares it with the estimate of what is up."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from soundstage.core.errors import UsageError
from soundstage.pricing.bill import Bill, Compared, compared
from soundstage.pricing.clock_hours import clock_hours
from soundstage.pricing.estimate import estimate
from soundstage.pricing.lines import Estimate
from soundstage.stacks.clouds.bills import Bills, Readable
from soundstage.stacks.costs import usage_of
from soundstage.stacks.deployment import Deployment
from soundstage.stacks.programs.disk_sources import under_new_names
from soundstage.stacks.results import created_at


@dataclass(frozen=True)
class Actual:
    """The bill of a period and what was estimated for it. `days` are those that are compared: from when the project came up to the end of
    the newest day that is over; `estimate` is None where nothing is up to compare with."""

    bill: Bill
    today: date
    days: float = 0.0
    estimate: Estimate | None = None
    rows: tuple[Compared, ...] = ()


@dataclass(frozen=True)
class Period:
    """Days of which a bill is asked for, both included. What is absent: from the first of this month, to today."""

    start: date | None = None
    end: date | None = None

    def until(self, today: date) -> tuple[date, date]:
        """Raises `UsageError` for a period that ends before it starts, or that has not begun."""
        start = self.start or (self.end or today).replace(day=1)
        end = min(self.end or today, today)
        if start > today:
            raise UsageError(f"--from is {start}, which has not begun.", f"Today it is {today} (UTC).")
        if start > end:
            raise UsageError(f"--from is {start} and --to is {end}: it ends before it begins.")
        return start, end


def bills_of(deployment: Deployment) -> Bills:
    """Raises `UsageError` for a cloud whose bill cannot be read."""
    bills = deployment.cloud.bills
    if bills is None:
        raise UsageError(
            f"The bill of {deployment.cloud.name.title} is read from a file of Google's billing export.",
            f"`{deployment.command('cost')} --actual --export FILE`; `workstation cost --help` names the page with the query that makes such a file.",
        )
    return bills


def of_project(deployment: Deployment, period: Period, assumed: Mapping[str, float], bills: Readable) -> Actual:
    """The bill of one project, compared with the estimate of what is up now."""
    today = bills.today()
    bill = bills.of_project(deployment.project.project, *period.until(today))
    recorded = under_new_names(deployment.project, deployment.engine.resources())
    if not len(recorded):
        return Actual(bill, today)
    usage = replace(usage_of(deployment.project, assumed), hours=clock_hours(recorded))
    found = estimate(recorded, usage, deployment.project.region)
    whole = replace(bill, entries=tuple(one for one in bill.entries if one.day < today))
    days = days_there(whole, created_at(deployment.engine.export()))
    return Actual(bill, today, days, found, tuple(compared(whole, found, usage, days)) if days else ())


def of_studio(period: Period, bills: Readable) -> Actual:
    """The bill of all projects of the account."""
    today = bills.today()
    return Actual(bills.of_studio(*period.until(today)), today)


def days_there(bill: Bill, made: datetime | None) -> float:
    """For how many days of a bill something was there that was made at `made`, to the end of the bill's newest day."""
    if bill.last is None:
        return 0.0
    start, end = (datetime.combine(day, time(), UTC) for day in (bill.start, bill.last + timedelta(days=1)))
    return max(0.0, (end - max(start, made or start)).total_seconds() / 86400)
