"""What a deployment tells: what `up` would do, what it did, and how a project stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from soundstage.components.boot.report import Report
from soundstage.core.values import Properties, masked
from soundstage.engines.base import Result
from soundstage.plan.plan import Operation
from soundstage.stacks.clock.next_start import NextStart
from soundstage.stacks.clouds.base import Machine, Snapshot
from soundstage.stacks.machines import Way
from soundstage.stacks.parking.lost import Lost
from soundstage.stacks.parking.record import Parked
from soundstage.stacks.state.last_run import Unfinished


@dataclass(frozen=True)
class UpResult:
    """What `up` did. `studio_counts` is None when the studio's stack was left alone."""

    outputs: Properties
    counts: dict[Operation, int]
    studio_counts: dict[Operation, int] | None
    seconds: float
    ready: Mapping[str, Report] = field(default_factory=dict)
    """What each machine that was waited for told of its start, by name."""

    def outputs_json(self) -> dict[str, Any]:
        """The outputs for printing: secrets masked."""
        return {key: masked(value) for key, value in self.outputs.items()}


@dataclass(frozen=True)
class DownResult(Result):
    """What `down` did."""

    superseded: tuple[Snapshot, ...] = ()
    """The snapshots that it deleted, because enough newer ones are complete."""


@dataclass(frozen=True)
class StatusReport:
    """How a project stands. `title` is what people call it and `typed` what a person types to mean it. `created` is when its first resource was made; None when there is none."""

    project: str
    title: str
    typed: str
    is_up: bool
    kept: tuple[str, ...]
    """After `down`, the resources that stayed because they hold media; empty while it is up."""
    kept_buckets: tuple[str, ...]
    """The names of the buckets among them, as the cloud knows them."""
    cloud: str
    machines: tuple[Machine, ...]
    outputs: Properties
    created: datetime | None
    expires: date | None
    unfinished: Unfinished | None = None
    """What the last `up` or `down` left undone; None when it came to its end."""
    is_simulated: bool = False
    """Whether its machines are simulated."""
    here_alone: bool = False
    """Whether only this computer knows its state, so that what a colleague has up from another one is not seen."""
    ways: Mapping[str, Way] = field(default_factory=dict)
    """The way to the display of each machine that can be reached."""
    reports: Mapping[str, Report] = field(default_factory=dict)
    """What each machine that runs has told of its start, by name."""
    starts: Mapping[str, NextStart] = field(default_factory=dict)
    """When the clock starts each machine next that has hours, by name."""
    parked: Mapping[str, Parked] = field(default_factory=dict)
    """The machines that are parked, by name."""
    lost: tuple[Lost, ...] = ()
    """What kept the disks of parked machines and is gone, and in `told_lost` what to type."""
    told_lost: tuple[str, ...] = ()
    connects: bool = True
    """Whether `workstation connect` opens displays there."""
    people: tuple[str, ...] | None = None
    """Who the project file says may use the machines besides the cloud's owners; None where people take a role by themselves, and where
    there is no machine."""


def created_at(document: Mapping[str, Any]) -> datetime | None:
    """When the first resource of an exported stack was made; None when there is none."""
    times = [state["created"] for state in document["deployment"].get("resources") or () if state.get("created")]
    return datetime.fromisoformat(min(times)).astimezone(UTC) if times else None
