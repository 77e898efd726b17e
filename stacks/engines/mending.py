"""Looks after the state of a stack on disk: says what is wrong with it, mends it, and puts an older one back."""

import itertools
import json
from datetime import UTC, datetime
from pathlib import Path

from soundstage.components import files
from soundstage.components.errors import StateError
from soundstage.stacks.engines import checkpoint, journal
from soundstage.stacks.engines.lock import held
from soundstage.stacks.engines.state import StackState


def verify(folder: Path) -> list[str]:
    """Everything that is wrong with the state in `folder`; empty when it can be used. Changes nothing."""
    problems: list[str] = []
    for read in (checkpoint.read, journal.read):
        try:
            read(folder)
        except StateError as error:
            problems.append(error.message)
    if not problems:
        try:
            StackState(folder, write=False, mended=problems)
        except StateError as error:
            problems.append(error.message)
    for name in (checkpoint.CHECKPOINT_FILE, journal.JOURNAL_FILE):
        path = folder / name
        if path.exists() and path.stat().st_mode & 0o077:
            problems.append(f"Others can read {path}; it should have mode 600.")
    return problems


def repair(folder: Path, stack: str) -> list[str]:
    """Make the state usable again. Returns what was done, in sentences; empty when nothing was wrong.

    Nothing is thrown away: damaged files are set aside beside the good ones. Whatever the mended state does not know any
    more still exists in the cloud.
    """
    done: list[str] = []
    with held(folder, stack, "state repair"):
        for name in (checkpoint.CHECKPOINT_FILE, journal.JOURNAL_FILE):
            path = folder / name
            if path.exists() and path.stat().st_mode & 0o077:
                path.chmod(0o600)
                done.append(f"Nobody else can read {name} any more.")
        try:
            checkpoint.read(folder)
        except checkpoint.NewerState:
            raise
        except StateError:
            aside = _set_aside(folder / checkpoint.CHECKPOINT_FILE)
            done.append(f"The damaged state was set aside as {aside.name}.")
            done.append(_put_back(folder, 1))
        done += _mend_journal(folder)
        faults: list[str] = []
        state = StackState(folder, write=True, mended=faults)
        state.save()
        done += [f"Left out: {fault}." for fault in faults]
    return done


def restore(folder: Path, stack: str, back: int = 1) -> str:
    """Put the state back that was current `back` checkpoints ago (1 is the last one). Returns what was done.

    The present state becomes a backup itself. Raises `StateError` when there is no such backup.
    """
    with held(folder, stack, "state restore"):
        path = folder / journal.JOURNAL_FILE
        if path.exists():
            _set_aside(path)
        return _put_back(folder, back)


def _put_back(folder: Path, back: int) -> str:
    usable = []
    for path in checkpoint.backups(folder):
        try:
            usable.append((path, checkpoint.parse(files.read(path, checkpoint.MOST_BYTES).decode("utf-8"), path)))
        except (StateError, OSError, UnicodeDecodeError):
            continue
    if not 1 <= back <= len(usable):
        if back == 1:
            return "There is no backup: the stack starts empty, and what it made is still in the cloud."
        raise StateError(
            f"There are {len(usable)} usable backups in {folder / checkpoint.BACKUP_FOLDER}.", "Ask for one."
        )
    path, document = usable[back - 1]
    serials = [int(content.get("soundstage", {}).get("serial", 0)) for _, content in usable]
    ours = document.get("soundstage", {})
    # A higher serial than any before, so that no old journal can be taken for its continuation.
    serial = max(serials) + 2
    checkpoint.write(folder, checkpoint.document(document["deployment"], serial, ours.get("pending", [])))
    when = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return f"The state of {when:%Y-%m-%d %H:%M:%S} UTC was put back, with {_count(document)} resources."


def _count(document: dict[str, dict[str, list[object]]]) -> int:
    return len(document["deployment"].get("resources") or ())


def _mend_journal(folder: Path) -> list[str]:
    path = folder / journal.JOURNAL_FILE
    try:
        journal.read(folder)
    except StateError:
        ordinary = path.is_file()
        aside = _set_aside(path)
        if not ordinary:
            return [f"What stood in the journal's place was set aside as {aside.name}."]
        lines = aside.read_bytes().splitlines(keepends=True)
        good = list(itertools.takewhile(_is_object, lines))
        path.write_bytes(b"".join(good))
        path.chmod(0o600)
        return [f"The journal was cut after its first {len(good)} lines; all of it is kept as {aside.name}."]
    return []


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _set_aside(path: Path) -> Path:
    aside = path.with_name(f"{path.name}.{datetime.now(UTC):%Y%m%dT%H%M%S%f}.damaged")
    path.rename(aside)
    return aside
