"""Large files by way of the project's bucket: up in parts from one end, down at the other, and nothing of it stays there.

A session carries some megabytes a second at best, the bucket what the line of this computer carries, and between the bucket and the
machine lies the network's own gateway. This computer puts and takes with the credentials of whoever copies; the machine by links that
are signed with them, one for each object or part, which it is told over SSH. So a machine needs no right that it has not already, and
one whose role is confined to a folder of the bucket is no exception.
"""

import contextlib
import dataclasses
import json
import os
import shlex
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import Final

import paramiko

from soundstage.components.layout import TRANSFER
from soundstage.components.naming import fingerprint
from soundstage.core.errors import CloudError, OperationError, UsageError
from soundstage.projectfile.project_file import Project
from soundstage.sessions.session import Tell, silent
from soundstage.stacks.clouds.transfers import Overtaken, Transfers
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
from soundstage.stacks.entry.copying import Way, from_machine, to_machine
from soundstage.stacks.entry.shell import Login

LARGE: Final = 64 << 20
"""Bytes from which on a file goes by way of the bucket. People report less than 1 MB/s through Session Manager, so that less than
this takes a minute at most; the way by bucket takes some seconds more for its calls, and reads the file once more."""
PART: Final = 16 << 20
"""Bytes of a part, where that makes few enough: S3 takes 10,000 of 5 MiB or more (Amazon S3 User Guide, "Multipart upload limits",
read 2026-11)."""
_MOST_PARTS: Final = 9_000
_AT_ONCE: Final = 4
_LINK_SECONDS: Final = 12 * 3600
"""A link ends with the credentials that signed it, after twelve hours at most."""
_STALE: Final = "stale"
_NO_BUCKET: Final = "it has no bucket for that; `workstation up` makes what is missing"


@dataclass(frozen=True)
class Store:
    """The bucket that a file goes by way of. `machine` is the id of the machine at the other end."""

    transfers: Transfers
    bucket: str
    machine: str


def why_not(project: Project, bucket: object, *, is_windows: bool) -> str:
    """Why a file cannot go by way of the project's bucket; empty when it can."""
    if project.profile == "content":
        return "with profile `content` its media stay inside its network, so this computer does not reach its bucket"
    if project.storage.object_lock_days:
        return "nothing can be removed from its bucket before `object_lock_days` are over"
    if project.storage.backup_region:
        return "everything in its bucket is copied to `backup_region`, and would stay there"
    if is_windows:
        return "a machine with Windows has no program for it"
    return "" if isinstance(bucket, str) and bucket else _NO_BUCKET


def ways_by(
    project: Project, store: Store, *, by: str, is_windows: bool, tell: Tell = silent
) -> tuple[Way, Way] | None:
    """The ways to and from a machine, for `by` as `workstation cp` takes it; None where all goes through the session. `tell` gets a
    sentence where a large file goes there only because its bucket was not made yet. `UsageError` where the bucket was asked for and
    cannot be used."""
    refused = why_not(project, store.bucket, is_windows=is_windows)
    if by == "bucket" and refused:
        raise UsageError(
            f"A file of {project.title} cannot go by way of its bucket: {refused}.",
            "Leave out `--by bucket`: the file then goes through the session.",
        )
    if by == "session" or refused not in ("", _NO_BUCKET):
        return None
    least = 0 if by == "bucket" else LARGE

    def by_bucket(size: int) -> bool:
        if size >= least and refused:
            tell(
                f"This file goes through the session, which is slow for one of its size: {project.title} has no bucket for large files yet. `workstation up` makes it."
            )
        return size >= least and not refused

    def up(client: paramiko.Transport, login: Login, source: Place, target: Place, on_bytes: OnBytes) -> Copied:
        return (
            _up(store, client, login, source, target, on_bytes)
            if by_bucket(local_file(source).stat().st_size)
            else to_machine(client, login, source, target, on_bytes)
        )

    def down(client: paramiko.Transport, login: Login, source: Place, target: Place, on_bytes: OnBytes) -> Copied:
        with sftp_of(client) as sftp:
            large = by_bucket(remote_file(sftp, words_of(login).path(source.path), source))
        return (
            _down(store, client, login, source, target, on_bytes)
            if large
            else from_machine(client, login, source, target, on_bytes)
        )

    return up, down


def key_of(machine: str, direction: str, path: str, digest: str) -> str:
    """Where one copy lies on its way: the same again when it goes on, and another for every other copy."""
    return f"{TRANSFER}{fingerprint(machine, direction, path, digest, length=32)}"


def parts_of(size: int) -> list[tuple[int, int, int]]:
    """Number, start and length of each part of so many bytes."""
    each = max(PART, -(-size // _MOST_PARTS))
    return [(number, start, min(each, size - start)) for number, start in enumerate(range(0, size, each), 1)]


def _up(
    store: Store, client: paramiko.Transport, login: Login, source: Place, target: Place, on_bytes: OnBytes
) -> Copied:
    path = local_file(source)
    size, digest = path.stat().st_size, digest_of(path)
    with sftp_of(client) as sftp:
        wanted = remote_target(sftp, words_of(login).path(target.path), path.name)
        part = str(PurePosixPath(wanted).with_name(part_name(PurePosixPath(wanted).name, digest)))
        with sftp.open(part, "ab"):  # a folder that is not there is told before an hour of uploading
            there = min(size_of(sftp, part), size)
        key = key_of(store.machine, "up", wanted, digest)
        went_on = there
        if there < size:
            went_on = max(there, _put(store, key, path, size, lambda done: on_bytes(done // 2, size)))

            def job() -> dict[str, object]:
                link = store.transfers.link_to_get(store.bucket, key, _LINK_SECONDS)
                return {"path": part, "size": size, "get": dataclasses.asdict(link)}

            _carry(client, job, lambda done: on_bytes((size + done) // 2, size))
        store.transfers.clear(store.bucket, key)  # the machine has all of it
        give_name(client, login, sftp, part, wanted, digest)
    return Copied(wanted, size, went_on, digest, 1, "bucket")


def _down(
    store: Store, client: paramiko.Transport, login: Login, source: Place, target: Place, on_bytes: OnBytes
) -> Copied:
    path = words_of(login).path(source.path)
    with sftp_of(client) as sftp:
        size, digest = remote_file(sftp, path, source), remote_digest(client, login, path)
    wanted = local_target(target, path)
    part = wanted.with_name(part_name(wanted.name, digest))
    part.touch()
    there = min(part.stat().st_size, size)
    key = key_of(store.machine, "down", path, digest)
    went_on = there
    if there < size:
        went_on = max(there, _put_by_machine(store, key, client, path, size, lambda done: on_bytes(done // 2, size)))
        with part.open("ab") as file:
            for piece in store.transfers.read(store.bucket, key, there):
                file.write(piece)
                there += len(piece)
                on_bytes((size + there) // 2, size)
    found = digest_of(part)
    store.transfers.clear(store.bucket, key)
    if found != digest:
        part.unlink()
        raise altered(str(wanted))
    part.replace(wanted)
    return Copied(str(wanted), size, went_on, digest, 1, "bucket")


def _put(store: Store, key: str, path: Path, size: int, on_done: Callable[[int], None]) -> int:
    """Put a file of this computer there, from where an earlier copy stopped. Returns how many bytes were there."""
    if store.transfers.size(store.bucket, key) == size:
        return size
    upload, missing, there = _missing(store, key, size)
    done = there

    def put(part: tuple[int, int, int]) -> int:
        number, start, length = part
        with path.open("rb") as file:
            body = os.pread(file.fileno(), length, start)
        store.transfers.put(store.bucket, key, upload, number, body)
        return length

    on_done(done)
    with _pool() as pool:
        for length in pool.map(put, missing):
            done += length
            on_done(done)
    _finish(store, key, upload, size)
    return there


def _put_by_machine(
    store: Store, key: str, client: paramiko.Transport, path: str, size: int, on_done: Callable[[int], None]
) -> int:
    """Have the machine put a file there, from where an earlier copy stopped. Returns how many bytes were there."""
    if store.transfers.size(store.bucket, key) == size:
        return size
    upload, _, there = _missing(store, key, size)

    def job() -> dict[str, object]:
        links = [
            [
                start,
                length,
                dataclasses.asdict(store.transfers.link_to_put(store.bucket, key, upload, number, _LINK_SECONDS)),
            ]
            for number, start, length in _missing(store, key, size)[1]
        ]
        return {"path": path, "put": links}

    _carry(client, job, on_done)
    _finish(store, key, upload, size)
    return there


def _finish(store: Store, key: str, upload: str, size: int) -> None:
    """Make the object of its parts, of which none may be gone: another copy of the same file removes them when it ends."""
    try:
        if not _missing(store, key, size)[1]:
            store.transfers.finish(store.bucket, key, upload)
            return
    except CloudError:
        if not _missing(store, key, size)[1]:
            raise
    raise Overtaken


def _missing(store: Store, key: str, size: int) -> tuple[str, list[tuple[int, int, int]], int]:
    """The upload, the parts that it lacks, and how many bytes of it are there."""
    upload = store.transfers.upload(store.bucket, key)
    wanted = parts_of(size)
    missing = [part for part in wanted if upload.parts.get(part[0]) != part[2]]
    return upload.id, missing, size - sum(length for _, _, length in missing)


@contextlib.contextmanager
def _pool() -> Iterator[ThreadPoolExecutor]:
    """Of a copy that is stopped, no part is begun any more."""
    pool = ThreadPoolExecutor(_AT_ONCE)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _carry(client: paramiko.Transport, job: Callable[[], dict[str, object]], on_done: Callable[[int], None]) -> None:
    """Have the machine do a job of `carrier`, with new links where those that it has count no more, and follow it."""
    text = files("soundstage.stacks.entry").joinpath("carrier.py").read_text(encoding="utf-8")
    last = _STALE
    while last == _STALE:
        last, moved = _carried(client, text, job(), on_done)
        if last == _STALE and not moved:
            last = "error: the bucket does not take its links"
    if last == "done":
        return
    if not last:
        raise EOFError("the machine's program ended without a word")
    raise OperationError(
        f"The machine did not do its part of the copy: {last.removeprefix('error: ')}.",
        "What has arrived is kept, in the bucket for a day; the same command goes on where it stopped.",
    )


def _carried(
    client: paramiko.Transport, text: str, job: dict[str, object], on_done: Callable[[int], None]
) -> tuple[str, bool]:
    """The machine's last word, and whether any byte has moved."""
    channel = client.open_session(timeout=60.0)
    try:
        channel.exec_command(f"python3 -c {shlex.quote(text)}")
        channel.sendall(json.dumps(job).encode() + b"\n")
        channel.shutdown_write()
        last, moved = "", False
        for line in channel.makefile("r", -1):
            last = line.strip()
            if last.isdigit():
                moved = True
                on_done(int(last))
        failed = channel.recv_exit_status() != 0
        return ("error: its program failed" if failed and last in ("done", _STALE) else last), moved
    finally:
        channel.close()
