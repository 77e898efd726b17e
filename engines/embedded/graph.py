"""Which resources must come before which. Pure functions of records."""

from collections.abc import Callable, Iterable, Mapping
from graphlib import TopologicalSorter

from soundstage.engines.embedded.record import Record


def ordered(records: Mapping[int, Record]) -> list[int]:
    """The keys of `records`, each after all that it needs, otherwise in their own order."""
    by_urn = _live(records)
    order: list[int] = []
    seen: set[int] = set()
    for start in records:
        # An explicit stack: a chain of dependencies may be longer than Python's recursion limit.
        trail = [(start, False)]
        while trail:
            key, left = trail.pop()
            if left:
                order.append(key)
            elif key not in seen:
                seen.add(key)
                trail.append((key, True))
                needed = {by_urn[urn]: None for urn in records[key].needs() if urn in by_urn}
                trail.extend((other, False) for other in reversed(needed) if other not in seen)
    return order


def _live(records: Mapping[int, Record]) -> dict[str, int]:
    """Keys by URN. A record that waits for its deletion stands for its URN only when no other does."""
    by_urn: dict[str, int] = {}
    for key, record in records.items():
        if record.urn not in by_urn or not record.delete:
            by_urn[record.urn] = key
    return by_urn


def dependents(records: Mapping[int, Record], roots: Iterable[str]) -> list[int]:
    """The keys of all records that directly or indirectly need `roots`, in dependency order. Parents do not count."""
    found = set(roots)
    keys = []
    for key in ordered(records):
        record = records[key]
        if record.urn not in found and any(urn in found for urn in record.needs() if urn != record.parent):
            found.add(record.urn)
            keys.append(key)
    return keys


def kept_by(records: Mapping[int, Record], keep: Callable[[Record], bool]) -> set[int]:
    """The keys of the records to keep, and of all that they need."""
    by_urn = _live(records)
    kept: set[int] = set()
    trail = [key for key, record in records.items() if keep(record)]
    while trail:
        key = trail.pop()
        if key not in kept:
            kept.add(key)
            trail.extend(by_urn[urn] for urn in records[key].needs() if urn in by_urn)
    return kept


def deletion_order(condemned: Mapping[int, Record]) -> TopologicalSorter[int]:
    """Hands out condemned records when nothing condemned needs them any more.

    `get_ready()` gives the keys that may be deleted now, and after `done(key)` those that this makes ready. What a failed deletion
    still needs is never handed out.
    """
    by_urn: dict[str, list[int]] = {}
    for key, record in condemned.items():
        by_urn.setdefault(record.urn, []).append(key)
    position = {key: place for place, key in enumerate(ordered(condemned))}
    order = TopologicalSorter[int]()
    for key in sorted(condemned, key=lambda key: -position[key]):
        order.add(key)
    for key, record in condemned.items():
        # A link that runs against the order closes a ring (old and new of one URN); it cannot be honoured.
        needed = {k for urn in record.needs() for k in by_urn.get(urn, ()) if position[k] < position[key]}
        for other in sorted(needed):
            order.add(other, key)
    order.prepare()
    return order
