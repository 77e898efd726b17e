"""Files that somebody else has named: reading and writing them never waits for a pipe and never ends in a device."""

import errno
import os
import stat
from pathlib import Path
from typing import Final

_DEVICES: Final = Path("/dev")


def read(path: Path, most: int) -> bytes:
    """The content of an ordinary file of at most `most` bytes.

    Raises `OSError`, whose `strerror` can be shown, for what is missing, forbidden, larger, a folder, a pipe or a device.
    """
    try:
        # Without O_NONBLOCK, opening a pipe would wait for a writer that never comes.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except ValueError as error:
        raise OSError(errno.EINVAL, f"its name cannot be one ({error})", str(path)) from error
    try:
        found = os.fstat(handle)
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "it is not an ordinary file (it is a pipe, a device or a socket)", str(path))
        content = b""
        if found.st_size <= most:
            with os.fdopen(handle, "rb", closefd=False) as stream:
                content = stream.read(most + 1)  # files under /proc have no size
        if max(found.st_size, len(content)) > most:
            raise OSError(errno.EFBIG, f"it is larger than {_size(most)}", str(path))
        return content
    finally:
        os.close(handle)


def write(path: Path, text: str, mode: int = 0o666) -> None:
    """Write `text` in UTF-8, all of it or nothing; a new file gets `mode`, less the umask, and an old one keeps its own.

    A device such as `/dev/stdout` and a pipe with a reader are written to as they are. A symbolic link is followed only where it
    stays in the folder that a person works in (see `_destination`): a link may come with a repository, and would overwrite a
    file that its owner never named.

    Raises `OSError` as `read` does, also for a link that leads elsewhere and a pipe that nobody reads.
    """
    try:
        target = _destination(path)
        try:
            found = target.stat()
        except FileNotFoundError:
            found = None
    except ValueError as error:
        raise OSError(errno.EINVAL, f"its name cannot be one ({error})", str(path)) from error
    # `/dev/stdout` may lead to an ordinary file, and is never to be replaced by one.
    if target.parent != _DEVICES and (found is None or stat.S_ISREG(found.st_mode)):
        _replace(target, text, mode, found)
        return
    handle = os.open(target, os.O_WRONLY | os.O_TRUNC | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    os.set_blocking(handle, True)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)


def _destination(path: Path) -> Path:
    """Where writing to `path` ends, all links followed.

    Inside the current folder every link on the way has to stay in it. Elsewhere the folder was named by whoever typed the path,
    and only a link in the place of the file itself could lead out of it. `/dev/stdout` is a link by nature.
    """
    typed = Path(os.path.normpath(path.absolute()))
    if typed.parent == _DEVICES:
        return typed
    here = Path.cwd()
    allowed = (here if typed.is_relative_to(here) else typed.parent).resolve()
    target = Path(os.path.realpath(typed.parent)) / typed.name
    if target.is_symlink():
        target = Path(os.path.realpath(target))
    if target.is_symlink():  # a link to itself
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    if not target.is_relative_to(allowed):
        raise OSError(errno.EPERM, f"a symbolic link leads from there to {target}, outside {allowed}", str(path))
    return target


def _replace(target: Path, text: str, mode: int, found: os.stat_result | None) -> None:
    """Put a finished file in the place of another one, so that nobody ever finds half of it."""
    scratch = target.with_name(f".{target.name[:200]}.{os.getpid()}")
    handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            if found is not None:
                os.fchmod(handle, stat.S_IMODE(found.st_mode))
            stream.write(text)
        scratch.replace(target)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise


def _size(count: int) -> str:
    return f"{count >> 20} MiB" if count >= 1 << 20 else f"{count >> 10} KiB"
