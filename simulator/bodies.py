"""Large bodies that were sent to a simulated cloud: files beside its journal, which hold what objects hold.

A body lies in a file that is named by its SHA-256 and sealed piece by piece, so that a range of it is read without the rest. The journal
and the snapshot name it and do not hold it. One object may consist of many such files, or of ranges of them: what was sent in
parts, or copied, is never put together in memory.

A snapshot says which files are still meant (`Shelf.named`); the others go when it has been saved.
"""

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, overload

from soundstage.core.errors import SimulatorError
from soundstage.simulator.sealed import RESET, SEALED_MORE, Seal, write_pieces

LARGE: Final = 256 * 1024
"""Bytes from which on a body is a file."""
_STEP: Final = 1024 * 1024
"""Bytes that are sealed together, and the most that is read at once."""


@dataclass(frozen=True)
class Piece:
    """A range of a file: where it begins in it, and how many bytes it has."""

    name: str
    start: int
    length: int


class Body:
    """Bytes that lie in files. It has a length and ranges like `bytes`, and is read in steps."""

    def __init__(self, shelf: "Shelf", pieces: tuple[Piece, ...]) -> None:
        self._shelf = shelf
        self.pieces = pieces
        self._length = sum(piece.length for piece in pieces)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, wanted: slice) -> "Body":
        start, end, step = wanted.indices(self._length)
        if step != 1:
            raise ValueError("Of a body only a range can be taken.")
        taken, place = [], 0
        for piece in self.pieces:
            first, last = max(start - place, 0), min(end - place, piece.length)
            if first < last:
                taken.append(Piece(piece.name, piece.start + first, last - first))
            place += piece.length
        return Body(self._shelf, tuple(taken))

    def steps(self) -> Iterator[bytes]:
        """The content, some of it at a time."""
        for piece in self.pieces:
            yield from self._shelf.read(piece)

    def __bytes__(self) -> bytes:
        return b"".join(self.steps())

    def __iter__(self) -> Iterator[bytes]:
        """For a WSGI application, which hands on what it is given: the whole, unread (`whole_of`)."""
        yield _Unread.of(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self._shelf.told(self),)


class _Unread(bytes):
    """No bytes, and the body that they stand for."""

    body: Body

    @classmethod
    def of(cls, body: Body) -> "_Unread":
        made = cls()
        made.body = body
        return made


Content = bytes | Body


def whole_of(parts: list[bytes]) -> Content:
    """What a WSGI application answered with: bytes, or the body that it was given."""
    found = next((part.body for part in parts if isinstance(part, _Unread)), None)
    return b"".join(parts) if found is None else found


def steps_of(content: Content) -> Iterator[bytes]:
    """A content, some of it at a time."""
    if isinstance(content, Body):
        yield from content.steps()
    else:
        yield content


class Shelf:
    """The files of one simulated cloud's bodies, in a folder of its own. One user at a time may put; everybody may read."""

    def __init__(self, folder: Path, seal: Seal) -> None:
        self._folder = folder
        self._seal = seal
        self.named: set[str] = set()
        """The files that what was packed since the last `forget_others` speaks of."""

    @overload
    def held(self, content: bytes) -> Content: ...
    @overload
    def held(self, content: Body) -> Body: ...
    def held(self, content: Content) -> Content:
        """The same content: in a file, where it is large."""
        if isinstance(content, Body) or len(content) < LARGE:
            return content
        return self.put(content)

    def joined(self, contents: list[Content]) -> Content:
        """Contents one behind the other."""
        if sum(map(len, contents)) < LARGE:
            return b"".join(bytes(one) for one in contents)
        bodies = [one if isinstance(one, Body) else self.put(one) for one in contents if len(one)]
        return Body(self, tuple(piece for one in bodies for piece in one.pieces))

    def put(self, content: bytes) -> Body:
        """Write a content to its file, on disk before this returns. On `OSError` nothing of it stays."""
        name = hashlib.sha256(content).hexdigest()
        path = self._folder / name
        if not path.exists():
            self._folder.mkdir(mode=0o700, exist_ok=True)
            view = memoryview(content)
            write_pieces(
                path,
                (
                    self._seal.close(bytes(view[start : start + _STEP]), f"body {name} {number}")
                    for number, start in enumerate(range(0, len(content), _STEP))
                ),
            )
        return Body(self, (Piece(name, 0, len(content)),))

    def body(self, name: str, length: int) -> Body:
        """The whole of a file. Raises `SimulatorError` where there is none."""
        if not (self._folder / name).is_file():
            raise _gone(name)
        return Body(self, (Piece(name, 0, length),))

    def told(self, body: Body) -> list[Any]:
        """A body in a snapshot. Its files are still meant (`forget_others`)."""
        self.named.update(piece.name for piece in body.pieces)
        return [[piece.name, piece.start, piece.length] for piece in body.pieces]

    def as_told(self, told: list[Any]) -> Body:
        """What `told` told."""
        return Body(self, tuple(Piece(*one) for one in told))

    def read(self, piece: Piece) -> Iterator[bytes]:
        """A range of a file, some of it at a time. Raises `SimulatorError` for a file that is gone or was altered."""
        each, end = _STEP + SEALED_MORE, piece.start + piece.length
        try:
            file = (self._folder / piece.name).open("rb")
        except FileNotFoundError as error:
            raise _gone(piece.name) from error
        with file:
            for number in range(piece.start // _STEP, -(-end // _STEP)):
                file.seek(number * each)
                content = self._seal.open(file.read(each), f"body {piece.name} {number}")
                yield content[max(piece.start - number * _STEP, 0) : end - number * _STEP]

    def forget_others(self) -> None:
        """Delete what nothing speaks of that was packed since the last time. What cannot be deleted is left for the next time."""
        kept, self.named = self.named, set()
        if not self._folder.is_dir():
            return
        for path in self._folder.iterdir():
            if path.name not in kept:
                with contextlib.suppress(OSError):
                    path.unlink()


_current: list[Shelf] = []


def use(shelf: Shelf) -> None:
    """From now on bodies of this process are on this shelf: a process is one simulated cloud."""
    _current[:] = [shelf]


def shelf() -> Shelf:
    """The shelf of this process."""
    return _current[0]


def _again(told: list[Any]) -> Body:
    return shelf().as_told(told)


def _gone(name: str) -> SimulatorError:
    return SimulatorError(f"The simulated cloud's body {name[:12]} is not there any more.", RESET)
