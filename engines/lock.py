"""One command at a time per stack.

The lock is `flock` on a file, so it goes with its holder: a killed command leaves none behind. The file's text says who
holds it, for the message to the second command. On a network folder `flock` may not reach other hosts, so a note from
another host is believed until somebody deletes it.
"""

import contextlib
import fcntl
import getpass
import json
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from soundstage.core.errors import StateAbandoned, StateError, StateLocked
from soundstage.core.home import make_private

LOCK_FILE: Final = "lock"
_NOTE_SECONDS: Final = 2.0
"""How long a lock may be held without a note of its holder, who may have no room to write it."""
_POLL_SECONDS: Final = 0.02


@dataclass(frozen=True)
class Holder:
    """Who holds a stack. `since` is UTC, ISO 8601."""

    pid: int
    host: str
    user: str
    since: str
    command: str

    def __str__(self) -> str:
        return f"`{self.command}` of {self.user} on {self.host} (process {self.pid}), since {self.since}"

    @property
    def may_run(self) -> bool:
        """False for a command of this host that has ended: the note of a killed one stays until the next one is written."""
        if self.host != socket.gethostname():
            return True
        try:
            return runs(self.pid)
        except (OSError, TypeError, OverflowError):  # no number of a process at all
            return False


def runs(pid: int) -> bool:
    """Whether a process of this computer has not ended yet."""
    try:
        os.kill(pid, 0)
    except PermissionError:  # there is one, of another user
        return True
    except ProcessLookupError:
        return False
    return True


@contextlib.contextmanager
def held(folder: Path, stack: str, command: str) -> Iterator[None]:
    """Hold the stack in `folder` for the length of the block. `StateLocked` says who holds it instead, `StateAbandoned` who
    did so on another host and never let go."""
    path = folder / LOCK_FILE
    try:
        make_private(folder)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise StateError(
            f"The state folder {folder} cannot be used: {error.strerror}.",
            "Change its permissions, or set SOUNDSTAGE_HOME to a folder that you own.",
        ) from error
    try:
        _take(handle, folder, stack)
        previous = holder(folder)
        if previous and previous.host != socket.gethostname():
            raise StateAbandoned(
                f"{stack} was in use by {previous}, and the lock was never released.",
                f"If no command runs there any more, delete {path} and run this again.",
            )
        _note(handle, command)
        try:
            yield
        finally:
            os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def _take(handle: int, folder: Path, stack: str) -> None:
    """Take the lock, or raise `StateLocked`, which says who has it.

    A command has the lock an instant before it has noted so, and an instant longer than its note: whoever meets it then looks again.
    """
    deadline = time.monotonic() + _NOTE_SECONDS
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            by = holder(folder)
            named = by is not None and by.may_run
            if named or time.monotonic() > deadline:
                raise StateLocked(
                    f"{stack} is in use by {by if named else 'another command'}.",
                    "Wait until it has finished, or stop it with Ctrl-C there.",
                ) from error
        else:
            return
        time.sleep(_POLL_SECONDS)


def holder(folder: Path) -> Holder | None:
    """Who noted that they hold the stack; a note may outlive a killed command."""
    try:
        return Holder(**json.loads((folder / LOCK_FILE).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _note(handle: int, command: str) -> None:
    note = Holder(
        pid=os.getpid(),
        host=socket.gethostname(),
        user=user(),
        since=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        command=command,
    )
    os.ftruncate(handle, 0)
    # The note is for people; a full disk must not stop a command that could still save what it does.
    with contextlib.suppress(OSError):
        os.pwrite(handle, json.dumps(asdict(note)).encode(), 0)


def user() -> str:
    """The name of the account that this command runs under."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid())
