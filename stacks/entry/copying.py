"""Files to and from a machine, by SFTP through a session: goes on where it stopped, and is compared at the end.

What is not whole yet has another name (`.NAME.part-…`, with characters made from what is copied), so that nothing half-done is taken
for a file, and so that a second `cp` of the same goes on with it. Both ends are compared by SHA-256 before the file gets its name.
"""

import contextlib
import hashlib
import shlex
import socket
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final, TypeAlias

import paramiko

from soundstage.core.errors import OperationError, SessionError, UsageError
from soundstage.stacks.entry.door import Door
from soundstage.stacks.entry.shell import Login, logged_in, ssh_port

_PIECE: Final = 32 * 1024
"""Bytes in a question of SFTP: what every server takes."""
_ANSWERS: Final = 60.0
_MOST_TRIES: Final = 5
"""How often in a row a connection may be lost without a byte more having arrived."""

OnBytes: TypeAlias = Callable[[int, int], None]
"""Gets how many bytes are there, and of how many."""


@dataclass(frozen=True)
class Place:
    """One end of a copy. `machine` is empty for this computer."""

    machine: str
    path: str


@dataclass(frozen=True)
class Copied:
    """What was copied."""

    target: str
    bytes: int
    went_on_at: int
    """How much of it was there already from an earlier copy."""
    sha256: str
    connections: int


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


def copy(door: Door, source: Place, target: Place, on_bytes: OnBytes) -> Copied:
    """Copy one file. Raises `UsageError` for a source that is no file, `OperationError` when it cannot be done, and `SessionError` when
    the line is lost for good; the same copy then goes on where it stopped."""
    progress, tries, connections, first = -1, 0, 0, -1
    while True:
        connections += 1
        reached = [0]

        def note(done: int, total: int, reached: list[int] = reached) -> None:
            reached[0] = done
            on_bytes(done, total)

        try:
            with _connected(door) as (client, login):
                work = _up if target.machine else _down
                done = work(client, login, source, target, note)
            return Copied(done.target, done.bytes, done.went_on_at if first < 0 else first, done.sha256, connections)
        except (OSError, EOFError, paramiko.SSHException) as error:
            if isinstance(error, (FileNotFoundError, PermissionError, IsADirectoryError)):
                raise OperationError(
                    f"{error.filename or target.path or source.path}: {error.strerror or error}."
                ) from error
            tries = 0 if reached[0] > progress else tries + 1
            progress, first = max(progress, reached[0]), max(first, 0)
            if tries >= _MOST_TRIES:
                raise SessionError(
                    f"The connection was lost at {reached[0]} bytes and does not come back: {error or type(error).__name__}.",
                    "The same command goes on where it stopped.",
                ) from error
            door.tell("The connection was lost; going on where it stopped.")


@contextlib.contextmanager
def _connected(door: Door) -> "Iterator[tuple[paramiko.Transport, Login]]":
    """The machine's SSH, with the host key that its own program named. `SessionError` when it shows another."""
    with (
        logged_in(door) as login,
        ssh_port(door) as port,
        socket.create_connection(("127.0.0.1", port), timeout=_ANSWERS) as line,
    ):
        transport = paramiko.Transport(line)
        try:
            known = dict(key.split()[:2] for key in login.host_keys)
            options = transport.get_security_options()
            options.key_types = tuple(each for each in options.key_types if _plain(each) in known)
            transport.start_client(timeout=_ANSWERS)
            shown = transport.get_remote_server_key()
            if known.get(shown.get_name()) != shown.get_base64():
                raise SessionError(
                    f"The machine shows another host key than its own program named ({shown.get_name()}).",
                    "Nothing was sent. Tell whoever looks after the project.",
                )
            key = paramiko.Ed25519Key.from_private_key_file(str(login.key))
            transport.auth_publickey(login.user, key)
            yield transport, login
        finally:
            transport.close()


def _plain(name: str) -> str:
    """The kind of key that an algorithm signs with."""
    return "ssh-rsa" if name.startswith("rsa-sha2-") else name


def _up(client: paramiko.Transport, _: Login, source: Place, target: Place, on_bytes: OnBytes) -> Copied:
    path = Path(source.path).expanduser()
    if not path.is_file():
        raise UsageError(f"{source.path} is no file.", "One file is copied at a time; pack a folder first (`tar`).")
    size, digest = path.stat().st_size, _digest(path)
    with _sftp(client) as sftp:
        wanted = _remote_target(sftp, target.path, path.name)
        part = str(PurePosixPath(wanted).with_name(f".{PurePosixPath(wanted).name[:200]}.part-{digest[:12]}"))
        there = min(_size(sftp, part), size)
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
        found = _remote_digest(client, part)
        if found != digest:
            sftp.remove(part)
            raise _altered(wanted)
        sftp.posix_rename(part, wanted)
    return Copied(wanted, size, there, digest, 1)


def _down(client: paramiko.Transport, _: Login, source: Place, target: Place, on_bytes: OnBytes) -> Copied:
    with _sftp(client) as sftp:
        about = sftp.stat(source.path)
        if not stat.S_ISREG(about.st_mode or 0):
            raise UsageError(f"{source.path} is no file.", "One file is copied at a time; pack a folder first (`tar`).")
        size, digest = about.st_size or 0, _remote_digest(client, source.path)
        wanted = Path(target.path or ".").expanduser()
        wanted = wanted / PurePosixPath(source.path).name if wanted.is_dir() else wanted
        part = wanted.with_name(f".{wanted.name[:200]}.part-{digest[:12]}")
        there = min(part.stat().st_size if part.exists() else 0, size)
        with sftp.open(source.path, "rb") as remote, part.open("r+b" if there else "wb") as local:
            local.seek(there)
            remote.seek(there)
            remote.prefetch(size)
            done = there
            on_bytes(done, size)
            while done < size and (piece := remote.read(_PIECE)):
                local.write(piece)
                done += len(piece)
                on_bytes(done, size)
        if _digest(part) != digest:
            part.unlink()
            raise _altered(str(wanted))
        part.replace(wanted)
    return Copied(str(wanted), size, there, digest, 1)


def _altered(path: str) -> OperationError:
    return OperationError(
        f"What arrived as {path} is not what was sent.", "It was removed. Copy it again; was it being written?"
    )


@contextlib.contextmanager
def _sftp(client: paramiko.Transport) -> Iterator[paramiko.SFTPClient]:
    opened = paramiko.SFTPClient.from_transport(client)
    if opened is None:
        raise OSError("the machine opens no SFTP")
    with opened:
        channel = opened.get_channel()
        if channel is not None:
            channel.settimeout(_ANSWERS)
        yield opened


def _size(sftp: paramiko.SFTPClient, path: str) -> int:
    try:
        return sftp.stat(path).st_size or 0
    except FileNotFoundError:
        return 0


def _remote_target(sftp: paramiko.SFTPClient, path: str, name: str) -> str:
    """The file that is meant: in the folder, where a folder was named."""
    path = path or "."
    try:
        if stat.S_ISDIR(sftp.stat(path).st_mode or 0):
            return str(PurePosixPath(path) / name)
    except FileNotFoundError:
        pass
    return path


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _remote_digest(client: paramiko.Transport, path: str) -> str:
    """The digest of a file on the machine, by the machine."""
    channel = client.open_session(timeout=_ANSWERS)
    try:
        channel.exec_command(f"sha256sum -- {shlex.quote(path)}")
        text = b"".join(iter(lambda: channel.recv(4096), b"")).decode(errors="replace")
        if channel.recv_exit_status():
            raise OperationError(
                f"{path} cannot be read on the machine.", "Is the path right, and may its person read it?"
            )
        return text.split()[0].lstrip("\\")
    finally:
        channel.close()
