"""Deletes what a stack no longer wants: after a program has run, or all of it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from soundstage.core.errors import OperationError
from soundstage.engines.embedded import graph
from soundstage.engines.embedded.executor import Executor
from soundstage.engines.embedded.record import STACK_TYPE, Record
from soundstage.plan.plan import Operation, PlannedResource

_SHOWN: Final = 3


def unwanted(
    records: Mapping[int, Record], seen: Collection[int], targets: Collection[str] | None
) -> tuple[dict[int, Record], list[OperationError]]:
    """What a finished program no longer names, and the faults that forbid deleting some of it.

    What is protected stays, and so does what it needs; with `targets` so does all that none of them names.
    """
    rest = {key: record for key, record in records.items() if record.delete or key not in seen}
    going = {key: record for key, record in rest.items() if targets is None or record.urn in targets}
    orphans = sorted(record.name for record in going.values() if record.protect and not record.delete)
    faults = [_protected(orphans)] if orphans else []
    needed = _needed_by_others(records, rest, going) if targets is not None else {}
    faults += [
        OperationError(
            f"{record.name} ({record.type}) cannot be deleted: {needed[record.urn]}, which `--only` leaves out, still needs it.",
            "Run the same command without `--only`.",
        )
        for record in going.values()
        if record.urn in needed
    ]
    kept = graph.kept_by(rest, lambda record: record.urn in needed or (record.protect and not record.delete))
    return {key: record for key, record in going.items() if key not in kept}, faults


def _needed_by_others(
    records: Mapping[int, Record], rest: Mapping[int, Record], going: Mapping[int, Record]
) -> dict[str, str]:
    """What the records that stay as they are refer to: URN → the name of one that does. Those that the program names may refer to what
    stands under a URN of which only the old half of a replacement goes."""
    left = {key: record for key, record in records.items() if key not in going}
    standing = {record.urn for record in left.values() if not record.delete}
    return {
        urn: record.name for key, record in left.items() for urn in record.needs() if key in rest or urn not in standing
    }


def _protected(names: Sequence[str]) -> OperationError:
    """Protected resources that a program no longer names, by the names of the first few."""
    shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
    return OperationError(
        f"The file no longer asks for what is protected from deletion: {shown}.",
        "Put back what was taken out of it. Media, their copies and keys go with `workstation down --delete-media` only.",
    )


def everything(records: Mapping[int, Record], *, exclude_protected: bool) -> dict[int, Record]:
    """What `destroy` deletes. Protected resources are an error unless they, and what they need, are to stay."""
    protected = [record.name for record in records.values() if record.protect and not record.delete]
    if protected and not exclude_protected:
        raise OperationError(
            f"Protected resources cannot be deleted: {', '.join(sorted(protected))}.",
            "Leave them, or take the protection away first.",
        )
    kept = graph.kept_by(records, lambda record: record.protect and not record.delete)
    return {key: record for key, record in records.items() if key not in kept}


def plan_of(condemned: Mapping[int, Record]) -> list[PlannedResource]:
    """The entries of a plan for what goes, in the order in which it goes. The old half of a replacement is not shown."""
    return [
        condemned[key].planned(Operation.FORGET if condemned[key].retain_on_delete else Operation.DELETE)
        for key in reversed(graph.ordered(condemned))
        if _is_shown(condemned[key])
    ]


def _is_shown(record: Record) -> bool:
    return not (record.delete or record.type == STACK_TYPE)


def clear(executor: Executor, condemned: Mapping[int, Record]) -> None:
    """Delete the condemned, and note the failures with the executor."""
    if condemned and not executor.halted:
        executor.delete_all(condemned)
