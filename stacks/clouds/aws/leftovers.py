"""Sessions that a command left open because it was killed: ended by the next one.

Each open session has a file, locked by the process that holds it. A file that nobody locks is of a session that nobody holds.
"""

import contextlib
import fcntl
import json
import os
from pathlib import Path
from typing import IO

from soundstage.core.errors import SoundstageError
from soundstage.core.home import make_private
from soundstage.sessions.session import Calls, Grant, Request


class Noted:
    """`calls`, with every session that they open written down in `folder` until it is ended. `where` says in which account and region
    a session can be ended again."""

    def __init__(self, calls: Calls, folder: Path, where: str) -> None:
        self._calls = calls
        self._folder = folder
        self._where = where
        self._held: dict[str, tuple[Path, IO[str]]] = {}
        make_private(folder)

    def start(self, request: Request) -> Grant:
        grant = self._calls.start(request)
        path = self._folder / f"{grant.session}.json"
        file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "w")
        fcntl.flock(file, fcntl.LOCK_EX)
        json.dump({"session": grant.session, "where": self._where}, file)
        file.flush()
        self._held[grant.session] = (path, file)
        return grant

    def resume(self, session: str) -> Grant | None:
        return self._calls.resume(session)

    def terminate(self, session: str) -> None:
        self._calls.terminate(session)
        self.forget(session)

    def forget(self, session: str) -> None:
        """It is over, whoever ended it."""
        if held := self._held.pop(session, None):
            held[0].unlink(missing_ok=True)
            held[1].close()

    def close(self) -> None:
        """Every session of this command is over."""
        for session in list(self._held):
            self.forget(session)

    def sweep(self) -> list[str]:
        """End the sessions that were left open by commands that are gone. Returns which."""
        ended = []
        for path in sorted(self._folder.glob("*.json")):
            with contextlib.suppress(OSError, ValueError, KeyError, SoundstageError), path.open() as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                left = json.loads(file.read() or "{}")
                if left and left["where"] != self._where:
                    continue
                if left:
                    self._calls.terminate(left["session"])
                    ended.append(left["session"])
                path.unlink(missing_ok=True)
        return ended
