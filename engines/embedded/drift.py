"""Compares the state with the cloud."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from soundstage.engines.embedded import steps
from soundstage.engines.embedded.executor import Executor
from soundstage.engines.embedded.graph import ordered
from soundstage.engines.embedded.record import STACK_TYPE, Record
from soundstage.engines.embedded.state import Change, now
from soundstage.plan.plan import Change as PropertyChange
from soundstage.plan.plan import Operation, PlannedResource


def refresh(executor: Executor) -> list[PlannedResource]:
    """Read every resource and adopt what is found. The entries say how recorded (*before*) and found (*after*) differ."""
    records = executor.state.settled_records()
    readable = {key: record for key, record in records.items() if record.in_cloud and not record.delete}
    with ThreadPoolExecutor(executor.parallel, thread_name_prefix="read") as pool:
        found = dict(zip(readable, pool.map(lambda key: _read(executor, readable[key]), readable), strict=True))
    gone = {records[key].urn for key, (record, _) in found.items() if record is None}
    entries = []
    for key in ordered(records):
        old = records[key]
        new, changes = found.get(key, (old, ()))
        if old.type != STACK_TYPE and not old.delete:
            operation = Operation.DELETE if new is None else Operation.UPDATE if changes else Operation.SAME
            entries.append(replace((new or old).planned(operation), changes=changes))
            executor.reporter.counts[operation] = executor.reporter.counts.get(operation, 0) + old.in_cloud
        _adopt(executor, key, old, new, gone)
    return entries


def _read(executor: Executor, old: Record) -> tuple[Record | None, tuple[PropertyChange, ...]]:
    provider = executor.provider

    def act() -> tuple[Record | None, tuple[PropertyChange, ...]]:
        found = provider.read(old.type, old.id, old.inputs, old.outputs)
        if found is None:
            return None, ()
        difference = provider.diff(old.type, old.id, old.inputs, old.outputs, found.inputs, old.ignore_changes)
        changes = tuple(PropertyChange(change.path, change.before, change.after) for change in difference.changes)
        new = replace(old, id=found.id, inputs=found.inputs, outputs=found.outputs, init_errors=())
        return replace(new, modified=now()) if steps.differs(old, new) else old, changes

    return executor.carry_out(Operation.READ, old, act, part=True)


def _adopt(executor: Executor, key: int, old: Record, new: Record | None, gone: set[str]) -> None:
    if new is None:
        executor.state.change(Change(drop=(key,)))
        return
    if any(urn in gone for urn in new.needs()):
        new = new.without(lambda urn: urn in gone)
    if new is not old:
        executor.state.change(Change(put={key: new}))
