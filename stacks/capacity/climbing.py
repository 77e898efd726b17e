"""Trying the next place, or the next type, where AWS has no machine free, and waiting for one."""

import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from soundstage.core.errors import CloudError
from soundstage.engines.base import PROJECT_STACKS, Event, EventKind, OnEvent
from soundstage.plan.plan import Operation
from soundstage.projectfile.catalogues import catalogue_with
from soundstage.providers.cloud_codes import NO_CAPACITY, NOT_SOLD
from soundstage.stacks.capacity.order import Choice
from soundstage.stacks.kinds.resource_kinds import MACHINE
from soundstage.stacks.results import UpResult

REAL_PAUSE: Final = 30.0
"""Seconds between two rounds: AWS speaks of minutes until there is capacity again (Amazon EC2 User Guide, "Troubleshoot instance launch
issues", read 2026-11)."""
SIMULATED_PAUSE: Final = 0.5
SAY_EVERY: Final = 300.0
"""Seconds between two lines about waiting."""
LONGEST_RETRY: Final = 24 * 3600.0
_CODES: Final = re.compile("|".join(sorted(NO_CAPACITY)))
_UNSOLD: Final = re.compile(rf"\b({'|'.join(sorted(NOT_SOLD))})\b")
_OURS: Final = f"::{PROJECT_STACKS}::"

Done = TypeVar("Done")


@dataclass(frozen=True)
class Patience:
    """For how long somebody waits until a machine is free, and the clock by which."""

    seconds: float = 0.0
    pause: float = REAL_PAUSE
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass
class Watcher:
    """Listens to one attempt, and passes everything on but the failures that the next attempt mends."""

    project: str
    listener: OnEvent
    came: Callable[[str], None]
    """Told of each machine that is made."""
    next_words: Callable[[str], str]
    """What is said of a machine that is refused; empty where nothing but AWS's own words."""
    refused: dict[str, str] = field(default_factory=dict)
    """Machine → what AWS said of its launch."""
    done: Counter[Operation] = field(default_factory=Counter)
    """What was carried out, by operation."""

    def __call__(self, event: Event) -> None:
        if event.kind is EventKind.STEP_DONE and event.operation and _OURS in event.urn:
            self.done[event.operation] += 1
        if event.type in MACHINE:
            machine = event.name.removeprefix(f"{self.project}-").removesuffix("-instance")
            if event.kind is EventKind.STEP_DONE:
                self.came(machine)
            elif event.kind is EventKind.STEP_FAILED and is_refusal(event.message):
                self.refused[machine] = event.message
                event = replace(event, message=self.next_words(machine) or event.message)
        self.listener(event)


def is_refusal(message: str) -> bool:
    """Whether a launch failed because the zone has none free, or no longer offers the type."""
    return bool(_CODES.search(message) or _UNSOLD.search(message))


def climb(
    attempt: Callable[[Mapping[str, Choice], OnEvent], UpResult],
    orders: Mapping[str, Sequence[Choice]],
    project: str,
    patience: Patience,
    on_event: OnEvent,
    refuse: Callable[[Mapping[str, Sequence[Choice]], CloudError], CloudError],
    came: Callable[[str], None],
) -> UpResult:
    """What `attempt` returns, made with the next choice of each machine that AWS refuses, until there is none left and nobody waits any
    longer: then what `refuse` makes of everything that was tried is raised. Any other failure is raised as it is. `came` is told of each
    machine as soon as it is there."""
    chosen: dict[str, Choice] = {}
    place = dict.fromkeys(orders, 0)
    done: Counter[Operation] = Counter()
    waiting = _Waiting(patience, on_event)
    while True:
        watcher = Watcher(project, on_event, came, lambda name: _words(orders.get(name, ()), place.get(name, 0)))
        try:
            return _together(attempt(chosen, watcher), done)
        except CloudError as error:
            refused = [name for name in watcher.refused if name in orders]
            if not refused or not is_refusal(f"{error.code} {error.message}"):
                raise
            done += watcher.done
            used_up = _advance(refused, orders, place, chosen)
            if not used_up:
                continue
            if not waiting.has_time:
                raise refuse({name: orders[name] for name in used_up}, error) from error
            waiting.wait(used_up)


def _advance(
    refused: Sequence[str], orders: Mapping[str, Sequence[Choice]], place: dict[str, int], chosen: dict[str, Choice]
) -> list[str]:
    """Choose what is next for each machine. Returns the machines for which everything was tried: they begin anew."""
    for name in refused:
        place[name] = (place[name] + 1) % len(orders[name])
        chosen[name] = orders[name][place[name]]
    return [name for name in refused if not place[name]]


def _words(choices: Sequence[Choice], place: int) -> str:
    """What is said of a refusal, in a line."""
    if not choices:
        return ""
    here, rest = choices[place], choices[place + 1 :]
    if not rest:
        return f"{catalogue_with(here.type).title} has no {here.type} free in {here.zone} now; that was the last choice"
    following = rest[0]
    return f"{catalogue_with(here.type).title} has no {here.type} free in {here.zone} now; next {following.zone if following.type == here.type else following}"


def patiently(work: Callable[[], Done], name: str, patience: Patience, on_event: OnEvent) -> Done:
    """What `work` returns, tried again while AWS has no machine free and there is time."""
    waiting = _Waiting(patience, on_event)
    while True:
        try:
            return work()
        except CloudError as error:
            if error.code not in NO_CAPACITY or not waiting.has_time:
                raise
            waiting.wait([name])


class _Waiting:
    """Waits between two attempts until the time is over, and says so at first and then every few minutes."""

    def __init__(self, patience: Patience, on_event: OnEvent) -> None:
        self._patience, self._on_event = patience, on_event
        self._deadline = patience.now() + patience.seconds
        self._said: float | None = None

    @property
    def has_time(self) -> bool:
        return self._patience.now() < self._deadline

    def wait(self, names: Sequence[str]) -> None:
        now = self._patience.now()
        left = self._deadline - now
        if self._said is None or now - self._said >= SAY_EVERY:
            self._said = now
            words = f"None is free; trying every {self._patience.pause:.0f} s for {_length(left)} more. Ctrl-C stops waiting"
            for name in names:
                self._on_event(Event(EventKind.RETRY, name=name, message=words))
        self._patience.sleep(min(self._patience.pause, left))


def _length(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 60 else f"{seconds:.0f} s"


def _together(result: UpResult, earlier: Counter[Operation]) -> UpResult:
    """The result with what earlier attempts carried out: what they made, the last one found unchanged."""
    counts = Counter(result.counts)
    for operation, number in earlier.items():
        if operation not in (Operation.SAME, Operation.READ):
            counts[operation] += number
            counts[Operation.SAME] = max(0, counts[Operation.SAME] - number)
    return replace(result, counts={operation: number for operation, number in counts.items() if number})
