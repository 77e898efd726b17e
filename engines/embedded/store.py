"""The file of a stack's state: one sqlite database in WAL mode, in which every change is one transaction.

A transaction that was committed survives the death of the process; one that was not never took effect. `synchronous=NORMAL` syncs
the file itself and not every commit: a power cut may take the last commits back, together, and damages nothing (sqlite.org/wal.html,
read 2026-11). With FULL a commit takes 7.5 ms on an ordinary disk and with NORMAL 0.2 (measured 2026-11), of which an `up` of one machine has some 400.

The ten states that came before are kept in `backups/`, each as it was before a command changed it.
"""

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

from soundstage.core.errors import StateError
from soundstage.core.home import make_private

STATE_FILE: Final = "state.db"
BACKUP_FOLDER: Final = "backups"
BACKUPS_KEPT: Final = 10
_APPLICATION: Final = 0x536E6453
"""`SndS`: tells our files from other databases."""
_FORMAT: Final = 1
_PAGE: Final = 4096
_TABLES: Final = (
    "CREATE TABLE resource (key INTEGER PRIMARY KEY, document TEXT NOT NULL)",
    "CREATE TABLE pending (step INTEGER PRIMARY KEY, document TEXT NOT NULL)",
    "CREATE TABLE renamed (old TEXT PRIMARY KEY, new TEXT NOT NULL)",
    "CREATE TABLE written (one INTEGER PRIMARY KEY CHECK (one = 1), at REAL NOT NULL)",
    f"PRAGMA application_id = {_APPLICATION}",
    f"PRAGMA user_version = {_FORMAT}",
)
ADOPT: Final = "`workstation adopt` takes back what is in the cloud"
"""What there is without a backup. Resources of another cloud are not taken over."""
RESTORE: Final = (
    "Run `workstation state verify`, then `workstation state repair` or `workstation state restore`. Without a backup, "
    f"{ADOPT}."
)
Statement: TypeAlias = tuple[str, tuple[Any, ...]]


class NewerState(StateError):
    """The state is fine, but a newer version wrote it. Never to be repaired."""


@dataclass
class Rows:
    """What a database holds."""

    resources: dict[int, Any] = field(default_factory=dict)
    pending: dict[int, Any] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    written: float = 0.0
    """When the last change was made, in seconds since the epoch."""

    def statements(self) -> list[Statement]:
        """What writes all of it in the place of whatever is there."""
        return [
            *((f"DELETE FROM {table}", ()) for table in ("resource", "pending", "renamed")),  # noqa: S608 - our own names
            *(put_resource(key, document) for key, document in self.resources.items()),
            *(put_pending(step, document) for step, document in self.pending.items()),
            *(rename(old, new) for old, new in self.renamed.items()),
        ]


def put_resource(key: int, document: Any) -> Statement:
    """Write a record, new or in the place of an older one."""
    return "INSERT OR REPLACE INTO resource VALUES (?, ?)", (key, _text(document))


def drop_resource(key: int) -> Statement:
    """Delete a record."""
    return "DELETE FROM resource WHERE key = ?", (key,)


def put_pending(step: int, document: Any) -> Statement:
    """Write an operation that was begun, new or in the place of an older one."""
    return "INSERT OR REPLACE INTO pending VALUES (?, ?)", (step, _text(document))


def drop_pending(step: int) -> Statement:
    """Delete an operation that has ended."""
    return "DELETE FROM pending WHERE step = ?", (step,)


def rename(old: str, new: str) -> Statement:
    """Note under which URN a resource is now."""
    return "INSERT OR REPLACE INTO renamed VALUES (?, ?)", (old, new)


def _text(document: Any) -> str:
    return json.dumps(document, separators=(",", ":"))


class Store:
    """The database in `folder`. Its owner locks."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = folder / STATE_FILE
        self._db: sqlite3.Connection | None = None

    def read(self) -> Rows | None:
        """All that it holds; None when there is none."""
        if os.path.lexists(self.path):
            return read(self.path)
        log = any(path.exists() for path in beside(self.path))
        if log or backups(self._folder):
            left = "the last changes to it" if log else "earlier states"
            raise StateError(
                f"The state of this stack, {self.path}, is gone; only {left} are still there.",
                "Run `workstation state restore`, then `workstation preview --refresh`. Without a backup, move what is left out of the folder; "
                f"then {ADOPT}.",
            )
        return None

    def write(self, statements: Sequence[Statement]) -> None:
        """Carry out all of these or, when the disk refuses, none. The first time, the state as it was becomes a backup."""
        changes = [*statements, ("INSERT OR REPLACE INTO written VALUES (1, ?)", (time.time(),))]
        failed = f"The state cannot be written to {self.path}"
        with on_disk(self.path, failed, "Nothing is lost that was written before.", ": it continues"):
            if self._db is not None:
                commit(self._db, changes)
                return
            make_private(self._folder)
            if os.path.lexists(self.path):
                back_up(self._folder)
                self._db = _connect(self.path)
                commit(self._db, changes)
            else:  # with its first content at once: an empty one would hide the state of an earlier version
                replace(self.path, changes)
                self._db = _connect(self.path)

    @property
    def changed(self) -> bool:
        """Whether this command has changed it."""
        return self._db is not None

    def close(self) -> None:
        """Let go of the file, into which what was committed is moved."""
        if self._db is not None:
            db, self._db = self._db, None
            with contextlib.suppress(sqlite3.Error):  # a full disk: the next command moves it
                db.close()


def commit(db: sqlite3.Connection, statements: Sequence[Statement]) -> None:
    """One transaction."""
    db.execute("BEGIN IMMEDIATE")
    try:
        for text, values in statements:
            db.execute(text, values)
        db.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise


def read(path: Path, *, backup: bool = False) -> Rows:
    """What the database at `path` holds. Raises `StateError` when it is not as it was written."""
    if why := _no_file(path):
        raise StateError(f"The state {path} {why}.", RESTORE)
    try:
        with contextlib.closing(_connect(path, still=backup or _is_still(path))) as db:
            db.execute("BEGIN")
            (application,) = db.execute("PRAGMA application_id").fetchone()
            (form,) = db.execute("PRAGMA user_version").fetchone()
            if application == _APPLICATION and form > _FORMAT:
                raise NewerState(
                    f"The state {path} was written by a newer version (format {form}; this one reads up to {_FORMAT}).",
                    "Upgrade Soundstage, or put an older state back with `workstation state restore`.",
                )
            found = db.execute("PRAGMA quick_check(1)").fetchone()
            if application != _APPLICATION or found != ("ok",):
                what = "it is no state" if application != _APPLICATION else found[0]
                raise StateError(f"The state {path} is damaged: {what}.", RESTORE)
            return Rows(
                {key: json.loads(text) for key, text in db.execute("SELECT * FROM resource ORDER BY key")},
                {step: json.loads(text) for step, text in db.execute("SELECT * FROM pending ORDER BY step")},
                dict(db.execute("SELECT old, new FROM renamed").fetchall()),
                next((float(at) for (at,) in db.execute("SELECT at FROM written")), 0.0),
            )
    except (sqlite3.Error, ValueError, TypeError, RecursionError, OverflowError) as error:
        raise StateError(f"The state {path} is damaged or cannot be read: {_reason(error, path)}.", RESTORE) from error


def replace(path: Path, statements: Sequence[Statement]) -> None:
    """Put a database with what these write in the place of the one at `path`, whole or not at all."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    try:
        os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
        with contextlib.closing(_connect(new)) as db:
            db.execute(f"PRAGMA page_size = {_PAGE}")
            db.execute("PRAGMA journal_mode = WAL")
            for text in _TABLES:
                db.execute(text)
            commit(db, statements)
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        new.replace(path)
    finally:
        for name in (new, *beside(new)):
            name.unlink(missing_ok=True)


def beside(path: Path) -> list[Path]:
    """The files that a database in use, or one whose user was killed, has beside it."""
    return [path.with_name(path.name + end) for end in ("-wal", "-shm")]


def backups(folder: Path) -> list[Path]:
    """The backups, newest first."""
    return sorted((folder / BACKUP_FOLDER).glob("state-*.db"), key=_number, reverse=True)


def _number(path: Path) -> int:
    number = path.stem.removeprefix("state-")
    return int(number) if number.isdigit() else -1


def back_up(folder: Path) -> None:
    """Keep the state as it is now."""
    kept = backups(folder)
    (folder / BACKUP_FOLDER).mkdir(mode=0o700, exist_ok=True)
    path = folder / BACKUP_FOLDER / f"state-{(_number(kept[0]) if kept else 0) + 1:06}.db"
    replace(path, read(folder / STATE_FILE).statements())
    for old in kept[BACKUPS_KEPT - 1 :]:
        with contextlib.suppress(OSError):
            old.unlink()


def _connect(path: Path, *, still: bool = False) -> sqlite3.Connection:
    options = "mode=ro&immutable=1" if still else "mode=rw"
    db = sqlite3.connect(
        f"{path.absolute().as_uri()}?{options}", uri=True, timeout=30, isolation_level=None, check_same_thread=False
    )
    try:
        db.execute("PRAGMA trusted_schema = OFF")
        db.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        db.close()
        raise
    return db


def _is_still(path: Path) -> bool:
    """Whether sqlite could not put the files beside a database that it reads from it with, and has no need of them."""
    return not os.access(path.parent, os.W_OK) and not _has_log(path)


def _has_log(path: Path) -> bool:
    """Whether there may be changes beside a database that are not in it."""
    return any(one.exists() and one.stat().st_size for one in beside(path))


def _no_file(path: Path) -> str:
    """Why there is nothing to read at a path; empty when there is."""
    if path.is_symlink():
        return "is a link to another file"
    if not path.is_file():
        return "is no file"
    size = path.stat().st_size
    # sqlite itself fills up what lacks of the last page. While there is a log beside the file, the file may be in the making.
    whole = not size % _PAGE or _has_log(path)
    return "is empty" if not size else "" if whole else "is cut short"


@contextlib.contextmanager
def on_disk(path: Path, failed: str, left: str, then: str) -> Iterator[None]:
    """Say in words what the disk refuses: what `failed`, in which state everything is `left`, and what happens when the same command is
    run, `then`."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise StateError(
            f"{failed}: {_reason(error, path)}. {left}",
            f"Make room or change the folder's permissions, then run the same command{then}.",
        ) from error


def _reason(error: Exception, path: Path) -> str:
    """What the disk refuses, in the system's words, of which sqlite tells little."""
    if isinstance(error, OSError):
        return str(error.strerror)
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_CANTOPEN and not (os.access(path, os.R_OK) and os.access(path.parent, os.W_OK)):
        return "Permission denied"
    with contextlib.suppress(OSError):
        space = os.statvfs(path.parent)
        if code == sqlite3.SQLITE_READONLY or space.f_flag & os.ST_RDONLY:
            return "Read-only file system" if space.f_flag & os.ST_RDONLY else "Permission denied"
        if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and not space.f_bavail):
            return "No space left on device"
    return str(error)
