"""When the clock starts each machine next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from soundstage.core.words import listed
from soundstage.projectfile.hours import Hours
from soundstage.projectfile.spec import Project


@dataclass(frozen=True)
class NextStart:
    """The next start by the clock, in the time zone of the machine's hours."""

    at: datetime
    skipped: tuple[date, ...]
    """The closed days before it that would have been working days."""
    zone: str


def next_starts(project: Project, now: datetime) -> dict[str, NextStart]:
    """The next start of each machine that has hours, by its name."""
    found = {name: _next(one.hours, now) for name, one in project.workstations.items() if one.hours}
    return {name: start for name, start in found.items() if start}


def _next(hours: Hours, now: datetime) -> NextStart | None:
    at = hours.next_start(now)
    if at is None:
        return None
    today = now.astimezone(at.tzinfo).date()
    closed = [day for day in hours.closed_days(today.year) if today <= day <= at.date() + timedelta(days=1)]
    skipped = [day for day in closed if any(now < start < at for start in hours.starts_on(day))]
    return NextStart(at, tuple(skipped), hours.zone)


def start_sentences(starts: Mapping[str, NextStart]) -> list[str]:
    """A sentence for the machines that start together."""
    together: dict[NextStart, list[str]] = {}
    for name, start in starts.items():
        together.setdefault(start, []).append(name)
    return [
        f"The clock starts {listed(names)} next on {start.at:%a %Y-%m-%d at %H:%M} ({start.zone}){_closed(start)}."
        for start, names in sorted(together.items(), key=lambda each: each[0].at)
    ]


def _closed(start: NextStart) -> str:
    return f"; closed before: {', '.join(map(str, start.skipped))}" if start.skipped else ""
