"""Every call that changes the simulated cloud, written down before it is executed.

An entry holds the request, the seed that its ids come from and the time it happened, so that executing it again gives
the same cloud. Entries are sealed and numbered; a snapshot says up to which number it includes them. Only the last entry
can be incomplete, when the machine died while writing it; its call was never answered, so it is dropped. A large body is a file beside
(`simulator.bodies`), written before its entry.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from soundstage.core.errors import SimulatorError
from soundstage.simulator.bodies import Body, Shelf
from soundstage.simulator.sealed import RESET, Seal

_LENGTH_BYTES: Final = 4


@dataclass(frozen=True)
class Entry:
    """One call. `target` is the raw path and query, `time` in seconds since the epoch."""

    number: int
    seed: int
    time: float
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Journal:
    """An append-only file of entries. Not safe for several threads: its user holds the lock of the cloud."""

    def __init__(self, path: Path, seal: Seal, versions: str, shelf: Shelf) -> None:
        self._path = path
        self._seal = seal
        self._shelf = shelf
        self._heading = f"soundstage-journal 1 {versions}\n".encode()
        self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), "r+b", buffering=0)
        self.entries = 0
        self._end = 0
        self._torn = False
        self._dirty = False

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return self._path.stat().st_size

    def read(self, after: int) -> Iterator[Entry]:
        """Every complete entry that comes after number `after`, oldest first. An incomplete last one is cut off. Call it once, before
        `append`."""
        content = self._path.read_bytes()
        heading = content.partition(b"\n")[0] + b"\n"
        if not content or (len(content) < len(self._heading) and self._heading.startswith(content)):
            self.clear()
            return
        if heading != self._heading:
            raise SimulatorError(
                f"The simulated cloud was last used with other versions ({_shown(heading)}; now {_shown(self._heading)})"
                " and cannot be continued.",
                f"Use those versions again to keep it. {RESET}",
            )
        start = len(heading)
        while start + _LENGTH_BYTES <= len(content):
            end = start + _LENGTH_BYTES + int.from_bytes(content[start : start + _LENGTH_BYTES], "big")
            if end > len(content):
                break
            yield from self._decode(self._seal.open(content[start + _LENGTH_BYTES : end], "journal"), after)
            self.entries += 1
            start = end
        self._end = start
        self._cut()

    def append(self, entry: Entry) -> None:
        """Write an entry. On `OSError` (disk full, say) nothing of it stays and the call must not be executed."""
        sealed = self._seal.close(self._encode(entry), "journal")
        record = memoryview(len(sealed).to_bytes(_LENGTH_BYTES, "big") + sealed)
        if self._torn:
            self._cut()
        try:
            while record:
                record = record[self._file.write(record) :]
        except OSError:
            self._torn = True
            raise
        self._end = self._file.tell()
        self.entries += 1
        self._dirty = True

    def _encode(self, entry: Entry) -> bytes:
        about: list[Any] = [entry.number, entry.seed, entry.time, entry.method, entry.target, entry.headers]
        held = self._shelf.held(entry.body)
        if isinstance(held, Body):
            about.append([held.pieces[0].name, len(held)])
        return json.dumps(about, separators=(",", ":")).encode() + b"\n" + (held if isinstance(held, bytes) else b"")

    def _decode(self, content: bytes, after: int) -> Iterator[Entry]:
        about, _, body = content.partition(b"\n")
        number, seed, time, method, target, headers, *held = json.loads(about)
        if number <= after:  # a snapshot has it; when the power failed then, its body may be gone and it not yet
            return
        for name, length in held:
            body = bytes(self._shelf.body(name, length))
        pairs: list[Any] = [tuple(pair) for pair in headers]
        yield Entry(number, seed, time, method, target, tuple(pairs), body)

    def _cut(self) -> None:
        """Remove what was written of an entry that did not fit."""
        self._file.truncate(self._end)
        self._file.seek(self._end)
        self._torn = False

    def flush(self) -> None:
        """Have the disk hold what the operating system holds."""
        if self._dirty:
            self._dirty = False
            os.fsync(self._file.fileno())

    def clear(self) -> None:
        """Begin anew: a snapshot holds everything."""
        self._file.seek(0)
        self._file.truncate(0)
        self._file.write(self._heading)
        self._end = len(self._heading)
        self._torn = False
        self.entries = 0
        self._dirty = True

    def close(self) -> None:
        self._file.close()


def _shown(heading: bytes) -> str:
    return heading.decode(errors="replace").strip().removeprefix("soundstage-journal ")[:80]
