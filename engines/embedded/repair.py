"""Looks after the state of a stack on disk: says what is wrong with it, and puts an older one back."""

import contextlib
import os
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

from soundstage.core.errors import StateError
from soundstage.engines.embedded import earlier, store
from soundstage.engines.embedded.state import StackState
from soundstage.engines.embedded.store import STATE_FILE, NewerState, Rows
from soundstage.engines.lock import held


def verify(folder: Path) -> list[str]:
    """Everything that is wrong with the state in `folder`; empty when it can be used. Changes nothing."""
    problems = []
    try:
        StackState(folder, write=False)
    except StateError as error:
        problems.append(error.message)
    path = folder / STATE_FILE
    if path.exists() and path.stat().st_mode & 0o077:
        problems.append(f"Others can read {path}; it should have mode 600.")
    return problems


def repair(folder: Path, stack: str) -> list[str]:
    """Make the state usable again. Returns what was done, in sentences; empty when nothing was wrong.

    Nothing is thrown away: a damaged file is set aside beside the good one. Whatever the state that was put back does not know any
    more still exists in the cloud.
    """
    done = []
    path = folder / STATE_FILE
    with held(folder, stack, "state repair"), _disk(folder):
        if path.is_file() and path.stat().st_mode & 0o077:
            path.chmod(0o600)
            done.append(f"Nobody else can read {path.name} any more.")
        try:
            StackState(folder, write=False)
        except NewerState:
            raise
        except StateError:
            if os.path.lexists(path) or any(name.exists() for name in store.beside(path)):
                done.append(f"The damaged state was set aside as {_set_aside(path).name}.")
            if usable := _usable(folder):
                done.append(_put_back(folder, *usable[0]))
            else:
                store.replace(path, ())
                done.append("There is no backup: the stack starts empty.")
            if left := earlier.set_aside(folder):
                done.append(f"The state of an earlier version was set aside as {' and '.join(left)}.")
            done.append(
                "What it does not know is still in the cloud: `workstation adopt` finds that and takes it back."
            )
    return done


def restore(folder: Path, stack: str, back: int = 1) -> str:
    """Put the state back as it was before the last `back` commands that changed it. Returns what was done.

    The present state becomes a backup itself. Raises `StateError` when there is no such backup.
    """
    with held(folder, stack, "state restore"), _disk(folder):
        usable = _usable(folder)
        if not 1 <= back <= len(usable):
            raise StateError(
                f"Usable backups in {folder / store.BACKUP_FOLDER}: {len(usable)}.",
                f"`--back` takes 1 to {len(usable)}; 1 is the newest."
                if usable
                else f"One is made each time that a command changes a state that is already there. Without one, {store.ADOPT}.",
            )
        when, rows = usable[back - 1]
        try:
            store.back_up(folder)
        except StateError:
            _set_aside(folder / STATE_FILE)
        return _put_back(folder, when, rows)


def _usable(folder: Path) -> list[tuple[float, Rows]]:
    """The backups that can be read, newest first: when each was made, and what it holds."""
    usable = []
    for path in store.backups(folder):
        with contextlib.suppress(StateError):
            usable.append((path.stat().st_mtime, store.read(path, backup=True)))
    return usable


def _put_back(folder: Path, made: float, rows: Rows) -> str:
    present = folder / STATE_FILE
    for name in store.beside(present):
        name.unlink(missing_ok=True)  # what it adds belongs to the state that goes
    store.replace(present, rows.statements())
    when = datetime.fromtimestamp(made, UTC)
    return f"The state of {when:%Y-%m-%d %H:%M:%S} UTC was put back, with {len(rows.resources)} resources."


def _set_aside(path: Path) -> Path:
    """Give a damaged file a second name. What is no file loses its first one; a file keeps it until another takes its place."""
    aside = path.with_name(f"{path.name}.{datetime.now(UTC):%Y%m%dT%H%M%S%f}.damaged")
    if path.is_file() and not path.is_symlink():
        os.link(path, aside)
    elif os.path.lexists(path):
        path.rename(aside)
    for name in store.beside(path):
        if name.exists():
            name.replace(name.with_name(aside.name + name.name.removeprefix(path.name)))
    return aside


def _disk(folder: Path) -> AbstractContextManager[None]:
    return store.on_disk(folder, f"The state in {folder} cannot be mended", "It is as it was.", " again")
