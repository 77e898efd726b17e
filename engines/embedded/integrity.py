"""Whether a stack's records hold together, and how they can be made to."""

from collections.abc import Mapping

from soundstage.engines.embedded.record import Record


def integrity(records: Mapping[int, Record]) -> list[str]:
    """What does not hold together: double URNs, links to nothing, cloud resources without an id."""
    known = {record.urn for record in records.values()}
    live: set[str] = set()
    problems = []
    for record in records.values():
        if not record.delete:
            if record.urn in live:
                problems.append(f"{record.urn} is recorded twice")
            live.add(record.urn)
        if _is_nameless(record):
            problems.append(f"{record.urn} has no id")
        problems += [
            f"{record.urn} refers to {urn}, which is not in the state" for urn in record.needs() if urn not in known
        ]
    return list(dict.fromkeys(problems))


def mended_records(records: Mapping[int, Record]) -> dict[int, Record]:
    """The records without the second of two, without those that have no id, and without links to nothing."""
    kept: dict[int, Record] = {}
    live: set[str] = set()
    for key, record in records.items():
        if _is_nameless(record) or (record.urn in live and not record.delete):
            continue
        kept[key] = record
        if not record.delete:
            live.add(record.urn)
    known = {record.urn for record in kept.values()}
    return {key: record.without(lambda urn: urn not in known) for key, record in kept.items()}


def _is_nameless(record: Record) -> bool:
    return record.custom and not record.id and not record.pending_replacement
