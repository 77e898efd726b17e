"""Files to and from a machine, by SFTP through a session: goes on where it stopped, and is compared at the end.

What is not whole yet has another name (`.NAME.part-…`, with characters made from what is copied), so that nothing half-done is taken
for a file, and so that a second `cp` of the same goes on with it. Both ends are compared by SHA-256 before the file gets its name.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final, TypeAlias

import paramiko

from soundstage.core.errors import OperationError, SessionError, UsageError
from soundstage.stacks.clouds.doors import Door
from soundstage.stacks.clouds.transfers import Overtaken
from soundstage.stacks.entry.both_ends import (
    Copied,
    OnBytes,
    Place,
    altered,
    digest_of,
    give_name,
    local_file,
    local_target,
    part_name,
    remote_digest,
    remote_file,
    remote_target,
    sftp_of,
    size_of,
    words_of,
)
from soundstage.stacks.entry.connected import connected
from soundstage.stacks.entry.machine_words import Words, of_system
from soundstage.stacks.entry.shell import Login

_PIECE: Final = 32 * 1024
"""Bytes in a question of SFTP: what every server takes."""
_MOST_TRIES: Final = 5
"""How often in a row a connection may be lost without a byte more having arrived."""

_LINE_CLOSED: Final = "Socket is closed"
"""What paramiko says of a line that is gone, with no number."""
_GOES_ON: Final = "What has arrived is kept in a hidden file beside it; the same command goes on where it stopped."

Way: TypeAlias = Callable[[paramiko.Transport, Login, Place, Place, OnBytes], Copied]
"""How a file comes from one end to the other, over a connection to the machine."""


def read_place(text: str) -> Place:
    """`edit-1:film.mov`, or a path of this computer. A path with a colon is written `./a:b`."""
    name, colon, path = text.partition(":")
    return Place(name, path) if colon and "/" not in name and name else Place("", text)


def ends(source: str, target: str) -> tuple[Place, Place]:
    """Both ends. `UsageError` unless exactly one is on a machine."""
    places = read_place(source), read_place(target)
    if bool(places[0].machine) == bool(places[1].machine):
        raise UsageError(
            "One of the two must be on a machine, and the other on this computer.",
            "Write MACHINE:PATH for the machine's, such as `workstation cp film.mov edit-1:film.mov`.",
        )
    return places


def copy(door: Door, source: Place, target: Place, on_bytes: OnBytes, ways: tuple[Way, Way] | None = None) -> Copied:
    """Copy one file, through the session, or by other ways: to the machine and from it. Raises `UsageError` for a source that is no
    file, `OperationError` when it cannot be done, and `SessionError` when the line is lost for good; the same copy then goes on where
    it stopped."""
    progress, tries, connections, first = -1, 0, 0, -1
    while True:
        connections += 1
        reached = [0]

        def note(done: int, total: int, reached: list[int] = reached) -> None:
            reached[0] = done
            on_bytes(done, total)

        try:
            with connected(door) as (client, login):
                up, down = ways or (to_machine, from_machine)
                done = (up if target.machine else down)(client, login, source, target, note)
            return replace(done, went_on_at=done.went_on_at if first < 0 else first, connections=connections)
        except (OSError, EOFError, paramiko.SSHException) as error:
            if refused := _refused(error, source, target, of_system(windows=door.machine.is_windows)):
                raise refused from error
            tries = 0 if reached[0] > progress else tries + 1
            progress, first = max(progress, reached[0]), max(first, 0)
            if tries >= _MOST_TRIES:
                raise SessionError(
                    f"The connection was lost at {reached[0]} bytes and does not come back: {error or type(error).__name__}.",
                    _GOES_ON,
                ) from error
            door.tell(
                str(error) if isinstance(error, Overtaken) else "The connection was lost; going on where it stopped."
            )


def _refused(error: Exception, source: Place, target: Place, words: Words) -> OperationError | None:
    """The error as one that trying again does not help; None where the line was lost."""
    if (
        not isinstance(error, OSError)
        or isinstance(error, (ConnectionError, TimeoutError))
        or str(error) == _LINE_CLOSED
    ):
        return None
    if error.filename:
        return OperationError(f"{error.filename}: {error.strerror}.")
    there = next(place for place in (source, target) if place.machine)
    if isinstance(error, FileNotFoundError) and there is source:
        return OperationError(
            f"There is no file {there}.", f"See what is there: `workstation ssh {there.machine} -- {words.listing}`."
        )
    if isinstance(error, FileNotFoundError):
        path = PurePosixPath(words.path(there.path))
        make = words.folder(str(path if there.path.endswith("/") else path.parent))
        make = f'"{make}"' if "'" in make else make  # the machine's shell reads it once more
        return OperationError(
            f"There is no folder for {there}.", f"Make it first: `workstation ssh {there.machine} -- {make}`."
        )
    if isinstance(error, PermissionError):
        return OperationError(f"The machine's person may not use {there}.", f"Choose a place under {words.places}.")
    if error.errno is not None:
        return OperationError(f"{target.path or '.'} on this computer: {error.strerror}.", _GOES_ON)
    return OperationError(
        f"The machine does not take all of {there} ({error}).",
        f"Is its disk full? `workstation ssh {there.machine} -- {words.space}` shows it. {_GOES_ON}",
    )


def to_machine(client: paramiko.Transport, login: Login, source: Place, target: Place, on_bytes: OnBytes) -> Copied:
    path = local_file(source)
    size, digest = path.stat().st_size, digest_of(path)
    with sftp_of(client) as sftp:
        wanted = remote_target(sftp, words_of(login).path(target.path), path.name)
        part = str(PurePosixPath(wanted).with_name(part_name(PurePosixPath(wanted).name, digest)))
        there = min(size_of(sftp, part), size)
        with path.open("rb") as local, sftp.open(part, "r+b" if there else "wb") as remote:
            remote.set_pipelined(True)
            local.seek(there)
            remote.seek(there)
            done = there
            on_bytes(done, size)
            while piece := local.read(_PIECE):
                remote.write(piece)
                done += len(piece)
                on_bytes(done, size)
        if (arrived := size_of(sftp, part)) < size:  # of the last pieces nobody is told whether they were written
            raise OSError(f"{arrived} of {size} bytes arrived")
        give_name(client, login, sftp, part, wanted, digest)
    return Copied(wanted, size, there, digest, 1)


def from_machine(client: paramiko.Transport, login: Login, source: Place, target: Place, on_bytes: OnBytes) -> Copied:
    path = words_of(login).path(source.path)
    with sftp_of(client) as sftp:
        size, digest = remote_file(sftp, path, source), remote_digest(client, login, path)
        wanted = local_target(target, path)
        part = wanted.with_name(part_name(wanted.name, digest))
        there = min(part.stat().st_size if part.exists() else 0, size)
        with sftp.open(path, "rb") as remote, part.open("r+b" if there else "wb") as local:
            local.seek(there)
            remote.seek(there)
            remote.prefetch(size)
            done = there
            on_bytes(done, size)
            while done < size and (piece := remote.read(_PIECE)):
                local.write(piece)
                done += len(piece)
                on_bytes(done, size)
        if digest_of(part) != digest:
            part.unlink()
            raise altered(str(wanted))
        part.replace(wanted)
    return Copied(str(wanted), size, there, digest, 1)
