"""What a stack knows: its records, and the operations that were begun and not yet finished.

In memory it is a table of records by key; on disk it is a database (`store`), in which each step is one transaction: whatever was
noted can be read back after the process has died.
"""

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, TypeVar

from soundstage.core.errors import StateError
from soundstage.engines.embedded import earlier
from soundstage.engines.embedded import graph as graphs
from soundstage.engines.embedded.integrity import integrity
from soundstage.engines.embedded.limits import in_clear, refuse_what_is_foreign
from soundstage.engines.embedded.record import Record, from_json, to_json
from soundstage.engines.embedded.store import (
    RESTORE,
    Rows,
    Statement,
    Store,
    drop_pending,
    drop_resource,
    put_pending,
    put_resource,
    rename,
)

_T = TypeVar("_T")
_ENGINE: Final = "v3.260.0"
"""The engine whose deployment format this is; part of the manifest, which the genuine engine checks."""


class Kind(StrEnum):
    """What was begun, in Pulumi's words for pending operations."""

    CREATE = "creating"
    UPDATE = "updating"
    DELETE = "deleting"


@dataclass(frozen=True)
class Change:
    """What a finished operation does to the records beside its own: records replaced, keys dropped, URNs renamed."""

    put: Mapping[int, Record] = field(default_factory=dict)
    drop: tuple[int, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    def renamed(self, names: dict[str, str]) -> "Change":
        """With every link that `names` knows replaced by its new one."""
        return replace(self, put={key: record.renamed(names) for key, record in self.put.items()}) if names else self


@dataclass(frozen=True)
class Pending:
    """An operation that was begun. `record` is as it was handed to the provider; `key` is its place in the table."""

    kind: Kind
    key: int
    record: Record
    change: Change = Change()
    seed: bytes = b""
    failed: bool = False
    """The provider said that it failed; otherwise the command ended before the answer."""

    def renamed(self, names: dict[str, str]) -> "Pending":
        """With every link that `names` knows replaced by its new one: what it puts in the table is not seen there yet."""
        return replace(self, record=self.record.renamed(names), change=self.change.renamed(names)) if names else self


class StackState:
    """The state of one stack. Safe for several threads. With `write=False` nothing reaches the disk."""

    def __init__(self, folder: Path, *, write: bool) -> None:
        self.records: dict[int, Record] = {}
        self.pending: dict[int, Pending] = {}
        self._folder = folder
        self._write = write
        self._lock = threading.RLock()
        self._names: dict[str, str] = {}
        self._given_up: dict[str, str] = {}
        """Every name that this command has changed, with the one in its place: what was read before and is written after it follows."""
        self._store = Store(folder)
        rows = self._store.read()
        self._earlier = earlier.is_there(folder)
        self._whole = rows is None and self._earlier
        """Whether the file is to be written anew as a whole: it is an earlier version's, or links in it have old names."""
        if rows is None:
            rows = earlier.read(folder) if self._earlier else Rows()
        self.last_written = rows.written
        """When the last change was made, in seconds since the epoch; 0 where there was none."""
        self._take(rows)
        self._next_key = max([*self.records, *(entry.key for entry in self.pending.values())], default=-1) + 1
        self._next_step = max(self.pending, default=-1) + 1

    def _take(self, rows: Rows) -> None:
        place = f"The state in {self._folder}"
        for key, document in rows.resources.items():
            self.records[key] = _made(from_json, document, f"{place} is damaged: resource {key + 1}")
        for step, document in rows.pending.items():
            what = f"{place} is damaged: unfinished operation {step + 1}"
            self.pending[step] = _made(_pending_from_json, document, what)
        self._names = rows.renamed
        self._rename()
        if problems := integrity(self.records):
            more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
            raise StateError(f"{place} contradicts itself: {problems[0]}{more}.", RESTORE)

    # -- changing

    def new_key(self) -> int:
        """A key for a record that is about to be made."""
        with self._lock:
            self._next_key += 1
            return self._next_key - 1

    def begin(self, pending: Pending) -> int:
        """Note that an operation is about to start. Returns its number."""
        with self._lock:
            pending, step = pending.renamed(self._given_up), self._next_step
            self._note(lambda: [put_pending(step, _pending_to_json(pending))])
            self._next_step += 1
            self.pending[step] = pending
            return step

    def done(self, step: int, record: Record | None) -> None:
        """Note that it succeeded: `record` is the new state of its key, None when nothing is left of it."""
        with self._lock:
            pending = self.pending.pop(step)
            own = Change(put={pending.key: record}) if record else Change(drop=(pending.key,))
            applied = [self._apply(change) for change in (pending.change, own)]
            self._note(lambda: [drop_pending(step), *(one for change in applied for one in _statements(change))])

    def failed(self, step: int) -> None:
        """Note that the provider refused. What it left behind is looked for by the next command."""
        with self._lock:
            pending = self.pending[step] = replace(self.pending[step], failed=True)
            self._note(lambda: [put_pending(step, _pending_to_json(pending))])

    def settle(self, step: int) -> None:
        """Forget an operation that turned out to have had no effect."""
        with self._lock:
            self.pending.pop(step, None)
            self._note(lambda: [drop_pending(step)])

    def change(self, change: Change) -> None:
        """Change records without any call to a cloud."""
        with self._lock:
            applied = self._apply(change)
            self._note(lambda: _statements(applied))

    def _apply(self, change: Change) -> Change:
        """Returns what is to be written of it."""
        self._given_up.update(change.names)
        change = change.renamed(self._given_up)
        for key, record in change.put.items():
            self._next_key = max(self._next_key, key + 1)
            self.records[key] = record
        for key in change.drop:
            self.records.pop(key, None)
        self._names.update(change.names)
        return change

    def _rename(self) -> None:
        """Let every link to a renamed resource follow it."""
        if self._names:
            for key, record in self.records.items():
                self.records[key] = record.renamed(self._names)
            for step, pending in self.pending.items():
                self.pending[step] = pending.renamed(self._names)
            self._names = {}
            self._whole = True

    def settled_records(self) -> dict[int, Record]:
        """A copy of the table in which links follow renamed resources."""
        with self._lock:
            self._rename()
            return dict(self.records)

    # -- writing

    def _note(self, statements: Callable[[], list[Statement]]) -> None:
        if self._write:
            self._store.write(self._rows().statements() if self._whole else statements())
            self._whole = False
            if self._earlier:
                earlier.set_aside(self._folder)
                self._earlier = False

    def _rows(self) -> Rows:
        return Rows(
            {key: to_json(record) for key, record in self.records.items()},
            {step: _pending_to_json(pending) for step, pending in self.pending.items()},
            self._names,
        )

    def save(self) -> None:
        """End a command: let links on disk follow what was renamed, and let go of the file."""
        with self._lock:
            if self._store.changed and (self._names or self._whole):
                self._rename()
                self._note(list)
            self._store.close()

    def deployment(self) -> dict[str, Any]:
        """The state as Pulumi's `DeploymentV3`."""
        with self._lock:
            self._rename()
            deployment: dict[str, Any] = {
                "manifest": {
                    "time": now(),
                    "magic": hashlib.sha256(_ENGINE.encode()).hexdigest(),
                    "version": _ENGINE,
                },
                "resources": [to_json(self.records[key]) for key in graphs.ordered(self.records)],
                "metadata": {},
            }
            if self.pending:
                deployment["pending_operations"] = [
                    {"resource": to_json(entry.record), "type": entry.kind.value} for entry in self.pending.values()
                ]
            return deployment

    def adopt(self, document: dict[str, Any], whose: str) -> None:
        """Replace everything by another deployment, whose URNs must all begin with `whose`."""
        with self._lock:
            records: dict[int, Record] = {}
            read_deployment(document, records)
            resources = [in_clear(one) for one in document["deployment"].get("resources") or ()]
            refuse_what_is_foreign(resources, "Leave the stack on the Pulumi engine.")
            if problems := integrity(records):
                raise StateError(f"The deployment contradicts itself: {problems[0]}.", "Export it again.")
            if foreigners := [record.urn for record in records.values() if not record.urn.startswith(whose)]:
                raise StateError(f"The deployment is of another stack: it holds {foreigners[0]}.", "Import it there.")
            pending: dict[int, Pending] = {}
            try:
                for step, entry in enumerate(document["deployment"].get("pending_operations") or ()):
                    if entry["type"] in tuple(Kind):
                        record = from_json(entry["resource"])
                        same = (k for k, r in records.items() if (r.urn, r.id) == (record.urn, record.id))
                        pending[step] = Pending(Kind(entry["type"]), next(same, len(records) + step), record)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise StateError("The deployment's pending operations are damaged.", "Export it again.") from error
            self.records, self.pending, self._names = records, pending, {}
            self._next_key = len(records) + len(pending)
            self._next_step = len(pending)
            self._whole = True
            self._note(list)
            self.save()


def read_deployment(document: dict[str, Any], records: dict[int, Record]) -> None:
    """Fill `records` from a deployment. Refuses what is none, and a resource that cannot be read."""
    earlier.check_version(document, "The state", "Export it again with a current `pulumi stack export`.")
    for place, entry in enumerate(document["deployment"].get("resources") or ()):
        records[place] = _made(
            lambda one: from_json(in_clear(one)), entry, f"The state is damaged: resource {place + 1}"
        )


def _made(make: Callable[[Any], _T], document: Any, what: str) -> _T:
    try:
        return make(document)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise StateError(f"{what} cannot be read ({type(error).__name__}: {error}).", RESTORE) from error


def _statements(change: Change) -> list[Statement]:
    return [
        *(put_resource(key, to_json(record)) for key, record in change.put.items()),
        *(drop_resource(key) for key in change.drop),
        *(rename(old, new) for old, new in change.names.items()),
    ]


def _pending_to_json(pending: Pending) -> dict[str, Any]:
    return {
        "kind": pending.kind.value,
        "key": pending.key,
        "record": to_json(pending.record),
        "put": {str(key): to_json(record) for key, record in pending.change.put.items()},
        "drop": list(pending.change.drop),
        "names": dict(pending.change.names),
        "seed": pending.seed.hex(),
        "failed": pending.failed,
    }


def _pending_from_json(line: dict[str, Any]) -> Pending:
    change = Change(
        {int(key): from_json(record) for key, record in line["put"].items()},
        tuple(int(key) for key in line["drop"]),
        {str(old): str(new) for old, new in line["names"].items()},
    )
    seed = bytes.fromhex(line["seed"])
    return Pending(Kind(line["kind"]), int(line["key"]), from_json(line["record"]), change, seed, bool(line["failed"]))


def now() -> str:
    """This moment in UTC, as Pulumi writes times."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
