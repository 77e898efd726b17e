"""What has to go together with a resource that is deleted before its replacement exists."""

from collections.abc import Callable, Collection, Mapping

from soundstage.core.values import UNKNOWN, Properties
from soundstage.engines.embedded import graph, steps
from soundstage.engines.embedded.record import Record
from soundstage.engines.embedded.steps import Goal
from soundstage.plan.plan import Operation
from soundstage.providers.base import Difference

Compare = Callable[[Record, Properties], Difference]


def doomed_with(
    records: Mapping[int, Record], root: Record, registered: Collection[str], compare: Compare
) -> list[tuple[int, Record]]:
    """The resources, in dependency order, that the absence of `root` would replace in their turn.

    A resource that is `registered` already cannot need `root` any more, or it would have had to wait for it. `compare`
    asks the provider how a record differs from new inputs.
    """
    gone = {root.urn}
    doomed = []
    for key in graph.dependents(records, [root.urn]):
        record = records[key]
        if not record.in_cloud or record.delete or record.urn in registered:
            continue
        if _hinges_on(record, gone, compare):
            gone.add(record.urn)
            doomed.append((key, record))
    return doomed


def _hinges_on(record: Record, gone: Collection[str], compare: Compare) -> bool:
    """Whether new values from `gone` would replace the record."""
    news = {
        name: UNKNOWN if any(urn in gone for urn in record.property_dependencies.get(name, ())) else value
        for name, value in record.inputs.items()
    }
    if all(value is not UNKNOWN for value in news.values()):
        return False
    goal = Goal(record.urn, record.type, True, news, replace_on_changes=record.replace_on_changes)
    return steps.decide(goal, record, compare(record, news)).operation is Operation.REPLACE
