"""Files that somebody else has named: reading and writing them never waits for a pipe and never ends in a device."""

import errno
import os
import stat
from pathlib import Path


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
            raise OSError(errno.EINVAL, "it is no ordinary file (a pipe, a device or a socket)", str(path))
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
    """Write `text` in UTF-8, to a file or to a device such as `/dev/stdout`; a new file gets `mode`, less the umask.

    Raises `OSError` as `read` does, also for a pipe that nobody reads.
    """
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
        handle = os.open(path, flags, mode)
    except ValueError as error:
        raise OSError(errno.EINVAL, f"its name cannot be one ({error})", str(path)) from error
    os.set_blocking(handle, True)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)


def _size(count: int) -> str:
    return f"{count >> 20} MiB" if count >= 1 << 20 else f"{count >> 10} KiB"
