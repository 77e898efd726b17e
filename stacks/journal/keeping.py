"""Writes down what a command does, around the one call that does it."""

import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from soundstage.core.errors import (
    Interrupted,
    PolicyRefused,
    PreflightRefused,
    SoundstageError,
    UsageError,
)
from soundstage.engines.lock import user
from soundstage.stacks.asking import Confirm, Previewed
from soundstage.stacks.journal.entry import SEEN, Entry, Result, moment, name_of, text_of
from soundstage.stacks.journal.places import Place, place_of
from soundstage.stacks.state.last_run import Stack

Say: TypeAlias = Callable[[str], None]
_RECENT: Final = timedelta(days=60)
"""How far back the newest entries are looked for: a bucket lists a thousand names at a time, the oldest first."""


class Note:
    """What is to be written of one command. `machines` and `detail` may be set until it ends."""

    def __init__(self, place: Callable[[], Place], say: Say, command: str, machines: Iterable[str]) -> None:
        self.command = command
        self.machines = tuple(machines)
        self.detail = ""
        self._place_of, self._say = place, say
        self._place: Place | None = None
        self._failed = False
        self._began = ""
        self._since = time.monotonic()

    @property
    def has_begun(self) -> bool:
        return bool(self._began) or self._failed

    def begin(self) -> None:
        """Write that it begins, once."""
        if not self.has_begun:
            self._since = time.monotonic()
            self._began = self._write("begun", "", None)

    def once_agreed(self, confirm: Confirm[Previewed]) -> Confirm[Previewed]:
        """`confirm`, after whose yes it begins: what somebody did not agree to was not done."""

        def agreed(previewed: Previewed) -> bool:
            asked = confirm(previewed)
            self.begin()
            return asked

        return agreed

    def end(self, result: Result, detail: str) -> None:
        """Write how it ended."""
        if not self._failed:
            self._write(result, detail, round(time.monotonic() - self._since, 1))

    def _write(self, result: Result, detail: str, seconds: float | None) -> str:
        """Returns the entry's name; empty where it could not be written, which is said and fails nothing."""
        now = datetime.now(UTC)
        try:
            self._place = place = self._place or self._place_of()
            after = (self._began,) if self._began else tuple(place.names(moment(now - _RECENT))[-SEEN:])
            text = text_of(
                Entry(
                    now, user(), socket.gethostname(), self.command, self.machines, result, detail, seconds,
                    self._began, after,
                )
            )  # fmt: skip
            name = name_of(now, text)
            place.add(name, text)
        except SoundstageError as error:
            self._failed = True
            self._say(
                f"The history does not get this `{self.command}`, which goes on without it: {error.message} {error.hint}".rstrip()
            )
            return ""
        return name


@contextmanager
def journaled(
    deployment: Stack, command: str, machines: Iterable[str] = (), *, say: Say, asks: bool = False
) -> Iterator[Note]:
    """Write that `command` begins on a stack, and at the end of the block how it ended.

    With `asks` the block asks a person first, and has `once_agreed` say when that one has agreed; what is refused before, by a policy or
    by the account, is written too, and what somebody says no to is not.
    """
    note = Note(lambda: place_of(deployment.cloud, deployment.studio, deployment.stack), say, command, machines)
    if not asks:
        note.begin()
    try:
        yield note
    except BaseException as error:
        if note.has_begun or not isinstance(error, UsageError | Interrupted | KeyboardInterrupt):
            note.end(_result(error), error.message if isinstance(error, SoundstageError) else type(error).__name__)
        raise
    if note.has_begun:
        note.end("done", note.detail)


def _result(error: BaseException) -> Result:
    if isinstance(error, PolicyRefused | PreflightRefused | UsageError):
        return "refused"
    return "interrupted" if isinstance(error, Interrupted | KeyboardInterrupt) else "failed"
