"""The machines that are parked: the cloud has none of them, and their projects' records name them. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from soundstage.stacks.clouds.base import Machine
from soundstage.stacks.state.on_record import OnRecord
from soundstage.stacks.team.overview import Overview, Row
from soundstage.stacks.team.spending import Spent

_NOTHING = Spent(0.0, None, is_all=False)


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
