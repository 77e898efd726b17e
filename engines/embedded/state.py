"""What a stack knows: its records, and the operations that were begun and not yet finished.

In memory it is a table of records by key; on disk it is the checkpoint plus the journal. Every change goes to the journal
first, so whatever is in memory can be read back after the process has died.
"""

import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from soundstage.core.errors import StateError
from soundstage.engines.embedded import checkpoint, journal
from soundstage.engines.embedded import graph as graphs
from soundstage.engines.embedded.integrity import integrity, mended_records
from soundstage.engines.embedded.limits import refuse_what_is_foreign
from soundstage.engines.embedded.record import Record, from_json, to_json

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


class StackState:
    """The state of one stack. Safe for several threads. With `write=False` nothing reaches the disk.

    With `mended`, whatever does not hold together is left out instead of refused, and said there.
    """

    def __init__(self, folder: Path, *, write: bool, mended: list[str] | None = None) -> None:
        self.records: dict[int, Record] = {}
        self.pending: dict[int, Pending] = {}
        self._folder = folder
        self._write = write
        self._lock = threading.RLock()
        self._names: dict[str, str] = {}
        self._changed = False
        self._serial = 0
        self._next_key = 0
        self._next_step = 0
        self._mended = mended
        self.last_written = _last_written(folder)
        """When an earlier command wrote its last line of the journal, in seconds since the epoch; 0 without a journal."""
        self._load()
        self._journal = journal.Journal(folder, self._serial)

    # -- reading

    def _load(self) -> None:
        for _ in range(5):
            before = _stamp(self._folder)
            document, lines = checkpoint.read(self._folder), journal.read(self._folder)
            if _stamp(self._folder) == before:
                break
        else:
            raise StateError("The state kept changing while it was read.", "Run the same command again.")
        self._serial = int((document or {}).get("soundstage", {}).get("serial", 0))
        if lines is not None and lines[0] > self._serial:
            raise journal.of_a_later_state(self._folder, is_gone=document is None)
        if document is not None:
            read_deployment(document, self.records, self._mended)
            self._next_key = max(self.records, default=-1) + 1
            self._replay_all(document.get("soundstage", {}).get("pending", ()), checkpoint.CHECKPOINT_FILE, 1)
        if lines is not None and lines[0] == self._serial:
            self._replay_all(lines[1], journal.JOURNAL_FILE, 2)
            self._changed = bool(lines[1])
        self._rename()
        problems = integrity(self.records)
        if problems and self._mended is not None:
            self._mended.extend(problems)
            self.records = mended_records(self.records)
        elif problems:
            raise StateError(
                f"The state in {self._folder} does not hold together: {problems[0]}"
                + (f" (and {len(problems) - 1} more)" if len(problems) > 1 else "")
                + ".",
                "Run `workstation state verify`, then `workstation state repair`.",
            )

        self._changed = self._changed or bool(self._mended)

    def _replay_all(self, lines: Sequence[Any], file: str, start: int) -> None:
        for number, line in enumerate(lines, start):
            try:
                self._replay(line, self._folder / file, number)
            except StateError as error:
                if self._mended is None:
                    raise
                self._mended.append(f"{error.message} What follows is left out".rstrip("."))
                break

    def _replay(self, line: dict[str, Any], path: Path, number: int) -> None:
        try:
            if "begin" in line:
                step, key = int(line["begin"]), int(line["key"])
                self._next_step = max(self._next_step, step + 1)
                self._next_key = max(self._next_key, key + 1)
                self.pending[step] = Pending(
                    Kind(line["kind"]),
                    key,
                    from_json(line["record"]),
                    self._change_from_json(line),
                    bytes.fromhex(line.get("seed", "")),
                    bool(line.get("failed")),
                )
            elif "done" in line:
                record = from_json(line["record"]) if line["record"] else None
                self._finish(int(line["done"]), record)
            elif "failed" in line:
                self._mark_failed(int(line["failed"]))
            elif "settled" in line:
                self.pending.pop(int(line["settled"]), None)
            else:
                self._apply(self._change_from_json(line))
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise journal.damaged(path, number) from error

    # -- changing

    def new_key(self) -> int:
        """A key for a record that is about to be made."""
        with self._lock:
            self._next_key += 1
            return self._next_key - 1

    def begin(self, pending: Pending) -> int:
        """Note that an operation is about to start. Returns its number."""
        with self._lock:
            step = self._next_step
            self._log(lambda: self._pending_to_json(step, pending))
            self._next_step += 1
            self.pending[step] = pending
            return step

    def done(self, step: int, record: Record | None) -> None:
        """Note that it succeeded: `record` is the new state of its key, None when nothing is left of it."""
        with self._lock:
            self._finish(step, record)
            self._log(lambda: {"done": step, "record": to_json(record) if record else None})

    def failed(self, step: int) -> None:
        """Note that the provider refused. What it left behind is looked for by the next command."""
        with self._lock:
            self._mark_failed(step)
            self._log(lambda: {"failed": step})

    def settle(self, step: int) -> None:
        """Forget an operation that turned out to have had no effect."""
        with self._lock:
            self.pending.pop(step, None)
            self._log(lambda: {"settled": step})

    def change(self, change: Change) -> None:
        """Change records without any call to a cloud."""
        with self._lock:
            self._apply(change)
            self._log(lambda: self._change_to_json(change))

    def _finish(self, step: int, record: Record | None) -> None:
        pending = self.pending.pop(step)
        self._apply(pending.change)
        if record is None:
            self.records.pop(pending.key, None)
        else:
            self.records[pending.key] = record

    def _mark_failed(self, step: int) -> None:
        old = self.pending[step]
        self.pending[step] = Pending(old.kind, old.key, old.record, old.change, old.seed, failed=True)

    def _apply(self, change: Change) -> None:
        for key, record in change.put.items():
            self._next_key = max(self._next_key, key + 1)
            self.records[key] = record
        for key in change.drop:
            self.records.pop(key, None)
        self._names.update(change.names)

    def _rename(self) -> None:
        """Let every link to a renamed resource follow it."""
        if self._names:
            for key, record in self.records.items():
                self.records[key] = record.renamed(self._names)
            self._names = {}

    def settled_records(self) -> dict[int, Record]:
        """A copy of the table in which links follow renamed resources."""
        with self._lock:
            self._rename()
            return dict(self.records)

    # -- writing

    def _log(self, line: Any) -> None:
        self._changed = True
        if self._write:
            self._journal.append(line())

    def save(self) -> None:
        """Sum up checkpoint and journal in a new checkpoint, and close. Writes nothing when nothing has changed."""
        with self._lock:
            if self._write and self._changed:
                places = {key: place for place, key in enumerate(self._order())}
                pending = [self._pending_to_json(step, entry) for step, entry in self.pending.items()]
                for entry in pending:
                    _move(entry, places)
                checkpoint.write(self._folder, checkpoint.document(self.deployment(), self._serial + 1, pending))
                self._changed = False
            self.close()

    def close(self) -> None:
        """Let go of the files. Nothing can be changed afterwards."""
        self._journal.close()

    def deployment(self) -> dict[str, Any]:
        """The state as Pulumi's `DeploymentV3`."""
        with self._lock:
            resources = [to_json(self.records[key]) for key in self._order()]
            pending = [{"resource": to_json(entry.record), "type": entry.kind.value} for entry in self.pending.values()]
            deployment: dict[str, Any] = {
                "manifest": {
                    "time": now(),
                    "magic": hashlib.sha256(_ENGINE.encode()).hexdigest(),
                    "version": _ENGINE,
                },
                "resources": resources,
                "metadata": {},
            }
            if pending:
                deployment["pending_operations"] = pending
            return deployment

    def adopt(self, document: dict[str, Any], whose: str) -> None:
        """Replace everything by another deployment, whose URNs must all begin with `whose`."""
        with self._lock:
            records: dict[int, Record] = {}
            read_deployment(document, records)
            refuse_what_is_foreign(document["deployment"].get("resources") or ())
            if problems := integrity(records):
                raise StateError(f"The deployment does not hold together: {problems[0]}.", "Export it again.")
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
            self.records, self.pending = records, pending
            self._next_key = len(records) + len(pending)
            self._next_step = len(pending)
            self._changed = True
            self.save()

    def _order(self) -> list[int]:
        self._rename()
        return graphs.ordered(self.records)

    def _pending_to_json(self, step: int, pending: Pending) -> dict[str, Any]:
        line = self._change_to_json(pending.change) | {
            "begin": step,
            "kind": pending.kind.value,
            "key": pending.key,
            "record": to_json(pending.record),
            "seed": pending.seed.hex(),
        }
        return line | {"failed": True} if pending.failed else line

    def _change_to_json(self, change: Change) -> dict[str, Any]:
        return {
            "put": {str(key): to_json(record) for key, record in change.put.items()},
            "drop": list(change.drop),
            "names": dict(change.names),
        }

    def _change_from_json(self, line: dict[str, Any]) -> Change:
        return Change(
            {int(key): from_json(record) for key, record in line["put"].items()},
            tuple(int(key) for key in line["drop"]),
            {str(old): str(new) for old, new in line["names"].items()},
        )


def read_deployment(document: dict[str, Any], records: dict[int, Record], mended: list[str] | None = None) -> None:
    """Fill `records` from a deployment. A resource that cannot be read is refused, or with `mended` left out and named there."""
    checkpoint.check_version(document, "The state")
    deployment = document["deployment"]
    try:
        for place, entry in enumerate(deployment.get("resources") or ()):
            try:
                records[place] = from_json(entry)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                if mended is None:
                    raise
                mended.append(f"resource {place + 1} cannot be read ({type(error).__name__}: {error})")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StateError(
            f"The state is damaged: resource {len(records) + 1} cannot be read ({type(error).__name__}: {error}).",
            "Run `workstation state verify`, then `workstation state repair` or `workstation state restore`.",
        ) from error


def _move(entry: dict[str, Any], places: dict[int, int]) -> None:
    """Give an unfinished operation the keys of a new checkpoint: the places in its list, or free numbers after it."""

    def place(key: int) -> int:
        return places.setdefault(key, len(places))

    entry["key"] = place(entry["key"])
    entry["put"] = {str(place(int(key))): record for key, record in entry["put"].items()}
    entry["drop"] = [place(key) for key in entry["drop"]]


def now() -> str:
    """This moment in UTC, as Pulumi writes times."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _stamp(folder: Path) -> tuple[int, int] | None:
    try:
        status = (folder / checkpoint.CHECKPOINT_FILE).stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


def _last_written(folder: Path) -> float:
    try:
        return (folder / journal.JOURNAL_FILE).stat().st_mtime
    except OSError:
        return 0.0
