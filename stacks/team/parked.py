"""The machines that are parked: the cloud has none of them, and their projects' records name them. It has what keeps their disks."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from soundstage.core.errors import SoundstageError
from soundstage.stacks.clouds.base import Cloud, Machine
from soundstage.stacks.parking.lost import told_of
from soundstage.stacks.state.on_record import OnRecord
from soundstage.stacks.team.overview import LONGEST_WAIT, Overview, Place, Row, at_once
from soundstage.stacks.team.spending import Spent

_NOTHING = Spent(0.0, None, is_all=False)


def told_of_parked(found: Iterable[OnRecord], asked: Iterable[Place], wait: float = LONGEST_WAIT) -> list[str]:
    """A sentence for each parked machine of which somebody deleted what kept its disks, as the clouds answer now, all asked at once. What
    does not answer, or cannot be asked from here, is silent: `list` says that of the place itself."""
    open_in = {(one.studio, one.kind, one.region): one.open for one in asked}
    calls = {
        (one.studio, one.project): partial(_told, one, open_in[where])
        for one in found
        if one.parked and (where := (one.studio, one.cloud, one.region or "")) in open_in
    }
    answers = at_once(calls, wait)
    return [sentence for answer in answers.values() if not isinstance(answer, SoundstageError) for sentence in answer]


def _told(one: OnRecord, open: Callable[[], Cloud]) -> list[str]:
    return told_of(open(), one.studio, one.project, one.parked, f"workstation start {one.title}")[1]


def with_parked(seen: Overview, found: Iterable[OnRecord]) -> Overview:
    """`seen` with those of these records, which come last. One that the cloud has again, or that two records know, is not named twice."""
    there = {(row.studio, row.machine.project, row.machine.name) for row in seen.rows}
    parked = {(one.studio, one.project, name): one for one in found for name in one.parked}
    rows = [
        Row(
            studio=one.studio, kind=one.cloud, region=one.region or "", machine=_machine(name, one.project), state="parked",
            last=None, told=None, today=_NOTHING, month=_NOTHING, expires=None, image_age_days=None,
        )
        for (studio, project, name), one in parked.items()
        if (studio, project, name) not in there
    ]  # fmt: skip
    return replace(seen, rows=(*seen.rows, *rows))


def _machine(name: str, project: str) -> Machine:
    return Machine(name, "", "parked", "", None, None, None, (), "", "", "", project=project)
