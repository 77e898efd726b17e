"""What the last `up` or `down` of a stack set out to do on this machine, and whether it came to its end.

Written before anything is done and again afterwards, so that a command that was stopped, refused or killed leaves the note that
it did not finish. `status` says from it how much is missing, and a stack whose state is kept elsewhere is known to be there.
"""

import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final, Protocol

from soundstage.core import files
from soundstage.core.errors import Interrupted, StateError
from soundstage.core.home import make_private
from soundstage.engines.base import StackName
from soundstage.plan.plan import Operation, Plan
from soundstage.projectfile.spec import Studio
from soundstage.stacks.clouds.base import Cloud
from soundstage.stacks.target import kept_in

_NAME: Final = "last-run.json"
_MOST_BYTES: Final = 1 << 16
_NOTING: Final = threading.Lock()
_GONE: Final = (Operation.DELETE, Operation.FORGET, Operation.READ)


@dataclass(frozen=True)
class LastRun:
    """One `up`, `down`, `park` or `start` of what was parked."""

    command: str
    """Which of them."""
    cloud: str
    region: str
    backend: str = ""
    """Where the stack's state is kept; empty for this machine."""
    wanted: int | None = None
    """How many cloud resources there are to be once an `up` has finished, or how many a `down` deletes; None where no preview came
    first."""
    finished: bool = False
    start_again: tuple[str, ...] = ()
    """The machines that ran when an `up` began which stops them on its way, and that run again once it has finished."""
    coming: tuple[str, ...] = ()
    """The machines that an `up` makes with their disks, as long as they are not there: nobody has written to such a disk."""


def last_run(folder: Path) -> LastRun | None:
    """The note in a stack's `folder`; None without one, or with one that cannot be read: it is an aid and no record."""
    try:
        noted = json.loads(files.read(folder / _NAME, _MOST_BYTES))
        lists = {key: tuple(noted.get(key, ())) for key in ("start_again", "coming")}
        return LastRun(**{**noted, **lists})
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def still_to_start(folder: Path) -> tuple[str, ...]:
    """The machines that an `up` which did not finish left to be started again."""
    run = last_run(folder)
    return run.start_again if run and not run.finished else ()


def still_coming(folder: Path) -> tuple[str, ...]:
    """The machines that an `up` which did not finish has not made yet, whatever it made of their disks."""
    run = last_run(folder)
    return run.coming if run and not run.finished else ()


def has_come(folder: Path, machine: str) -> None:
    """Note that a machine is there: from now on its disk may hold work."""
    with _NOTING:
        run = last_run(folder)
        if run and machine in run.coming:
            _write(folder, replace(run, coming=tuple(name for name in run.coming if name != machine)))


def stay_stopped(folder: Path, machines: Iterable[str]) -> None:
    """Note that somebody stops these machines: no `up` that goes on from one that was cut off starts them again."""
    run, stopped = last_run(folder), set(machines)
    if run and not run.finished and stopped & set(run.start_again):
        _write(folder, replace(run, start_again=tuple(name for name in run.start_again if name not in stopped)))


@dataclass(frozen=True)
class Unfinished:
    """A command that did not come to its end."""

    command: str
    """`up`, `down`, `park` or `start`."""
    there: int
    """Cloud resources on record."""
    wanted: int | None
    """How many there are to be; None where that is not known, and for `down`."""


class Stack(Protocol):
    """What a note is about: a project's or a studio's deployment."""

    @property
    def cloud(self) -> Cloud: ...

    @property
    def stack(self) -> StackName: ...

    @property
    def studio(self) -> Studio: ...


def run_of(
    stack: Stack, command: str, wanted: int | None = None, start_again: Iterable[str] = (), coming: Iterable[str] = ()
) -> LastRun:
    """The note of a `command` that is about to begin."""
    backend = kept_in(stack.cloud, stack.stack, stack.studio).backend or ""
    elsewhere = "" if backend.startswith("file://") else backend
    return LastRun(
        command,
        stack.cloud.kind,
        stack.cloud.region,
        elsewhere,
        wanted,
        start_again=tuple(start_again),
        coming=tuple(coming),
    )


def there_will_be(plan: Plan) -> int:
    """How many cloud resources there are once `plan` is done."""
    return sum(number for operation, number in plan.counts().items() if operation not in _GONE)


def leaving(plan: Plan) -> int:
    """How many cloud resources `plan` deletes."""
    return plan.counts().get(Operation.DELETE, 0)


def unfinished(folder: Path, recorded: Plan) -> Unfinished | None:
    """What the last command of the stack in `folder` left undone, with what is on record by now."""
    run = last_run(folder)
    if run is None or run.finished:
        return None
    there = there_will_be(recorded)
    return Unfinished(run.command, there, None if run.command == "down" else run.wanted)


@contextmanager
def noted(folder: Path, run: LastRun) -> Iterator[None]:
    """Note in `folder` that `run` has begun, and at the end of the block that it finished. A failure leaves it unfinished;
    one that was stopped says how many steps of how many were done."""
    _write(folder, run)
    try:
        yield
    except Interrupted as stopped:
        if stopped.done is None or run.wanted is None:
            raise
        raise Interrupted.after(stopped.done, run.wanted) from stopped
    _write(folder, replace(run, finished=True))


def forget(folder: Path) -> None:
    """Take the note away: nothing of the stack is on record any more. A folder that cannot be written keeps it."""
    try:
        (folder / _NAME).unlink(missing_ok=True)
    except OSError:
        return


def _write(folder: Path, run: LastRun) -> None:
    try:
        make_private(folder)
        files.write(folder / _NAME, json.dumps(asdict(run)) + "\n", 0o600)
    except OSError as error:
        raise StateError(
            f"The state folder {folder} cannot be written: {error.strerror}.",
            "Free some space or check its permissions, or set SOUNDSTAGE_HOME to another folder.",
        ) from error
