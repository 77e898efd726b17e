"""Finds out what became of the operations that an earlier command began and did not finish."""

import time
from dataclasses import replace
from typing import Final

from soundstage.engines.base import EventKind
from soundstage.engines.embedded.record import Record
from soundstage.engines.embedded.report import Reporter
from soundstage.engines.embedded.state import Kind, Pending, StackState, now
from soundstage.providers.base import CloudProvider

_IN_FLIGHT: Final = 2.0
"""Seconds after the last sign of life of a killed command in which a cloud may still carry out what it was asked."""


def recover(state: StackState, provider: CloudProvider, reporter: Reporter) -> dict[str, bytes]:
    """Ask the cloud about every operation without an answer, and bring the state up to date.

    Returns the seeds of resources that were never made: with the same seed they get the same name as at the first try.
    """
    seeds: dict[str, bytes] = {}
    for step, pending in tuple(state.pending.items()):
        record = pending.record
        if not record.custom or record.is_provider:
            state.settle(step)
            continue
        found, told = _ask(pending, state, provider)
        if found is None and pending.kind is Kind.CREATE and not pending.failed and (rest := _still_in_flight(state)):
            time.sleep(rest)
            found, told = _ask(pending, state, provider)
        if pending.kind is Kind.CREATE and found is None:
            seeds[record.urn] = pending.seed
            state.settle(step)
        elif pending.kind is Kind.DELETE and found is not None:
            state.settle(step)
        elif pending.kind is Kind.UPDATE and found is None:
            # Gone: the same as a deletion that succeeded, so the next step creates it again.
            state.done(step, None)
        else:
            state.done(step, found)
        if not pending.failed:
            doing = f"{record.name} was {pending.kind.value} when the last command stopped"
            reporter.say(EventKind.RESUMING, f"{doing}: {told}.", record)
    return seeds


def _still_in_flight(state: StackState) -> float:
    """For how long a request of the killed command may still arrive; a thing that is made after it was looked for would
    be made twice."""
    return max(0.0, min(_IN_FLIGHT, state.last_written + _IN_FLIGHT - time.time()))


def _ask(pending: Pending, state: StackState, provider: CloudProvider) -> tuple[Record | None, str]:
    record = pending.record
    if pending.kind is Kind.CREATE:
        found = provider.find(record.type, record.urn, record.inputs)
        if found is None:
            return None, "it is not there, and is made now"
        # As it is found, not as it was asked for: what the cut-off create left undone then shows as a difference.
        made = replace(record, id=found.id, inputs=found.inputs, outputs=found.outputs, created=now(), modified=now())
        return made, f"it is there, as {found.id}"
    current = state.records.get(pending.key, record)
    found = provider.read(record.type, current.id, current.inputs, current.outputs)
    if found is None:
        return None, "it is gone"
    if pending.kind is Kind.DELETE:
        return current, "it is still there"
    # Its options stay as they were: what is no longer protected would pass for changed, and what the cloud cannot show
    # (that a bucket may be emptied) would never be changed.
    return replace(current, inputs=found.inputs, outputs=found.outputs, modified=now()), "it is continued"
