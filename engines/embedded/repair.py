"""Looks after the state of a stack on disk: says what is wrong with it, mends it, and puts an older one back."""

import contextlib
import itertools
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from soundstage.core import files
from soundstage.core.errors import StateError
from soundstage.engines.embedded import checkpoint, journal
from soundstage.engines.embedded.state import StackState
from soundstage.engines.lock import held


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
    with held(folder, stack, "state repair"), _disk(folder):
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
            # It stays in its place until another takes it: on a full disk a stack without a state would pass for a new one.
            aside = _set_aside(folder / checkpoint.CHECKPOINT_FILE, stays=bool(_usable(folder)))
            done.append(f"The damaged state was set aside as {aside.name}.")
            done.append(_put_back(folder, 1))
            orphan = folder / journal.JOURNAL_FILE
            if orphan.exists() and not (folder / checkpoint.CHECKPOINT_FILE).exists():
                done.append(f"Its journal was set aside as {_set_aside(orphan, stays=False).name}.")
            done.append(
                "What it does not know is still in the cloud: `workstation adopt` finds that and takes it back."
            )
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
    with held(folder, stack, "state restore"), _disk(folder):
        path = folder / journal.JOURNAL_FILE
        if path.exists() and 1 <= back <= len(_usable(folder)):
            _set_aside(path, stays=True)  # until the older checkpoint is there, and ends it
        return _put_back(folder, back)


def _usable(folder: Path) -> list[tuple[Path, dict[str, Any]]]:
    """The backups that can be read, newest first, with what they hold."""
    usable = []
    for path in checkpoint.backups(folder):
        try:
            usable.append((path, checkpoint.parse(files.read(path, checkpoint.MOST_BYTES).decode("utf-8"), path)))
        except (StateError, OSError, UnicodeDecodeError):
            continue
    return usable


def _put_back(folder: Path, back: int) -> str:
    usable = _usable(folder)
    if not 1 <= back <= len(usable):
        if back == 1:
            return "There is no backup: the stack starts empty."
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


def _count(document: dict[str, Any]) -> int:
    return len(document["deployment"].get("resources") or ())


def _mend_journal(folder: Path) -> list[str]:
    path = folder / journal.JOURNAL_FILE
    try:
        found = journal.read(folder)
    except journal.NewerJournal:
        raise
    except StateError:
        aside = _set_aside(path, stays=True)
        if not path.exists():
            return [f"What stood in the journal's place was set aside as {aside.name}."]
        lines = path.read_bytes().splitlines(keepends=True)
        good = list(itertools.takewhile(_is_object, lines))
        if not good or not journal.is_head(json.loads(good[0])):
            good = []  # without its first line nobody knows which state it continues
        _replace(path, b"".join(good))
        cut = f"The journal was cut after its first {len(good)} lines; all of it is kept as {aside.name}."
        return [cut, *_later_set_aside(folder, journal.read(folder))]
    return _later_set_aside(folder, found)


def _later_set_aside(folder: Path, found: tuple[int, list[dict[str, Any]]] | None) -> list[str]:
    """Set a journal aside that continues a later state than the one that is there."""
    document = checkpoint.read(folder)
    if found and document and found[0] > document.get("soundstage", {}).get("serial", 0):
        aside = _set_aside(folder / journal.JOURNAL_FILE, stays=False)
        return [f"The journal of a later state was set aside as {aside.name}."]
    return []


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _set_aside(path: Path, *, stays: bool) -> Path:
    """Give a damaged file a second name, its only one unless it `stays`. What is no file never stays."""
    aside = path.with_name(f"{path.name}.{datetime.now(UTC):%Y%m%dT%H%M%S%f}.damaged")
    if stays and path.is_file() and not path.is_symlink():
        os.link(path, aside)
    else:
        path.rename(aside)
    return aside


def _replace(path: Path, content: bytes) -> None:
    """Put this content in the place of a file, or leave the file as it is."""
    new = path.with_name(f"{path.name}.new")
    try:
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


@contextlib.contextmanager
def _disk(folder: Path) -> Iterator[None]:
    """Say in words what the disk refuses."""
    try:
        yield
    except OSError as error:
        raise StateError(
            f"The state in {folder} cannot be mended: {error.strerror}. It is as it was.",
            "Make room or change the folder's permissions, then run the same command again.",
        ) from error
