"""Whether a stack's records hold together."""

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


def _is_nameless(record: Record) -> bool:
    return record.custom and not record.id and not record.pending_replacement
