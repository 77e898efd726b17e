"""Carries out steps: noted in the state first, then asked of the cloud, then noted again. Stops when told to.

A step that has begun is always finished; what has not begun when the run halts is never started.
"""

import contextlib
import re
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Final, TypeVar

from soundstage.core.errors import About, CloudError, HalfMade, OperationError, SoundstageError, StateError
from soundstage.core.wrong_clock import WRONG_CLOCK
from soundstage.engines.base import EventKind
from soundstage.engines.embedded.graph import deletion_order
from soundstage.engines.embedded.record import Record
from soundstage.engines.embedded.report import Reporter
from soundstage.engines.embedded.state import Change, Kind, Pending, StackState, now
from soundstage.plan.plan import Change as PropertyChange
from soundstage.plan.plan import Operation
from soundstage.providers.base import CloudProvider
from soundstage.providers.cloud_codes import EXPIRED, WRONG_KEY

MOST_NAMED: Final = 10
"""Resources that a line names; the rest is counted."""
Act = Callable[[], Record | None]
_T = TypeVar("_T")


class Halted(Exception):
    """A step was not started, because the run is ending. Never reaches a person."""


class Executor:
    """Runs the steps of one operation. `preview` leaves out every call that changes a cloud."""

    def __init__(
        self, state: StackState, provider: CloudProvider, reporter: Reporter, *, preview: bool, parallel: int
    ) -> None:
        self.state = state
        self.provider = provider
        self.reporter = reporter
        self.preview = preview
        self.parallel = parallel
        self.failures: list[SoundstageError] = []
        self._halted = threading.Event()
        self._goes_on = False

    @property
    def halted(self) -> bool:
        """Whether no further step may start."""
        return self._halted.is_set()

    def halt(self) -> None:
        """Start no further step. Those that run are finished."""
        self._halted.set()

    def fail(self, error: SoundstageError) -> None:
        """Note a failure. Halts, unless one failure says nothing about the other steps."""
        self.failures.append(error)
        everywhere = isinstance(error, CloudError) and error.code in _EVERYWHERE
        if not self._goes_on or everywhere or isinstance(error, StateError):
            self.halt()

    def proceed(self) -> None:
        """Raise `Halted` when no further step may start."""
        if self.halted:
            raise Halted

    def carry_out(
        self,
        operation: Operation,
        record: Record,
        act: Callable[[], _T],
        changes: tuple[PropertyChange, ...] = (),
        *,
        part: bool = False,
    ) -> _T:
        """Carry out one step. A failure is reported, noted and raised, and names the resource."""
        self.proceed()
        try:
            with self.reporter.step(record, operation, changes, part=part):
                return act()
        except SoundstageError as error:
            failure = _named(error, record, operation)
            self.fail(failure)
            raise failure from error

    def execute(
        self,
        operation: Operation,
        pending: Pending,
        act: Act,
        changes: tuple[PropertyChange, ...] = (),
        *,
        part: bool = False,
    ) -> Record | None:
        """Carry out a step that changes the cloud, noted before and after. Returns the record that it leaves."""

        def noted() -> Record | None:
            step = self.state.begin(pending)
            try:
                result = act()
            except HalfMade as error:
                self.state.done(step, _half_made(pending, error, self.state.records.get(pending.key)))
                raise
            except SoundstageError as error:
                if isinstance(error, CloudError) and _TAKEN.search(error.code):
                    self.state.settle(step)  # what is there is not ours, and must not be taken for it later
                else:
                    self.state.failed(step)
                raise
            self.state.done(step, result)
            return result

        return self.carry_out(operation, pending.record, noted, changes, part=part)

    # -- deleting

    def delete(self, key: int, record: Record, *, keep_as: Record | None = None, part: bool = False) -> None:
        """Delete one resource, or only forget it where the cloud has to keep it. `keep_as` stays on record."""
        change = Change(put={key: keep_as}) if keep_as else Change(drop=(key,))
        if not record.in_cloud:
            self.proceed()
            self.state.change(change)
        elif record.retain_on_delete or self.preview:
            operation = Operation.FORGET if record.retain_on_delete else Operation.DELETE
            self.carry_out(operation, record, lambda: self.state.change(change), part=part)
        else:

            def act() -> Record | None:
                self.provider.delete(record.type, record.urn, record.id, record.inputs, record.outputs)
                return keep_as

            self.execute(Operation.DELETE, Pending(Kind.DELETE, key, record), act, part=part)

    def delete_all(self, condemned: Mapping[int, Record]) -> None:
        """Delete in dependency order, `parallel` at a time. What a failed deletion does not need goes on."""
        order = deletion_order(condemned)
        left = dict(condemned)
        self._goes_on = True
        with ThreadPoolExecutor(self.parallel, thread_name_prefix="delete") as pool:
            running: dict[Future[None], int] = {}

            def start() -> None:
                for key in order.get_ready():
                    record = condemned[key]
                    running[pool.submit(self.delete, key, record, part=record.delete)] = key

            start()
            while running:
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    key = running.pop(future)
                    with contextlib.suppress(Halted, SoundstageError):
                        future.result()
                        del left[key]
                        order.done(key)
                        start()
        self._goes_on = False
        waiting = sorted({record.name for record in left.values() if record.in_cloud})
        if self.failures and len(waiting) > len(self.failures):
            more = f" and {len(waiting) - MOST_NAMED} more" if len(waiting) > MOST_NAMED else ""
            self.reporter.say(EventKind.WARNING, f"Still there: {', '.join(waiting[:MOST_NAMED])}{more}.")


_EVERYWHERE = EXPIRED | WRONG_KEY | {WRONG_CLOCK}
"""Codes of refusals that every other call would meet as well."""
_TAKEN = re.compile("[aA]lreadyExists|ALREADY_EXISTS|AlreadyOwned|Duplicate|^conflict$")
"""Codes that say: something of that name exists, and somebody else made it."""


def _half_made(pending: Pending, error: HalfMade, before: Record | None) -> Record:
    """What is on record of a resource whose create or update stopped in the middle, as the genuine engine has it: of one that
    was being changed, the inputs of before (measured with engine 3.260, 2026-11)."""
    record = pending.record
    inputs = before.inputs if before and pending.kind is Kind.UPDATE else record.inputs
    return replace(
        record,
        id=error.id,
        inputs=inputs,
        outputs=error.outputs,
        init_errors=(error.message,),
        created=record.created or now(),
        modified=now(),
    )


def _named(error: SoundstageError, record: Record, operation: Operation) -> SoundstageError:
    """The same error, saying which resource it was about."""
    wanted = _PARTICIPLES.get(operation, operation.value)
    about = About(record.name, record.type, wanted, error.message)
    message = f"{about.name} ({about.type}) could not be {wanted}: {about.reason}"
    named: SoundstageError
    if isinstance(error, CloudError):
        named = CloudError(message, error.hint, action=error.action, code=error.code)
    elif isinstance(error, OperationError):
        named = type(error)(message, error.hint)
    else:
        return error
    named.about = about
    return named


_PARTICIPLES = {
    Operation.CREATE: "created",
    Operation.UPDATE: "updated",
    Operation.REPLACE: "replaced",
    Operation.DELETE: "deleted",
    Operation.READ: "read",
}
