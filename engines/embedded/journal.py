"""The journal: one line per thing that a command is about to do or has done, written before the next thing happens.

A line survives the death of the process, because it is handed to the operating system in one write. The checkpoint
(`checkpoint.py`) is the sum of all earlier journals; `serial` says which checkpoint a journal continues.
"""

import json
import os
from pathlib import Path
from typing import Any, Final

from soundstage.core import files
from soundstage.core.errors import StateError
from soundstage.engines.embedded.limits import refuse_sealed

JOURNAL_FILE: Final = "journal.jsonl"
MOST_BYTES: Final = 1 << 30
"""The largest journal that is read."""
_FORMAT: Final = 1


class Journal:
    """Appends lines. Not safe for several threads; its owner locks."""

    def __init__(self, folder: Path, serial: int) -> None:
        self._path = folder / JOURNAL_FILE
        self._serial = serial
        self._handle: int | None = None

    def append(self, line: dict[str, Any]) -> None:
        """Write one line, whole or not at all. Raises `StateError` when the disk refuses."""
        try:
            if self._handle is None:
                self._handle = self._open()
            self._write(self._handle, line)
        except OSError as error:
            raise StateError(
                f"The stack's journal cannot be written to {self._path}: {error.strerror}.",
                "Make room or change the folder's permissions, then run the same command: it continues.",
            ) from error

    def close(self) -> None:
        """Let go of the file."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _open(self) -> int:
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        # A torn last line is what a killed command left of a line it was writing: it never took effect.
        whole = _whole(self._path.read_bytes())
        # A command that was killed between its checkpoint and the end of its journal left one that is summed up already.
        # What was appended to it would never be read again.
        if whole and json.loads(whole.splitlines()[0])["serial"] != self._serial:
            whole = b""
        os.ftruncate(handle, len(whole))
        os.lseek(handle, 0, os.SEEK_END)
        if not whole:
            self._write(handle, {"journal": _FORMAT, "serial": self._serial})
        return handle

    @staticmethod
    def _write(handle: int, line: dict[str, Any]) -> None:
        start = os.lseek(handle, 0, os.SEEK_CUR)
        data = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        try:
            written = os.write(handle, data)
            while written < len(data):
                written += os.write(handle, data[written:])
        except OSError:
            os.ftruncate(handle, start)
            os.lseek(handle, start, os.SEEK_SET)
            raise


def _whole(data: bytes) -> bytes:
    return data[: data.rfind(b"\n") + 1]


def read(folder: Path) -> tuple[int, list[dict[str, Any]]] | None:
    """The serial of the checkpoint that the journal continues, and its lines; None when there is no journal.

    A torn last line is left out. Anything else that is not as written raises `StateError`.
    """
    path = folder / JOURNAL_FILE
    try:
        data = _whole(files.read(path, MOST_BYTES))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateError(f"The journal {path} cannot be read: {error.strerror}.", "Change its permissions.") from error
    if not data:
        return None
    refuse_sealed(data.decode("utf-8", "replace"), path)
    lines: list[dict[str, Any]] = []
    for number, text in enumerate(data.splitlines(), start=1):
        try:
            line = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise damaged(path, number) from error
        if not isinstance(line, dict):
            raise damaged(path, number)
        lines.append(line)
    head = lines[0]
    if not is_head(head):
        raise damaged(path, 1)
    if head["journal"] > _FORMAT:
        raise NewerJournal(f"The journal {path} was written by a newer version of Soundstage.", "Upgrade Soundstage.")
    return head["serial"], lines[1:]


def is_head(line: dict[str, Any]) -> bool:
    """Whether a journal can begin with this line."""
    return isinstance(line.get("serial"), int) and isinstance(form := line.get("journal"), int) and form >= _FORMAT


class NewerJournal(StateError):
    """The journal is fine, but a newer version wrote it. Never to be repaired."""


def damaged(path: Path, number: int) -> StateError:
    """The error for a line of the journal, or an unfinished operation of the checkpoint, that is not as it was written."""
    place = f"The journal {path} is damaged in line {number}."
    if path.name != JOURNAL_FILE:
        place = f"The state {path} is damaged: its unfinished operation {number} cannot be read."
    return StateError(place, "Run `workstation state repair`.")


def of_a_later_state(folder: Path, *, is_gone: bool) -> StateError:
    """The error for a journal that continues a later state than the one beside it, or one that `is_gone`."""
    if is_gone:
        return StateError(
            f"The state of this stack is gone from {folder}, and its journal is still there.",
            "Run `workstation state restore`.",
        )
    return StateError(
        f"The state in {folder} is older than the journal beside it: an earlier state was put in its place.",
        "Put the later one back, or run `workstation state repair` to go on from this one.",
    )
