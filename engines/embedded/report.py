"""What a run tells its listener, and what it counts."""

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

from soundstage.core.errors import SoundstageError
from soundstage.engines.base import Event, EventKind, OnEvent
from soundstage.engines.embedded.record import Record
from soundstage.plan.plan import Change, Operation

_QUIET = (Operation.SAME, Operation.READ)


class Reporter:
    """Sends events one at a time, whatever thread they come from."""

    def __init__(self, on_event: OnEvent) -> None:
        self.counts: dict[Operation, int] = {}
        self._on_event = on_event
        self._started = time.monotonic()
        # Re-entrant, because a signal handler may report while the main thread does.
        self._lock = threading.RLock()
        self._current = threading.local()

    @property
    def seconds(self) -> float:
        """Since the operation started."""
        return time.monotonic() - self._started

    def say(self, kind: EventKind, message: str, record: Record | None = None) -> None:
        """Report something that is no step."""
        about = Event(kind, record.urn, record.type, record.name) if record else Event(kind)
        self._send(replace(about, message=message, seconds=self.seconds if kind is EventKind.FINISHED else 0.0))

    def retry(self, message: str) -> None:
        """Report that the provider tries again, on behalf of the step that runs in this thread."""
        self.say(EventKind.RETRY, message, getattr(self._current, "record", None))

    @contextlib.contextmanager
    def step(
        self, record: Record, operation: Operation, changes: tuple[Change, ...] = (), *, part: bool = False
    ) -> Iterator[None]:
        """Report and count one step. Components, providers and what does not change are not reported, and of a `part`
        of a larger step only its failure is."""
        cloud = record.custom and not record.type.startswith("pulumi:")
        loud = cloud and operation not in _QUIET
        event = Event(EventKind.STEP_STARTED, record.urn, record.type, record.name, operation, changes=changes)
        started = time.monotonic()
        if loud and not part:
            self._send(event)
        self._current.record = record
        try:
            yield
        except SoundstageError as error:
            if loud:
                took = time.monotonic() - started
                self._send(replace(event, kind=EventKind.STEP_FAILED, message=error.message, seconds=took))
            raise
        finally:
            self._current.record = None
        if part:
            return
        if loud:
            self._send(replace(event, kind=EventKind.STEP_DONE, seconds=time.monotonic() - started))
        if cloud:
            with self._lock:
                self.counts[operation] = self.counts.get(operation, 0) + 1

    def _send(self, event: Event) -> None:
        with self._lock:
            self._on_event(event)
