"""Waiting for another command to finish with a stack that both need."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

from soundstage.core.errors import StateAbandoned, StateLocked
from soundstage.engines.base import Event, EventKind, OnEvent

_LONGEST_SECONDS: Final = 600.0
_POLL_SECONDS: Final = 0.2

Done = TypeVar("Done")


def when_free(work: Callable[[], Done], on_event: OnEvent) -> Done:
    """What `work` returns, tried again while it meets a stack that another command holds, for ten minutes at most.

    Two projects that come up side by side both need their studio; the second has nothing to do for it once the first has
    brought it up. Says once whom it waits for. `StateLocked` when the time is over; `StateAbandoned` at once.
    """
    deadline, waited = time.monotonic() + _LONGEST_SECONDS, False
    while True:
        try:
            return work()
        except StateAbandoned:
            raise
        except StateLocked as held:
            if time.monotonic() > deadline:
                raise
            if not waited:
                on_event(Event(EventKind.WARNING, message=f"{held.message} Waiting for it; Ctrl-C stops waiting."))
                waited = True
            time.sleep(_POLL_SECONDS)
