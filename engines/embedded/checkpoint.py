"""The checkpoint file: a stack's whole state in Pulumi's deployment format, with backups.

`state.json` holds `{"version": 3, "deployment": {…}, "soundstage": {"format": 1, "serial": N, "pending": […]}}`. It is
replaced as a whole, never changed in place; the ten that came before are kept in `backups/`.
"""

import contextlib
import json
import os
from pathlib import Path
from typing import Any, Final

from soundstage.core import files
from soundstage.core.errors import StateError
from soundstage.core.home import make_private
from soundstage.engines.embedded.journal import JOURNAL_FILE
from soundstage.engines.embedded.limits import refuse_sealed

CHECKPOINT_FILE: Final = "state.json"
BACKUP_FOLDER: Final = "backups"
BACKUPS_KEPT: Final = 10
MOST_BYTES: Final = 1 << 30
"""The largest state that is read; one of 500 workstations has some 30 MiB."""
_DEPLOYMENT_VERSION: Final = 3
_FORMAT: Final = 1


def read(folder: Path) -> dict[str, Any] | None:
    """The checkpoint as it is on disk; None for a stack that has none. Raises `StateError` when it cannot be used."""
    path = folder / CHECKPOINT_FILE
    try:
        text = files.read(path, MOST_BYTES).decode("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise StateError(f"The state {path} cannot be read: {reason}.", _VERIFY) from error
    return parse(text, path)


_VERIFY: Final = "Run `workstation state verify`, then `workstation state repair` or `workstation state restore`."


def parse(text: str, path: Path) -> dict[str, Any]:
    """The checkpoint in `text`, with its outer form checked."""
    if not text.strip():
        raise StateError(f"The state {path} is empty.", _VERIFY)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        place = f" in line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise StateError(f"The state {path} is damaged or cut short{place}.", _VERIFY) from error
    check_version(document, path)
    refuse_sealed(text, path)
    return dict(document)


class NewerState(StateError):
    """The state is fine, but a newer version wrote it. Never to be repaired."""


def check_version(document: Any, source: object) -> None:
    """Refuse what is not a deployment, and what a newer version wrote."""
    if not isinstance(document, dict) or not isinstance(document.get("deployment"), dict):
        raise StateError(f"{source} holds no Pulumi deployment.", _VERIFY)
    if not isinstance(document["deployment"].get("resources") or [], list):
        raise StateError(f"{source} is damaged: its resources are not a list.", _VERIFY)
    ours = document.get("soundstage", {})
    if not isinstance(ours, dict):
        raise StateError(f"{source} is damaged: `soundstage` is not an object.", _VERIFY)
    version, form, serial = document.get("version"), ours.get("format", _FORMAT), ours.get("serial", 0)
    if not (isinstance(version, int) and isinstance(form, int) and isinstance(serial, int)):
        raise StateError(f"{source} is damaged: its version is not a number.", _VERIFY)
    if version > _DEPLOYMENT_VERSION or form > _FORMAT:
        raise NewerState(
            f"{source} was written by a newer version (format {version}.{form}; this one reads up to "
            f"{_DEPLOYMENT_VERSION}.{_FORMAT}).",
            "Upgrade Soundstage, or put an older state back with `workstation state restore`.",
        )
    if not isinstance(ours.get("pending", []), list):
        raise StateError(f"{source} is damaged: its unfinished operations are not a list.", _VERIFY)
    if version < _DEPLOYMENT_VERSION:
        raise StateError(
            f"{source} has deployment format {version}; this version reads {_DEPLOYMENT_VERSION}.",
            "Export it again with a current `pulumi stack export`.",
        )


def document(deployment: dict[str, Any], serial: int, pending: list[dict[str, Any]]) -> dict[str, Any]:
    """A checkpoint, ready to be written."""
    return {
        "version": _DEPLOYMENT_VERSION,
        "deployment": deployment,
        "soundstage": {"format": _FORMAT, "serial": serial, "pending": pending},
    }


def write(folder: Path, content: dict[str, Any]) -> None:
    """Put `content` in the place of the checkpoint, keep the old one as a backup, and end the journal.

    Either all of it happens or the old checkpoint and its journal stay as they are.
    """
    path, new = folder / CHECKPOINT_FILE, folder / f"{CHECKPOINT_FILE}.new"
    try:
        make_private(folder)
        try:
            _write_whole(new, json.dumps(content, indent=1).encode())
            _back_up(folder, path)
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)
        _sync_folder(folder)
        (folder / JOURNAL_FILE).unlink(missing_ok=True)
    except OSError as error:
        raise StateError(
            f"The state cannot be written to {path}: {error.strerror}. Nothing is lost: the journal beside it has it all.",
            "Make room or change the folder's permissions, then run the same command: it continues.",
        ) from error


def backups(folder: Path) -> list[Path]:
    """The backups, newest first."""
    return sorted((folder / BACKUP_FOLDER).glob("state-*.json"), key=_serial_of, reverse=True)


def _serial_of(path: Path) -> int:
    number = path.stem.removeprefix("state-")
    return int(number) if number.isdigit() else -1


def _back_up(folder: Path, path: Path) -> None:
    if not path.exists():
        return
    kept = backups(folder)
    number = (_serial_of(kept[0]) if kept else 0) + 1
    (folder / BACKUP_FOLDER).mkdir(mode=0o700, exist_ok=True)
    # A second name for the same content: it costs no room and cannot be half-written.
    os.link(path, folder / BACKUP_FOLDER / f"state-{number:06}.json")
    for old in kept[BACKUPS_KEPT - 1 :]:
        with contextlib.suppress(OSError):
            old.unlink()


def _write_whole(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
