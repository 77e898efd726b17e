"""Both ends of a copy: where a file is meant to be, how much of it is there, and what its digest is."""

import contextlib
import hashlib
import shlex
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final, TypeAlias

import paramiko

from soundstage.core.errors import OperationError, UsageError
from soundstage.stacks.entry.machine_words import Words, of_system
from soundstage.stacks.entry.shell import Login

ANSWERS: Final = 60.0
"""Seconds in which a machine answers a question."""

OnBytes: TypeAlias = Callable[[int, int], None]
"""Gets how many bytes are there, and of how many."""


@dataclass(frozen=True)
class Place:
    """One end of a copy. `machine` is empty for this computer."""

    machine: str
    path: str

    def __str__(self) -> str:
        return f"{self.machine}:{self.path}" if self.machine else self.path


@dataclass(frozen=True)
class Copied:
    """What was copied."""

    target: str
    bytes: int
    went_on_at: int
    """How much of it was there already from an earlier copy."""
    sha256: str
    connections: int
    by: str = "session"
    """`session`, or `bucket` where it went by way of the project's bucket."""


def local_file(source: Place) -> Path:
    """The file of this computer that is meant. `UsageError` where it is none."""
    path = Path(source.path).expanduser()
    if not path.exists():
        raise UsageError(f"There is no file {source.path} here.", "Is the path right?")
    if not path.is_file():
        raise UsageError(f"{source.path} is no file.", "One file is copied at a time; pack a folder first (`tar`).")
    return path


def local_target(target: Place, name: str) -> Path:
    """Where a file called `name` (with its folders) is to be on this computer. `UsageError` where the folder is missing."""
    wanted = Path(target.path or ".").expanduser()
    if wanted.is_dir() or target.path.endswith("/"):
        wanted = wanted / PurePosixPath(name).name
    if not wanted.parent.is_dir():
        raise UsageError(
            f"There is no folder {wanted.parent} here.",
            f"Make it first: `mkdir -p {shlex.quote(str(wanted.parent))}`.",
        )
    return wanted


def remote_file(sftp: paramiko.SFTPClient, path: str, source: Place) -> int:
    """The bytes of a file of the machine. `UsageError` where it is none."""
    about = sftp.stat(path)
    if not stat.S_ISREG(about.st_mode or 0):
        raise UsageError(f"{source} is no file.", "One file is copied at a time; pack a folder first (`tar`).")
    return about.st_size or 0


def altered(path: str) -> OperationError:
    """The refusal of a file that did not arrive as it was."""
    return OperationError(
        f"What arrived as {path} is not what was sent.", "It was removed. Copy it again; was it being written?"
    )


def give_name(
    client: paramiko.Transport, login: Login, sftp: paramiko.SFTPClient, part: str, wanted: str, digest: str
) -> None:
    """Give what has arrived on the machine its name, if it is what was sent; otherwise remove it and raise `OperationError`. Where another
    copy of the same has given it its name meanwhile, nothing is left to do."""
    try:
        found = remote_digest(client, login, part)
        if found == digest:
            sftp.posix_rename(part, wanted)
    except (OperationError, FileNotFoundError):
        if _there(sftp, part) or not _there(sftp, wanted) or remote_digest(client, login, wanted) != digest:
            raise
        return
    if found != digest:
        sftp.remove(part)
        raise altered(wanted)


def _there(sftp: paramiko.SFTPClient, path: str) -> bool:
    try:
        sftp.stat(path)
    except FileNotFoundError:
        return False
    return True


@contextlib.contextmanager
def sftp_of(client: paramiko.Transport) -> Iterator[paramiko.SFTPClient]:
    """Files over a connection, every answer within a time."""
    opened = paramiko.SFTPClient.from_transport(client)
    if opened is None:
        raise OSError("the machine opens no SFTP")
    with opened:
        channel = opened.get_channel()
        if channel is not None:
            channel.settimeout(ANSWERS)
        yield opened


def size_of(sftp: paramiko.SFTPClient, path: str) -> int:
    """Bytes of a file on the machine; 0 where there is none."""
    try:
        return sftp.stat(path).st_size or 0
    except FileNotFoundError:
        return 0


def remote_target(sftp: paramiko.SFTPClient, path: str, name: str) -> str:
    """The file that is meant: in the folder, where a folder was named."""
    try:
        if stat.S_ISDIR(sftp.stat(path).st_mode or 0):
            return str(PurePosixPath(path) / name)
    except FileNotFoundError:
        if path.endswith("/"):
            raise
    return path


def words_of(login: Login) -> Words:
    """What is typed on the machine."""
    return of_system(windows=login.shell == "powershell")


def part_name(name: str, digest: str) -> str:
    """What a file is called until it is whole. A name has at most 255 bytes."""
    return f".{name.encode()[:200].decode(errors='ignore')}.part-{digest[:12]}"


def digest_of(path: Path) -> str:
    """The SHA-256 of a file of this computer, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remote_digest(client: paramiko.Transport, login: Login, path: str) -> str:
    """The digest of a file on the machine, by the machine."""
    channel = client.open_session(timeout=ANSWERS)
    try:
        channel.exec_command(words_of(login).digest(path))
        text = b"".join(iter(lambda: channel.recv(4096), b"")).decode(errors="replace")
        if channel.recv_exit_status():
            raise OperationError(
                f"{path} cannot be read on the machine.", "Is the path right, and may its person read it?"
            )
        return text.split()[0].lstrip("\\").lower()
    finally:
        channel.close()
